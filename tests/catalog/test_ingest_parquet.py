"""Parquet files of others: their types are kept, and nothing they state is believed."""

import datetime
import io
import json
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog.ingest.limits import MB, Limits
from tests.catalog.reading import DATA, Desk, codes, gzipped, only, rows, types, zipped

UTC = datetime.UTC
MOMENT = datetime.datetime(2020, 1, 31, 8, 30, 1, 250_000)
EVERY_KIND = pa.table(
    {
        "flag": pa.array([True, None]),
        "small": pa.array([1, None], pa.int8()),
        "large": pa.array([2**63 - 1, None], pa.int64()),
        "huge": pa.array([2**64 - 1, None], pa.uint64()),
        "share": pa.array([0.1, None], pa.float32()),
        "exact": pa.array([Decimal("12345678901234567890.10"), None], pa.decimal128(30, 2)),
        "day": pa.array([MOMENT.date(), None]),
        "clock": pa.array([datetime.time(8, 30), None], pa.time64("ns")),
        "seen": pa.array([MOMENT, None], pa.timestamp("ns")),
        "sent": pa.array([MOMENT.replace(tzinfo=UTC), None], pa.timestamp("ms", "Asia/Shanghai")),
        "code": pa.array(["007", None]),
        "digits": pa.array(["7", ""]),
        "kind": pa.array(["a", None]).dictionary_encode(),
        "bytes": pa.array([b"\xff\x00", b"text"]),
        "list": pa.array([["a", None], None]),
        "part": pa.array([{"n": 1, "名": "北"}, None]),
        "none": pa.nulls(2),
    }
)


def parquet(table, **options):
    """The bytes of a Parquet file."""
    packed = io.BytesIO()
    pq.write_table(table, packed, **options)
    return packed.getvalue()


def test_it_keeps_the_types_that_the_file_states(desk):
    result = desk.read(parquet(EVERY_KIND), name="a.parquet")
    table = only(result)
    assert types(table) == {
        "flag": "boolean",
        "small": "integer",
        "large": "integer",
        "huge": "decimal",
        "share": "float",
        "exact": "decimal",
        "day": "date",
        "clock": "time",
        "seen": "timestamp",
        "sent": "timestamp",
        "code": "text",
        "digits": "text",
        "kind": "text",
        "bytes": "text",
        "list": "text",
        "part": "text",
        "none": "text",
    }
    first, second = rows(table)
    assert first == {
        "flag": True,
        "small": 1,
        "large": 2**63 - 1,
        "huge": Decimal(2**64 - 1),
        "share": 0.1,
        "exact": Decimal("12345678901234567890.10"),
        "day": MOMENT.date(),
        "clock": datetime.time(8, 30),
        "seen": MOMENT,
        "sent": MOMENT.replace(tzinfo=UTC),
        "code": "007",
        "digits": "7",
        "kind": "a",
        "bytes": "ff00",
        "list": '["a", null]',
        "part": '{"n": 1, "名": "北"}',
        "none": None,
    }
    assert {name for name, value in second.items() if value is not None} == {"digits", "bytes"}
    assert table["bad_cells_total"] == 0
    assert result["detected"] == {"container": "none", "format": "parquet"}


def test_it_tells_of_numbers_that_are_none(desk):
    result = desk.read(parquet(pa.table({"v": [1.5, float("nan"), None, float("inf")]})))
    assert [row["v"] for row in rows(only(result))] == [1.5, None, None, None]
    assert codes(result) == ["nan-cells"]
    assert only(result)["bad_cells"] == [[4, "v", "inf", "not a number"]]


def test_it_reads_a_column_as_the_steward_says(desk):
    content = parquet(pa.table({"n": ["1", "2", "x"]}))
    table = only(desk.read(content, tables={"main": {"types": {"n": "integer"}}}))
    assert [row["n"] for row in rows(table)] == [1, 2, None]
    assert table["bad_cells_total"] == 1


def test_it_gives_columns_of_one_name_names_of_their_own(desk):
    table = pa.table([pa.array([1]), pa.array([2]), pa.array([3])], names=["a", "a", ""])
    assert list(types(only(desk.read(parquet(table))))) == ["a", "a_2", "column_3"]


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd", "brotli", "lz4"])
def test_it_reads_every_usual_compression(desk, codec):
    content = parquet(pa.table({"a": list(range(5000))}), compression=codec)
    assert [row["a"] for row in rows(only(desk.read(content)))] == list(range(5000))


def test_it_reads_what_another_program_wrote(desk, tmp_path):
    path = tmp_path / "weather.parquet"
    source = f"read_csv('{DATA / 'seattle_weather.csv'}')"
    duckdb.sql(f"COPY (SELECT * FROM {source}) TO '{path}' (FORMAT parquet)")
    expected = duckdb.sql(f"SELECT * FROM {source}")
    found = rows(only(desk.read(path)))
    assert [tuple(row.values()) for row in found] == expected.fetchall()


def test_it_reads_packed_ones(desk):
    content = parquet(pa.table({"a": ["x"]}))
    assert rows(only(desk.read(gzipped(content)))) == [{"a": "x"}]
    result = desk.read(zipped(one__parquet=content, two__csv="a\n1\n", three__parquet=content))
    assert [table["name"] for table in result["tables"]] == ["one", "two", "three"]


def test_it_refuses_one_without_rows_or_with_too_many_columns(desk):
    assert desk.refused(parquet(pa.table({"a": pa.array([], pa.int64())}))).code == "no-rows"
    assert desk.refused(parquet(pa.table({f"c{n}": [1] for n in range(2100)}))).code == "too-many-columns"


def test_it_refuses_every_cut_and_most_flipped_bytes_with_a_sentence(desk):
    """Whatever bytes are lost, the answer is a sentence or the rows, and nothing else is raised."""
    content = parquet(pa.table({"a": list(range(300)), "b": [f"text {n}" for n in range(300)]}))
    for length in range(4, len(content), 397):
        assert desk.refused(content[:length]).code == "damaged-parquet"
    for at in range(4, len(content) - 8, 149):
        damaged = bytearray(content)
        damaged[at] ^= 0xFF
        try:
            desk.read(bytes(damaged))
        except Exception as error:
            assert type(error).__name__ in ("ReadingError", "ArrowMemoryError"), (at, error)


def test_it_stops_at_a_file_of_one_value_without_end(tmp_path):
    """A run of one value takes a few bytes for any number of rows: rows are counted as they come."""
    desk = Desk(tmp_path, Limits(ratio_from_bytes=MB, columnar_ratio=100))
    bomb = parquet(pa.table({"a": pa.array([1] * 3_000_000, pa.int64())}), compression="zstd")
    assert len(bomb) < 100_000
    assert desk.refused(bomb).code == "archive-bomb"


def test_it_stops_at_pages_that_unpack_without_measure(tmp_path):
    desk = Desk(tmp_path, Limits(ratio_from_bytes=MB, columnar_ratio=100))
    texts = pa.table({"a": ["x" * 1000 + str(n) for n in range(5000)]})
    bomb = parquet(texts, compression="zstd", use_dictionary=False)
    assert len(bomb) < 50_000
    assert desk.refused(bomb).code == "archive-bomb"


def test_nested_values_are_json(desk):
    deep = pa.array([{"a": {"b": [{"c": datetime.date(2020, 1, 1), "d": b"\xff", "e": float("nan")}]}}])
    (row,) = rows(only(desk.read(parquet(pa.table({"deep": deep})))))
    assert json.loads(row["deep"]) == {"a": {"b": [{"c": "2020-01-01", "d": "ff", "e": None}]}}
