"""Columns that look personal are suggested with the share of cells that speak for it; nothing else is."""

import pytest

from catalog.ingest.personal import is_enterprise_code, is_old_person_code, is_person_code, suggest
from tests.catalog.reading import DATA, column, only

GOOD_PEOPLE = ("11010519491231002X", "440524188001010014", "370101190102039973", "11010519491231002x")
GOOD_ENTERPRISES = ("91350100M000100Y43", "11320000MB151840XJ")


def test_it_checks_codes_by_their_check_characters():
    assert all(map(is_person_code, GOOD_PEOPLE))
    assert not any(map(is_person_code, ("110105194912310021", "11010519491331002X", "440524188001010015", "123")))
    assert all(map(is_enterprise_code, GOOD_ENTERPRISES))
    assert not any(map(is_enterprise_code, ("91350100M000100Y4Z", "91310115MA1H8R7C6D", "91350100M000100Y4")))
    assert is_old_person_code("110105491231002") and not is_old_person_code("110105491331002")


CASES = (
    ("证件", [*GOOD_PEOPLE, *["无"] * 30], "person_code"),
    ("code", [*GOOD_ENTERPRISES * 3], "enterprise_code"),
    ("编号", ["１１０１０５１９４９１２３１００２Ｘ"] * 6, "person_code"),
    ("contact", ["a.b@city.example", "c@d.org", "none", "none", "none"], "email"),
    ("tel", ["13812345678", "010-62345678", "+44 20 7946 0018", "01225 477000", "0191 26 50 500"], "phone"),
    ("地址", ["东华门街道北河沿大街5号"] * 4 + ["和平里3号楼"], "address"),
    ("where", ["12 High Street, Bath", "Snow Hill, Bath BA1 6DH", "4 Mill Lane", "1 The Avenue", "9 A Rd"], "address"),
    ("姓名", ["王小明", "李娜", "张伟", "刘洋", "某某"], "name"),
    ("Candidate", ["Jane Doe", "O'Brien, Pat", "María José Ruiz", "Li Wei", "Smith"], "name"),
    ("location", ["(51.3911, -2.3540)"] * 5, "place"),
    ("latitude", ["51.39110", "51.39111", "51.39112", "51.39113", "51.39114"], "place"),
    ("remarks", [f"{n}: the neighbour called and said that the tree of house {n} leans" for n in range(9)],
     "free_text"),
    ("district", ["North", "South", "East", "West", "Centre"], None),
    ("amount", ["12.50001", "13.50002", "14.5", "15", "16"], None),
    ("name", ["Oak", "Ash", "Elm", "Lime", "Birch"], None),
    ("code", ["110105491231002", "123456789012345", "223456789012345", "323456789012345", "423456789012345"], None),
    ("link", [f"https://city.example/a/very/long/address/that/goes/on/and/on/and/on/{n}" for n in range(9)], None),
    ("mail", ["a@b.org"] * 4, None),
)  # fmt: skip


@pytest.mark.parametrize(("title", "cells", "kind"), CASES, ids=[f"{case[0]} {case[2]}" for case in CASES])
def test_it_suggests_what_the_cells_look_like(title, cells, kind):
    found = suggest(title, cells)
    assert (found and found["kind"]) == kind
    if found:
        assert 0 < found["share"] <= 1 and found["of"] == len(cells)


def test_it_says_so_of_the_columns_of_a_file(desk):
    table = only(desk.read(DATA / "bath_polling_stations_2015.csv", name="a.csv"))
    assert column(table, "address")["personal"]["kind"] == "address"
    assert column(table, "location_1")["personal"] == {"kind": "place", "share": 1.0, "of": 100}
    assert column(table, "ward")["personal"] is None
