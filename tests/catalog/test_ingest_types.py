"""Which type a column gets from all its cells, and what becomes of cells that do not fit."""

import csv
import datetime
import io
from dataclasses import replace
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.ingest.names import plain_name
from catalog.ingest.readings import GUESSED
from tests.catalog.reading import codes, column, only, rows, types


def a_column(cells, header="v"):
    return "\n".join(["id," + header, *(f"{n},{cell}" for n, cell in enumerate(cells, start=1))]) + "\n"


CASES = (
    (["true", "FALSE", ""], "boolean"),
    (["yes", "No"], "boolean"),
    (["yes", "yes"], "text"),
    (["NO", "NO"], "text"),
    (["0", "1"], "integer"),
    (["1", "-2", ""], "integer"),
    (["007", "12"], "text"),
    (["1213", "0164A"], "text"),
    (["+4412345", "+4412346"], "text"),
    (["123456789012345", "1"], "integer"),
    (["1234567890123456", "1"], "text"),
    (["1.50", "2"], "decimal"),
    ([".5", "-.25"], "decimal"),
    (["00.5", "1.5"], "text"),
    (["1.5e3", "2"], "float"),
    (["1e-05", "2.5"], "float"),
    (["1E5", "2E3"], "text"),
    (["0." + "1" * 37, "12"], "float"),
    (["NaN", "1.5"], "text"),
    (["2020-01-31", ""], "date"),
    (["2020-02-30", "2020-01-01"], "text"),
    (["2015/08/13", "2015/8/1"], "date"),
    (["13/08/2015", "01/02/2015"], "date"),
    (["08/13/2015", "01/02/2015"], "date"),
    (["08/13/2015", "13/08/2015"], "text"),
    (["01.02.2015", "31.12.2014"], "date"),
    (["20140609", "20141006"], "integer"),
    (["08:30", "23:59:59"], "time"),
    (["08:30", "25:10:00"], "text"),
    (["2020-01-31 10:00:00", "2020-01-31T10:00"], "timestamp"),
    (["2020-01-31T10:00:00Z", "2020-01-31T10:00:00+08:00"], "timestamp"),
    (["2020-01-31T10:00:00Z", "2020-01-31T10:00:00"], "text"),
    (["18/07/2016 12:00:00 AM", "01/08/2016 11:00:36 PM"], "timestamp"),
    (["05/24/2012 07:02:32 PM +0000", "01/05/2010 08:47:06 AM +0100"], "timestamp"),
    (["NA", "1"], "text"),
    (["-", "1"], "text"),
    (["", ""], "text"),
    (["a", "1"], "text"),
    ([" 12", "7 "], "integer"),
    (["  ", "7"], "integer"),
    (["１２", "3"], "text"),
)


def test_it_types_each_column_by_all_its_cells(desk):
    longest = max(len(cells) for cells, _ in CASES)
    padded = [[*cells, *[""] * (longest - len(cells))] for cells, _ in CASES]
    content = io.StringIO()
    csv.writer(content).writerows([[f"v{n}" for n in range(len(CASES))], *zip(*padded, strict=True)])
    found = types(only(desk.read(content.getvalue())))
    assert {str(cells): found[f"v{n}"] for n, (cells, _) in enumerate(CASES)} == {
        str(cells): kind for cells, kind in CASES
    }


def test_it_looks_at_the_last_of_many_rows(desk):
    cells = [str(n) for n in range(30_000)]
    assert types(only(desk.read(a_column(cells))))["v"] == "integer"
    assert types(only(desk.read(a_column([*cells, "A1"]))))["v"] == "text"
    assert types(only(desk.read(a_column([*cells, "1.25"]))))["v"] == "decimal"


def test_it_types_a_column_that_is_filled_only_once(desk):
    cells = [""] * 40_000
    cells[31_111] = "2020-05-17"
    table = only(desk.read(a_column(cells)))
    assert types(table)["v"] == "date"
    assert column(table, "v")["nulls"] == 39_999


def test_it_keeps_decimals_exact_with_the_scale_seen(desk):
    table = only(desk.read(a_column(["1.10", "123456789012345678.123456789012345678", "-0.5"])))
    assert column(table, "v")["scale"] == 18
    assert [row["v"] for row in rows(table)] == [
        Decimal("1.10"),
        Decimal("123456789012345678.123456789012345678"),
        Decimal("-0.5"),
    ]


