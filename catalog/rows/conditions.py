"""Conditions on rows: read by a parser, held against a list of what is allowed, and written anew.

No text of a client ever reaches the engine: names become quoted columns that exist under the basis, values become
parameters of the column's type.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import sqlglot
from django.utils.translation import gettext_lazy as _
from sqlglot import exp
from sqlglot.errors import SqlglotError

from catalog.rows.errors import QueryError

ENGINE_TYPES = {
    "boolean": "BOOLEAN",
    "integer": "BIGINT",
    "decimal": "DECIMAL(38, 18)",
    "float": "DOUBLE",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ",
    "text": "VARCHAR",
    "geometry": "VARCHAR",
}
COMPARISONS = {exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="}
MIRRORED = {"=": "=", "<>": "<>", ">": "<", ">=": "<=", "<": ">", "<=": ">="}
DEEPEST = 40
LONGEST = 4_000
SHORT = 300
MOST_VALUES = 1_000


@dataclass
class Scope:
    """The columns that exist (name to type) and the parameters gathered so far."""

    columns: dict[str, str]
    params: dict[str, object] = field(default_factory=dict)
    parameter: str = "where"

    def column(self, name: str) -> tuple[str, str]:
        """The quoted column and its type. Hidden and never there are the same."""
        found = name if name in self.columns else name.lower()
        if found not in self.columns:
            raise QueryError("unknown-column", _("There is no column “%(name)s” here."), self.parameter, name=name[:80])
        return quoted(found), self.columns[found]

    def bind(self, value) -> str:
        """A new parameter that holds the value."""
        name = f"p{len(self.params)}"
        self.params[name] = value
        return f"${name}"

    def value(self, text: str, kind: str, column: str) -> str:
        """A parameter of the column's type; what is none says so."""
        return f"CAST({self.bind(checked(text, kind, column, self.parameter))} AS {ENGINE_TYPES[kind]})"


def quoted(name: str) -> str:
    """The name as the engine's identifier."""
    return '"' + name.replace('"', '""') + '"'


def checked(text: str, kind: str, column: str, parameter: str) -> str:
    """The text, if it is a value of this kind."""
    readers = {
        "integer": int,
        "decimal": Decimal,
        "float": float,
        "date": date.fromisoformat,
        "time": time.fromisoformat,
        "timestamp": datetime.fromisoformat,
        "timestamptz": datetime.fromisoformat,
        "boolean": {"true": True, "false": False}.__getitem__,
    }
    try:
        if kind in readers:
            if not text.isascii():  # other scripts have digits too, which the engine does not read
                raise ValueError
            value = readers[kind](text.strip().lower() if kind == "boolean" else text.strip())
            if kind == "integer" and not -(2**63) <= value < 2**63:
                raise ValueError
            if kind == "decimal" and (not value.is_finite() or abs(value) >= Decimal(10) ** 20):
                raise ValueError
            if kind == "time" and value.tzinfo is not None:
                raise ValueError
            return text.strip() if kind not in {"date", "time", "timestamp", "timestamptz"} else value.isoformat()
    except (ValueError, KeyError, InvalidOperation, OverflowError):
        raise QueryError(
            "bad-filter",
            _("“%(value)s” does not fit column “%(column)s”, which is of type %(kind)s."),
            parameter,
            value=text[:80],
            column=column,
            kind=kind,
        ) from None
    return text


def parsed(text: str, parameter: str) -> exp.Expression:
    """The syntax tree of a condition; what is no condition says so."""
    if len(text) > LONGEST:
        raise QueryError("bad-filter", _("This condition is longer than %(most)s characters."), parameter, most=LONGEST)
    try:
        tree = _known_tree(text) if len(text) <= SHORT else _tree(text)
    except (SqlglotError, RecursionError):
        tree = None
    extra = (
        tree is None
        or not isinstance(tree, exp.Select)
        or {k for k, v in tree.args.items() if v} - {"expressions", "where"}
    )
    if extra or len(tree.expressions) != 1 or "where" not in tree.args:
        raise QueryError(
            "bad-filter",
            _("This is no condition. Write for example: district = 'North' and day >= '2026-01-01'"),
            parameter,
        )
    return tree.args["where"].this


def _tree(text: str) -> exp.Expression:
    return sqlglot.parse_one(f"SELECT 1 WHERE {text}", dialect="duckdb")


