"""Parquet files of others as sources: nothing that they state about themselves is believed before it is measured."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.ingest import columnar
from catalog.ingest.containers import check_size
from catalog.ingest.errors import ReadingError
from catalog.ingest.limits import MB

BATCH_ROWS = 8192
BUFFER = MB
THRIFT_BYTES = 64 * MB
THRIFT_ITEMS = 1_000_000


def read(member, *, work, limits, progress):
    """The rows of a Parquet file as a source, read page by page."""
    path = member.on_disk(work)
    limits = replace(limits, ratio=limits.columnar_ratio)
    try:
        file = _open(path)
        _check(file.metadata, path.stat().st_size, limits)
        return columnar.collect(
            file.schema_arrow,
            file.iter_batches(batch_size=BATCH_ROWS, use_threads=False),
            stem="columns",
            shapes={},
            packed_bytes=path.stat().st_size,
            work=work,
            limits=limits,
            progress=progress,
        )
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
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


def _damaged(error):
    """A full disk stays what it is; all else is the file's."""
    if isinstance(error, OSError) and error.errno:
        return error
    return ReadingError("damaged-parquet", reason=(str(error).strip() or type(error).__name__).splitlines()[0][:120])
