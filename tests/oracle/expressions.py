"""Expressions: their value over one row or over many, and of which kind it is."""

from decimal import Decimal

from tests.oracle.functions import FUNCTIONS
from tests.oracle.sums import SUMS
from tests.oracle.values import reckon

NUMBERS = {"integer", "decimal", "float"}
GIVES = {
    "text": "lower upper trim left right substr replace concat split_part json_value",
    "boolean": "contains starts_with ends_with within_box within meets_box",
    "integer": "length date_diff year quarter month week day weekday hour minute",
    "float": "floor ceil sqrt ln log10 exp power distance lon lat west south east north avg median quantile stddev",
}
KINDS = {name: kind for kind, names in GIVES.items() for name in names.split()}


def value_of(expression, row: dict, zone: str = ""):
    """The value over a row; None where it cannot be computed."""
    kind, *parts = expression
    if kind == "column":
        return row[parts[0]]
    if kind == "value":
        return parts[0]
    return _worked_out(kind, parts[0], [value_of(part, row, zone) for part in parts[1:]], zone)


def value_over(expression, rows: list[dict], zone: str = "", groups=()):
    """The value over many rows, which are alike in the expressions of `groups`."""
    kind, *parts = expression
    if expression in groups:
        return value_of(expression, rows[0], zone)
    if kind == "value":
        return parts[0]
    if kind == "count":
        return _count(parts[0], rows, zone, is_distinct=parts[1])
    if kind == "call" and parts[0] in SUMS:
        values = [value_of(parts[1], row, zone) for row in rows]
        return SUMS[parts[0]]([one for one in values if one is not None], *(part[1] for part in parts[2:]))
    return _worked_out(kind, parts[0], [value_over(part, rows, zone, groups) for part in parts[1:]], zone)


def _worked_out(kind: str, name: str, values: list, zone: str):
    if kind == "reckon":
        return reckon(name, *values, _number_kind(name, {_kind_of_number(one) for one in values}))
    return FUNCTIONS[name](*values, zone=zone)


def _count(inner, rows: list[dict], zone: str, *, is_distinct: bool) -> int:
    if inner is None:
        return len(rows)
    values = [one for one in (value_of(inner, row, zone) for row in rows) if one is not None]
    return len(set(values)) if is_distinct else len(values)


def kind_of(expression, types: dict[str, str]) -> str:
    """The kind of an expression over columns of these types."""
    kind, *parts = expression
    if kind == "column":
        return types[parts[0]]
    if kind == "value":
        return _kind_of_number(parts[0])
    if kind == "count":
        return "integer"
    kinds = [kind_of(part, types) for part in parts[1:]]
    if kind == "reckon":
        return _number_kind(parts[0], set(kinds))
    return _kind_of_call(parts[0], parts[1:], kinds)


def _kind_of_call(name: str, parts: list, kinds: list[str]) -> str:
    if name in KINDS:
        return KINDS[name]
    if name == "sum":
        return "float" if kinds[0] == "float" else "decimal"
    if name == "date_trunc":
        return "timestamp" if kinds[1] == "date" and parts[0][1] in {"hour", "minute", "second"} else kinds[1]
    if name in {"abs", "round", "min", "max", "first", "last"}:
        return kinds[0]
    of_columns = [one for part, one in zip(parts, kinds, strict=True) if part[0] != "value"]
    return "float" if len(set(of_columns)) > 1 else of_columns[0]


def _number_kind(sign: str, kinds: set) -> str:
    if kinds == {"integer"} and sign != "/":
        return "integer"
    return "decimal" if kinds <= {"integer", "decimal"} and sign in "+-%" else "float"


def _kind_of_number(value) -> str:
    return {int: "integer", Decimal: "decimal", float: "float"}.get(type(value), "text")
