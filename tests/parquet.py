"""Writes small Parquet tables in the form that ingest gives them."""

import io
from datetime import UTC

import pyarrow as pa
import pyarrow.parquet as pq

TYPES = {
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "decimal": pa.decimal128(18, 4),
    "float": pa.float64(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", tz=str(UTC)),
    "text": pa.string(),
    "geometry": pa.string(),
}


def write_parquet(columns: dict[str, tuple[str, list]]) -> bytes:
    """One Parquet file with the row numbers first: name -> (type, values)."""
    rows = len(next(iter(columns.values()))[1])
    arrays = {"__row": pa.array(range(1, rows + 1), pa.int64())}
    arrays |= {name: pa.array(values, TYPES[kind]) for name, (kind, values) in columns.items()}
    out = io.BytesIO()
    pq.write_table(pa.table(arrays), out, compression="zstd")
    return out.getvalue()