# The row filter of a basis is read at every page. A tree is only looked at, so one serves all; long ones are not kept.
_known_tree = lru_cache(maxsize=256)(_tree)


def condition(text: str, scope: Scope) -> str:
    """The condition as the engine's SQL, its values as parameters."""
    try:
        return _compile(parsed(text, scope.parameter), scope, 0)
    except RecursionError:
        raise _unsupported(scope, "") from None


def _compile(node: exp.Expression, scope: Scope, depth: int) -> str:
    if depth > DEEPEST:
        raise QueryError("bad-filter", _("This condition is nested too deeply."), scope.parameter)
    if isinstance(node, exp.Paren):
        return f"({_compile(node.this, scope, depth + 1)})"
    if isinstance(node, exp.And | exp.Or):
        joint = " AND " if isinstance(node, exp.And) else " OR "
        parts = list(node.flatten(unnest=False))
        return "(" + joint.join(_compile(part, scope, depth + 1) for part in parts) + ")"
    if isinstance(node, exp.Not):
        return f"(NOT {_compile(node.this, scope, depth + 1)})"
    if type(node) in COMPARISONS:
        return _comparison(node.this, COMPARISONS[type(node)], node.expression, scope)
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return f"{_column(node.this, scope)[0]} IS NULL"
    if isinstance(node, exp.In):
        return _membership(node, scope)
    if isinstance(node, exp.Between) and not node.args.get("symmetric"):
        name, kind = _column(node.this, scope)
        low, high = (_value(node.args[end], kind, name, scope) for end in ("low", "high"))
        return f"{name} BETWEEN {low} AND {high}"
    if isinstance(node, exp.Like | exp.ILike):
        name, kind = _column(node.this, scope)
        word = "ILIKE" if isinstance(node, exp.ILike) else "LIKE"
        if kind != "text":
            raise QueryError("bad-filter", _("“like” is for text columns only."), scope.parameter)
        return f"{name} {word} {_value(node.expression, 'text', name, scope)}"
    if isinstance(node, exp.Column):
        name, kind = _column(node, scope)
        if kind == "boolean":
            return name
    raise _unsupported(scope, type(node).__name__)


def _comparison(left, sign: str, right, scope: Scope) -> str:
    if not isinstance(left, exp.Column):
        left, right, sign = right, left, MIRRORED[sign]
    name, kind = _column(left, scope)
    if isinstance(right, exp.Column):
        other, other_kind = _column(right, scope)
        numbers = {"integer", "decimal", "float"}
        if kind != other_kind and not {kind, other_kind} <= numbers:
            raise QueryError("bad-filter", _("Columns of different types cannot be compared."), scope.parameter)
        return f"{name} {sign} {other}"
    return f"{name} {sign} {_value(right, kind, name, scope)}"


def _membership(node: exp.In, scope: Scope) -> str:
    name, kind = _column(node.this, scope)
    values = node.expressions
    if not values or node.args.get("query") or len(values) > MOST_VALUES:
        raise QueryError(
            "bad-filter", _("“in” takes a list of 1 to %(most)s values."), scope.parameter, most=MOST_VALUES
        )
    return f"{name} IN ({', '.join(_value(value, kind, name, scope) for value in values)})"


def _column(node, scope: Scope) -> tuple[str, str]:
    if not isinstance(node, exp.Column) or node.args.get("table") or not isinstance(node.this, exp.Identifier):
        raise _unsupported(scope, type(node).__name__)
    return scope.column(node.name)


def _value(node, kind: str, column: str, scope: Scope) -> str:
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
        return scope.value(f"-{node.this.this}", kind, column.strip('"'))
    if isinstance(node, exp.Boolean):
        return scope.value(str(node.this).lower(), kind, column.strip('"'))
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal):  # DATE '2026-01-01'
        node = node.this
    if not isinstance(node, exp.Literal):
        raise _unsupported(scope, type(node).__name__)
    return scope.value(node.this, kind, column.strip('"'))


def _unsupported(scope: Scope, what: str) -> QueryError:
    return QueryError(
        "bad-filter",
        _(
            "A condition compares columns with values: =, <>, <, <=, >, >=, in, between, "
            "like, ilike, is null, joined by and, or, not."
        ),
        scope.parameter,
    )
