"""Every file of the collection against the golden tables, written by other readers (`independent.py` and its like)."""

import json
from decimal import Decimal
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.catalog import independent, independent_records
from tests.catalog.reading import DATA, only, shared

TABLE = json.loads(independent.GOLDEN.read_text("utf-8"))
RECORDS = json.loads(independent_records.GOLDEN.read_text("utf-8"))
# Compared cell by cell with another reader in a test of their own, or refused with a sentence there.
ELSEWHERE = {
    "messy/bian-anal-mca-2005-dols-eng-1011-0312-tab3.xlsm": "test_ingest_workbooks.py",
    "messy/brunei_statistics_xls.tar.gz": "test_ingest_sheets.py",
    "messy/encrypted_no_password.xls": "test_ingest_bad_input.py",
    "messy/html.html": "test_ingest_golden.py",
    "messy/ods_formats.ods": "test_ingest_sheets.py",
    "messy/span_rich.xls": "test_ingest_sheets.py",
    "messy/unicode_sheet_name.xls": "test_ingest_sheets.py",
    "geo/us_10m_topojson.json.gz": "test_ingest_golden.py",
}
LARGE = {
    "messy/china_streets_gbk.csv.gz",
    "tables/bath_census_2011_bnes_selected_small_area_data.csv.gz",
    "tables/bath_banes_subset_of_road_safety_data.csv.gz",
    "tables/china_villages.csv.gz",
    "tables/nyc_caserate_by_modzcta.csv",
    "tables/un_population_1950_2100.csv.gz",
    "tables/us_flights_3m.csv.zst",
}


def file_of(name):
    """The copy in the project, so that a clone alone shows it; else the one in the collection."""
    here = DATA / Path(name).name
    return here if here.exists() else shared(name)


def total(table, about):
    """The sum of a column of numbers as it is stored."""
    if about["type"] not in ("integer", "decimal"):
        return None
    return Decimal(pc.sum(pq.read_table(table["path"], columns=[about["name"]])[0]).as_py())


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in LARGE else ()) for name in TABLE]
)
def test_it_reads_every_file_as_the_golden_table_says(desk, name):
    expected, path = TABLE[name], file_of(name)
    table = only(desk.read(path, name=path.name))
    stated = {key: expected[key] for key in ("encoding", "delimiter", "header_row")}
    assert table["detected"] | stated == table["detected"]
    assert (table["rows"], table["bad_cells_total"]) == (expected["rows"], 0)
    found = [
        [about["title"], "timestamptz" if about.get("zoned") else about["type"], about["nulls"], total(table, about)]
        for about in table["columns"]
    ]
    assert found == [[*about[:3], about[3] and Decimal(about[3])] for about in expected["columns"]]


@pytest.mark.parametrize("name", [name for name in TABLE if (DATA / Path(name).name).exists()])
def test_it_states_in_the_golden_table_what_the_other_reader_finds(name):
    stated = independent.described(file_of(name), **independent.SEEN.get(name, {}))
    assert json.loads(json.dumps(stated)) == TABLE[name]


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) for name in RECORDS])
def test_it_reads_every_file_of_records_and_places_as_the_golden_table_says(desk, name):
    path = file_of(name)
    tables = desk.read(path, name=path.name)["tables"]
    assert {table["name"]: table["rows"] for table in tables} == {
        table: about["rows"] for table, about in RECORDS[name].items()
    }
    for table in tables:
        assert table["bad_cells_total"] == 0
        found = [[about["title"], about["type"], about["nulls"], total(table, about)] for about in table["columns"]]
        wanted = RECORDS[name][table["name"]]["columns"]
        if name.endswith("shapefile.zip"):
            found, wanted = ([column[:3] for column in columns] for columns in (found, wanted))
        assert found == [[*about[:3], *(about[3:] and [about[3] and Decimal(about[3])])] for about in wanted]


@pytest.mark.parametrize("name", [name for name in RECORDS if (DATA / Path(name).name).exists()])
def test_it_states_of_records_what_the_other_reader_finds(name):
    assert json.loads(json.dumps(independent_records.described(file_of(name)))) == RECORDS[name]


def test_it_has_every_file_of_the_collection():
    names = {f"{kind}/{path.name}" for kind in ("messy", "tables", "geo") for path in shared(kind).iterdir()}
    assert names == {*TABLE, *RECORDS, *ELSEWHERE}
    for name, test in ELSEWHERE.items():
        assert Path(name).name in (Path(__file__).parent / test).read_text("utf-8")
