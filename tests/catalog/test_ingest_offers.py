"""What a column of text could be is proven on all its cells and offered to the steward, never taken."""

import pytest

from tests.catalog.reading import column, only, rows, types

CASES = (
    (["1,234", "1,234,567", "12"], ["integer:point"], []),
    (["1,234", "12"], ["integer:point", "decimal:comma"], []),
    (["1,5", "2,75"], ["decimal:comma"], []),
    (["1,234.5", "2"], ["decimal:point"], []),
    (["12%", "3.5%"], ["decimal:point %"], []),
    (["12%", "3.5"], [], []),
    (["€1", "$2"], [], []),
    (["1.2万", "3亿"], ["integer:万"], []),
    (["2026年11月22日", "2026年1月2日"], ["date:chinese"], []),
    (["3 May 2020", "4 June 2021"], ["date:words"], []),
    (["01/02/2015", "03/04/2015"], ["date:dmy", "date:mdy"], []),
    (["POINT (1.5 2.5)", "POINT (3.5 4.5)"], ["geometry:wkt"], []),
    (["(51.5, -2.5)", "(51.4, -2.4)"], ["geometry:lonlat", "geometry:latlon"], []),
    (["(51.5, 120.5)", "(51.4, 120.4)"], ["geometry:latlon"], []),
    (["1", "n/a", "-", "2"], ["integer"], ["-", "n/a"]),
    (["1.5", "NA", "2,5"], [], []),
    (["2020-01-01", "无", "2020-02-30"], [], []),
    (["2020-01-01", "无", "2020-02-28"], ["date"], ["无"]),
    (["1.613", "2.003", "379"], ["integer:comma"], []),
    (["007", "012"], [], []),
    (["12345678901234567", "2"], [], []),
    (["13812345678", "13812345679"], [], []),
    (["a", "b"], [], []),
    (["-", "NA"], [], []),
)


def table_of(desk, cells, **own):
    content = "id|v\n" + "".join(f"{n}|{cell}\n" for n, cell in enumerate(cells))
    return only(desk.read(content, delimiter="|", tables={"main": own}))


@pytest.mark.parametrize(("cells", "offered", "nulls"), CASES, ids=[" ".join(case[0]) for case in CASES])
def test_it_offers_what_all_cells_prove(desk, cells, offered, nulls):
    table = table_of(desk, cells)
    assert types(table)["v"] == ("decimal" if cells[0] == "1.613" else "text")
    assert column(table, "v")["offers"] == [{"type": name, "nulls": nulls} for name in offered]


def test_it_reads_what_was_offered_without_a_bad_cell(desk):
    for cells, _, _ in CASES:
        for offer in column(table_of(desk, cells), "v")["offers"]:
            table = table_of(desk, cells, types={"v": offer["type"]}, nulls={"v": offer["nulls"]})
            assert table["bad_cells_total"] == 0
            kept = [row["v"] is not None for row in rows(table)]
            assert kept == [cell not in offer["nulls"] for cell in cells]


def test_it_takes_words_as_empty_in_the_column_that_was_named(desk):
    table = only(desk.read("a,b\n-,-\n1,x\n", tables={"main": {"nulls": {"a": ["-"]}}}))
    assert rows(table) == [{"a": None, "b": "-"}, {"a": 1, "b": "x"}]
    assert column(table, "a")["offers"] == []


def test_it_looks_at_the_last_of_many_rows_before_it_offers(desk):
    cells = [f"1,{n:03}" for n in range(20_000)]
    assert column(table_of(desk, cells), "v")["offers"]
    assert not column(table_of(desk, [*cells, "1,2,3"]), "v")["offers"]


def test_it_leaves_misfits_empty_or_stops_as_the_steward_chose(desk):
    content = "id|v\n1|7\n2|x\n"
    table = only(desk.read(content, tables={"main": {"types": {"v": "integer"}, "misfits": {"v": "empty"}}}))
    assert table["bad_cells"] == [[3, "v", "x", "not a whole number"]]
    error = desk.refused(content, tables={"main": {"types": {"v": "integer"}, "misfits": {"v": "stop"}}})
    assert (error.code, error.row, error.column, error.params["count"]) == ("misfits", 3, "v", 1)
    assert desk.refused(content, tables={"main": {"misfits": {"w": "stop"}}}).code == "unknown-column"
    assert desk.refused(content, tables={"main": {"nulls": ["-"]}}).code == "bad-setting"


def test_it_remembers_what_was_chosen_for_the_next_file(desk):
    own = {"types": {"v": "integer"}, "nulls": {"v": ["-"]}, "misfits": {"v": "stop"}}
    first = desk.read("id|v\n1|7\n2|-\n", tables={"main": own})
    assert {key: first["settings"]["tables"]["main"][key] for key in own} == own
    assert desk.refused("id|v\n1|-\n2|y\n", **first["settings"]).code == "misfits"
