"""Expressions, conditions and queries as the query language writes them."""

import re
from datetime import date, datetime, time
from decimal import Decimal

from tests.oracle.conditions import COMPARE


def text_of(condition) -> str:
    """The condition in the query language."""
    kind, *parts = condition
    if kind in COMPARE:
        return f"{side(parts[0])} {kind} {side(parts[1], is_value=True)}"
    if kind == "null":
        return f"{side(parts[0])} is null"
    if kind == "true":
        return side(parts[0])
    if kind == "in":
        return f"{side(parts[0])} in ({', '.join(map(literal, parts[1]))})"
    if kind == "between":
        low, high = (side(part, is_value=True) for part in parts[1:])
        return f"{side(parts[0])} between {low} and {high}"
    if kind in {"like", "ilike"}:
        return f"{side(parts[0])} {kind} {literal(parts[1])}"
    if kind == "not":
        return f"not ({text_of(parts[0])})"
    return f"({text_of(parts[0])}) {kind} ({text_of(parts[1])})"


def side(part, *, is_value: bool = False) -> str:
    """One side of a condition: an expression, a column by its name, or, where values stand, a value."""
    if isinstance(part, tuple):
        return written(part)
    return literal(part) if is_value else named(part)


def written(expression) -> str:
    """An expression in the query language."""
    kind, *parts = expression
    if kind == "column":
        return named(parts[0])
    if kind == "value":
        return literal(parts[0])
    if kind == "reckon":
        return f"({written(parts[1])} {parts[0]} {written(parts[2])})"
    if kind == "count":
        inner = written(parts[0]) if parts[0] else "*"
        return f"count({'distinct ' if parts[1] else ''}{inner})"
    return f"{parts[0]}({', '.join(map(written, parts[1:]))})"


def named(name: str) -> str:
    """A name, in double quotes where it is no plain word."""
    return name if re.fullmatch(r"[^\W\d]\w*", name) else '"' + name.replace('"', '""') + '"'


def literal(value) -> str:
    """A value in the query language."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    text = value.isoformat() if isinstance(value, date | datetime | time) else str(value)
    return "'" + text.replace("'", "''") + "'"
