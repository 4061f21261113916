"""Conditions on a row, with SQL's three-valued logic: true, false, or unknown."""

import operator
import re

from tests.oracle.expressions import value_of
from tests.oracle.values import small

COMPARE = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(condition, row: dict, zone: str = ""):
    """True, False, or None for unknown."""
    kind, *parts = condition
    if kind in {"and", "or"}:
        return _joined(kind, [holds(part, row, zone) for part in parts])
    if kind == "not":
        inner = holds(parts[0], row, zone)
        return None if inner is None else not inner
    value = _side(parts[0], row, zone)
    if kind == "null":
        return value is None
    if value is None:
        return None
    if kind == "true":
        return value
    if kind == "in":
        return value in parts[1]
    if kind in {"like", "ilike"}:
        return _is_like(value, parts[1], folded=kind == "ilike")
    others = [_value(part, row, zone) for part in parts[1:]]
    if kind == "between":
        low, high = others
        return _joined("and", [None if low is None else low <= value, None if high is None else value <= high])
    return None if others[0] is None else COMPARE[kind](value, others[0])


def _joined(kind: str, sides: list):
    decides = kind == "or"
    return decides if decides in sides else None if None in sides else not decides


def _side(part, row: dict, zone: str):
    return value_of(part, row, zone) if isinstance(part, tuple) else row[part]


def _value(part, row: dict, zone: str):
    return value_of(part, row, zone) if isinstance(part, tuple) else part


def _is_like(text: str, pattern: str, *, folded: bool) -> bool:
    """A percent sign stands for any characters, a low line for one."""
    if folded:
        text, pattern = small(text), small(pattern)
    signs = {"%": ".*", "_": "."}
    return re.fullmatch("".join(signs.get(one, re.escape(one)) for one in pattern), text, re.DOTALL) is not None
