"""GeoJSON features and JSON records as tables."""

import gzip
import json
from decimal import Decimal

import pytest

from tests.catalog.reading import DATA, codes, column, only, rows, types

POINT = {"type": "Point", "coordinates": [116.391, 39.907]}


def features(*properties, **more):
    listed = [{"type": "Feature", "properties": row, "geometry": POINT} for row in properties]
    return json.dumps({"type": "FeatureCollection", **more, "features": listed}, ensure_ascii=False)


def test_it_reads_features_with_the_geometry_as_last_column(desk):
    result = desk.read(features({"名稱": "北", "n": 1, "v": 1.5}, {"n": 2, "new": True, "tags": ["a", "b"]}))
    table = only(result)
    assert types(table) == {
        "名稱": "text",
        "n": "integer",
        "v": "decimal",
        "new": "boolean",
        "tags": "text",
        "geometry": "geometry",
    }
    assert rows(table)[0] | {"geometry": None} == {
        "名稱": "北",
        "n": 1,
        "v": Decimal("1.5"),
        "new": None,
        "tags": None,
        "geometry": None,
    }
    assert rows(table)[1]["tags"] == '["a","b"]'
    assert [json.loads(row["geometry"]) for row in rows(table)] == [POINT, POINT]
    assert result["detected"] == {"container": "none", "format": "geojson"}


def test_it_reads_features_before_the_type_and_without_geometry(desk):
    content = '{"features":[{"id":7,"geometry":null,"properties":{"a":"x"}},{"geometry":null,"properties":null}]}'
    assert rows(only(desk.read(content))) == [
        {"a": "x", "id": 7, "geometry": None},
        {"a": None, "id": None, "geometry": None},
    ]


def test_it_tells_of_another_coordinate_system(desk):
    def crs(name):
        return {"type": "name", "properties": {"name": name}}

    assert "other-crs" in codes(desk.read(features({"a": 1}, crs=crs("urn:ogc:def:crs:EPSG::27700"))))
    assert "other-crs" not in codes(desk.read(features({"a": 1}, crs=crs("urn:ogc:def:crs:OGC:1.3:CRS84"))))


def test_it_gives_each_property_its_own_name(desk):
    content = features({"geometry": 1, "Name": 2, "name": 3})
    assert list(types(only(desk.read(content)))) == ["geometry", "name", "name_2", "geometry_2"]


def test_it_reads_a_list_of_records_and_keeps_leading_zeros(desk):
    result = desk.read(
        '[{"code":"01012","lat":1.29684825487647},{"code":"01013","lat":null,"big":12345678901234567890}]'
    )
    assert types(only(result)) == {"code": "text", "lat": "decimal", "big": "text"}
    assert rows(only(result))[1] == {"code": "01013", "lat": None, "big": "12345678901234567890"}
    assert result["detected"]["format"] == "json"


def test_it_survives_halves_of_characters_and_nul(desk):
    assert rows(only(desk.read('[{"a":"x\\ud800y"},{"a":"b\\u0000c"}]'))) == [{"a": "x?y"}, {"a": "bc"}]


def test_it_refuses_nesting_that_nobody_can_follow(desk):
    assert desk.refused('[{"a":' + "[" * 5000 + "]" * 5000 + "}]").code == "bad-json"


def test_it_refuses_a_text_without_end(desk):
    assert desk.refused('[{"a":"' + "x[," * 4_000_000 + '"}]').code == "bad-json"


def test_it_refuses_too_many_names(desk):
    many = json.dumps([{f"k{n}": 1 for n in range(3000)}])
    assert desk.refused(many).code == "too-many-columns"


@pytest.mark.parametrize("content", ["[]", '{"type":"FeatureCollection","features":[]}'])
def test_it_refuses_a_list_without_rows(desk, content):
    assert desk.refused(content).code == "no-rows"


def test_it_reads_the_earthquakes_like_another_reader(desk):
    path = DATA / "earthquakes.geojson.gz"
    expected = json.loads(gzip.decompress(path.read_bytes()))["features"]
    table = only(desk.read(path, name=path.name))
    found = rows(table)
    assert len(found) == len(expected)
    for row, feature in zip(found, expected, strict=True):
        assert json.loads(row["geometry"]) == feature["geometry"]
        assert {name: None if row[name] is None else float(row[name]) for name in ("mag", "time", "felt", "rms")} == {
            name: feature["properties"][name] for name in ("mag", "time", "felt", "rms")
        }
        assert row["place"] == feature["properties"]["place"]
        assert row["id"] == feature["id"]
    assert column(table, "mag")["type"] == "decimal"
    assert column(table, "time")["type"] == "integer"
