"""Batches of rows as JSON, column by column: no row becomes an object of Python on its way out."""

import json
import math
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from json.encoder import encode_basestring as quoted

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

EXACT = 2**53  # whole numbers beyond it, and decimals of more digits than these, are no doubles: they become text
EXACT_DIGITS = 15
_IS_ESCAPED = np.isin(np.arange(256), [*range(0x20), ord('"'), ord("\\")])  # by byte, also within UTF-8
_encode = json.JSONEncoder(ensure_ascii=False).encode


def json_value(value):
    """A value in JSON's own kinds. A number that a double does not hold exactly becomes text."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) < EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return float(value) if len(value.as_tuple().digits) <= EXACT_DIGITS else str(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def objects(batch: pa.RecordBatch, before: str = "", after: str = "") -> pa.Array:
    """Each row as a JSON object, with these texts around it."""
    parts, lead = [], before + "{"
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        lead += f"{quoted(name)}: "
        plain = _plain(column)
        if plain is None:
            parts += [lead, texts(column)]
            lead = ", "
        else:  # a pass over all values less
            parts += [f'{lead}"', plain]
            lead = '", '
    return joined([*parts, lead.removesuffix(", ") + "}" + after])


def texts(column: pa.Array) -> pa.Array:
    """Each value as its text in JSON, as `json_value` and Python's encoder write it."""
    return pc.fill_null(_written(column.type)(column), "null")


def joined(parts: list) -> pa.Array:
    """The parts of each row behind each other; a part is a text or a column of texts without nulls."""
    return pc.binary_join_element_wise(*parts, "")


def bytes_of(lines: pa.Array) -> bytes:
    """All texts of a new array behind each other."""
    _validity, _offsets, data = lines.buffers()
    size = pc.sum(pc.binary_length(lines)).as_py() or 0
    return data.slice(0, size).to_pybytes() if size else b""


def _written(kind: pa.DataType) -> Callable[[pa.Array], pa.Array]:
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _text
    if pa.types.is_boolean(kind):
        return lambda column: pc.cast(column, pa.string())
    if pa.types.is_signed_integer(kind):
        return _whole
    if pa.types.is_date32(kind):
        return lambda column: _in_quotes(pc.cast(column, pa.string()))
    if pa.types.is_timestamp(kind) and kind.unit == "us" and kind.tz in {None, "UTC"}:
        return _moment
    return _one_by_one


def _plain(column: pa.Array) -> pa.Array | None:
    """The values of a column of texts or days where each wants but quotation marks around it."""
    if column.null_count:
        return None
    if pa.types.is_date32(column.type):
        return pc.cast(column, pa.string())
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return None
    column = pc.cast(column, pa.string())
    return None if _has_escapes(column) else column


def _text(column: pa.Array) -> pa.Array:
    column = pc.cast(column, pa.string())
    if _has_escapes(column):
        return pa.array([None if value is None else quoted(value) for value in column.to_pylist()], pa.string())
    return _in_quotes(column)


def _has_escapes(column: pa.StringArray) -> bool:
    """True where a value holds a character that JSON writes otherwise: looked for in all their bytes at once."""
    _validity, offsets, data = column.buffers()
    if not len(column) or data is None:
        return False
    ends = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    return bool(_IS_ESCAPED[np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]].any())


def _whole(column: pa.Array) -> pa.Array:
    text = pc.cast(column, pa.string())
    ends = pc.min_max(column)
    if not ends["min"].is_valid or -EXACT < ends["min"].as_py() <= ends["max"].as_py() < EXACT:
        return text
    inexact = pc.or_(pc.greater_equal(column, EXACT), pc.less_equal(column, -EXACT))
    return pc.if_else(inexact, _in_quotes(text), text)


def _moment(column: pa.Array) -> pa.Array:
    """ISO 8601; a fraction of a second only where there is one."""
    text = pc.replace_substring(pc.cast(column, pa.string()), " ", "T")
    return _in_quotes(pc.replace_substring(text, ".000000", ""))


def _one_by_one(column: pa.Array) -> pa.Array:
    values = (json_value(value) for value in column.to_pylist())
    return pa.array([None if value is None else _encode(value) for value in values], pa.string())


def _in_quotes(text: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise('"', text, '"', "")
