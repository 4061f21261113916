"""Batches of typed columns as a source: the file's own types are kept, whatever its texts look like."""

import json
import math
from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catalog.ingest.containers import check_size
from catalog.ingest.errors import ReadingError
from catalog.ingest.notes import note
from catalog.ingest.raw import Source

MOST_SCALE = 37


def collect(schema, batches, *, stem, shapes, packed_bytes, work, limits, progress):
    """Writes the batches as they are typed and gives them as a source; `shapes` makes texts of geometry columns."""
    if len(schema) > limits.columns:
        raise ReadingError("too-many-columns", columns=len(schema), limit=limits.columns)
    columns = [_column(number, field, shapes) for number, field in enumerate(schema, start=1)]
    kept = pa.schema([("__row", pa.int64()), *((column.place, column.type) for column in columns)])
    path, rows, seen = work / f"{stem}.parquet", 0, 0
    with pq.ParquetWriter(path, kept, compression="lz4", use_dictionary=False) as writer:
        for batch in batches:
            seen += batch.nbytes
            check_size(seen, packed_bytes, limits)
            numbers = pa.array(range(rows + 1, rows + batch.num_rows + 1), pa.int64())
            cells = [column.read(cells) for column, cells in zip(columns, batch.columns, strict=True)]
            writer.write_batch(pa.record_batch([numbers, *cells], schema=kept))
            rows += batch.num_rows
            progress("reading", rows_done=rows)
    if not rows:
        raise ReadingError("no-rows")
    return _source(path, columns, rows)


def _source(path, columns, rows):
    cells = ", ".join(f"CAST({column.place} AS VARCHAR) AS {column.place}" for column in columns)
    return Source(
        f"(SELECT __row, __row AS __at, {cells} FROM read_parquet('{path.name}'))",
        [column.title for column in columns],
        1,
        numbered=True,
        about_rows=rows,
        exact_rows=rows,
        types={number: column.word for number, column in enumerate(columns, start=1) if column.word},
        notes=[item for column in columns for item in column.notes()],
        detected={"first_row": 1},
    )


class _Column:
    """One column: its place in the written file, the type it is written in, and the word that asks for it later."""

    def __init__(self, place, title, word, kind, convert):
        self.place, self.title, self.word, self.type, self.convert = place, title, word, kind, convert
        self.told = Counter()

    def read(self, cells):
        if isinstance(cells, pa.DictionaryArray):
            cells = cells.dictionary_decode()
        found = self.convert(cells, self.told)
        return found if found.type == self.type else found.cast(self.type)

    def notes(self):
        return [note(code, count=count, name=self.title) for code, count in self.told.items()]


def _column(number, field, shapes):
    place, kind = f"c{number}", field.type
    if number in shapes:
        return _Column(place, field.name, "geometry", pa.large_string(), shapes[number])
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return _Column(place, field.name, *_reading(kind))


def _reading(kind):
    """How a type is read: the word that asks for it, the type that it is written in, and the step between."""
    is_ = pa.types
    if is_.is_boolean(kind):
        return "boolean", pa.bool_(), _as_is
    if is_.is_integer(kind):
        return ("decimal", pa.decimal128(20, 0), _as_is) if kind == pa.uint64() else ("integer", pa.int64(), _as_is)
    if is_.is_floating(kind):
        return "float", pa.float32() if kind == pa.float16() else kind, _without_nan
    if is_.is_decimal128(kind) and 0 <= kind.scale <= MOST_SCALE:
        return "decimal", kind, _as_is
    if is_.is_date(kind):
        return "date", pa.date32(), _as_is
    if is_.is_time(kind):
        return "time", pa.time64("us"), _to_microseconds(pa.time64("us"))
    if is_.is_timestamp(kind):
        written = pa.timestamp("us", kind.tz and "UTC")
        return ("timestamptz" if kind.tz else "timestamp"), written, _to_microseconds(written)
    if is_.is_string(kind) or is_.is_large_string(kind) or is_.is_string_view(kind):
        return "text", pa.large_string(), _without_nul
    if is_.is_null(kind):
        return None, pa.large_string(), lambda cells, told: pa.nulls(len(cells), pa.large_string())
    if is_.is_nested(kind):
        return "text", pa.large_string(), _as_json
    return "text", pa.large_string(), _as_written


def _as_is(cells, told):
    return cells


def _without_nan(cells, told):
    """Numbers; what is no number (NaN, which some programs write for "missing") is empty."""
    cells = cells.cast(pa.float32()) if cells.type == pa.float16() else cells
    strange = pc.fill_null(pc.is_nan(cells), False)
    if count := pc.sum(strange).as_py():
        told["nan-cells"] += count
        cells = pc.if_else(strange, pa.scalar(None, cells.type), cells)
    return cells


def _to_microseconds(kind):
    def read(cells, told):
        return cells.cast(options=pc.CastOptions(target_type=kind, allow_time_truncate=True))

    return read


def _without_nul(cells, told):
    """Texts without NUL, which no text of ours may hold; what is not UTF-8 is refused."""
    cells = cells.cast(pa.large_string())
    cells.validate(full=True)
    return pc.replace_substring(cells, "\0", "")


def _as_json(cells, told):
    texts = [None if value is None else json.dumps(_plain(value), ensure_ascii=False) for value in cells.to_pylist()]
    return pa.array([text and text.replace("\\u0000", "") for text in texts], pa.large_string())


def _plain(value):
    """A nested value as JSON has it: maps with texts as names, anything unknown as text."""
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | int | bool):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return _text(value)


def _as_written(cells, told):
    """Bytes as text where they are text, else in hexadecimal; anything else as Python writes it."""
    return pa.array([None if value is None else _text(value) for value in cells.to_pylist()], pa.large_string())


def _text(value):
    if isinstance(value, bytes):
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return value.hex()
        return value.hex() if "\0" in text else text
    return str(value)
