"""From a query and the terms of a basis to one statement: the basis' columns, masks and rows first, then the query."""

import hmac
from dataclasses import dataclass

import sqlglot
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from sqlglot import exp
from sqlglot.errors import SqlglotError

from catalog.masks import Mask, parse_mask
from catalog.rows.conditions import ENGINE_TYPES, MOST_VALUES, Scope, condition, quoted
from catalog.rows.cursors import read_cursor
from catalog.rows.errors import QueryError
from catalog.rows.query import OPERATORS, RowQuery
from catalog.terms import TableTerms

AGGREGATES = {exp.Sum: "sum", exp.Avg: "avg", exp.Min: "min", exp.Max: "max"}
NUMBERS = frozenset({"integer", "decimal", "float"})
SOURCE = "source"


@dataclass(frozen=True)
class OutColumn:
    """A column as the reader gets it."""

    name: str
    type: str


@dataclass(frozen=True)
class Plan:
    """One statement with its parameters, what comes out of it, and how many trailing order keys it carries."""

    sql: str
    params: dict
    columns: list[OutColumn]
    keys: int = 0
    about: str = ""


def let_out(terms: TableTerms, types: dict[str, str], pseudonyms: bytes) -> tuple[str, dict, dict[str, str]]:
    """The one projection and predicate of a basis over the table `source`: SQL, parameters, columns with types."""
    scope = Scope(columns=types, parameter="where")
    parts, columns = ["__row"], {}
    for name, text in terms.columns.items():
        mask = parse_mask(text, column=name, column_type=types[name])
        parts.append(f"{_masked(quoted(name), types[name], mask, scope, pseudonyms)} AS {quoted(name)}")
        columns[name] = mask.type_of(types[name]) if mask else types[name]
    where = f" WHERE {condition(terms.where, scope)}" if terms.where else ""
    return f"SELECT {', '.join(parts)} FROM {SOURCE}{where}", scope.params, columns


def check_where(text: str, types: dict[str, str]) -> None:
    """Raises unless the text is a condition over these columns."""
    condition(text, Scope(columns=types))


def plan(query: RowQuery, terms: TableTerms, types: dict[str, str], *, pseudonyms: bytes, about: str) -> Plan:
    """The statement that answers the query under the terms. `about` names version and basis, for the cursor."""
    inner, params, columns = let_out(terms, types, pseudonyms)
    scope = Scope(columns=columns, params=params)
    conditions = _conditions(query, scope)
    groups = _groups(query, scope)
    outputs = _outputs(query, groups, scope)
    summed = bool(groups) or any(sql not in map(quoted, columns) for sql, _kind in outputs.values())
    order = _order(query, outputs, scope, summed=summed)

    chosen = ", ".join(f"{sql} AS {quoted(name)}" for name, (sql, _kind) in outputs.items())
    source = "let_out"
    with_ = f"WITH let_out AS ({inner})"
    if summed:
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        by = f" GROUP BY {', '.join(groups.values())}" if groups else ""
        with_ += f", summed AS (SELECT {chosen} FROM let_out{where}{by})"
        chosen, source, conditions = ", ".join(map(quoted, outputs)), "summed", []
    paged = query.limit is not None
    about = f"{about} {query.sha256}"
    if paged:
        chosen += "".join(f", CAST({sql} AS VARCHAR) AS __k{n}" for n, (sql, _down, _kind) in enumerate(order))
    if query.after:
        conditions = [*conditions, _beyond(order, read_cursor(query.after, about, len(order)), scope)]
    sql = f"{with_} SELECT {chosen} FROM {source}" + (f" WHERE {' AND '.join(conditions)}" if conditions else "")
    if paged or summed or query.order_by:  # without an order rows come as they lie, which is by row number
        sql += _ordering(order)
    if paged:
        sql += f" LIMIT {query.limit + 1}"
    out = [OutColumn(name, kind) for name, (_sql, kind) in outputs.items()]
    return Plan(sql, params, out, keys=len(order) if paged else 0, about=about)


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
    return Plan(sql, params, out)


def pseudonym_key(recipient: str) -> bytes:
    """The key under which this recipient's pseudonyms are made: another recipient's are unrelated to them."""
    return hmac.digest(settings.PSEUDONYM_SECRET.encode(), f"causeway pseudonyms {recipient}".encode(), "sha256")


def _masked(column: str, kind: str, mask: Mask | None, scope: Scope, pseudonyms: bytes) -> str:
    if mask is None:
        return column
    if mask.name == "null":
        return f"CAST(NULL AS {ENGINE_TYPES[kind]})"
    if mask.name == "year":
        return f"CAST(year({column}) AS BIGINT)"
    if mask.name == "first":
        return f"left({column}, {mask.argument})"
    if mask.name == "band":
        n = mask.argument
        return f"floor({column} / {n}) * {n}" if kind == "float" else f"{column} - ((({column}) % {n}) + {n}) % {n}"
    if mask.name == "round":
        return f"round({column}, {mask.argument})"
    return _pseudonym(column, scope, pseudonyms)


def _pseudonym(column: str, scope: Scope, key: bytes) -> str:
    """HMAC-SHA-256 (RFC 2104) of the value's text, its first 128 bits in hex, computed by the engine."""
    block = key.ljust(64, b"\0")
    inner = scope.bind(bytes(b ^ 0x36 for b in block))
    outer = scope.bind(bytes(b ^ 0x5C for b in block))
    digest = f"sha256({inner}::BLOB || encode(CAST({column} AS VARCHAR)))"
    return f"left(sha256({outer}::BLOB || unhex({digest})), 32)"


