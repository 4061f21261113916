"""From a query and the terms of a basis to one statement: the basis' columns, masks and rows first, then the query."""

from dataclasses import dataclass, field
from functools import lru_cache

import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from catalog.rows.conditions import MOST_VALUES, condition
from catalog.rows.cursors import read_cursor
from catalog.rows.errors import QueryError
from catalog.rows.letting import let_out
from catalog.rows.outputs import Key, Question, question
from catalog.rows.query import OPERATORS, RowQuery
from catalog.rows.scope import ENGINE_TYPES, MOST_DIGITS, Scope, decimal_of, quoted
from catalog.terms import TableTerms

MOST_KEPT = 256  # statements that stay written
AS_THEY_LIE = ""  # without an order the engine keeps that of the file, by row number, and stops when a page is full
PICKED = "(SELECT * FROM source WHERE __row IN (SELECT __row FROM picked))"


@dataclass(frozen=True)
class OutColumn:
    """A column as the reader gets it."""

    name: str
    type: str


@dataclass(frozen=True)
class Plan:
    """One statement with its parameters, what comes out of it, and how many trailing order keys it carries.

    `reads` are the columns that the answer is made of, `filtered_by` those that decide which rows are in it.
    """

    sql: str
    params: dict
    columns: list[OutColumn]
    reads: list[str] = field(default_factory=list)
    filtered_by: list[str] = field(default_factory=list)
    keys: int = 0
    about: str = ""
    exit: str = "rows"

    def dicts(self, batch: pa.RecordBatch) -> list[dict]:
        """The rows of a batch as Python values."""
        return batch.to_pylist()


def plan(query: RowQuery, terms: TableTerms, types: dict[str, str], *, pseudonyms: bytes, about: str) -> Plan:
    """The statement that answers the query under the terms. `about` names version and basis, for the cursor.

    The same question under the same terms is written once.
    """
    return _planned(query, tuple(terms.columns.items()), terms.where, tuple(types.items()), pseudonyms, about)


@lru_cache(MOST_KEPT)
def _planned(query: RowQuery, lent: tuple, where: str, kinds: tuple, pseudonyms: bytes, about: str) -> Plan:
    terms, types = TableTerms(dict(lent), where), dict(kinds)
    inner, params, columns = let_out(terms, types, pseudonyms)
    scope = Scope(columns=columns, params=params, zone=query.timezone)
    steps, source, conditions = [f"let_out AS ({inner})"], "let_out", conditions_of(query, scope)
    if query.sample:
        steps.append(
            f"sampled AS (SELECT * FROM let_out{_where(conditions)} ORDER BY hash(__row), __row LIMIT {query.sample})"
        )
        source, conditions = "sampled", []
    filtered_by = scope.taken()
    asked = question(query, scope, source)
    reads = scope.taken()
    chosen = ", ".join(f"{one.sql} AS {quoted(name)}" for name, one in asked.outputs.items())
    if asked.is_summed:
        chosen += "".join(f", {one.sql} AS {quoted(name)}" for name, one in asked.unshown.items())
        steps.append(_summed(asked, chosen, source, conditions, distinct=query.distinct))
        chosen, source, conditions = ", ".join(map(quoted, asked.outputs)), "summed", _having(query, asked, scope)

    about = f"{about} {query.sha256}"
    paged = query.limit is not None
    if paged:
        chosen += "".join(f", CAST({key.sql} AS VARCHAR) AS __k{n}" for n, key in enumerate(asked.order))
    if query.after:
        conditions = [*conditions, beyond(asked.order, read_cursor(query.after, about, len(asked.order)), scope)]
    ordered = ordering(asked.order) if asked.is_summed or query.order_by or query.sample else AS_THEY_LIE
    if paged:
        ordered += f" LIMIT {query.limit + 1}"
    if paged and query.order_by and source == "let_out":  # which rows first: masks are made for those of the page alone
        steps.append(f"picked AS MATERIALIZED (SELECT __row FROM let_out{_where(conditions)}{ordered})")
        page, _params, _columns = let_out(terms, types, pseudonyms, source=PICKED, params=scope.params)
        source, conditions = f"({page}) AS let_out", []
    sql = f"WITH {', '.join(steps)} SELECT {chosen} FROM {source}{_where(conditions)}{ordered}"
    out = [OutColumn(name, one.kind) for name, one in asked.outputs.items()]
    return Plan(sql, params, out, reads, filtered_by, keys=len(asked.order) if paged else 0, about=about)