def test_it_keeps_moments_with_a_zone_as_utc(desk):
    table = only(desk.read(a_column(["2020-01-31T10:00:00+08:00", "2020-01-31T10:00:00.123456Z"])))
    utc = datetime.UTC
    stored = pq.read_table(table["path"], columns=["v"]).schema.field("v").type
    assert column(table, "v")["zoned"] is True
    assert (stored.unit, stored.tz) == ("us", "UTC")
    assert pq.read_table(table["path"])["v"].cast("int64").to_pylist() == [
        int(datetime.datetime(2020, 1, 31, 2, tzinfo=utc).timestamp()) * 1_000_000,
        int(datetime.datetime(2020, 1, 31, 10, tzinfo=utc).timestamp()) * 1_000_000 + 123456,
    ]


def test_it_reads_day_and_month_in_the_order_that_some_day_proves(desk):
    table = only(desk.read(a_column(["01/02/2015", "13/02/2015"])))
    assert column(table, "v")["order"] == "dmy"
    assert rows(table)[0]["v"] == datetime.date(2015, 2, 1)


def test_it_leaves_dates_as_text_when_both_orders_fit_and_says_so(desk):
    result = desk.read(a_column(["01/02/2015", "03/04/2015"]))
    assert types(only(result))["v"] == "text"
    assert "ambiguous-dates" in codes(result)


def test_it_warns_of_points_that_may_part_thousands(desk):
    def warned(cells):
        return "maybe-thousands" in codes(desk.read(a_column(cells)))

    assert warned(["379", "1.613", "2.003"])
    assert not warned(["1.613", "2.003"])
    assert not warned(["379", "0.613", "2.003"])
    assert not warned(["1379", "2.003"])


def test_it_asks_for_the_order_when_a_date_is_forced_without_it(desk):
    content, forced = a_column(["01/02/2015", "03/04/2015"]), {"main": {"types": {"v": "date"}}}
    assert desk.refused(content, tables=forced).code == "date-order"
    table = only(desk.read(content, tables={"main": {"types": {"v": "date:mdy"}}}))
    assert rows(table)[0]["v"] == datetime.date(2015, 1, 2)


def test_it_tells_of_a_column_that_nearly_all_fits(desk):
    cells = [str(n) for n in range(1, 100)] + ["n/a"]
    table = only(desk.read(a_column(cells)))
    assert types(table)["v"] == "text"
    assert column(table, "v")["almost"] == {"type": "integer", "misfits": 1, "examples": [[101, "n/a"]]}


def test_it_says_nothing_of_a_column_that_is_mostly_text(desk):
    assert column(only(desk.read(a_column(["1", "2", "x"]))), "v")["almost"] is None


def test_it_keeps_every_cell_that_a_forced_type_cannot_hold(desk):
    cells = ["12", "n/a", "", "7.5", "+3", "007"]
    table = only(desk.read(a_column(cells), tables={"main": {"types": {"v": "integer"}}}))
    assert [row["v"] for row in rows(table)] == [12, None, None, None, 3, 7]
    assert column(table, "v")["bad_cells"] == table["bad_cells_total"] == 2
    expected = [[3, "v", "n/a", "not a whole number"], [5, "v", "7.5", "not a whole number"]]
    assert table["bad_cells"] == expected
    stored = pq.read_table(table["bad_cells_path"]).to_pylist()
    assert [list(row.values()) for row in stored] == [[*expected[0], 2], [*expected[1], 4]], "with the table's row"


def test_it_lists_the_first_bad_cells_and_keeps_them_all(desk):
    table = only(desk.read(a_column(["x"] * 1000 + ["1"]), tables={"main": {"types": {"v": "integer"}}}))
    assert (len(table["bad_cells"]), table["bad_cells_total"]) == (200, 1000)
    assert pq.read_table(table["bad_cells_path"]).num_rows == 1000


def test_it_takes_words_as_null_only_when_told(desk):
    content = a_column(["1", "NA", "-", "2"])
    assert types(only(desk.read(content)))["v"] == "text"
    table = only(desk.read(content, tables={"main": {"null_values": ["NA", "-"]}}))
    assert types(table)["v"] == "integer"
    assert [row["v"] for row in rows(table)] == [1, None, None, 2]


FORCED = ("boolean", "integer", "decimal", "float", "date", "time", "timestamp", "timestamptz", "geometry")


