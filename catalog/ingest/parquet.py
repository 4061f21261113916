"""Parquet files of others as sources: nothing that they state about themselves is believed before it is measured."""

import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.ingest import columnar
from catalog.ingest.containers import check_size
from catalog.ingest.errors import ReadingError
from catalog.ingest.limits import MB

BATCH_ROWS = 8192
BUFFER = MB
GEO = b"geo"
WGS84 = "OGC:CRS84"
THRIFT_BYTES = 64 * MB
THRIFT_ITEMS = 1_000_000


def read(member, *, work, limits, progress):
    """The rows of a Parquet file as a source, read page by page."""
    path = member.on_disk(work)
    limits = replace(limits, ratio=limits.columnar_ratio)
    try:
        file = _open(path)
        _check(file.metadata, path.stat().st_size, limits)
        places = _places(file.schema_arrow)
        source = columnar.collect(
            file.schema_arrow,
            file.iter_batches(batch_size=BATCH_ROWS, use_threads=False),
            stem="columns",
            shapes={number: found.from_wkb for number, found in places.items()},
            packed_bytes=path.stat().st_size,
            work=work,
            limits=limits,
            progress=progress,
        )
        source.notes += [item for found in places.values() for item in found.notes()]
        return source
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(error) from error


def _open(path):
    return pq.ParquetFile(
        path,
        buffer_size=BUFFER,
        pre_buffer=False,
        thrift_string_size_limit=THRIFT_BYTES,
        thrift_container_size_limit=THRIFT_ITEMS,
        page_checksum_verification=True,
        arrow_extensions_enabled=False,
    )


def _check(metadata, size, limits):
    """Refuses what says of itself that it unpacks to too much; what says less than it does is stopped on the way."""
    if metadata.num_columns > limits.columns:
        raise ReadingError("too-many-columns", columns=metadata.num_columns, limit=limits.columns)
    stated = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    check_size(max(stated, 0), size, limits)


def _places(schema):
    """For each column that GeoParquet calls a geometry, what makes texts of it."""
    if GEO not in (schema.metadata or {}):
        return {}
    # Loading the library takes longer than reading most tables, so only maps pay for it.
    from catalog.ingest.places import Places, of_json

    columns = json.loads(schema.metadata[GEO])["columns"]
    return {
        number: Places(of_json(columns[field.name].get("crs", WGS84)))
        for number, field in enumerate(schema, start=1)
        if field.name in columns and columns[field.name].get("encoding") == "WKB" and _is_bytes(field.type)
    }


def _is_bytes(kind):
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _damaged(error):
    """A full disk stays what it is; all else is the file's."""
    if isinstance(error, OSError) and error.errno:
        return error
    return ReadingError("damaged-parquet", reason=(str(error).strip() or type(error).__name__).splitlines()[0][:120])
