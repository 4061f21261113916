"""One source of text rows to one typed Parquet table, with what the steward is told about it."""

import hashlib
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import duckdb

from catalog.ingest import badcells, doubts, fitting, profiles
from catalog.ingest.engine import THREADS, quoted, watched
from catalog.ingest.errors import ReadingError
from catalog.ingest.names import column_names
from catalog.ingest.notes import note
from catalog.ingest.raw import MisreadError
from catalog.ingest.readings import GEOMETRY, asked_for

ROW_GROUP = 102_400
LONG_ROWS = 4_096
GROUP_CHARS = 32 << 20  # a group of rows is held in memory while it is written, by each thread
HASHED_AT_ONCE = 1 << 20
NOTED = {"blank": "blank-header", "duplicate": "duplicate-header", "reserved": "reserved-header"}


@dataclass
class Column:
    """A column to be: its name, the header as written, its cell as SQL, and the readings that the settings ask for."""

    name: str
    title: str
    x: str
    asked: list | None
    nulls: list
    misfits: str | None = None


def build(con, source, *, name, title, settings, work, progress):
    """Types, writes and profiles one source; raises MisreadError where a quick source cannot be trusted."""
    columns, notes = _columns(source, name, settings)
    chosen, group = _choose(con, source, columns, progress)
    path = work / f"{name}.parquet"
    with watched(con, "writing", source.about_rows, progress), _one_thread(con) if group < ROW_GROUP else nullcontext():
        _write(con, source, columns, chosen, path, group)
    told = profiles.of_table(con, path, columns, chosen, progress=progress)
    bad = badcells.add(
        con, source, list(zip(columns, chosen, told["columns"], strict=True)), path=work / f"{name}.bad.parquet"
    )
    notes += doubts.about(con, source, list(zip(columns, chosen, strict=True)))
    told |= {
        "name": name,
        "title": title,
        "file": path.name,
        "bytes": path.stat().st_size,
        "sha256": _sha256(path),
        "detected": source.detected,
        "above": source.above,
        "footer": source.footer,
    } | bad
    return told, source.notes + notes


def _columns(source, table, settings):
    """The columns of a source under their final names, each with the readings asked for; and what was renamed."""
    types, nulls, misfits = settings.get("types", {}), settings.get("nulls", {}), settings.get("misfits", {})
    columns, notes = [], []
    for number, (title, (name, reason)) in enumerate(
        zip(source.titles, column_names(source.titles), strict=True), start=1
    ):
        if reason:
            notes.append(note(NOTED[reason], title=title, name=name, position=number))
        asked = [GEOMETRY] if number in source.places else None
        if number in source.types:
            # Of the ways to write such a value, the first is the engine's own, in which typed columns are handed over.
            asked = asked_for(source.types[number])[:1]
        if name in types:
            asked = asked_for(types[name])
        none = [*settings.get("null_values", []), *nulls.get(name, [])]
        columns.append(Column(name, title, _cell(number, none), asked, none, misfits.get(name)))
    if unknown := sorted({*types, *nulls, *misfits} - {column.name for column in columns}):
        raise ReadingError("unknown-column", column=unknown[0], columns=unknown, table=table)
    return columns, notes


def _cell(number, nulls):
    """SQL of a cell, null where the steward said that a word means nothing."""
    if not nulls:
        return f"c{number}"
    words = ", ".join(quoted(str(word)) for word in nulls)
    return f"(CASE WHEN trim(c{number}) IN ({words}) THEN NULL ELSE c{number} END)"


def _choose(con, source, columns, progress):
    """The choices of all columns, and how many rows to write together; the scan of all rows also proves that a quick
    source was read whole."""
    rows = []

    def scan(expressions):
        asked = ", ".join([*expressions, "count(*)"])
        *answers, count = con.execute(f"SELECT {asked} FROM {source.relation}").fetchone()
        rows.append(count)
        return answers

    try:
        with watched(con, "typing", source.about_rows, progress):
            sample = _sample(con, source, columns)
            chosen = fitting.choose(columns, scan=scan, sample=sample)
    except duckdb.InvalidInputException as error:
        if source.numbered:
            raise
        raise MisreadError from error
    if not rows[0] and source.exact_rows in (None, 0):
        raise ReadingError("no-rows")
    if source.exact_rows not in (None, rows[0]):
        raise MisreadError
    return chosen, _group(sample)


def _group(sample):
    """How many rows are written together: fewer where their cells are long."""
    width = sum(sum(map(len, cells)) / max(len(cells), 1) for cells in sample)
    return ROW_GROUP if width * LONG_ROWS < GROUP_CHARS else max(int(GROUP_CHARS / width), 1)


@contextmanager
def _one_thread(con):
    """One thread writes meanwhile, so that one group of rows is held."""
    con.execute("SET threads = 1")
    try:
        yield
    finally:
        con.execute(f"SET threads = {THREADS}")


def _sample(con, source, columns):
    """Filled cells of each column from rows all over the source."""
    wanted = max(min(fitting.SAMPLE_ROWS, fitting.SAMPLE_CELLS // len(columns)), fitting.SAMPLE_ROWS_LEAST)
    if source.cells:
        sample = source.cells(wanted)
    else:
        share = 100 * wanted / max(source.about_rows, 1)
        some = f" USING SAMPLE {share:.6f} PERCENT (bernoulli, 7)" if share < 100 else ""
        names = ", ".join(f"c{number}" for number in range(1, len(columns) + 1))
        sample = zip(*con.execute(f"SELECT {names} FROM {source.relation}{some}").fetchmany(2 * wanted), strict=True)
    nulls = [column.nulls for column in columns]
    return [
        [cell for cell in cells if cell and cell.strip() and cell.strip() not in none]
        for cells, none in zip(sample, nulls, strict=True)
    ] or [[] for _ in columns]


def _write(con, source, columns, chosen, path, group):
    """Writes the typed rows in file order, `__row` first; numbers the rows of a quick source in a second pass."""
    values = ", ".join(
        f'{_value(column, choice)} AS "{column.name}"' for column, choice in zip(columns, chosen, strict=True)
    )
    final = f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {group})"
    if source.numbered:
        con.execute(f"COPY (SELECT __row, {values} FROM {source.relation}) TO '{path.name}' {final}")
        return
    con.execute(
        f"COPY (SELECT {values} FROM {source.relation}) TO 'typed.parquet' "
        f"(FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE {group})"
    )
    con.execute(
        f"COPY (SELECT file_row_number + 1 AS __row, * EXCLUDE (file_row_number) "
        f"FROM read_parquet('typed.parquet', file_row_number=true)) TO '{path.name}' {final}"
    )
    path.with_name("typed.parquet").unlink()


def _value(column, choice):
    """SQL of the typed cell; of a type that was asked for, only where the cell fits it."""
    fit = choice.fit
    value = fit.reading.value_sql(column.x, fit.digits, fit.scale)
    if choice.forced:
        value = f"CASE WHEN {fit.reading.fits_sql(column.x)} THEN {value} END"
    return f"CAST({value} AS {fit.reading.sql_type(fit.digits, fit.scale)})"


def _sha256(path):
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(HASHED_AT_ONCE):
            digest.update(chunk)
    return digest.hexdigest()
