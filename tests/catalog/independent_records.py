"""A second reader of JSON, GeoJSON, transit feeds and Shapefiles, by Python's own modules; their golden table is its.

It imports nothing of ours. `python -m tests.catalog.independent_records FOLDER` writes `tests/data/golden_records.json`
from the files in FOLDER.
"""

import csv
import gzip
import io
import json
import struct
import sys
import zipfile
from pathlib import Path

from tests.catalog.independent import column

GOLDEN = Path(__file__).resolve().parents[1] / "data" / "golden_records.json"
FILES = (
    "tables/singapore_bus_stops_datamall.json.gz",
    "tables/us_federal_budget.json",
    "tables/world_cities_geonames.json.gz",
    "geo/cairns_gtfs.zip",
    "geo/china_provinces.geojson.gz",
    "geo/earthquakes.geojson.gz",
    "geo/nyc_modzcta.geojson.gz",
    "geo/nyc_modzcta_shapefile.zip",
    "geo/singapore_bus_stops.geojson.gz",
    "geo/us_michigan_counties.geojson.gz",
    "geo/world_countries_zh.geojson",
)


def described(path):
    """What the golden table says of a file: for each table the rows, and [title, type, empty cells, sum] of columns."""
    if path.name.endswith("shapefile.zip"):
        return {"main": shapefile(path)}
    if path.suffix == ".zip":
        return feed(path)
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    found = json.loads(content, parse_float=str, parse_int=str)
    if isinstance(found, dict):
        return {"main": features(found["features"])}
    return {"main": table([flat(record) for record in found])}


def features(listed):
    """A row of each feature: its properties, its own id where these have none, and whether it has a geometry."""
    records = []
    for feature in listed:
        record = flat(feature["properties"] or {})
        if feature.get("id") is not None and record.get("id") != feature["id"]:
            record["feature_id" if "id" in record else "id"] = feature["id"]
        records.append(record)
    told = table(records)
    told["columns"].append(["geometry", "geometry", sum(not feature["geometry"] for feature in listed), None])
    return told


def flat(record, above=""):
    """The values of a record as text, nested names joined by dots, lists as nothing but not empty."""
    found = {}
    for name, value in record.items():
        if isinstance(value, dict) and value:
            found |= flat(value, f"{above}{name}.")
        elif isinstance(value, list | dict):
            found[above + name] = json.dumps(value)
        else:
            found[above + name] = "" if value is None else str(value).lower() if isinstance(value, bool) else value
    return found


def table(records):
    """The rows and columns of records."""
    titles = list(dict.fromkeys(name for record in records for name in record))
    counts = {title: {} for title in titles}
    for record in records:
        for title, count in counts.items():
            cell = record.get(title, "")
            count[cell] = count.get(cell, 0) + 1
    return {"rows": len(records), "columns": [[title, *column(counts[title], len(records))] for title in titles]}


def feed(path):
    """The tables of a transit feed, each a text of its own."""
    with zipfile.ZipFile(path) as archive:
        return {
            name.removesuffix(".txt"): table(
                list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline="")))
            )
            for name in archive.namelist()
        }


def shapefile(path):
    """Rows and columns as the table of a Shapefile (dBASE) states them in its first bytes."""
    with zipfile.ZipFile(path) as archive:
        content = archive.read(next(name for name in archive.namelist() if name.endswith(".dbf")))
    rows, head = struct.unpack_from("<IH", content, 4)
    columns, start = [], 1
    for at in range(32, head - 1, 32):
        title, kind = content[at : at + 11].split(b"\0")[0].decode(), chr(content[at + 11])
        length, behind = content[at + 16], content[at + 17]
        size = struct.unpack_from("<H", content, 10)[0]
        cells = [content[head + n * size + start : head + n * size + start + length] for n in range(rows)]
        named = {"C": "text", "D": "date"}.get(kind, "float" if behind else "integer")
        columns.append([title, named, sum(not cell.strip(b" \0*") for cell in cells), None])
        start += length
    return {"rows": rows, "columns": [*columns, ["geometry", "geometry", 0, None]]}


def main(folder):
    """Writes the golden table of these files."""
    golden = {name: described(folder / name) for name in FILES}
    lines = (f"{json.dumps(name)}: {json.dumps(about, ensure_ascii=False)}" for name, about in golden.items())
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
