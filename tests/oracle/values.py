"""Values: how numbers are reckoned with, and how a value is written as text."""

import math
import unicodedata
from datetime import UTC, datetime, time
from decimal import Decimal, localcontext

LEAST, MOST = -(2**63), 2**63 - 1


def reckon(sign: str, left, right, kind: str):
    """Two numbers taken together; None where either is, by nothing is divided, or the result grows too large."""
    if left is None or right is None or (sign in "/%" and right == 0):
        return None
    if kind == "float":
        return _floating(sign, float(left), float(right))
    with localcontext() as context:
        context.prec = 80
        found = _exactly(sign, left, right)
    return whole(found) if kind == "integer" else Decimal(found)


def _exactly(sign: str, left, right):
    if sign == "%":
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest
    return {"+": left + right, "-": left - right, "*": left * right}[sign]


def _floating(sign: str, left: float, right: float) -> float | None:
    if sign == "%":
        return finite(math.fmod(left, right))
    return finite({"+": left + right, "-": left - right, "*": left * right}[sign] if sign != "/" else left / right)


def finite(value: float) -> float | None:
    """The number, unless it is none."""
    return value if math.isfinite(value) else None


def whole(value: int) -> int | None:
    """The whole number, unless it is too large."""
    return value if LEAST <= value <= MOST else None


def as_kind(value, kind: str):
    """A number as a number of another kind."""
    if value is None or isinstance(value, bool):
        return value
    if kind == "float" and isinstance(value, int | Decimal):
        return float(value)
    return Decimal(value) if kind == "decimal" and isinstance(value, int) else value


def rounded(value, places: int):
    """Rounded to so many decimals, halves away from nothing."""
    if isinstance(value, float):
        return _rounded_float(value, places)
    if isinstance(value, int) and places >= 0:
        return value
    with localcontext() as context:
        context.prec = 80
        found = _halves_away(Decimal(value).scaleb(places)).scaleb(-places) + 0  # no zero with a minus
    return whole(int(found)) if isinstance(value, int) else found


def _rounded_float(value: float, places: int) -> float:
    scale = 10.0 ** abs(places)
    shifted = value * scale if places > 0 else value / scale
    if abs(shifted) >= 2**53:  # has no decimals, or is none
        return value
    near = float(_halves_away(Decimal(shifted)))
    return near / scale if places > 0 else near * scale


def _halves_away(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1), rounding="ROUND_HALF_UP")


def small(text: str) -> str:
    """In small letters, one for one."""
    return "".join(one.lower() if len(one.lower()) == 1 else one for one in text)


def capital(text: str) -> str:
    """In capital letters, one for one."""
    return "".join(one.upper() if len(one.upper()) == 1 else one for one in text)


def without_spaces(text: str) -> str:
    """Without spaces of any width at the ends."""
    spaces = "".join(one for one in set(text) if unicodedata.category(one) == "Zs")
    return text.strip(spaces) if spaces else text


def as_text(value) -> str:
    """A value as text: of a decimal with the digits of its column, of a moment in UTC."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        at = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return _short(at.isoformat(" ")) + ("+00" if value.tzinfo else "")
    return _short(value.isoformat()) if isinstance(value, time) else str(value)


def _short(clock: str) -> str:
    return clock.rstrip("0") if "." in clock else clock