def _conditions(query: RowQuery, scope: Scope) -> list[str]:
    found = []
    for name, operator, value in query.filters:
        scope.parameter = name if operator == "eq" else f"{name}__{operator}"
        column, kind = scope.column(name)
        if operator in OPERATORS:
            found.append(f"{column} {OPERATORS[operator]} {scope.value(value, kind, name)}")
        elif operator == "in":
            parts = value.split("\x1f")
            if len(parts) > MOST_VALUES:
                words = _("“in” takes a list of 1 to %(most)s values.")
                raise QueryError("bad-filter", words, scope.parameter, most=MOST_VALUES)
            values = [scope.value(part, kind, name) for part in parts]
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
    return found


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _groups(query: RowQuery, scope: Scope) -> dict[str, str]:
    scope.parameter = "group_by"
    return {name.strip('"'): scope.column(name.strip('"'))[0] for name in _names(query.group_by)}


def _outputs(query: RowQuery, groups: dict, scope: Scope) -> dict[str, tuple[str, str]]:
    """Name of what comes out: (SQL, type)."""
    scope.parameter = "select"
    if not query.select:
        if groups:
            return {n: scope.column(n) for n in groups} | {"count": ("count(*)", "integer")}
        return {name: scope.column(name) for name in scope.columns}
    try:
        tree = sqlglot.parse_one(f"SELECT {query.select}", dialect="duckdb")
    except (SqlglotError, RecursionError):
        tree = None
    if not isinstance(tree, exp.Select) or {k for k, v in tree.args.items() if v} - {"expressions"}:
        raise _bad_select()
    outputs: dict[str, tuple[str, str]] = {}
    for node in tree.expressions:
        name, made = _output(node, groups, scope)
        if name in outputs or name.startswith("__"):
            raise QueryError(
                "bad-select", _("“select” names “%(name)s” twice, or in a way that is ours."), "select", name=name[:80]
            )
        outputs[name] = made
    if not outputs:
        raise _bad_select()
    return outputs


def _output(node, groups: dict, scope: Scope) -> tuple[str, tuple[str, str]]:
    alias = node.alias if isinstance(node, exp.Alias) else ""
    node = node.this if isinstance(node, exp.Alias) else node
    if isinstance(node, exp.Column) and not node.args.get("table"):
        column, kind = scope.column(node.name)
        if groups and column not in groups.values():
            raise QueryError(
                "bad-select",
                _("Column “%(name)s” must stand in “group_by”, or inside count, sum, avg, min or max."),
                "select",
                name=node.name[:80],
            )
        return alias or node.name, (column, kind)
    if isinstance(node, exp.Count):
        return alias or "count", (_count(node, scope), "integer")
    if type(node) in AGGREGATES and isinstance(node.this, exp.Column):
        word = AGGREGATES[type(node)]
        column, kind = scope.column(node.this.name)
        if word in {"sum", "avg"} and kind not in NUMBERS:
            raise QueryError(
                "bad-select",
                _("“%(word)s” is for numbers; column “%(name)s” is of type %(kind)s."),
                "select",
                word=word,
                name=node.this.name[:80],
                kind=kind,
            )
        out = "float" if word == "avg" else "decimal" if word == "sum" and kind != "float" else kind
        made = f"{word}({column})"
        if word == "sum" and kind != "float":
            made = f"CAST({made} AS DECIMAL(38, 6))"
        return alias or f"{word}_{node.this.name}", (made, out)
    raise _bad_select()


def _count(node: exp.Count, scope: Scope) -> str:
    inner = node.this
    if isinstance(inner, exp.Star) or inner is None:
        return "count(*)"
    if isinstance(inner, exp.Distinct) and len(inner.expressions) == 1 and isinstance(inner.expressions[0], exp.Column):
        return f"count(DISTINCT {scope.column(inner.expressions[0].name)[0]})"
    if isinstance(inner, exp.Column):
        return f"count({scope.column(inner.name)[0]})"
    raise _bad_select()


def _bad_select() -> QueryError:
    return QueryError(
        "bad-select",
        _(
            "“select” is a list of columns and of count, sum, avg, min, max over a column, "
            "each with an “as” name if you like."
        ),
        "select",
    )


def _order(query: RowQuery, outputs: dict, scope: Scope, *, summed: bool) -> list[tuple[str, bool, str]]:
    """(SQL, descending, type), completed so that no two rows tie."""
    scope = Scope(columns={n: kind for n, (_s, kind) in outputs.items()} if summed else scope.columns)
    scope.parameter = "order_by"
    order = []
    for part in _names(query.order_by):
        column, kind = scope.column(part.removeprefix("-").strip().strip('"'))
        # Qualified, for a selected column may bear the name of another one.
        order.append((column if summed else f"let_out.{column}", part.startswith("-"), kind))
    if not summed:
        return [*order, ("__row", False, "integer")]
    named = {column for column, _down, _kind in order}
    return order + [(quoted(n), False, kind) for n, kind in scope.columns.items() if quoted(n) not in named]


def _ordering(order) -> str:
    return " ORDER BY " + ", ".join(f"{sql} {'DESC' if down else 'ASC'} NULLS LAST" for sql, down, _kind in order)


def _beyond(order, keys, scope: Scope) -> str:
    """True for the rows that come after the one with these keys."""
    ways, same = [], []
    for (sql, down, kind), key in zip(order, keys, strict=True):
        if key is not None:
            value = f"CAST({scope.bind(key)} AS {ENGINE_TYPES[kind]})"
            later = f"{sql} {'<' if down else '>'} {value}"
            ways.append(" AND ".join([*same, later if sql == "__row" else f"({later} OR {sql} IS NULL)"]))
            same.append(f"{sql} = {value}")
        else:
            same.append(f"{sql} IS NULL")
    return "(" + " OR ".join(f"({way})" for way in ways) + ")"
