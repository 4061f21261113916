"""Rows in the formats that readers want: in order, in constant memory, counted before each piece is handed over."""

import contextlib
import io
import os
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import xlsxwriter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalog.models.distribution import Format
from catalog.rows.json_text import bytes_of, joined, json_value, objects, texts

PIECE_BYTES = 256 * 1024  # of rows handed over at once, as they lie in memory
GROUP_ROWS, GROUP_BYTES = 100_000, 16 * 1024 * 1024  # rows of one group of a Parquet file, and what they may take
DICTIONARY_BYTES = 64 * 1024  # values of a column in a group of a Parquet file, before it gives up to number them
INSTANTS = frozenset({"parquet", "arrow"})
ARROW_TYPES = {
    "boolean": pa.bool_(), "integer": pa.int64(), "decimal": pa.decimal128(38, 6), "float": pa.float64(),
    "date": pa.date32(), "time": pa.time64("us"), "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"), "text": pa.string(), "geometry": pa.string(),
}  # fmt: skip
SHEET_ROWS = 1_048_575
FORMULA = r"^\s*[=+\-@\t\r\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"
NUMBER = r"^[+-]?[\d.,\s]*%?$"
MAY_BE_FORMULA = np.isin(np.arange(256), [*b"\t\n\f\r =+-@", 0xEF])  # first bytes of what FORMULA finds


class Streamed(StrEnum):
    """A format in which rows leave as they are read, and of which no file is built."""

    ARROW = "arrow"

    @property
    def media_type(self) -> str:
        """The type a reader is told: that of the Arrow project at IANA."""
        return "application/vnd.apache.arrow.stream"

    @property
    def suffix(self) -> str:
        """How the file's name ends."""
        return "arrows"


class Leaving(Protocol):
    """What `catalog.gate.Rows` offers to be written out."""

    columns: list

    def batches(self) -> Iterator[pa.RecordBatch]: ...


def encode(rows, kind: Format | Streamed, *, zone: str = "") -> Iterator[bytes]:
    """The rows as bytes of this format, piece by piece. XLSX with more rows than a sheet holds is refused.

    Where it is text for people, moments are shown in the zone; Parquet and Arrow hold the moments themselves.
    """
    writers = {
        Format.CSV: _csv,
        Format.CSV_BOM: _csv_bom,
        Format.NDJSON: _ndjson,
        Format.PARQUET: _parquet,
        Format.XLSX: _xlsx,
        Format.GEOJSON: _geojson,
        Streamed.ARROW: _arrow,
    }
    begun = _Begun(rows, "" if kind in INSTANTS else zone)
    return writers[kind if isinstance(kind, Streamed) else Format(kind)](begun)


class _Begun:
    """Rows of which the first are there already: what the engine refuses is known before an answer begins."""

    def __init__(self, rows, zone: str):
        self.columns, self.exit, self._zone = rows.columns, rows.exit, zone
        self._more = rows.batches()
        self._first = next(self._more, None)

    def batches(self) -> Iterator[pa.RecordBatch]:
        first, self._first = self._first, None
        if first is not None:
            yield in_zone(first, self._zone)
        for batch in self._more:
            yield in_zone(batch, self._zone)


def in_zone(batch: pa.RecordBatch, zone: str) -> pa.RecordBatch:
    """The same moments, to be shown in this zone."""
    if not zone:
        return batch
    fields = [pa.field(f.name, pa.timestamp(f.type.unit, zone)) if _is_moment(f.type) else f for f in batch.schema]
    return batch.cast(pa.schema(fields)) if fields != list(batch.schema) else batch


def _is_moment(kind: pa.DataType) -> bool:
    return pa.types.is_timestamp(kind) and kind.tz is not None


def place_columns(columns) -> tuple[str, ...]:
    """The geometry column, or the longitude and latitude columns; empty where the rows have no place."""
    for column in columns:
        if column.type == "geometry":
            return (column.name,)
    numbers = {c.name for c in columns if c.type in {"integer", "decimal", "float"}}
    for pair in (("longitude", "latitude"), ("lon", "lat"), ("lng", "lat"), ("stop_lon", "stop_lat"), ("经度", "纬度")):
        if set(pair) <= numbers:
            return pair
    return ()


def check_fits(kind: Format, row_count: int, columns) -> None:
    """Raises where a format cannot hold these rows, naming one that can."""
    if kind == Format.XLSX and row_count > SHEET_ROWS:
        raise ValidationError(
            _("A spreadsheet holds %(most)s rows and this has %(rows)s. Take CSV or Parquet, or fewer rows."),
            code="too-many-rows",
            params={"most": f"{SHEET_ROWS:,}", "rows": f"{row_count:,}"},
        )
    if kind == Format.GEOJSON and not place_columns(columns):
        raise ValidationError(
            _("These rows have no place: no geometry, and no longitude with latitude. Take CSV or NDJSON."),
            code="no-place",
        )


