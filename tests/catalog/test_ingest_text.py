"""Encodings, delimiters, headers and uneven rows of delimited text."""

import pytest

from tests.catalog.reading import codes, gzipped, only, rows, types

CHINESE = "编号,名称,街道\n" + "".join(f"{n},第{n}社区居民委员会,东华门街道\n" for n in range(1, 60))
TAIWANESE = "編號,名稱,地址\n" + "".join(f"{n},臺南孔子廟,臺南市中西區南門路{n}號\n" for n in range(1, 60))
GERMAN = "Nr,Träger,Straße\n" + "".join(f"{n},Müller GmbH,Königsallee {n}\n" for n in range(1, 60))


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "utf-8-sig", "utf-8-sig"),
        (CHINESE, "utf-16", "utf-16"),
        (CHINESE, "gb18030", "gb18030"),
        (TAIWANESE, "big5", "big5"),
        (GERMAN, "cp1252", "cp1252"),
        (GERMAN, "utf-8", "utf-8"),
    ],
)
def test_it_finds_the_encoding_by_evidence(desk, text, encoding, found):
    result = desk.read(text.encode(encoding))
    header, first, *_ = [line.split(",") for line in text.splitlines()]
    assert only(result)["detected"]["encoding"] == found
    assert [column["title"] for column in only(result)["columns"]] == header
    assert [str(value) for value in rows(only(result))[0].values()] == first
    assert ("guessed-encoding" in codes(result)) == (found in ("gb18030", "big5", "cp1252"))


@pytest.mark.parametrize("place", ["first", "last"])
def test_one_line_is_evidence_enough_wherever_it_stands(desk, place):
    """Only the title over the table, or only its last row, is Chinese."""
    head = "公园管理处,年度,报告\n" if place == "first" else "place,men,women\n"
    last = "公园管理处,5,6" if place == "last" else "p2,5,6"
    table = only(desk.read((head + "p0,1,2\np1,3,4\n" + last).encode("gb18030")))
    assert table["detected"]["encoding"] == "gb18030"
    assert [column["title"] for column in table["columns"]] == head.strip().split(",")
    assert [str(value) for value in rows(table)[-1].values()] == last.split(",")


def test_it_reads_in_the_encoding_that_the_steward_states(desk):
    table = only(desk.read("名前,値\n東京,1\n".encode("shift_jis"), encoding="shift_jis"))
    assert rows(table) == [{"名前": "東京", "値": 1}]
    assert desk.refused(GERMAN.encode("cp1252"), encoding="utf-8").code == "wrong-encoding"
    assert desk.refused(GERMAN, encoding="rot13").code == "unknown-encoding"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_it_finds_the_delimiter_and_the_line_ends(desk, delimiter, line_end):
    lines = [["a", "b, c", "d"], ["1", "x y", "2.5"], ["2", "z", "3.5"]]
    content = line_end.join(delimiter.join(f'"{cell}"' if "," in cell else cell for cell in line) for line in lines)
    table = only(desk.read(content))
    assert table["detected"]["delimiter"] == delimiter
    assert types(table) == {"a": "integer", "b_c": "text", "d": "decimal"}
    assert table["rows"] == 2


def test_it_does_not_take_decimal_commas_for_delimiters(desk):
    table = only(desk.read("a;b;c\n1,5;2,5;x\n3,5;4,5;y\n"))
    assert (table["detected"]["delimiter"], len(table["columns"])) == (";", 3)


def test_it_reads_one_column_without_any_delimiter(desk):
    assert rows(only(desk.read("name\nMueller\nMeier\n"))) == [{"name": "Mueller"}, {"name": "Meier"}]


def test_it_reads_cells_in_single_quotation_marks(desk):
    table = only(desk.read("a,b\n'1,5','it''s'\n'2','x'\n"))
    assert rows(table)[0] == {"a": "1,5", "b": "it's"}


def test_it_keeps_line_breaks_delimiters_and_quotes_inside_cells(desk):
    table = only(desk.read('id,text\r\n1,"two\nlines, ""quoted"""\r\n2,"\r\n\r\n"\r\n3,5" pipe\r\n'))
    assert [row["text"] for row in rows(table)] == ['two\nlines, "quoted"', "\r\n\r\n", '5" pipe']