def statistics(terms: TableTerms, types: dict[str, str], *, pseudonyms: bytes) -> Plan:
    """One row for each column that is let out: rows, nulls, distinct (estimated), least, greatest, ten frequent."""
    inner, params, columns = let_out(terms, types, pseudonyms)
    scope = Scope(columns=columns, params=params)
    parts = []
    for name, kind in columns.items():
        column = quoted(name)
        ends = ("NULL", "NULL") if kind == "geometry" else (f"min({column})", f"max({column})")
        frequent = (
            f"(SELECT list({{'value': v, 'count': n}} ORDER BY n DESC, v) FROM (SELECT CAST({column} AS VARCHAR) AS v, "
            f"count(*) AS n FROM let_out WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY n DESC, v LIMIT 10))"
        )
        parts.append(
            f"SELECT {scope.bind(name)} AS name, '{kind}' AS type, count(*) AS rows,"
            f" count(*) - count({column}) AS nulls, approx_count_distinct({column}) AS distinct_values,"
            f" CAST({ends[0]} AS VARCHAR) AS least,"
            f" CAST({ends[1]} AS VARCHAR) AS greatest, {'NULL' if kind == 'geometry' else frequent} AS frequent"
            " FROM let_out"
        )
    sql = f"WITH let_out AS NOT MATERIALIZED ({inner}) " + " UNION ALL ".join(parts)
    out = [OutColumn(n, "text") for n in ("name", "type", "rows", "nulls", "distinct", "least", "greatest", "frequent")]
    return Plan(sql, params, out, list(columns))


def _where(conditions: list[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _summed(asked: Question, chosen: str, source: str, conditions: list[str], *, distinct: bool) -> str:
    by = f" GROUP BY {', '.join(asked.groups)}" if asked.groups else ""
    return f"summed AS (SELECT {'DISTINCT ' if distinct else ''}{chosen} FROM {source}{_where(conditions)}{by})"


def _having(query: RowQuery, asked: Question, scope: Scope) -> list[str]:
    if not query.having:
        return []
    kinds = {name: one.kind for name, one in asked.outputs.items()}
    return [condition(query.having, Scope(kinds, scope.params, "having", zone=scope.zone))]


def conditions_of(query: RowQuery, scope: Scope) -> list[str]:
    """What a row must meet to be in the answer."""
    found = []
    for name, operator, value in query.filters:
        scope.parameter = name if operator == "eq" else f"{name}__{operator}"
        column, kind = scope.column(name)
        if operator in OPERATORS:
            found.append(f"{column} {OPERATORS[operator]} {scope.beside(value, kind, name)}")
        elif operator == "in":
            parts = value.split("\x1f")
            if len(parts) > MOST_VALUES:
                words = _("“in” takes a list of 1 to %(most)s values.")
                raise QueryError("bad-filter", words, scope.parameter, most=MOST_VALUES)
            values = [scope.beside(part, kind, name) for part in parts]
            found.append(f"{column} IN ({', '.join(values)})")
        elif operator == "isnull" and value in {"true", "false"}:
            found.append(f"{column} IS {'' if value == 'true' else 'NOT '}NULL")
        else:
            raise QueryError(
                "bad-filter",
                _(
                    "A filter is column=value, or column__ with one of eq, ne, gt, gte, lt, "
                    "lte, in, and isnull=true or false."
                ),
                scope.parameter,
            )
    if query.where:
        scope.parameter = "where"
        found.append(condition(query.where, scope))
    if query.q:
        found.append(_anywhere(query.q, scope))
    return found


def _anywhere(words: str, scope: Scope) -> str:
    """True where a text column holds the words, in small or capital letters."""
    columns = [scope.column(name)[0] for name, kind in scope.columns.items() if kind == "text"]
    if not columns:
        raise QueryError("bad-parameter", _("“q” looks into text columns, and there is none here."), "q")
    sought = scope.bind(words.lower())
    return "(" + " OR ".join(f"contains(lower({column}), {sought})" for column in columns) + ")"


def ordering(order: list[Key]) -> str:
    """The order, what is empty at the end."""
    return " ORDER BY " + ", ".join(f"{key.sql} {'DESC' if key.down else 'ASC'} NULLS LAST" for key in order)


def beyond(order: list[Key], keys, scope: Scope) -> str:
    """True for the rows that come after the one with these keys."""
    ways, same = [], []
    for key, held in zip(order, keys, strict=True):
        if held is not None:
            kind = decimal_of(held, MOST_DIGITS) if key.kind == "decimal" else ENGINE_TYPES[key.kind]
            value = f"CAST({scope.bind(held)} AS {kind})"
            later = f"{key.sql} {'<' if key.down else '>'} {value}"
            ways.append(" AND ".join([*same, later if key.sql == "__row" else f"({later} OR {key.sql} IS NULL)"]))
            same.append(f"{key.sql} = {value}")
        else:
            same.append(f"{key.sql} IS NULL")
    return "(" + " OR ".join(f"({way})" for way in ways) + ")"
