"""Maps: GeoPackage, Shapefile, KML, GeoParquet and GeoJSON of other systems, brought to longitude and latitude."""

import gzip
import io
import json
import math
import socket
import sqlite3
import struct
import threading
import zipfile

import pyarrow as pa
import pytest

from catalog.ingest.gdal import READERS, pyogrio_of_ours
from tests.catalog.reading import codes, gzipped, only, rows, shared, types, zipped
from tests.catalog.test_ingest_parquet import parquet

# A water tower in the British grid and in WGS 84, as the Ordnance Survey publishes it: a few metres are the price of
# doing without its grid of corrections.
CAISTER = ((651409.903, 313177.270), (1.716073973, 52.658007833))
KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>Trees</name>
{more}
<Placemark><name>北</name><description>old</description><ExtendedData><Data name="code"><value>007</value></Data>
</ExtendedData><Point><coordinates>116.391,39.907</coordinates></Point></Placemark>
<Placemark><name>Line</name><LineString><coordinates>1,2 3,4</coordinates></LineString></Placemark>
</Folder></Document></kml>"""


def a_point(x, y):
    """A point as well-known binary."""
    return struct.pack("<BIdd", 1, 1, x, y)


def a_map(path, driver, columns, points, crs, **more):
    """Writes a map of points by the library that also reads it; what it should hold is known to the test."""
    table = pa.table({**columns, "wkb": pa.array(points, pa.binary())})
    pyogrio_of_ours().write_arrow(
        table, path, driver=driver, geometry_name="wkb", geometry_type="Point", crs=crs, **more
    )
    return path


def coordinates(table):
    return [row["geometry"] and json.loads(row["geometry"])["coordinates"] for row in rows(table)]


def is_near(found, wanted, degrees=5e-5):
    return all(math.isclose(*pair, abs_tol=degrees) for pair in zip(found, wanted, strict=True))


def test_only_readers_of_local_maps_are_there():
    assert set(pyogrio_of_ours().list_drivers()) == READERS


def test_it_reads_each_layer_of_a_geopackage_with_its_types(desk, tmp_path):
    path = tmp_path / "a.gpkg"
    columns = {"code": ["007", None], "n": pa.array([1, 2]), "v": [0.5, None], "open": [True, False]}
    a_map(path, "GPKG", columns, [a_point(*CAISTER[0]), None], "EPSG:27700", layer="stones")
    a_map(path, "GPKG", {"名": ["北"]}, [a_point(1, 2)], "EPSG:4326", layer="街道", append=True)
    result = desk.read(path, name="x.bin")
    stones, streets = result["tables"]
    assert types(stones) == {"code": "text", "n": "integer", "v": "float", "open": "boolean", "geometry": "geometry"}
    assert rows(stones)[0] | {"geometry": None} == {"code": "007", "n": 1, "v": 0.5, "open": True, "geometry": None}
    assert is_near(coordinates(stones)[0], CAISTER[1])
    assert coordinates(stones)[1] is None
    assert (streets["name"], coordinates(streets)) == ("街道", [[1, 2]])
    assert codes(result) == ["reprojected"]
    assert result["detected"] == {"container": "none", "format": "gpkg"}
    assert rows(desk.read(gzipped(path.read_bytes()))["tables"][0]) == rows(stones)


def test_it_leaves_out_what_a_geopackage_computes(desk, tmp_path):
    """A view may compute without end, and may call functions of the library."""
    path = a_map(tmp_path / "a.gpkg", "GPKG", {"n": pa.array([1])}, [a_point(1, 2)], "EPSG:4326", layer="real")
    with sqlite3.connect(path) as con:
        con.execute(
            "CREATE VIEW endless AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) "
            "SELECT n AS fid FROM r"
        )
        con.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('endless', 'attributes', 'e')"
        )
    result = desk.read(path)
    assert only(result)["rows"] == 1
    assert codes(result) == ["view-left-out"]


def test_it_reads_the_city_s_zones_like_the_city_s_other_file(desk):
    """The same areas, published by the city twice: as a Shapefile in feet, and, simplified, as GeoJSON in degrees."""
    path = shared("geo/nyc_modzcta_shapefile.zip")
    table = only(desk.read(path, name=path.name))
    expected = json.loads(gzip.decompress(shared("geo/nyc_modzcta.geojson.gz").read_bytes()))["features"]
    assert types(table) == {"modzcta": "text", "label": "text", "geometry": "geometry"}
    by_code = {feature["properties"]["MODZCTA"]: feature for feature in expected}
    found = {row["modzcta"]: row for row in rows(table)}
    assert found.keys() == by_code.keys()
    for code, row in found.items():
        assert row["label"] == (by_code[code]["properties"]["label"] or None)
        near = {(x + dx, y + dy) for x, y in corners(row["geometry"]) for dx in (-1, 0, 1) for dy in (-1, 0, 1)}
        assert corners(json.dumps(by_code[code]["geometry"])) <= near, code


def corners(geometry):
    """The corners of a geometry in millionths of a degree: the simpler file has no others than the full one."""
    bare = geometry.partition('"coordinates":')[2].translate(str.maketrans("", "", "[]} "))
    numbers = [round(float(text) * 1e6) for text in bare.split(",")]
    return set(zip(numbers[::2], numbers[1::2], strict=True))


def a_shapefile(folder, encoding, *, leave_out=()):
    a_map(
        folder / "街.shp",
        "ESRI Shapefile",
        {"名稱": ["北京東路七號的公園和學校", "ü"[: encoding == "utf-8"]], "code": ["007", "8"]},
        [a_point(1, 2), a_point(3, 4)],
        "EPSG:4326",
        encoding=encoding,
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in folder.glob("街.*"):
            if path.suffix not in leave_out:
                archive.write(path, f"data/{path.name}")
    return packed.getvalue()


@pytest.mark.parametrize(("encoding", "leave_out"), [("utf-8", ()), ("gb18030", ()), ("gb18030", {".cpg"})])
def test_it_reads_names_of_a_shapefile_in_the_script_of_its_country(desk, tmp_path, encoding, leave_out):
    result = desk.read(a_shapefile(tmp_path, encoding, leave_out=leave_out))
    table = only(result)
    assert rows(table)[0] | {"geometry": None} == {"名稱": "北京東路七號的公園和學校", "code": "007", "geometry": None}
    assert table["title"] == "街"
    assert codes(result) == (["guessed-encoding"] if leave_out else [])


def test_it_tells_of_a_map_without_a_coordinate_system(desk, tmp_path):
    result = desk.read(a_shapefile(tmp_path, "utf-8", leave_out={".prj"}))
    assert coordinates(only(result)) == [[1, 2], [3, 4]]
    assert codes(result) == ["no-crs"]


def test_it_reads_several_maps_and_tables_of_one_archive(desk, tmp_path):
    packed = io.BytesIO(a_shapefile(tmp_path, "utf-8"))
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("notes.csv", "a\n1\n")
        archive.writestr("trees.kml", KML.format(more=""))
    assert [table["name"] for table in desk.read(packed.getvalue())["tables"]] == ["街", "notes", "trees"]


@pytest.mark.parametrize("packed", [lambda text: text, lambda text: zipped(doc__kml=text)], ids=["kml", "kmz"])
def test_it_reads_placemarks(desk, packed):
    table = only(desk.read(packed(KML.format(more=""))))
    assert [{**row, "geometry": json.loads(row["geometry"])["coordinates"]} for row in rows(table)] == [
        {"name": "北", "description": "old", "code": "007", "geometry": [116.391, 39.907]},
        {"name": "Line", "description": None, "code": None, "geometry": [[1, 2], [3, 4]]},
    ]


def test_it_reads_geoparquet(desk):
    stated = {"version": "1.1.0", "primary_column": "g", "columns": {"g": {"encoding": "WKB"}}}
    table = pa.table({"n": [1, 2, 3], "g": pa.array([a_point(1, 2), b"none", None])})
    result = desk.read(parquet(table.replace_schema_metadata({"geo": json.dumps(stated)})))
    assert types(only(result)) == {"n": "integer", "g": "geometry"}
    assert [row["g"] for row in rows(only(result))] == ['{"type":"Point","coordinates":[1.0,2.0]}', None, None]
    assert codes(result) == ["lost-places"]
    broken = desk.refused(parquet(table.replace_schema_metadata({"geo": "[]"})))
    assert broken.code == "damaged-parquet"


def test_it_reprojects_geojson_that_states_another_system(desk):
    feature = {"type": "Feature", "properties": {"n": 1}, "geometry": {"type": "Point", "coordinates": CAISTER[0]}}
    nowhere = {"type": "Feature", "properties": {"n": 2}, "geometry": {"type": "Point", "coordinates": [1e30, 1e30]}}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    result = desk.read(json.dumps({"type": "FeatureCollection", "crs": crs, "features": [feature, nowhere]}))
    assert is_near(coordinates(only(result))[0], CAISTER[1])
    assert coordinates(only(result))[1] is None
    assert codes(result) == ["reprojected"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (KML.format(more="").replace("?>", '?><!DOCTYPE kml [<!ENTITY a "x">]>', 1).encode(), "xml"),
        (KML.format(more="<!ENTITY a SYSTEM 'file:///etc/passwd'>").encode(), "hostile-map"),
        (KML.format(more="")[:300].encode(), "damaged-map"),
        (b"SQLite format 3\0" + bytes(200), "other-format"),
        (b"\0\0\x27\x0a" + bytes(96), "shapefile-part"),
        (zipped(a__shp=b"\0\0\x27\x0a" + bytes(96), a__prj="GEOGCS[]"), "shapefile-part"),
        (b"SQLite format 3\0" + bytes(52) + b"GPKG" + bytes(2000), "damaged-map"),
        (zipped(a__shp=b"x" * 200, a__dbf=b"y" * 200, a__shx=b"z" * 200), "damaged-map"),
        (zipped(a__shp=b"\0\0\x27\x0a" + bytes(96), a__dbf=b"\x03" + bytes(31)), "damaged-map"),
    ],
    ids=["doctype", "entity", "cut", "sqlite", "part", "parts", "no-gpkg", "no-shapefile", "empty-shapefile"],
)
def test_it_refuses_hostile_maps_with_a_sentence(desk, content, code):
    assert desk.refused(content).code in (code, "no-rows")


def test_it_asks_nobody_for_what_a_map_refers_to(desk):
    """Links, styles and pictures on another machine, and files on this one, are never fetched."""
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        listener = threading.Thread(target=lambda: asked.append(listen(server)), daemon=True)
        listener.start()
        more = (
            f"<NetworkLink><Link><href>{address}/a.kml</href></Link></NetworkLink>"
            f"<NetworkLink><Link><href>/vsicurl/{address}/b.kml</href></Link></NetworkLink>"
            f"<Placemark><name>s</name><styleUrl>{address}/c.kml#x</styleUrl><Point><coordinates>1,2</coordinates></Point>"
            "</Placemark><Placemark><name>{}</name><Model><Link><href>/etc/passwd</href></Link></Model></Placemark>"
        )
        text = str(rows(desk.read(KML.replace("{more}", more))["tables"][0]))
    listener.join(2)
    assert "root:" not in text
    assert asked in ([], [None])


def listen(server):
    server.settimeout(1.5)
    try:
        return server.accept()[1]
    except OSError:
        return None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('<?xml version="1.0"?><gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml/3.2"/>', "gml"),
        ('<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0"/>', "gml"),
        ('<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', "xml"),
        ('{"type": "Topology", "objects": {}}', "topojson"),
    ],
)
def test_it_says_which_kind_of_map_it_does_not_read(desk, content, code):
    assert desk.refused(content).code == code


def test_it_tells_of_places_in_metres_of_a_grid_that_nobody_stated(desk):
    def feature(*point):
        geometry = {"type": "MultiLineString", "coordinates": [[list(point), [0, 0]]]}
        return {"type": "Feature", "properties": {"n": 1}, "geometry": geometry}

    collection = {
        "type": "FeatureCollection",
        "features": [feature(2.5, 51.4), feature(375000, 165000), feature(5, 91.5)],
    }
    result = desk.read(json.dumps(collection))
    (told,) = [item for item in result["notes"] if item["code"] == "not-degrees"]
    assert told["params"] == {"count": 2, "row": 2}
    assert desk.read(json.dumps(collection | {"features": [feature(-180, 90)]}))["notes"] == []
    stated = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}}
    behind = desk.read(json.dumps(collection | stated))
    before = desk.read(json.dumps({"type": "FeatureCollection"} | stated | collection))
    assert codes(behind) == codes(before) == ["reprojected"]
    assert rows(only(behind)) == rows(only(before))
