"""The invented register: always the same, well formed, and nobody's."""

import csv
import datetime
import hashlib
import re
from pathlib import Path

import pytest
from stdnum.cn import ric, uscc

from portal.demo.city import read_city
from portal.demo.identity import enterprise_code, person_code
from portal.demo.residents import AREAS, COLUMNS, ROWS, residents, write_residents

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def rows():
    return [dict(zip(COLUMNS, row, strict=True)) for row in residents()]


def test_it_writes_the_same_bytes_for_the_same_seed(tmp_path):
    digests = []
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        write_residents(tmp_path / name, rows=500, seed=seed)
        digests.append(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert digests[0] == digests[1] != digests[2]


def test_it_keeps_the_register_that_everybody_knows(tmp_path):
    write_residents(tmp_path / "residents.csv", rows=2000)
    lines = (tmp_path / "residents.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2001
    assert lines[0] == ",".join(COLUMNS)
    longer = [",".join(str(value) for value in row) for row, _n in zip(residents(), range(2000), strict=False)]
    assert lines[1:] == longer, "the first rows do not depend on how many are asked for"


def test_it_has_twenty_thousand_people_with_codes_of_their_own(rows):
    assert len(rows) == ROWS == 20_000
    assert len({row["resident_code"] for row in rows}) == ROWS


def test_each_person_code_has_its_check_digit_and_belongs_to_nobody(rows):
    for row in rows:
        code = row["resident_code"]
        assert re.fullmatch(r"99\d{15}[\dX]", code)
        assert ric.calc_check_digit(code) == code[-1]
        assert not ric.is_valid(code), "a checker that knows the places would take it for a real code"


def test_each_code_agrees_with_birth_date_sex_and_district(rows):
    for row in rows:
        code = row["resident_code"]
        assert code[:6] == AREAS[row["district"]]
        assert code[6:14] == row["birth_date"].strftime("%Y%m%d")
        assert (int(code[16]) % 2 == 1) == (row["sex"] == "男")


def test_each_employer_code_is_well_formed_and_belongs_to_nobody(rows):
    codes = {row["employer_code"] for row in rows} - {""}
    assert len(codes) > 1000
    for code in codes:
        assert uscc.is_valid(code)
        assert code[2:4] == "99"


def test_no_area_code_exists():
    known = SHARED / "tables" / "china_areas.csv"
    if not known.exists():
        pytest.skip("the list of real area codes is not on this machine")
    with known.open(encoding="utf-8") as file:
        real = {row["code"] for row in csv.DictReader(file)}
    assert real.isdisjoint(AREAS.values())
    assert not any(code.startswith("99") for code in real)


def test_the_sample_itself_knows_no_such_area():
    from portal.demo.city import SAMPLE

    with (SAMPLE / "files" / "counties.csv").open(encoding="utf-8") as file:
        real = {row["code"] for row in csv.DictReader(file)}
    assert len(real) > 2900
    assert real.isdisjoint(AREAS.values())


def test_it_agrees_with_published_examples():
    assert person_code("110105", datetime.date(1949, 12, 31), 2) == "11010519491231002X"
    assert person_code("440524", datetime.date(1880, 1, 1), 1) == "440524188001010014"
    assert uscc.is_valid(enterprise_code("350100", 100))


def test_households_live_together_and_have_one_head(rows):
    homes, heads = {}, {}
    for row in rows:
        homes.setdefault(row["household"], set()).add((row["district"], row["address"]))
        heads[row["household"]] = heads.get(row["household"], 0) + (row["relation"] == "户主")
    assert all(len(places) == 1 for places in homes.values())
    assert set(heads.values()) == {1}


def test_its_dictionary_names_every_column_and_marks_identities():
    described = next(one for one in read_city().datasets if one.name == "residents").dictionary
    assert tuple(line.column for line in described) == COLUMNS
    roles = {line.column: line.identity_role for line in described}
    assert roles["resident_code"] == "person_code"
    assert roles["employer_code"] == "enterprise_code"
    assert {line.column for line in described if line.sensitivity == "sensitive"} == {"allowance", "monthly_amount"}
    assert not any(line.sensitivity == "public" for line in described)
