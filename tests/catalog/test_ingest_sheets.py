"""Workbooks of every kind against other readers: XLS, ODS, headers over several rows, and hostile ones."""

import datetime
import io
import math
import tarfile
import xml.etree.ElementTree as ET
import zipfile
from decimal import Decimal

import openpyxl
import pytest
import xlrd
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from catalog.ingest.headers import block_around, joined_titles
from tests.catalog.reading import DATA, codes, gzipped, only, rows, shared, types, zipped

NAMES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
}
KIND = "application/vnd.oasis.opendocument.spreadsheet"


def an_ods(*tables):
    """The bytes of an OpenDocument workbook with this XML of tables; the style "gone" hides one."""
    spaces = " ".join(f'xmlns:{name}="{address}"' for name, address in NAMES.items())
    content = (
        f'<?xml version="1.0"?><office:document-content {spaces}><office:automatic-styles>'
        '<style:style style:name="gone" style:family="table"><style:table-properties table:display="false"/>'
        "</style:style></office:automatic-styles><office:body><office:spreadsheet>"
        f"{''.join(tables)}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    return zipped(**{"mimetype": KIND, "content__xml": content, "META-INF/manifest__xml": manifest})


def a_table(*lines, name="S", style=""):
    """The XML of a table whose lines hold the XML of cells, or texts."""
    row = "<table:table-row>{}</table:table-row>"
    cells = ("".join(cell if cell.startswith("<") else a_cell(cell) for cell in line) for line in lines)
    shown = f' table:style-name="{style}"' if style else ""
    return f'<table:table table:name="{name}"{shown}>{"".join(map(row.format, cells))}</table:table>'


def a_cell(text, kind="string", more=""):
    return f'<table:table-cell office:value-type="{kind}" {more}><text:p>{text}</text:p></table:table-cell>'


def test_it_reads_an_old_workbook_like_another_reader(desk):
    path = DATA / "span_rich.xls"
    sheet = xlrd.open_workbook(path, formatting_info=True).sheet_by_index(0)
    result = desk.read(path, name=path.name)
    assert_below_header(only(result), lambda row, column: sheet.cell_value(row - 1, column - 1), sheet.nrows)
    assert [column["title"] for column in only(result)["columns"]] == sheet.row_values(0)
    assert len(sheet.merged_cells) == 1
    assert codes(result) == ["merged-cells"]
    assert result["detected"] == {"container": "none", "format": "xls"}


def test_it_reads_a_sheet_of_one_cell_where_there_is_no_header(desk):
    path = DATA / "unicode_sheet_name.xls"
    book = xlrd.open_workbook(path)
    assert desk.refused(path).code == "no-sheet"
    table = only(desk.read(path, header_row=0))
    assert table["title"] == book.sheet_names()[0] == "mês"
    assert rows(table) == [{"column_1": book.sheet_by_index(0).cell_value(0, 0)}]


def test_it_reads_every_kind_of_cell_of_opendocument(desk):
    path = DATA / "ods_formats.ods"
    sheet = ET.fromstring(zipfile.ZipFile(path).read("content.xml")).find(".//table:table", NAMES)
    days = [cell.get(f"{{{NAMES['office']}}}date-value") for cell in sheet.iterfind(".//table:table-cell", NAMES)]
    numbers = [
        cell.get(f"{{{NAMES['office']}}}value")
        for cell in sheet.iterfind("./table:table-row[2]/table:table-cell", NAMES)
    ]
    result = desk.read(path, name=path.name)
    table = only(result)
    assert {name: kind for name, kind in types(table).items() if kind != "text"} == {
        "date": "date",
        "boolean": "boolean",
        "float": "decimal",
        "currency": "integer",
        "percentage": "integer",
        "int": "integer",
        "scientific": "integer",
        "fractions": "decimal",
    }
    found = rows(table)
    assert [row["date"] for row in found if row["date"]] == [datetime.date.fromisoformat(day) for day in days if day]
    first = found[0]
    for name, at in {"float": 3, "currency": 4, "percentage": 5, "int": 6, "scientific": 7, "fractions": 8}.items():
        assert float(first[name]) == float(numbers[at])
    assert (first["boolean"], first["time"]) == (True, "11:12:12")
    assert [row["time"] for row in found][3] == "27:17:54"
    assert codes(result) == ["empty-sheet", "empty-sheet"]
    assert result["detected"]["format"] == "ods"


def test_it_tells_of_hidden_sheets_of_opendocument_and_reads_them_when_named(desk):
    book = an_ods(a_table(["a"], ["x"]), a_table(["b"], ["y"], name="Hidden", style="gone"))
    result = desk.read(book)
    assert rows(only(result)) == [{"a": "x"}]
    assert codes(result) == ["hidden-sheet"]
    assert rows(only(desk.read(book, sheet="Hidden"))) == [{"b": "y"}]


def test_it_reads_packed_workbooks_of_every_kind(desk):
    ods = an_ods(a_table(["a"], ["x"], name="One"))
    old = (DATA / "span_rich.xls").read_bytes()
    assert rows(only(desk.read(gzipped(ods)))) == [{"a": "x"}]
    assert only(desk.read(gzipped(old)))["rows"] == 5
    result = desk.read(zipped(one__ods=ods, two__xls=old, three__csv="a\n1\n"))
    assert [table["name"] for table in result["tables"]] == ["one", "sheet1", "three"]


@pytest.mark.parametrize(
    "content",
    [
        an_ods(a_table(["a"], [a_cell("x", more='table:number-columns-repeated="2000000000"')])),
        an_ods(
            a_table(["a"], [a_cell("x", more='table:number-columns-repeated="1000"')]).replace(
                "<table:table-row>", '<table:table-row table:number-rows-repeated="1048576">'
            )
        ),
        an_ods(a_table(["a"], ["<a>" * 200_000])),
        an_ods(a_table(["a"], ["x"]))[:-80],
        (DATA / "span_rich.xls").read_bytes()[:5000],
    ],
    ids=["columns", "rows", "deep", "cut", "cut-old"],
)
def test_it_refuses_hostile_ones_with_a_sentence(desk, content):
    expected = ("too-much-memory", "too-many-columns", "damaged-workbook", "damaged-archive")
    assert desk.refused(content).code in expected


def test_it_expands_no_entities_of_opendocument(desk):
    book = an_ods(a_table(["a"], ["&b;"]))
    content = zipfile.ZipFile(io.BytesIO(book)).read("content.xml").decode()
    hostile = content.replace("?>", '?><!DOCTYPE x [<!ENTITY a "SECRET"><!ENTITY b "&a;&a;&a;">]>', 1)
    try:
        found = rows(only(desk.read(zipped(mimetype=KIND, content__xml=hostile, **{"META-INF/manifest__xml": "<a/>"}))))
    except Exception as error:
        assert type(error).__name__ == "ReadingError"
    else:
        assert "SECRET" not in str(found)


MERGES = [(1, 1, 1, 5), (2, 1, 3, 1), (2, 2, 2, 3), (2, 4, 2, 5)]
HEADS = {
    1: ["Schools by level", "", "", "", ""],
    2: ["Year", "Primary", "", "Secondary", ""],
    3: ["", "Govt", "Other\n(2)", "Govt", "2010"],
    4: ["2002", "5", "6", "7", "8"],
}


@pytest.mark.parametrize("row", [2, 3])
def test_names_over_several_rows_are_one(row):
    header = block_around(row, HEADS, MERGES)
    assert header == (2, 3)
    assert joined_titles(header, HEADS, MERGES) == [
        "Year",
        "Primary Govt",
        "Primary Other (2)",
        "Secondary Govt",
        "Secondary 2010",
    ]


def test_a_common_name_over_data_is_a_header_of_one_row():
    heads = {1: ["id", "place", ""], 2: ["1", "52.1", "4.3"], 3: ["2", "52.2", "4.4"]}
    assert block_around(1, heads, [(1, 2, 1, 3)]) == (1, 1)


def test_it_tells_of_formulas_that_nobody_computed(desk):
    book = openpyxl.Workbook()
    for line in (["a", "b"], [1, "=A2*2"], [2, "=A3*2"]):
        book.active.append(line)
    packed = io.BytesIO()
    book.save(packed)
    result = desk.read(packed.getvalue())
    (told,) = [item for item in result["notes"] if item["code"] == "unfinished-formulas"]
    assert told["params"]["count"] == 2


def test_it_reads_results_of_formulas_and_merged_headers_of_newer_workbooks(desk):
    book = openpyxl.Workbook()
    for line in (["Title", None, None], ["year", "n", None], [None, "men", "women"], [2020, 1, 2]):
        book.active.append(line)
    for area in ("A1:C1", "A2:A3", "B2:C2"):
        book.active.merge_cells(area)
    packed = io.BytesIO()
    book.save(packed)
    result = desk.read(packed.getvalue())
    assert rows(only(result)) == [{"year": 2020, "n_men": 1, "n_women": 2}]
    assert only(result)["detected"]["header_row"] == 3
    assert codes(result) == ["lines-above-header", "header-of-rows"]


def test_it_counts_days_from_either_beginning(desk):
    """Workbooks count days from 1900 or from 1904; the day is the same."""
    for epoch in (WINDOWS_EPOCH, MAC_EPOCH):
        book = openpyxl.Workbook()
        book.epoch = epoch
        for line in (["day", "serial"], [datetime.date(2026, 11, 22), 46348]):
            book.active.append(line)
        packed = io.BytesIO()
        book.save(packed)
        assert rows(only(desk.read(packed.getvalue()))) == [{"day": datetime.date(2026, 11, 22), "serial": 46348}]


# Titles as a person reads them off the sheet, the row in which the names end, and the number of lines below the table.
STATISTICS = {
    "1 - 3.1 Number Of Schools By Level (2002-2012).xls": (4, 0, "Year", 5),
    "1 - Tourists Arrival By Country Residence.xls": (6, 3, "2011", 4),
    "14 - Total Percentage Of Brunei Darussalam Import And Export By Commodity Section.xls": (7, 1, "Import 2009", 2),
    "19 - 1.19 Enrolment, Number Of Teachers And Student-Teacher Ratio By Level And Sector, 2012.xls": (
        2,
        3,
        "Ratio",
        0,
    ),
    "2 - Assets Of Bank.xls": (6, 0, "Penghujung Tempoh End Of Period", 0),
    "8 - Length Of Road.xls": (6, 0, "Tahun Year", 14),
    "15 JENIS BUNGA KERATAN IMPORT UTAMA (2013).xlsx": (1, 2, "KUANTITI (Keratan)", 0),
    "PENGELUARAN BULANAN BAGI PELBAGAI TANAMAN MENGIKUT DAERAH (2013).xls": (None, None, None, 0),
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) for name in STATISTICS])
def test_it_reads_the_statistics_of_a_state_like_another_reader(desk, tmp_path, name):
    path = unpacked("messy/brunei_statistics_xls.tar.gz", name, tmp_path)
    last, at, title, below = STATISTICS[name]
    table = desk.read(path, name=name)["tables"][0]
    if last:
        assert table["detected"]["header_row"] == last
        assert table["columns"][at]["title"] == title
    assert table["detected"]["footer_rows"] == below
    if path.read_bytes().startswith(b"PK"):
        with path.open("rb") as file:
            sheet = openpyxl.load_workbook(file, data_only=True)[table["title"]]
        assert_below_header(table, lambda row, column: sheet.cell(row, column).value, sheet.max_row)
    else:
        sheet = xlrd.open_workbook(path).sheet_by_name(table["title"])

        def value(row, column):
            return sheet.cell_value(row - 1, column - 1) if column <= sheet.ncols else None

        assert_below_header(table, value, sheet.nrows)


