"""What stands around a table: titles above, names over several rows, sources and totals below. None of it is lost."""

import io

import openpyxl
import pyarrow.parquet as pq
import pytest

from tests.catalog.reading import codes, only, rows, types

AREAS = "Bath,1,2,3,4\nWells,5,6,7,8\nFrome,9,10,11,12\n"
PLACES = "place,people,area\nBath,94782,28.6\nWells,12000,5.6\nFrome,28559,8.3\n"


def sheet(*lines):
    """The bytes of a workbook with these rows, without any merged cells."""
    book, packed = openpyxl.Workbook(), io.BytesIO()
    for line in lines:
        book.active.append([cell if cell != "" else None for cell in line])
    book.save(packed)
    return packed.getvalue()


def as_sheet(text):
    """The same cells in a workbook, numbers as numbers."""
    cut = [line.split(",") for line in text.splitlines()]
    return sheet(*[[float(cell) if cell.replace(".", "", 1).isdigit() else cell for cell in line] for line in cut])


@pytest.mark.parametrize("packed", [str.encode, as_sheet], ids=["text", "sheet"])
def test_it_joins_names_over_names(desk, packed):
    result = desk.read(packed("Area,2019,,2020,\n,men,women,men,women\n" + AREAS))
    table = only(result)
    assert [about["title"] for about in table["columns"]] == [
        "Area",
        "2019 men",
        "2019 women",
        "2020 men",
        "2020 women",
    ]
    assert list(types(table).values()) == ["text", "integer", "integer", "integer", "integer"]
    assert (table["detected"]["header_row"], table["detected"]["header_rows"], table["rows"]) == (2, 2, 3)
    assert "header-of-rows" in codes(result)


@pytest.mark.parametrize("packed", [str.encode, as_sheet], ids=["text", "sheet"])
def test_it_joins_names_that_stand_seldom_over_names_that_are_alike(desk, packed):
    content = "Schools of the city\n\n,,2019,,2020,\ncode,name,men,women,men,women\n"
    content += "".join(f"c{n},School {n},{n},{n},{n},{n}\n" for n in range(1, 6))
    table = only(desk.read(packed(content)))
    assert [about["name"] for about in table["columns"]] == [
        "code",
        "name",
        "c_2019_men",
        "c_2019_women",
        "c_2020_men",
        "c_2020_women",
    ]
    assert (table["detected"]["header_row"], table["detected"]["header_rows"], table["rows"]) == (4, 2, 5)
    assert table["above"][0] == [1, "Schools of the city"]


@pytest.mark.parametrize("packed", [str.encode, as_sheet], ids=["text", "sheet"])
def test_it_joins_units_below_the_names(desk, packed):
    content = "station,temp,wind\nname,degC,m/s\n" + "".join(f"s{n},{n}.5,{n}\n" for n in range(1, 9))
    table = only(desk.read(packed(content)))
    assert [about["title"] for about in table["columns"]] == ["station name", "temp degC", "wind m/s"]
    assert table["rows"] == 8


@pytest.mark.parametrize(
    "content",
    [
        "name,born,died\nAnna,1880,1950\nBob,1881,1951\nCid,1882,1952\nDora,1890,1960\n",
        "id,a,b\nn/a,-,NA\n1,2,3\n2,3,4\n3,4,5\n",
        "place,state,kind\nBath,open,A\nWells,open,B\nFrome,shut,A\nYeovil,open,C\n",
        "id,a,b\nx,suppressed,suppressed\ny,1,2\nz,suppressed,4\nu,4,5\nv,6,suppressed\n",
    ],
    ids=["years", "nothing", "words", "words-again"],
)
def test_it_takes_no_row_of_data_for_a_header(desk, content):
    table = only(desk.read(content))
    assert (table["detected"]["header_rows"], table["rows"]) == (1, content.count("\n") - 1)


def test_it_reads_as_many_rows_of_names_as_the_steward_says(desk):
    content = "Area,2019,,2020,\n,men,women,men,women\n" + AREAS
    one = only(desk.read(content, header_row=1, header_rows=1))
    assert (one["rows"], one["detected"]["header_rows"]) == (4, 1)
    three = only(desk.read("A,B\nx,\n(1),(2)\n1,2\n3,4\n", header_row=3, header_rows=3))
    assert [about["title"] for about in three["columns"]] == ["A x (1)", "B (2)"]
    in_sheet = only(desk.read(as_sheet("A,B\nx,y\n1,2\n3,4\n"), header_rows=2))
    assert [about["title"] for about in in_sheet["columns"]] == ["A x", "B y"]
    assert desk.refused(content, header_rows=9).code == "bad-setting"


FOOTERS = {
    "source": ("Source: Office for National Statistics\n", 1),
    "with-commas": ("Source: ONS, mid-year\n", 1),
    "several": ("\nNotes:\n1) provisional figures\n* revised in May\nSource: ONS\n", 4),
    "chinese": ("资料来源：市统计局\n", 1),
    "padded": ("Source: city,,\n,,\nLast updated 3 May 2026,,\n,,\n", 4),
    "total": ("Total,135341,42.5\n", 1),
    "total-and-source": ("合计,135341,42.5\n注：不含郊区\n", 2),
    "quoted": ('"Source: the city, and\nits districts"\n', 1),
}


