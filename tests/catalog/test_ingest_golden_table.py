"""Every delimited file of the collection against the golden table, which another reader wrote (`independent.py`)."""

import json
from decimal import Decimal
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.catalog import independent
from tests.catalog.reading import DATA, only, shared

TABLE = json.loads(independent.GOLDEN.read_text("utf-8"))
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


def test_it_has_every_delimited_file_of_the_collection():
    names = {path.name for kind in ("messy", "tables") for path in shared(kind).iterdir()}
    assert {name for name in names if ".csv" in name or ".psv" in name} == {Path(name).name for name in TABLE}
