"""What a written table holds: nulls, distinct values, least, greatest and longest ones, the most frequent values."""

from catalog.ingest.engine import watched

COLUMNS_AT_ONCE = 100
SHOWN_CHARS = 200
MOST_FREQUENT = 10
COUNTED_EXACTLY = 50_000
FEW_ROWS = 1000
HELD_ROWS = 20_000


def of_table(con, path, columns, chosen, *, progress):
    """The row count and, for each column, its name, type and profile; values are given as text."""
    relation = f"read_parquet('{path.name}')"
    rows = con.execute(f"SELECT count(*) FROM {relation}").fetchone()[0]
    told = []
    with watched(con, "profiling", rows, progress):
        for start in range(0, len(columns), COLUMNS_AT_ONCE):
            part = list(
                zip(columns[start : start + COLUMNS_AT_ONCE], chosen[start : start + COLUMNS_AT_ONCE], strict=True)
            )
            told.extend(_of_part(con, _at_hand(con, relation, part, rows), part, rows))
    return {"rows": rows, "columns": told}


def _of_part(con, relation, part, rows):
    """The profiles of some columns."""
    measured = iter(con.execute(f"SELECT {', '.join(_measures(part))} FROM {relation}").fetchone())
    for column, choice in part:
        described = _described(column, choice, rows, [next(measured) for _ in range(5)])
        described["frequent"] = _frequent(con, relation, described, rows)
        yield described


def _at_hand(con, relation, part, rows):
    """Where to read some columns from: of a short table they are held, since opening a wide file is dear."""
    if rows > HELD_ROWS:
        return relation
    names = ", ".join(f'"{column.name}"' for column, _ in part)
    con.execute(f"CREATE OR REPLACE TEMP TABLE held AS SELECT {names} FROM {relation}")
    return "held"


def _measures(part):
    for column, choice in part:
        cell = f'"{column.name}"'
        yield f"count({cell})"
        yield f"approx_count_distinct({cell})"
        for extreme in ("min", "max"):
            if choice.reading.type == "geometry":
                yield "NULL"
            else:
                yield f"left(CAST({extreme}({cell}) AS VARCHAR), {SHOWN_CHARS})"
        yield f"max(strlen({cell}))" if choice.reading.type in ("text", "geometry") else "NULL"


def _described(column, choice, rows, measured):
    filled, distinct, least, greatest, longest = measured
    fit = choice.fit
    described = {
        "name": column.name,
        "title": column.title,
        "type": fit.reading.type,
        "nulls": rows - filled,
        "distinct": min(distinct, filled),
        "min": least,
        "max": greatest,
        "longest": longest,
        "frequent": [],
        "almost": None,
        "offers": choice.offers,
        "personal": choice.personal,
        "bad_cells": choice.cells - filled if choice.forced else 0,
    }
    if fit.reading.type == "decimal":
        described["scale"] = fit.scale
    if fit.reading.type == "timestamp":
        described["zoned"] = fit.reading.zoned
    if fit.reading.order:
        described["order"] = fit.reading.order
    return described


def _frequent(con, relation, column, rows):
    """Up to ten values that occur most, with how often; none where nearly every value is its own."""
    filled = rows - column["nulls"]
    if column["type"] == "geometry" or not filled or (filled > FEW_ROWS and column["distinct"] * 2 > filled):
        return []
    cell = f'"{column["name"]}"'
    among = ""
    if column["distinct"] > COUNTED_EXACTLY:
        among = (
            f" AND {cell} IN (SELECT unnest(v) FROM (SELECT approx_top_k({cell}, {MOST_FREQUENT * 3}) AS v "
            f"FROM {relation}))"
        )
    found = con.execute(
        f"SELECT left(CAST(v AS VARCHAR), {SHOWN_CHARS}), n FROM (SELECT {cell} AS v, count(*) AS n FROM {relation} "
        f"WHERE {cell} IS NOT NULL{among} GROUP BY 1 ORDER BY n DESC, v LIMIT {MOST_FREQUENT})"
    ).fetchall()
    return [list(pair) for pair in found]
