"""Real files, compared cell by cell with what Python's csv module reads, and with types told by hand."""

import csv
import datetime
import gzip
import io
import json
import zipfile
from decimal import Decimal

import pytest

from tests.catalog.reading import DATA, codes, column, only, rows, shared, types

READERS = {
    "text": str,
    "integer": int,
    "decimal": Decimal,
    "float": float,
    "boolean": lambda cell: {"true": True, "false": False, "yes": True, "no": False}[cell.lower()],
    "time": datetime.time.fromisoformat,
}


def independent(path, encoding="utf-8", delimiter=",", above=0):
    """The header and the rows by the csv module; blank lines are no rows."""
    content = path.read_bytes()
    content = gzip.decompress(content) if path.suffix == ".gz" else content
    text = io.StringIO(content.decode(encoding), newline="")
    lines = [line for line in csv.reader(text, delimiter=delimiter) if line]
    return lines[above], lines[above + 1 :]


def assert_same(table, expected, layouts):
    """Every cell of the table is what its text says, read by other means than ours."""
    header, lines = expected
    assert [about["title"] for about in table["columns"]] == header
    assert table["rows"] == len(lines)
    for at, about in enumerate(table["columns"]):
        read = READERS.get(about["type"]) or moment_in(layouts[about["name"]])
        texts = [line[at] if at < len(line) else "" for line in lines]
        wanted = [
            None if text == "" or (text.strip() == "" and about["type"] != "text") else read(text) for text in texts
        ]
        found = [row[about["name"]] for row in rows_of(table)]
        if about["type"] == "date":
            wanted = [value and value.date() for value in wanted]
        assert found == wanted, about["name"]


def moment_in(layout):
    return lambda cell: datetime.datetime.strptime(cell, layout)


def rows_of(table):
    if "rows_read" not in table:
        table["rows_read"] = rows(table)
    return table["rows_read"]


def kinds(**names):
    """{"integer": "a b"} as {"a": "integer", "b": "integer"}."""
    return {name: kind for kind, listed in names.items() for name in listed.split()}


HERE = {
    "simple.psv": ({"delimiter": "|"}, {"year": "integer", "former_owner_occupiers": "integer"}),
    "sparse_with_column_errors.csv": ({"encoding": "cp1252"}, {"lp": "text", "kapitel_titel": "text"}),
    "characters.csv": (
        {"encoding": "big5"},
        {"x坐標": "decimal", "景點服務電話": "text", "景點分類代碼1": "text", "changetime": "timestamp"},
    ),
    "utf-16le_encoded.csv": (
        {"encoding": "utf-16"},
        {"organisation_code": "text", "reporting_period": "text", "detained_under_mha_31st_march": "integer"},
    ),
    "china_cities.csv": ({}, {"code": "integer", "name": "text", "provincecode": "integer"}),
    "bath_banes_members_allowance_payments_2008.csv": ({}, {"year": "integer", "basic_allowance": "decimal"}),
    "bath_polling_stations_2015.csv": ({}, {"ward": "text", "ward_2": "integer", "x": "decimal"}),
    "us_agencies_and_bureaus.csv": ({}, {"agency": "text", "bureau": "text"}),
    "seattle_weather.csv": ({}, {"date": "date", "wind": "decimal", "weather": "text"}),
}
LAYOUTS = {"date": "%Y-%m-%d", "changetime": "%Y/%m/%d %H:%M:%S"}


@pytest.mark.parametrize("name", HERE)
def test_it_reads_a_small_real_file_like_another_reader(desk, name):
    stated, expected = HERE[name]
    table = only(desk.read(DATA / name, name=name))
    found = types(table)
    assert {column: found[column] for column in expected} == expected
    assert table["detected"] | stated == table["detected"]
    assert_same(table, independent(DATA / name, **stated), LAYOUTS)


def test_it_finds_the_table_below_title_and_notes(desk):
    path = DATA / "weird_head_padding.csv"
    result = desk.read(path, name=path.name)
    lines = list(csv.reader(io.StringIO(path.read_text("utf-8"), newline=""), delimiter=";"))
    header = next(n for n, line in enumerate(lines) if "1985" in line)
    below = [line for line in lines[header + 1 :] if any(cell.strip() for cell in line)]
    assert only(result)["detected"]["header_row"] == header + 1
    assert only(result)["rows"] == len(below)
    assert [row["column_1"] for row in rows(only(result))] == [line[0] for line in below]
    assert {"lines-above-header", "short-rows", "blank-header", "maybe-thousands"} <= set(codes(result))


LARGER = {
    "tables/us_zipcodes.csv.gz": kinds(text="zip_code city state county", decimal="latitude longitude"),
    "tables/china_streets.csv.gz": kinds(integer="code areacode provincecode citycode", text="name"),
    "tables/us_gov_domains.csv.gz": kinds(text="domain_name domain_type city state security_contact_email"),
    "tables/bath_avon_fire_and_rescue_incidents.csv.gz": kinds(
        text="incident_number location x_coordinate", timestamp="datetime"
    ),
    "tables/bath_street_works.csv": kinds(timestamp="start end", integer="ref", decimal="easting latitude"),
    "tables/nyc_caserate_by_modzcta.csv": kinds(date="week_ending", decimal="caserate_city caserate_10001"),
    "tables/bath_census_2011_bnes_selected_small_area_data.csv.gz": kinds(text="code name", integer="total_males"),
    "tables/bath_asset_inventory.csv": kinds(boolean="public derived_view", timestamp="creation_date"),
    "tables/bath_bath_north_east_somerset_food_hygiene_ratings.csv": kinds(date="ratingdate", integer="ratingvalue"),
    "geo/bath_polling_districts_wkt.csv.gz": kinds(text="the_geom name"),
}
LARGER_LAYOUTS = {
    "start": "%d/%m/%Y %I:%M:%S %p",
    "end": "%d/%m/%Y %I:%M:%S %p",
    "week_ending": "%m/%d/%Y",
    "ratingdate": "%Y/%m/%d",
}
ZONED = "%m/%d/%Y %I:%M:%S %p %z"