@pytest.mark.parametrize("name", FOOTERS)
def test_it_leaves_out_what_stands_below_the_table_and_keeps_its_words(desk, name):
    lines, count = FOOTERS[name]
    result = desk.read(PLACES + lines)
    table = only(result)
    assert table["detected"]["footer_rows"] == count
    assert [row["place"] for row in rows(table)] == ["Bath", "Wells", "Frome"]
    assert types(table) == {"place": "text", "people": "integer", "area": "decimal"}
    (told,) = [note for note in result["notes"] if note["code"] == "footer"]
    assert (told["params"]["count"], told["params"]["row"]) == (count, table["footer"][0][0])
    kept = " ".join(text for _, text in table["footer"])
    assert all(word in kept for word in lines.replace('"', "").replace(",,", " ").split())


def test_it_leaves_out_the_same_lines_of_a_sheet(desk):
    content = as_sheet(PLACES + "\nTotal,135341,42.5\nSource: the city\n")
    table = only(desk.read(content))
    assert (table["rows"], types(table)["people"], table["detected"]["footer_rows"]) == (3, "integer", 2)
    assert [row for row, _ in table["footer"]] == [6, 7]
    assert table["footer"][1][1] == "Source: the city"
    assert only(desk.read(content, footer_rows=0))["rows"] == 5


@pytest.mark.parametrize(
    "last",
    [
        "Yeovil\n",
        "Total,7,8\n",
        "Source Hill,12,3.4\n",
        "Note,,\n",
        "2026,,\n",
        "Yeo",
    ],
)
def test_it_keeps_as_rows_what_may_be_rows(desk, last):
    table = only(desk.read(PLACES + last))
    if last != "Note,,\n":
        assert (table["rows"], table["detected"]["footer_rows"]) == (4, 0)
    else:
        assert table["footer"] == [[5, "Note"]]


def test_it_asks_about_a_total_that_it_cannot_prove(desk):
    result = desk.read(PLACES + "Total,7,8\n")
    assert "maybe-total" in codes(result)
    assert "maybe-total" not in codes(desk.read(PLACES + "Total,135341,42.5\n"))


def test_rows_of_one_cell_in_the_table_are_no_remarks_at_its_end(desk):
    content = "place,a,b\nNorth of the river,,\nBath,1,2\nWells,3,4\nSouth of the river,,\nFrome,5,6\nNo data there,,\n"
    assert only(desk.read(content))["rows"] == 6
    with_source = only(desk.read(content + "Source: the city\n"))
    assert (with_source["rows"], with_source["detected"]["footer_rows"]) == (6, 1)


def test_a_steward_says_how_many_lines_are_no_rows(desk):
    result = desk.read(PLACES + "Source: ONS\n", footer_rows=2)
    assert only(result)["rows"] == 2
    assert only(result)["footer"] == [[4, "Frome,28559,8.3"], [5, "Source: ONS"]]
    assert "footer-looks-like-data" in codes(result)
    assert only(desk.read(PLACES + "Source: ONS\n", footer_rows=0))["rows"] == 4
    assert desk.refused(PLACES, footer_rows=-1).code == "bad-setting"
    assert desk.refused(PLACES, footer_rows=3).code == "no-rows"


def test_it_finds_the_footer_of_a_long_text(desk):
    content = "id,name,value\n" + "".join(f'{n},"place {n}",{n}.5\n' for n in range(60_000))
    table = only(desk.read(content + "\nSource: the city\n"))
    assert (table["rows"], table["footer"], types(table)["value"]) == (
        60_000,
        [[60_003, "Source: the city"]],
        "decimal",
    )


def test_what_is_usual_is_not_stated_so_that_a_file_read_before_is_the_same_version(desk):
    plain = desk.read(PLACES)["settings"]["tables"]["main"]
    assert not {"header_rows", "footer_rows", "nested"} & set(plain)
    stated = desk.read(PLACES + "Source: ONS\n", footer_rows=0)["settings"]["tables"]["main"]
    assert stated["footer_rows"] == 0
    assert desk.read(PLACES + "Source: ONS\n")["settings"]["tables"]["main"]["footer_rows"] == 1
    assert desk.read('[{"a": {"b": 1}}]', nested="json")["settings"]["tables"]["main"]["nested"] == "json"


def test_long_cells_are_read_and_written_a_few_rows_at_a_time(desk):
    lines = [f"{n},{f'{n:04}' * 25_000}" for n in range(400)]
    table = only(desk.read("id,note\n" + "\n".join(lines) + "\n"))
    assert [f"{row['id']},{row['note']}" for row in rows(table)] == lines
    stored = pq.ParquetFile(table["path"]).metadata
    assert max(stored.row_group(n).num_rows for n in range(stored.num_row_groups)) < 400
