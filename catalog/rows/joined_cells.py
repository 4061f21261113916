"""The bad cells of a table that grew: those of the rows that stay, then those of the file that was added.

A list says of each cell where it stands in its file (`row`), which row of the table that is (`__row`), and of which
version's file it is (`version`; null for the newest file, whose version has no number yet).
"""

from pathlib import Path

from catalog.rows.joining import Written, engine, sql_file, write

CELLS = 'row, "column", text, why'
# Lists of a first file know no version.
NONE = (
    "SELECT NULL::BIGINT AS row, '' AS \"column\", '' AS text, '' AS why, NULL::BIGINT AS __row, "
    "NULL::INTEGER AS version WHERE false"
)


def cells_after_append(former: Path | None, new: Path | None, out: Path, *, number: int, after: int) -> Written:
    """All of both; `number` is the former version's, `after` the rows that it has."""
    return _written(_former(former, number), f"SELECT {CELLS}, __row + {after} AS __row, version FROM new", new, out)


def cells_after_upsert(former: Path | None, new: Path | None, out: Path, *, number: int, places: Path) -> Written:
    """Those of former rows that none took the place of, and those of the file at the places where its rows went."""
    places = sql_file(places)
    kept = f"{_former(former, number)} WHERE __row NOT IN (SELECT place FROM {places})"
    moved = f"SELECT {CELLS}, place AS __row, version FROM new JOIN {places} ON __row = came"
    return _written(kept, moved, new, out)


def _former(former: Path | None, number: int) -> str:
    return f"SELECT {CELLS}, __row, coalesce(version, {number}) AS version FROM ({_listed(former)})"


def _written(kept: str, added: str, new: Path | None, out: Path) -> Written:
    select = f"WITH new AS ({_listed(new)}) {kept} UNION ALL {added} ORDER BY version NULLS LAST, row, __row"
    with engine() as connection:
        return write(connection, select, out)


def _listed(path: Path | None) -> str:
    return f"SELECT * FROM {sql_file(path)} UNION ALL BY NAME {NONE}" if path else NONE
