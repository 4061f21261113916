"""Rows that are added to a stored table: written as one file more, beside the files that stay as they are.

Row numbers go on where the former table ends, so the order of rows never changes. Where keys are given, a row of the
same key takes its former's place and number; of the former files only those that such a row stands in are written
anew. All of it streams: the engine spills to disk beyond its memory.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from catalog.rows.scope import quoted
from catalog.rows.serving import AS_STORED, limits

SHOWN = 200
COLUMNS_AT_ONCE = 100
MEASURED = ("nulls", "distinct", "min", "max", "longest")


class KeyTrouble(Exception):
    """The key does not name one row: `where` is "file" or "table", `rows` how many stand in the way."""

    def __init__(self, where: str, rows: int):
        super().__init__(where, rows)
        self.where, self.rows = where, rows


@dataclass(frozen=True)
class Written:
    """A file that was written, and the rows in it."""

    path: Path
    rows: int


def append(new: Path, out: Path, columns: dict[str, str], *, after: int) -> Written:
    """The new rows as a file of their own, their numbers from `after` on; what is read for each column, in order."""
    with engine() as connection:
        listed = _listed(columns)
        select = f"SELECT __row + {after} AS __row, {listed} FROM {sql_file(new)}"
        return write(connection, select, out)


def upsert(
    former: list[Path], new: Path, out: Path, columns: dict[str, str], keys: list[str], *, places: Path
) -> list[Written | None]:
    """For each former file the one that takes its place, or None where it stays; last the file of rows that are new.

    Of rows with the same key in the new file none is chosen: that, and an empty key, is trouble. `places` is written:
    which row of the file came to be which row of the table.
    """
    with engine() as connection:
        rows = f"SELECT __row AS __came, {_listed(columns)} FROM {sql_file(new)}"
        connection.execute(f"CREATE TEMP TABLE fresh AS {rows}")
        _check_keys(connection, "file", "fresh", keys)
        _check_keys(connection, "table", f"read_parquet({_list(former)}, union_by_name=true)", keys)
        found = [
            _replaced(connection, path, out / f"{n}.parquet", list(columns), keys) for n, path in enumerate(former)
        ]
        _place(connection, f"read_parquet({_list(former)}, union_by_name=true)", keys)
        listed = ", ".join(f"n.{quoted(column)}" for column in columns)
        rest = f"SELECT p.place AS __row, {listed} FROM fresh n JOIN places p ON n.__came = p.came WHERE NOT p.taken"
        last = write(connection, f"{rest} ORDER BY p.place", out / f"{len(former)}.parquet")
        write(connection, "SELECT came, place FROM places", places)
        return [*found, last if last.rows else None]


def merge(paths: list[Path], out: Path) -> Written:
    """One file of many, the rows in their order."""
    with engine() as connection:
        return write(connection, f"SELECT * FROM ({together(paths)}) ORDER BY __row", out)


def described(paths: list[Path], columns: list[str], *, placed: set[str]) -> dict[str, dict]:
    """For each column of all these files together: nulls, distinct values (estimated), least and greatest as text, and
    the bytes of the longest text."""
    found = {}
    with engine() as connection:
        for start in range(0, len(columns), COLUMNS_AT_ONCE):
            some = columns[start : start + COLUMNS_AT_ONCE]
            asked = ", ".join(_measures(column, column in placed) for column in some)
            told = iter(connection.execute(f"SELECT {asked} FROM ({together(paths)})").fetchone())
            found |= {name: {key: next(told) for key in MEASURED} for name in some}
    return found


def together(paths: list[Path]) -> str:
    """SQL of all rows of these files in their order; numbers get the widest type that one of them needs."""
    return " UNION ALL ".join(f"SELECT * FROM {sql_file(path)}" for path in paths)


def _replaced(connection, path: Path, out: Path, columns: list[str], keys: list[str]) -> Written | None:
    """The file with the rows that the new ones replace; None where they change nothing in it."""
    others = [column for column in columns if column not in keys]
    differs = " OR ".join(f"f.{quoted(c)} IS DISTINCT FROM n.{quoted(c)}" for c in others) or "false"
    joined = f"FROM {sql_file(path)} f JOIN fresh n ON {_same(keys)}"
    if not connection.execute(f"SELECT count(*) {joined} WHERE {differs}").fetchone()[0]:
        return None
    chosen = ", ".join(
        f"CASE WHEN n.__came IS NULL THEN f.{quoted(c)} ELSE n.{quoted(c)} END AS {quoted(c)}" for c in columns
    )
    select = f"SELECT f.__row, {chosen} FROM {sql_file(path)} f LEFT JOIN fresh n ON {_same(keys)} ORDER BY f.__row"
    return write(connection, select, out)


def _place(connection, former: str, keys: list[str]) -> None:
    """Makes the table of places: its former's (`taken`), or one after all of these in the file's order."""
    connection.execute(
        f"CREATE TEMP TABLE places AS SELECT n.__came AS came, f.__row AS place, true AS taken "
        f"FROM {former} f JOIN fresh n ON {_same(keys)}"
    )
    connection.execute(
        f"INSERT INTO places SELECT __came, row_number() OVER (ORDER BY __came) + (SELECT coalesce(max(__row), 0) "
        f"FROM {former}), false FROM fresh ANTI JOIN places ON came = __came"
    )


def _check_keys(connection, where: str, relation: str, keys: list[str]) -> None:
    listed = ", ".join(map(quoted, keys))
    empty = " OR ".join(f"{quoted(key)} IS NULL" for key in keys)
    if where == "file" and (rows := connection.execute(f"SELECT count(*) FROM {relation} WHERE {empty}").fetchone()[0]):
        raise KeyTrouble("empty", rows)
    twice = f"SELECT count(*) FROM (SELECT 1 FROM {relation} GROUP BY {listed} HAVING count(*) > 1)"
    if rows := connection.execute(twice).fetchone()[0]:
        raise KeyTrouble(where, rows)


def _same(keys: list[str]) -> str:
    return " AND ".join(f"f.{quoted(key)} = n.{quoted(key)}" for key in keys)


def _measures(column: str, is_place: bool) -> str:
    cell = quoted(column)
    ends = (
        "NULL, NULL" if is_place else ", ".join(f"left(CAST({f}({cell}) AS VARCHAR), {SHOWN})" for f in ("min", "max"))
    )
    longest = f"max(CASE WHEN typeof({cell}) = 'VARCHAR' THEN strlen(CAST({cell} AS VARCHAR)) END)"
    return f"count(*) - count({cell}), approx_count_distinct({cell}), {ends}, {longest}"


def _listed(columns: dict[str, str]) -> str:
    return ", ".join(f"{sql} AS {quoted(name)}" for name, sql in columns.items())


def write(connection, select: str, out: Path) -> Written:
    """The rows of a query as a stored file."""
    rows = connection.execute(f"COPY ({select}) TO {_text(out)} {AS_STORED}").fetchone()[0]
    return Written(out, rows)


def sql_file(path: Path) -> str:
    """SQL of the rows of a file."""
    return f"read_parquet({_text(path)})"


def _list(paths: list[Path]) -> str:
    return f"[{', '.join(map(_text, paths))}]"


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


@contextmanager
def engine():
    """An engine of its own within the limits, for files that the caller names."""
    connection = duckdb.connect(config=limits())
    try:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()
