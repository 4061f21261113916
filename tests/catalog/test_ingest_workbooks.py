"""Sheets of workbooks as tables."""

import datetime
import io
from decimal import Decimal

import openpyxl

from tests.catalog.reading import DATA, codes, only, rows, types, zipped


def a_workbook(**sheets):
    """The bytes of a workbook with these sheets, each a list of rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, lines in sheets.items():
        sheet = book.create_sheet(title.replace("_", " "))
        for line in lines:
            sheet.append(line)
        if title.startswith("hidden"):
            sheet.sheet_state = "hidden"
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


DAY, MOMENT = datetime.datetime(2020, 1, 31), datetime.datetime(2020, 1, 31, 8, 30)
LINES = [
    ["id", "Name", "day", "seen", "at", "price", "share", "open", "名稱", None],
    [1, "a", DAY, DAY, datetime.time(8, 30), 1.5, 0.1 + 0.2, True, "北"],
    [2, "007", DAY, MOMENT, datetime.time(9), 2, 1e-7, False, "南", "x"],
    [None, None, None, None, None, None, None, None, None, None],
    [3, "b", None, MOMENT, None, 2.25, 3, True, None, None],
]


def test_it_reads_a_sheet_as_typed_rows(desk):
    result = desk.read(a_workbook(Sheet=LINES), name="a.xlsx")
    table = only(result)
    assert types(table) == {
        "id": "integer",
        "name": "text",
        "day": "date",
        "seen": "timestamp",
        "at": "time",
        "price": "decimal",
        "share": "float",
        "open": "boolean",
        "名稱": "text",
        "column_10": "text",
    }
    assert rows(table)[1] == {
        "id": 2,
        "name": "007",
        "day": DAY.date(),
        "seen": MOMENT,
        "at": datetime.time(9),
        "price": Decimal("2.00"),
        "share": 1e-7,
        "open": False,
        "名稱": "南",
        "column_10": "x",
    }
    assert rows(table)[0]["share"] == 0.3
    assert table["rows"] == 3
    assert result["detected"] == {"container": "none", "format": "xlsx"}


def test_it_counts_rows_as_the_sheet_does(desk):
    result = desk.read(a_workbook(Sheet=LINES), tables={"main": {"types": {"name": "integer"}}})
    assert [cell[0] for cell in only(result)["bad_cells"]] == [2, 5]


def test_it_reads_each_visible_sheet_and_tells_of_the_others(desk):
    book = a_workbook(
        Trees_2020=[["a"], [1]], hidden=[["b"], [2]], Blank=[], Only_header=[["c", "d"]], 街道=[["e"], [3]]
    )
    result = desk.read(book)
    assert [(table["name"], table["title"]) for table in result["tables"]] == [
        ("trees_2020", "Trees 2020"),
        ("街道", "街道"),
    ]
    assert codes(result) == ["hidden-sheet", "empty-sheet", "empty-sheet"]


def test_it_reads_the_sheet_that_the_steward_names(desk):
    book = a_workbook(One=[["a"], [1]], hidden=[["b"], [2]])
    assert rows(only(desk.read(book, sheet="hidden"))) == [{"b": 2}]
    error = desk.refused(book, sheet="Two")
    assert error.code == "unknown-sheet"
    assert "One, hidden" in error.sentence


def test_it_finds_the_header_below_a_title(desk):
    result = desk.read(a_workbook(S=[["Population", None, None], [], ["year", "district", "n"], [2020, "North", 3]]))
    assert only(result)["detected"]["header_row"] == 3
    assert rows(only(result)) == [{"year": 2020, "district": "North", "n": 3}]


def test_it_refuses_a_workbook_without_rows(desk):
    assert desk.refused(a_workbook(S=[["a", "b"]])).code == "no-sheet"


def test_it_reads_a_workbook_inside_an_archive(desk):
    result = desk.read(zipped(a__xlsx=a_workbook(S=[["a"], [1]]), b__csv="x\n1\n"))
    assert {table["name"] for table in result["tables"]} == {"s", "b"}
    assert result["detected"]["format"] == "mixed"


def test_it_reads_the_workbook_of_a_ministry_like_another_reader(desk):
    path = DATA / "bian-anal-mca-2005-dols-eng-1011-0312-tab3.xlsm"
    sheet = openpyxl.load_workbook(path, data_only=True)["Definitions"]
    lines = list(sheet.iter_rows(values_only=True))
    header = next(place for place, line in enumerate(lines, start=1) if "Data item" in line)
    below = [line for line in lines[header:] if any(cell not in (None, "") for cell in line)]
    table = only(desk.read(path, name=path.name))
    assert table["detected"]["header_row"] == header
    assert [list(row.values()) for row in rows(table)] == [list(line[:4]) for line in below]