@pytest.mark.slow
def test_it_reads_or_refuses_every_workbook_of_the_state_with_a_sentence(desk, tmp_path):
    with tarfile.open(shared("messy/brunei_statistics_xls.tar.gz")) as archive:
        archive.extractall(tmp_path / "all", filter="data")
    paths = [path for path in (tmp_path / "all").rglob("*") if path.is_file()]
    assert len(paths) == 106
    for path in paths:
        assert desk.read(path, name=path.name)["tables"]


def unpacked(archive, name, folder):
    """The file of this name in a packed folder of the larger collection."""
    with tarfile.open(shared(archive)) as packed:
        member = next(member for member in packed if member.name.rpartition("/")[2] == name)
        target = folder / "unpacked"
        target.write_bytes(packed.extractfile(member).read())
    return target


def assert_below_header(table, value, last):
    """Every row of the table holds what stands below its header, by `value(row, column)` of another reader."""
    width = len(table["columns"])
    below = range(table["detected"]["header_row"] + 1, last + 1)
    wanted = [[value(row, column) for column in range(1, width + 1)] for row in below]
    wanted = [line for line in wanted if any(cell not in (None, "") for cell in line)]
    rest = wanted[len(wanted) - len(table["footer"]) :]
    said = [" ".join(str(cell) for cell in line if cell) for line in rest]
    assert [text.split()[:40] for _, text in table["footer"]] == [text.split()[:40] for text in said]
    wanted = wanted[: len(wanted) - len(rest)]
    found = [list(row.values()) for row in rows(table)]
    assert len(found) == len(wanted)
    for ours, theirs in zip(found, wanted, strict=True):
        assert all(map(is_same, ours, theirs)), (ours, theirs)


def is_same(ours, theirs):
    if theirs is None or str(theirs).strip() == "":
        return ours is None or ours.strip() == ""
    if isinstance(theirs, float | int) and not isinstance(theirs, bool):
        return math.isclose(float(ours), theirs, rel_tol=1e-12)
    if isinstance(ours, int | Decimal):
        return Decimal(theirs.strip()) == ours
    return str(ours) == str(theirs)