QUICK = ("tables/us_zipcodes.csv.gz", "tables/bath_street_works.csv", "tables/bath_asset_inventory.csv")


@pytest.mark.parametrize(
    "path", [pytest.param(path, marks=() if path in QUICK else pytest.mark.slow) for path in LARGER]
)
def test_it_reads_a_larger_real_file_like_another_reader(desk, path):
    table = only(desk.read(shared(path), name=path))
    found = types(table)
    assert {name: found[name] for name in LARGER[path]} == LARGER[path]
    header, lines = independent(shared(path))
    zoned = {about["name"] for about in table["columns"] if about.get("zoned")}
    for about in [about for about in table["columns"] if about["name"] in zoned]:
        at = table["columns"].index(about)
        wanted = [moment_in(ZONED)(line[at]) if line[at] else None for line in lines]
        assert [row[about["name"]] for row in rows_of(table)] == wanted
    layouts = {about["name"]: LARGER_LAYOUTS.get(about["name"]) for about in table["columns"]}
    kept = [at for at, about in enumerate(table["columns"]) if about["name"] not in zoned]
    plain = table | {"columns": [table["columns"][at] for at in kept]}
    assert_same(plain, ([header[at] for at in kept], [[line[at] for at in kept] for line in lines]), layouts)


def test_it_reads_gb18030_and_utf8_of_the_same_rows_alike(desk):
    in_gb = only(desk.read(shared("messy/china_streets_gbk.csv.gz"), name="a.csv.gz"))
    in_utf8 = only(desk.read(shared("tables/china_streets.csv.gz"), name="b.csv.gz"))
    assert (in_gb["detected"]["encoding"], in_utf8["detected"]["encoding"]) == ("gb18030", "utf-8")
    assert in_gb["sha256"] == in_utf8["sha256"]


def test_it_reads_a_transit_feed_as_one_version_of_several_tables(desk):
    path = shared("geo/cairns_gtfs.zip")
    result = desk.read(path, name=path.name)
    with zipfile.ZipFile(path) as archive:
        lines = {
            name.removesuffix(".txt"): archive.read(name).decode("utf-8-sig").splitlines()
            for name in archive.namelist()
        }
    assert {table["name"]: table["rows"] for table in result["tables"]} == {
        name: sum(bool(line.strip()) for line in text) - 1 for name, text in lines.items()
    }
    times = next(table for table in result["tables"] if table["name"] == "stop_times")
    late = sum(line.split(",")[1] >= "24:00:00" for line in lines["stop_times"][1:])
    assert column(times, "arrival_time")["almost"]["type"] == "time"
    assert column(times, "arrival_time")["almost"]["misfits"] == late


def test_it_reads_records_of_cities_with_numbers_in_text(desk):
    path = shared("tables/us_federal_budget.json")
    table = only(desk.read(path, name=path.name))
    expected = json.loads(path.read_text())
    assert table["rows"] == len(expected)
    assert [row["agency_name"] for row in rows(table)] == [row["Agency name"] or None for row in expected]


LISTS = {
    "tables/singapore_bus_stops_datamall.json.gz": {"BusStopCode": "text", "Latitude": "decimal", "RoadName": "text"},
    "tables/world_cities_geonames.json.gz": {"name": "text", "lat": "decimal", "country": "text"},
}


@pytest.mark.slow
@pytest.mark.parametrize("path", LISTS)
def test_it_reads_a_list_of_records_like_another_reader(desk, path):
    expected = json.loads(gzip.decompress(shared(path).read_bytes()))
    table = only(desk.read(shared(path), name=path))
    found = {about["title"]: about for about in table["columns"]}
    assert {title: found[title]["type"] for title in LISTS[path]} == LISTS[path]
    assert table["rows"] == len(expected)
    for title in LISTS[path]:
        name, is_text = found[title]["name"], found[title]["type"] == "text"
        wanted = [record[title] if is_text else float(record[title]) for record in expected]
        assert [row[name] if is_text else float(row[name]) for row in rows_of(table)] == wanted


MAPS = {
    "geo/world_countries_zh.geojson": "name",
    "geo/china_provinces.geojson.gz": "name",
    "geo/singapore_bus_stops.geojson.gz": "name",
    "geo/us_michigan_counties.geojson.gz": "County",
    "geo/nyc_modzcta.geojson.gz": "MODZCTA",
}


@pytest.mark.parametrize("path", [pytest.param(path, marks=pytest.mark.slow) for path in MAPS])
def test_it_reads_the_features_of_a_map_like_another_reader(desk, path):
    name, path = MAPS[path], shared(path)
    content = path.read_bytes()
    expected = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)["features"]
    table = only(desk.read(path, name=path.name))
    found = rows(table)
    titles = {about["title"]: about["name"] for about in table["columns"]}
    assert set().union(*(feature["properties"] for feature in expected if feature["properties"])) <= set(titles)
    wanted = [str(feature["properties"].get(name) or None) for feature in expected]
    assert [str(row[titles[name]]) for row in found] == wanted
    assert [json.loads(row["geometry"]) for row in found] == [feature["geometry"] for feature in expected]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("messy/html.html", "html"),
        ("messy/unicode_sheet_name.xls", "no-sheet"),
        ("geo/us_10m_topojson.json.gz", "topojson"),
    ],
)
def test_it_refuses_what_it_does_not_read_by_its_name(desk, path, code):
    assert desk.refused(shared(path), name=path).code == code
