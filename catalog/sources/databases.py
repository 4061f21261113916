"""Rows of a table or view of another database, streamed into a Parquet file with the types that the database states."""

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from django.conf import settings

from catalog.models import Source
from catalog.sources import tables
from catalog.sources.connections import connected
from catalog.sources.errors import SourceError
from catalog.sources.parts import SHOWN_ROWS, Brought, Progress, Sample, shown
from catalog.sources.watch import Watch

FIRST_ROWS, MOST_ROWS, BATCH_LETTERS = 100, 2000, 16 * 1024**2
WEIGHED = 50
SAMPLE_SECONDS, SAMPLE_BYTES = 20, 32 * 1024**2
ROUND = 1 << 256


def sample(source: Source) -> Sample:
    """The first rows, in the order in which a run fetches them."""
    with connected(source, seconds=SAMPLE_SECONDS, most=SAMPLE_BYTES) as (connection, watch):
        relation = tables.find(connection, source)
        check_watermark(relation, source)
        fields = tables.fields_of(connection, relation)
        rows = _reading(connection, relation.select(fields).limit(SHOWN_ROWS), source, watch)
        kinds = [field.kind for field in fields]
        found = [list(map(_as_kept, row, kinds)) for batch in rows for row in batch]
        return Sample([field.name for field in fields], found)


def fetch(source: Source, to: Path, before: dict, progress: Progress) -> Brought:
    """All rows, in constant memory; nothing where the column that grows has not grown since the last run.

    With `before["since"]` only the rows above that value, and with it where rows take the places of others: what was
    written at that very moment may have come after the last run, and a row that comes twice changes nothing then.
    `progress(rows=...)` is called for each batch and may raise. The digest of the content does not depend on the order
    in which the database gives its rows.
    """
    with connected(source) as (connection, watch):
        relation = tables.find(connection, source)
        check_watermark(relation, source)
        highest = _highest(connection, relation, source) if source.watermark else None
        if highest is not None and highest == before.get("watermark"):
            return Brought(unchanged=True)
        fields = tables.fields_of(connection, relation)
        query = _since(relation, relation.select(fields), source, before.get("since"))
        batches = _reading(connection, query, source, watch)
        rows, content = _write(fields, batches, to / "rows.parquet", source, progress)
    if not rows:
        raise SourceError("source-no-rows", what=source.what)
    marks = {"watermark": highest} if source.watermark else {}
    return Brought(name=f"{relation.table.name}.parquet", file="rows.parquet", content=content, marks=marks)


def _as_kept(cell: object, kind: pa.DataType) -> str:
    """A cell as a sample shows it, exact numbers with the digits that they are kept with."""
    exact = pa.types.is_decimal(kind) and isinstance(cell, Decimal) and cell.is_finite()
    return shown(f"{cell:.{kind.scale}f}" if exact else cell)


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
    kind = relation.columns[source.watermark]
    as_text = source.kind == Source.Kind.MYSQL and not isinstance(kind, sa.Numeric | sa.Integer)
    seen = sa.literal(seen, sa.Text)  # which MySQL compares with moments to the microsecond; a cast would round them
    seen = seen if as_text else sa.cast(seen, kind)
    return query.where(column >= seen if source.taking == Source.Taking.UPSERT else column > seen)


def _highest(connection: sa.Connection, relation: tables.Relation, source: Source) -> str | None:
    column = sa.func.max(relation.table.c[source.watermark])
    return connection.execute(sa.select(sa.cast(column, sa.Text))).scalar()


def _reading(connection: sa.Connection, query: sa.Select, source: Source, watch: Watch) -> Iterator[list]:
    """Batches of rows by a cursor on the server, of about the same weight however wide a row is."""
    size = FIRST_ROWS
    try:
        answer = connection.execution_options(stream_results=True, max_row_buffer=FIRST_ROWS).execute(query)
        while batch := answer.fetchmany(size):
            watch.taken_in()
            yield [tuple(row) for row in batch]
            size = _next_size(batch)
    except (ValueError, OverflowError):  # the driver met a moment that Python has no word for
        raise watch.fault or SourceError("source-bad-values", what=source.what) from None


def _next_size(batch: list) -> int:
    seen = batch[-WEIGHED:]
    letters = sum(len(cell) if isinstance(cell, str) else 16 for row in seen for cell in row) / len(seen)
    return max(1, min(MOST_ROWS, int(BATCH_LETTERS / max(letters, 1))))


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