def _pieces(rows) -> Iterator[pa.RecordBatch]:
    for batch in rows.batches():
        size = max(1, batch.num_rows * PIECE_BYTES // max(batch.nbytes, 1))
        for start in range(0, batch.num_rows, size):
            yield batch.slice(start, size)


def _csv(rows) -> Iterator[bytes]:
    """RFC 4180, UTF-8, header first; a text that a spreadsheet would run as a formula is led by an apostrophe."""
    header = io.BytesIO()
    names = pa.array([c.name for c in rows.columns], pa.string())  # a query names columns as it likes
    safe = _plain(pa.RecordBatch.from_arrays([names], names=["name"])).column(0).to_pylist()
    pyarrow.csv.write_csv(pa.Table.from_arrays([pa.array([], pa.string())] * len(safe), names=safe), header)
    rows.exit.gone(0, header.tell())
    yield header.getvalue()
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
    for batch in _pieces(rows):
        out = io.BytesIO()
        pyarrow.csv.write_csv(_plain(batch), out, options)
        rows.exit.gone(batch.num_rows, out.tell())
        yield out.getvalue()


def _csv_bom(rows) -> Iterator[bytes]:
    first = True
    for piece in _csv(rows):
        yield b"\xef\xbb\xbf" + piece if first else piece
        first = False


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    arrays = []
    for column in batch.columns:
        if (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)) and _may_be_formula(column):
            column = pc.cast(column, pa.string())
            risky = pc.and_(
                pc.match_substring_regex(column, FORMULA), pc.invert(pc.match_substring_regex(column, NUMBER))
            )
            column = pc.if_else(risky, pc.binary_join_element_wise("'", column, ""), column)
        elif pa.types.is_timestamp(column.type):
            column = _written_moment(column)
        arrays.append(column)
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _may_be_formula(column: pa.Array) -> bool:
    """Whether the first byte of any text is one that a formula begins with: tells most columns free at no cost."""
    _validity, places, data = column.buffers()
    if data is None:
        return False
    kind = np.int64 if pa.types.is_large_string(column.type) else np.int32
    places = np.frombuffer(places, kind)[column.offset : column.offset + len(column) + 1]
    begins = places[:-1][places[:-1] < places[1:]]
    return bool(MAY_BE_FORMULA[np.frombuffer(data, np.uint8)[begins]].any())


def _written_moment(column: pa.Array) -> pa.Array:
    """ISO 8601, with its distance from UTC where it has a zone."""
    zone = column.type.tz
    text = pc.strftime(column, "%Y-%m-%dT%H:%M:%S" + ("Z" if zone == "UTC" else "%z" if zone else ""))
    return text if zone in {None, "UTC"} else pc.replace_substring_regex(text, r"([+-]\d\d)(\d\d)$", r"\1:\2")


def _ndjson(rows) -> Iterator[bytes]:
    for batch in _pieces(rows):
        text = bytes_of(objects(batch, after="\n"))
        rows.exit.gone(batch.num_rows, len(text))
        yield text


def _geojson(rows) -> Iterator[bytes]:
    """RFC 7946: a FeatureCollection in WGS 84, longitude first."""
    place = place_columns(rows.columns)
    check_fits(Format.GEOJSON, 0, rows.columns)
    rows.exit.gone(0, 40)
    yield b'{"type":"FeatureCollection","features":['
    lead = b""
    for batch in _pieces(rows):
        text = lead + bytes_of(_features(batch, place)).removesuffix(b",\n")
        rows.exit.gone(batch.num_rows, len(text))
        yield text
        lead = b",\n"
    yield b"]}\n"


def _features(batch: pa.RecordBatch, place: tuple[str, ...]) -> pa.Array:
    """Each row as a feature, a comma and a line break behind it."""
    if len(place) == 1:
        where = pc.fill_null(batch.column(place[0]), "null")
    else:
        at = [texts(pc.cast(batch.column(name), pa.float64())) for name in place]
        nowhere = pc.or_(*(pc.is_null(batch.column(name)) for name in place))
        where = pc.if_else(nowhere, "null", joined(['{"type":"Point","coordinates":[', at[0], ",", at[1], "]}"]))
    about = objects(batch.drop_columns(list(place)) if len(place) == 1 else batch)
    return joined(['{"type":"Feature","geometry":', where, ',"properties":', about, "},\n"])


