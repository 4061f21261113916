"""Every kind of file in the real child process: within its limits, and whatever bytes are broken."""

import json
import os
import random

import pyarrow as pa
import pytest

from catalog.ingest.errors import SENTENCES, ReadingError
from catalog.ingest.limits import GB, MB, Limits
from catalog.ingest.run import read_in_child
from tests.catalog.reading import DATA
from tests.catalog.test_ingest_maps import CAISTER, KML, a_map, a_point, a_shapefile
from tests.catalog.test_ingest_parquet import EVERY_KIND, parquet
from tests.catalog.test_ingest_sheets import a_cell, a_table, an_ods


def a_geopackage(folder):
    path = a_map(folder / "a.gpkg", "GPKG", {"n": pa.array([1])}, [a_point(*CAISTER[0])], "EPSG:27700", layer="stones")
    return path.read_bytes()


def a_geojson():
    crs = {"type": "name", "properties": {"name": "EPSG:27700"}}
    feature = {"type": "Feature", "properties": {"n": 1}, "geometry": {"type": "Point", "coordinates": CAISTER[0]}}
    return json.dumps({"type": "FeatureCollection", "crs": crs, "features": [feature]}).encode()


# For each kind its bytes, the rows of its first table, and its format as found.
KINDS = {
    "parquet": (lambda folder: parquet(EVERY_KIND), 2, "parquet"),
    "xls": (lambda folder: (DATA / "span_rich.xls").read_bytes(), 5, "xls"),
    "ods": (lambda folder: an_ods(a_table(["a"], ["x"])), 1, "ods"),
    "xlsm": (lambda folder: (DATA / "bian-anal-mca-2005-dols-eng-1011-0312-tab3.xlsm").read_bytes(), 13, "xlsx"),
    "gpkg": (a_geopackage, 1, "gpkg"),
    "shapefile": (lambda folder: a_shapefile(folder, "gb18030"), 2, "shapefile"),
    "kml": (lambda folder: KML.format(more="").encode(), 2, "kml"),
    "geojson": (lambda folder: a_geojson(), 1, "geojson"),
    "lines": (lambda folder: b'{"a":1}\n{"a":{"b":2}}\n', 2, "json"),
}


def read(content, folder, limits=None):
    """What the child makes of these bytes, in a folder where nothing else may be left."""
    source, out = folder / "source", folder / "out"
    source.write_bytes(content)
    try:
        return read_in_child(source, "a.dat", out, {}, on_progress=lambda said: None, limits=limits or Limits())
    finally:
        kept = {name for name in os.listdir(out) if not name.endswith(".parquet")} if out.exists() else set()
        assert kept == set()
        assert set(os.listdir(folder)) - {"made"} <= {"source", "out"}


@pytest.mark.parametrize("kind", KINDS)
def test_it_reads_every_kind_within_the_child_s_limits(tmp_path, kind):
    make, count, found = KINDS[kind]
    (tmp_path / "made").mkdir()
    result = read(make(tmp_path / "made"), tmp_path)
    assert (result["tables"][0]["rows"], result["detected"]["format"]) == (count, found)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_it_ends_with_rows_or_a_sentence_whatever_is_broken(tmp_path, kind):
    """Bytes are changed and ends are cut by dice that always fall the same."""
    (tmp_path / "made").mkdir()
    content, dice = KINDS[kind][0](tmp_path / "made"), random.Random(kind)
    for number in range(12):
        broken = bytearray(content)
        for _ in range(1 + number % 4 * 8):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        if number % 3 == 2:
            del broken[dice.randrange(len(broken)) :]
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            assert read(bytes(broken), folder)["tables"]
        except ReadingError as error:
            assert error.code in SENTENCES
            assert error.code not in ("too-much-time", "stopped"), error.sentence


def test_it_says_so_when_a_workbook_needs_too_much_memory(tmp_path):
    """A few bytes that stand for ninety million cells."""
    row = a_table(["a"], [a_cell("x", more='table:number-columns-repeated="1000"')])
    content = an_ods(row.replace("<table:table-row>", '<table:table-row table:number-rows-repeated="45000">'))
    with pytest.raises(ReadingError) as caught:
        read(content, tmp_path, Limits(address_space=2 * GB, engine_memory="200MB"))
    assert caught.value.code == "too-much-memory"


def test_it_says_so_when_a_page_needs_too_much_memory(tmp_path):
    """One text of many megabytes that thousands of rows refer to by a number."""
    text = pa.array([os.urandom(MB).hex()])
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 8000, pa.int32()), text)
    content = parquet(pa.table({"a": column}), compression="zstd")
    assert len(content) < 10 * MB
    with pytest.raises(ReadingError) as caught:
        read(content, tmp_path, Limits(address_space=2 * GB, engine_memory="200MB"))
    assert caught.value.code in ("too-much-memory", "archive-bomb")
