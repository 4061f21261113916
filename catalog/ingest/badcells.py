"""Cells that do not fit the type of their column: none is lost, all are listed with their place."""

from catalog.ingest.engine import quoted
from catalog.ingest.errors import ReadingError
from catalog.ingest.readings import WHY

LISTED = 200
EXAMPLES = 20
SHOWN_CHARS = 500
TOLD_CHARS = 40
# What a steward may choose for the cells of a column that do not fit: leave them empty (their text is kept), or stop.
MISFITS = ("empty", "stop")


def add(con, source, described, *, path):
    """What the result says of cells that fit no type; `described` holds (column, choice, profile) of each column."""
    _stop_at_misfits(con, source, described)
    _add_examples(con, source, described)
    return _kept(con, source, described, path)


def _stop_at_misfits(con, source, described):
    """Refuses the file where a cell does not fit in a column whose steward said to stop there."""
    for column, choice, about in described:
        if about["bad_cells"] and column.misfits == "stop":
            row, text = con.execute(
                f"SELECT b.row, b.cell.t FROM (SELECT __at AS row, {_bad_cell(column, choice)} AS cell "
                f"FROM {source.rows_with_place}) b WHERE b.cell IS NOT NULL LIMIT 1"
            ).fetchone()
            raise ReadingError("misfits", row=row, column=column.name, count=about["bad_cells"], text=text[:TOLD_CHARS])


def _kept(con, source, described, path):
    """Writes every cell that became null under an asked type (row, column, text, why, and the table's row); lists the
    first ones."""
    hurt = [(column, choice) for column, choice, about in described if about["bad_cells"]]
    if not hurt:
        return {"bad_cells": [], "bad_cells_total": 0, "bad_cells_file": None}
    cells = ", ".join(_bad_cell(column, choice) for column, choice in hurt)
    con.execute(
        f'COPY (SELECT row, b.c AS "column", b.t AS text, b.w AS why, __row '
        f"FROM (SELECT __at AS row, __row, unnest([{cells}]) AS b FROM {source.rows_with_place}) WHERE b IS NOT NULL) "
        f"TO '{path.name}' (FORMAT parquet, COMPRESSION zstd)"
    )
    first = con.execute(
        f"SELECT row, \"column\", left(text, {SHOWN_CHARS}), why FROM read_parquet('{path.name}') LIMIT {LISTED}"
    ).fetchall()
    total = con.execute(f"SELECT count(*) FROM read_parquet('{path.name}')").fetchone()[0]
    return {"bad_cells": [list(cell) for cell in first], "bad_cells_total": total, "bad_cells_file": path.name}


def _bad_cell(column, choice):
    """SQL of a struct for a cell that does not fit, null for one that does."""
    reading = choice.reading
    return (
        f"CASE WHEN trim({column.x}) <> '' AND NOT coalesce({reading.fits_sql(column.x)}, false) THEN "
        f"{{'c': {quoted(column.name)}, 't': {column.x}, 'w': {quoted(WHY[reading.type])}}} END"
    )


def _add_examples(con, source, described):
    """Says of text columns that nearly all fit a narrower type how many cells do not, with the first of these."""
    for column, choice, about in described:
        if choice.almost is None:
            continue
        reading = choice.almost.reading
        misfits = con.execute(
            f"SELECT __at, left({column.x}, {SHOWN_CHARS}) FROM {source.rows_with_place} WHERE trim({column.x}) <> '' "
            f"AND NOT coalesce({reading.fits_sql(column.x)}, false) LIMIT {EXAMPLES}"
        ).fetchall()
        about["almost"] = {
            "type": reading.type,
            "misfits": choice.cells - choice.almost.fits,
            "examples": [list(misfit) for misfit in misfits],
        }