def _parquet(rows) -> Iterator[bytes]:
    """Parquet has its index at the end: groups of rows are handed over as they are written."""
    sink = _Sink()
    writer = None
    options = {"compression": "zstd", "dictionary_pagesize_limit": DICTIONARY_BYTES}
    try:
        for group in _groups(rows):
            writer = writer or pq.ParquetWriter(sink, group.schema, **options)
            writer.write_table(group, row_group_size=GROUP_ROWS)
            size = sink.size
            rows.exit.gone(group.num_rows, size)
            yield sink.taken()
        if writer is None:
            schema = pa.schema([(column.name, pa.string()) for column in rows.columns])
            writer = pq.ParquetWriter(sink, schema)
    finally:
        if writer is not None:
            writer.close()
    rows.exit.gone(0, sink.size)
    yield sink.taken()


def _groups(rows) -> Iterator[pa.Table]:
    """Batches together, as many as a group of rows may hold."""
    held, count, size = [], 0, 0
    for batch in rows.batches():
        held.append(batch)
        count, size = count + batch.num_rows, size + batch.nbytes
        if count >= GROUP_ROWS or size >= GROUP_BYTES:
            yield pa.Table.from_batches(held)
            held, count, size = [], 0, 0
    if held:
        yield pa.Table.from_batches(held)


def _arrow(rows) -> Iterator[bytes]:
    """The stream of Arrow's IPC format: batches as they come from the engine, never rows of Python."""
    sink = _Sink()
    writer = None
    for batch in rows.batches():
        writer = writer or pa.ipc.new_stream(pa.PythonFile(sink, "w"), batch.schema)
        writer.write_batch(batch)
        rows.exit.gone(batch.num_rows, sink.size)
        yield sink.taken()
    if writer is None:
        schema = pa.schema([(column.name, ARROW_TYPES[column.type]) for column in rows.columns])
        writer = pa.ipc.new_stream(pa.PythonFile(sink, "w"), schema)
    writer.close()
    rows.exit.gone(0, sink.size)
    yield sink.taken()


class _Sink(io.RawIOBase):
    """A file that forgets what was taken from it."""

    def __init__(self):
        self._parts: list[bytes] = []
        self._at = 0
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        data = bytes(data)
        self._parts.append(data)
        self._at += len(data)
        self.size += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def taken(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts, self.size = self._parts, [], 0
        return b"".join(parts)


def _xlsx(rows) -> Iterator[bytes]:
    """A workbook is made whole on disk first: what it holds is counted when its bytes leave."""
    settings.SCRATCH_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR, prefix="xlsx-") as folder:
        path = os.path.join(folder, "rows.xlsx")
        count = _write_workbook(rows, path, folder)
        left = os.path.getsize(path)
        with open(path, "rb") as file:
            while piece := file.read(256 * 1024):
                left -= len(piece)
                rows.exit.gone(count, len(piece))
                count = 0
                yield piece


def _write_workbook(rows, path: str, folder: str) -> int:
    book = xlsxwriter.Workbook(
        path, {"constant_memory": True, "tmpdir": folder, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet("data")
    bold = book.add_format({"bold": True})
    dates = book.add_format({"num_format": "yyyy-mm-dd"})
    moments = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for n, column in enumerate(rows.columns):
        sheet.write_string(0, n, column.name, bold)
    sheet.freeze_panes(1, 0)
    count = 0
    for batch in rows.batches():
        for row in batch.to_pylist():
            count += 1
            check_fits(Format.XLSX, count, rows.columns)
            for n, value in enumerate(row.values()):
                _write_cell(sheet, count, n, value, dates, moments)
    book.close()
    return count


def _write_cell(sheet, row: int, column: int, value, dates, moments) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float | Decimal) and abs(value) < 10**15:
        sheet.write_number(row, column, value)
    elif isinstance(value, datetime) and value.year >= 1900:
        sheet.write_datetime(row, column, value.replace(tzinfo=None), moments)
    elif isinstance(value, date) and not isinstance(value, datetime) and value.year >= 1900:
        sheet.write_datetime(row, column, value, dates)
    else:
        sheet.write_string(row, column, str(value)[:32_767])


def jsonable(row: dict, zone: tzinfo | None = None) -> dict:
    """A row in JSON's own kinds, moments in the zone. A number that a double does not hold exactly becomes text."""
    return {name: json_value(value if zone is None else _moved(value, zone)) for name, value in row.items()}


def _moved(value, zone: tzinfo):
    """A moment as the clocks of the zone show it; at the ends of the calendar, where they cannot, as it is."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        with contextlib.suppress(OverflowError):
            return value.astimezone(zone)
    return value
