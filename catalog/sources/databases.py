"""Rows of a table or view of another database, streamed into a Parquet file with the types that the database states."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from django.conf import settings

from catalog.models import Source
from catalog.sources import tables
from catalog.sources.connections import connected, told
from catalog.sources.errors import SourceError
from catalog.sources.parts import SHOWN_ROWS, Brought, Progress, Sample, shown

BATCH_ROWS, SAMPLE_SECONDS = 2000, 20
ROUND = 1 << 256


def sample(source: Source) -> Sample:
    """The first rows, in the order in which a run fetches them."""
    with connected(source, seconds=SAMPLE_SECONDS) as connection:
        relation = tables.find(connection, source)
        check_watermark(relation, source)
        fields = tables.fields_of(connection, relation)
        rows = _reading(connection, relation.select(fields).limit(SHOWN_ROWS), source)
        found = [[shown(cell) for cell in row] for batch in rows for row in batch]
        return Sample([field.name for field in fields], found)


def fetch(source: Source, to: Path, before: dict, progress: Progress) -> Brought:
    """All rows, in constant memory; nothing where the column that grows has not grown since the last run.

    With `before["since"]` only the rows above that value, and with it where rows take the places of others: what was
    written at that very moment may have come after the last run, and a row that comes twice changes nothing then.
    `progress(rows=...)` is called for each batch and may raise. The digest of the content does not depend on the order
    in which the database gives its rows.
    """
    with connected(source) as connection:
        relation = tables.find(connection, source)
        check_watermark(relation, source)
        highest = _highest(connection, relation, source) if source.watermark else None
        if highest is not None and highest == before.get("watermark"):
            return Brought(unchanged=True)
        fields = tables.fields_of(connection, relation)
        query = _since(relation, relation.select(fields), source, before.get("since"))
        batches = _reading(connection, query, source)
        rows, content = _write(fields, batches, to / "rows.parquet", source, progress)
    if not rows:
        raise SourceError("source-no-rows", what=source.what)
    marks = {"watermark": highest} if source.watermark else {}
    return Brought(name=f"{relation.table.name}.parquet", file="rows.parquet", content=content, marks=marks)


def check_watermark(relation: tables.Relation, source: Source) -> None:
    """The column that grows must be one of the relation's."""
    if source.watermark and source.watermark not in relation.columns:
        known = ", ".join(relation.columns)
        raise SourceError("source-no-column", what=source.what, column=source.watermark, known=known)


def _since(relation: tables.Relation, query: sa.Select, source: Source, seen: str | None) -> sa.Select:
    """The query for rows above what was seen, told as text: the database reads it in the column's own type."""
    if seen is None:
        return query
    column = relation.table.c[source.watermark]
    seen = sa.cast(sa.literal(seen, sa.Text), relation.columns[source.watermark])
    return query.where(column >= seen if source.taking == Source.Taking.UPSERT else column > seen)


def _highest(connection: sa.Connection, relation: tables.Relation, source: Source) -> str | None:
    column = sa.func.max(relation.table.c[source.watermark])
    return connection.execute(sa.select(sa.cast(column, sa.Text))).scalar()


def _reading(connection: sa.Connection, query: sa.Select, source: Source) -> Iterator[list]:
    """Batches of rows by a cursor on the server."""
    try:
        answer = connection.execution_options(stream_results=True, yield_per=BATCH_ROWS).execute(query)
        for batch in answer.partitions():
            yield [tuple(row) for row in batch]
    except sa.exc.DBAPIError as error:
        raise told(error, source) from None
    except (ValueError, OverflowError):  # the driver met a moment that Python has no word for
        raise SourceError("source-bad-values", what=source.what) from None


def _write(fields: list[tables.Field], batches, path: Path, source: Source, progress: Progress) -> tuple[int, str]:
    """Writes the batches; how many rows they had, and the digest of the set of them."""
    schema = pa.schema([(field.name, field.kind) for field in fields])
    rows = total = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            cells = zip(*batch, strict=True)
            try:
                arrays = [pa.array(column, field.kind) for column, field in zip(cells, fields, strict=True)]
            except (pa.ArrowException, ValueError, OverflowError, TypeError):
                raise SourceError("source-bad-values", what=source.what) from None
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            total = (total + sum(map(_digest, batch))) % ROUND
            rows += len(batch)
            progress(rows=rows)
            _check_size(path, source)
    told_of = f"{schema}\n{rows}\n{total:064x}"
    return rows, hashlib.sha256(told_of.encode()).hexdigest()


def _digest(row: tuple) -> int:
    return int.from_bytes(hashlib.blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=32).digest())


def _check_size(path: Path, source: Source) -> None:
    limit = settings.UPLOAD_MAX_BYTES
    if path.stat().st_size > limit:
        raise SourceError("source-too-large", host=source.host, limit=f"{limit / 1024**3:.3g}")