def test_it_takes_the_dialect_that_the_steward_states(desk):
    table = only(desk.read("a|b;c\n1|2;3\n", delimiter=";"))
    assert [column["title"] for column in table["columns"]] == ["a|b", "c"]
    assert desk.refused("a,b\n1,2\n", delimiter=",,").code == "bad-setting"
    assert desk.refused("a,b\n1,2\n", header_row=-1).code == "bad-setting"
    assert desk.refused("a,b\n1,2\n", header_row=7).code == "no-header"


def test_it_finds_the_header_below_a_title(desk):
    result = desk.read("Population of the city\n\nyear,district,people\n2019,North,12\n2020,North,13\n")
    assert only(result)["detected"]["header_row"] == 3
    assert types(only(result)) == {"year": "integer", "district": "text", "people": "integer"}
    assert "lines-above-header" in codes(result)


def test_it_takes_the_header_row_that_the_steward_states(desk):
    content = "1,2\n3,4\n5,6\n"
    without = desk.read(content, header_row=0)
    assert rows(only(without)) == [{"column_1": n, "column_2": n + 1} for n in (1, 3, 5)]
    assert "no-header" in codes(without)
    assert rows(only(desk.read(content, header_row=2))) == [{"c_3": 5, "c_4": 6}]
    assert "header-looks-like-data" in codes(desk.read(content))


def test_it_renames_blank_and_duplicate_headers_and_says_so(desk):
    result = desk.read("Name,,name,limit\na,b,c,d\n")
    assert list(types(only(result))) == ["name", "column_2", "name_2", "limit_"]
    assert [column["title"] for column in only(result)["columns"]] == ["Name", "", "name", "limit"]
    assert {"blank-header", "duplicate-header", "reserved-header"} <= set(codes(result))


def test_it_pads_short_rows_and_keeps_surplus_cells(desk):
    result = desk.read("a,b,c\n1,2,3\n4\n5,6,7,eight,nine\n8,9,10,,\n")
    assert rows(only(result)) == [
        {"a": 1, "b": 2, "c": 3, "extra_cells": None},
        {"a": 4, "b": None, "c": None, "extra_cells": None},
        {"a": 5, "b": 6, "c": 7, "extra_cells": "eight,nine"},
        {"a": 8, "b": 9, "c": 10, "extra_cells": None},
    ]
    told = {note["code"]: note["params"] for note in result["notes"]}
    assert told["short-rows"] == {"count": 1, "row": 3}
    assert told["long-rows"]["row"] == 4
    assert told["long-blank-rows"]["row"] == 5


def test_it_leaves_blank_lines_out_and_counts_rows_as_the_file_does(desk):
    result = desk.read("a,b\n\n1,2\n\n\n3,x\n\n", tables={"main": {"types": {"b": "integer"}}})
    assert only(result)["rows"] == 2
    assert only(result)["bad_cells"] == [[6, "b", "x", "not a whole number"]]
    assert "blank-lines" in codes(result)


def test_it_keeps_a_null_in_a_table_of_one_column(desk):
    assert [row["a"] for row in rows(only(desk.read('a\n1\n""\n2\n')))] == [1, None, 2]


def test_it_reads_a_text_that_ends_without_line_break(desk):
    assert only(desk.read("a,b\n1,2\n3,4"))["rows"] == 2


def test_it_reads_packed_text_like_plain_text(desk):
    plain, packed = desk.read(CHINESE), desk.read(gzipped(CHINESE), name="a.csv.gz")
    assert only(plain)["sha256"] == only(packed)["sha256"]
    assert (plain["detected"]["container"], packed["detected"]["container"]) == ("none", "gzip")


def test_it_names_a_single_table_as_told(desk):
    assert only(desk.read("a,b\n1,2\n"))["name"] == "main"
    assert only(desk.read("a,b\n1,2\n", table_name="Trees 2020"))["name"] == "trees_2020"


def test_it_reads_settings_of_another_file_of_the_same_table(desk):
    first = desk.read("id;v\n1;x\n2;3\n", tables={"main": {"types": {"v": "integer"}}})
    second = desk.read("id;v\n4;5\n6;y\n", **first["settings"])
    assert types(only(second)) == {"id": "integer", "v": "integer"}
    assert only(second)["bad_cells_total"] == 1


@pytest.mark.parametrize("tables", [["x"], {"main": "x"}, {"main": {"types": ["x"]}}, {"main": {"null_values": "NA"}}])
def test_it_refuses_settings_of_another_shape(desk, tables):
    assert desk.refused("a,b\n1,2\n", tables=tables).code == "bad-setting"
