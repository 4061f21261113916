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

    assert codes(desk.read(features({"a": 1}, crs=crs("urn:ogc:def:crs:EPSG::27700")))) == ["reprojected"]
    assert codes(desk.read(features({"a": 1}, crs=crs("the city's own grid")))) == ["other-crs"]
    assert codes(desk.read(features({"a": 1}, crs=crs("urn:ogc:def:crs:OGC:1.3:CRS84")))) == []


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


def test_it_gives_nested_values_columns_of_their_own(desk):
    content = '[{"id":1,"at":{"lat":1.5,"lon":2},"tags":["a"]},{"id":2,"at":{"lat":2.5,"more":{"x":{}}}},{"at":"here"}]'
    table = only(desk.read(content))
    assert [column["title"] for column in table["columns"]] == ["id", "at.lat", "at.lon", "tags", "at.more.x", "at"]
    assert rows(table)[0] == {
        "id": 1,
        "at_lat": Decimal("1.5"),
        "at_lon": 2,
        "tags": '["a"]',
        "at_more_x": None,
        "at": None,
    }
    assert (rows(table)[1]["at_more_x"], rows(table)[2]["at"]) == ("{}", "here")


def test_it_leaves_nested_values_as_json_where_the_steward_says_so(desk):
    content = '[{"id":1,"at":{"lat":1.5}}]'
    assert rows(only(desk.read(content, nested="json"))) == [{"id": 1, "at": '{"lat":1.5}'}]
    assert desk.refused(content, nested="deep").code == "bad-setting"


def test_a_dotted_name_and_a_nested_one_stay_apart(desk):
    assert rows(only(desk.read('[{"a.b":1,"a":{"b":2}}]'))) == [{"a_b": 1, "a_b_2": 2}]


def test_it_keeps_as_json_what_lies_too_deep(desk):
    deep = '[{"a":{"b":{"c":{"d":{"e":{"f":1}}}}}}]'
    assert rows(only(desk.read(deep))) == [{"a_b_c_d_e": '{"f":1}'}]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_it_reads_a_record_on_each_line(desk, end):
    lines = ['{"code":"01","v":1.50,"at":{"x":1}}', '{"code":"02","v":null}', '{"code":"03","v":NaN,"new":true}']
    for content in (end.join(lines), end.join(lines) + end, "\ufeff" + end.join(lines)):
        result = desk.read(content)
        assert rows(only(result)) == [
            {"code": "01", "v": Decimal("1.50"), "at_x": 1, "new": None},
            {"code": "02", "v": None, "at_x": None, "new": None},
            {"code": "03", "v": None, "at_x": None, "new": True},
        ]
        assert result["detected"]["format"] == "json"


def test_it_reads_a_feature_on_each_line(desk):
    line = json.dumps({"type": "Feature", "properties": {"n": 1}, "geometry": POINT})
    for content in (f"{line}\n{line}\n", f"\x1e{line}\n\x1e{line}\n"):
        result = desk.read(content)
        assert [row["n"] for row in rows(only(result))] == [1, 1]
        assert types(only(result))["geometry"] == "geometry"
        assert result["detected"]["format"] == "geojson"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('{"a":1}\n{"a":2\n', "bad-json"),
        ('{"a":1}\n[2]\n', "json-record"),
        ('{"a":1}\n{"a":' + "9" * 5000 + "}\n", "bad-json"),
        ('{"a":1}\n{"a":' + "[" * 100_000 + "}\n", "bad-json"),
        ('{"a":1}\n{"a":"' + "x" * (17 << 20), "line-too-long"),
    ],
    ids=["cut", "no-record", "digits", "deep", "endless"],
)
def test_it_refuses_lines_that_hold_no_records(desk, content, code):
    assert desk.refused(content).code == code


def test_it_reads_the_list_within_a_document_and_tells_so(desk):
    result = desk.read('{"ok":true,"result":{"tags":["a"],"records":[{"a":1},{"a":2}],"more":[{"b":1}]}}')
    assert rows(only(result)) == [{"a": 1}, {"a": 2}]
    assert [item["params"] for item in result["notes"]] == [{"path": "result.records"}]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('{"a":1}', "json-shape"),
        ('{"a":[1,2]}', "json-shape"),
        ('{"a":{"b":{"c":{"d":[{"x":1}]}}}}', "json-shape"),
        ('{"type":"Feature","properties":{"l":[{"x":1}]},"geometry":null}', "json-shape"),
        ('{"objects":{"a":{"geometries":[{"type":"Polygon"}]}},"type":"Topology"}', "topojson"),
    ],
)
def test_it_refuses_documents_without_a_list_of_records(desk, content, code):
    assert desk.refused(content).code == code


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