def test_it_forces_any_type_without_losing_a_cell(desk):
    cells = ["x'y", "2020-13-45", "99:99", "maybe", "{}", "9" * 30]
    content = "\n".join([",".join(FORCED), *(",".join([cell] * len(FORCED)) for cell in cells)])
    table = only(desk.read(content, tables={"main": {"types": {kind: kind for kind in FORCED}}}))
    bad = {tuple(cell[:3]) for cell in table["bad_cells"]}
    assert bad == {
        (at, kind, cell)
        for at, (cell, row) in enumerate(zip(cells, rows(table), strict=True), start=2)
        for kind in FORCED
        if row[kind] is None
    }
    assert {(7, kind, cells[5]) for kind in FORCED} - bad == {(7, "float", cells[5])}


def test_it_forces_text(desk):
    table = only(desk.read(a_column(["1", "2"]), tables={"main": {"types": {"v": "text"}}}))
    assert [row["v"] for row in rows(table)] == ["1", "2"]


def test_it_refuses_settings_that_name_what_is_not_there(desk):
    content = a_column(["1"])
    assert desk.refused(content, tables={"main": {"types": {"w": "integer"}}}).code == "unknown-column"
    assert desk.refused(content, tables={"main": {"types": {"v": "number"}}}).code == "unknown-type"
    assert desk.refused(content, tables={"other": {}}).code == "unknown-table"


def test_it_profiles_each_column(desk):
    table = only(desk.read(a_column(["3", "1", "3", "", "2"])))
    described = column(table, "v")
    assert (described["nulls"], described["distinct"], described["min"], described["max"]) == (1, 3, "1", "3")
    assert described["frequent"] == [["3", 2], ["1", 1], ["2", 1]]
    assert (table["rows"], described["title"], plain_name(described["title"])) == (5, "v", "v")


def test_it_numbers_the_rows_in_file_order(desk):
    table = only(desk.read(a_column([str(n) for n in range(5000, 0, -1)])))
    stored = pq.read_table(table["path"])
    assert stored.column_names[0] == "__row"
    assert stored["__row"].to_pylist() == list(range(1, 5001))
    assert stored["v"].to_pylist() == list(range(5000, 0, -1))


def test_it_gives_the_same_bytes_for_the_same_file_and_resolved_settings(desk):
    content = a_column(["1", "x", "3"] * 500)
    first = desk.read(content)
    again = desk.read(content, **first["settings"])
    assert only(first)["sha256"] == only(again)["sha256"]
    assert again["settings"] == first["settings"]


ODD_CELLS = (
    *("0", "-0", "+1", "007", " 12", "12 ", "1_000", "1e5", "1.0", "0x10", "nan", "infinity", "-infinity", "epoch", ""),
    *("9" * 15, "-" + "9" * 14, "-" + "9" * 15, "1" + "0" * 15, "2020-02-30", "2020-1-1", "1-01-01", "0999-01-01"),
    *("1000-01-01", "9999-12-31", "10000-01-01", "10000-01-1", "44-03-15 (BC)", "0044-03-15 (BC)"),
    *("2020-01-01 24:00:00", "2020-01-01T00:00:00", "2020-01-01 12:00", "2020-01-01 12:00:00.5"),
    *("2020-01-01 12:00:00.1234567", "10000-01-01 00:00:00", "0044-03-15 00:00:00"),
    *("0044-03-15 (BC) 00:00:00", "2020-01-01 00:00:00+00"),
)
WRITTEN_LIKE = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.dates().map(str),
    st.datetimes().map(str),
    st.text("0123456789-+: .TeE_", max_size=20),
)


@settings(max_examples=25, deadline=None)
@given(cells=st.lists(WRITTEN_LIKE, max_size=60))
def test_what_is_proven_quickly_fits_the_pattern_too(cells):
    texts = pa.table({"x": pa.array([*ODD_CELLS, *cells, None], pa.string())})
    quick = [reading for reading in GUESSED if reading.quick]
    assert {reading.type for reading in quick} == {"integer", "date", "timestamp"}
    with duckdb.connect() as engine:
        engine.register("texts", texts)
        for reading in quick:
            slow = replace(reading, quick=None)
            both = f"SELECT x, {reading.fits_sql('x')}, {slow.fits_sql('x')} FROM texts"
            assert [row for row in engine.execute(both).fetchall() if row[1] is not row[2]] == []
