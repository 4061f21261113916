"""What a basis lets out: rows by its filter, columns under its masks."""

import hashlib
import hmac
import math
from datetime import UTC, datetime

from tests.oracle.conditions import holds
from tests.oracle.values import as_text, rounded

MASKED_KINDS = {"hash": "text", "first": "text", "year": "integer"}


def masked(value, mask: str | None, key: bytes):
    """What a reader gets of a value."""
    if mask is None or value is None:
        return value
    name, _sep, argument = mask.partition(":")
    if name == "null":
        return None
    if name == "hash":
        return hmac.new(key, as_text(value).encode(), hashlib.sha256).hexdigest()[:32]
    if name == "year":
        return (value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value).year
    if name == "band":
        return _band(value, int(argument or 10))
    if name == "round":
        return rounded(value, int(argument or 0))
    return value[: int(argument or 1)]


def _band(value, width: int):
    """The lower end of the band; None where that is no number of 64 bits."""
    low = float(math.floor(value / width) * width) if isinstance(value, float) else value - value % width
    if isinstance(value, int):
        return low if low >= -(2**63) else None
    return low if isinstance(value, float) or value >= 0 or not value % width else low - width


def masked_kind(kind: str, mask: str | None) -> str:
    """The kind of what a mask leaves of a column."""
    return MASKED_KINDS.get((mask or "").partition(":")[0], kind)


def let_out(rows: list[dict], columns: dict, where, key: bytes) -> list[dict]:
    """The rows and columns that a basis lets out."""
    kept = [row for row in rows if where is None or holds(where, row) is True]
    return [{name: masked(row[name], mask, key) for name, mask in columns.items()} for row in kept]
