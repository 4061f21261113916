"""What each function of the language gives for the values of one row."""

import json
import math

from tests.oracle import areas, clocks
from tests.oracle.values import as_text, capital, finite, rounded, small, whole, without_spaces


def _of_all(function):
    """Null where any value is null."""
    return lambda *values, zone="": None if None in values else function(*values)


def _of_number(function):
    """A floating number of floating numbers; null where it cannot be computed."""

    def found(*values):
        try:
            return finite(function(*map(float, values)))
        except (ValueError, OverflowError, ZeroDivisionError):
            return None

    return _of_all(found)


def _of_clock(function):
    """By the clocks of the zone that is asked for."""
    return lambda *values, zone="": None if None in values else function(*values, zone)


def _of_present(function):
    return lambda *values, zone="": function([one for one in values if one is not None])


def _substr(text: str, start: int, length: int | None = None) -> str:
    begin = start - 1 if start > 0 else len(text) + start
    end = len(text) if length is None else max(begin + length, 0)
    return text[max(begin, 0) : end]


def _split_part(text: str, separator: str, number: int) -> str:
    pieces = text.split(separator)
    at = number - 1 if number > 0 else len(pieces) + number
    return pieces[at] if 0 <= at < len(pieces) else ""


def _json_value(text: str, path: str) -> str | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    for step in path.replace("[", ".[").split(".")[1:]:
        place, kind = (int(step[1:-1]), list) if step.startswith("[") else (step, dict)
        if not isinstance(found, kind) or not (place < len(found) if kind is list else place in found):
            return None
        found = found[place]
    if found is None or isinstance(found, str):
        return found
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False)


def _abs(value):
    return whole(abs(value)) if isinstance(value, int) else abs(value)


def _log(function):
    return _of_number(lambda x: function(x) if x > 0 else math.nan)


FUNCTIONS = {
    "lower": _of_all(small),
    "upper": _of_all(capital),
    "trim": _of_all(without_spaces),
    "length": _of_all(len),
    "left": _of_all(lambda text, n: text[:n]),
    "right": _of_all(lambda text, n: text[max(len(text) - n, 0) :] if n >= 0 else text[-n:]),
    "substr": _of_all(_substr),
    "replace": _of_all(lambda text, old, new: text.replace(old, new) if old else text),
    "concat": _of_present(lambda values: "".join(map(as_text, values))),
    "split_part": _of_all(_split_part),
    "contains": _of_all(lambda text, other: small(other) in small(text)),
    "starts_with": _of_all(str.startswith),
    "ends_with": _of_all(str.endswith),
    "abs": _of_all(_abs),
    "round": _of_all(lambda value, places=0: rounded(value, places)),
    "floor": _of_number(math.floor),
    "ceil": _of_number(math.ceil),
    "sqrt": _of_number(math.sqrt),
    "ln": _log(math.log),
    "log10": _log(math.log10),
    "exp": _of_number(math.exp),
    "power": _of_number(math.pow),
    "greatest": _of_present(lambda values: max(values, default=None)),
    "least": _of_present(lambda values: min(values, default=None)),
    "coalesce": _of_present(lambda values: values[0] if values else None),
    "nullif": lambda value, other, zone="": None if value == other else value,
    "date_trunc": _of_clock(clocks.trunc),
    "date_diff": _of_clock(clocks.boundaries),
    "year": _of_clock(lambda at, zone: clocks.shown(at, zone).year),
    "quarter": _of_clock(lambda at, zone: (clocks.shown(at, zone).month + 2) // 3),
    "month": _of_clock(lambda at, zone: clocks.shown(at, zone).month),
    "week": _of_clock(lambda at, zone: clocks.shown(at, zone).isocalendar().week),
    "day": _of_clock(lambda at, zone: clocks.shown(at, zone).day),
    "weekday": _of_clock(lambda at, zone: clocks.shown(at, zone).isoweekday()),
    "hour": _of_clock(lambda at, zone: getattr(clocks.shown(at, zone), "hour", 0)),
    "minute": _of_clock(lambda at, zone: getattr(clocks.shown(at, zone), "minute", 0)),
    "within_box": areas.within_box,
    "distance": _of_number(areas.distance),
    "within": _of_all(areas.within),
    "lon": _of_all(lambda place: areas.point(place, 0)),
    "lat": _of_all(lambda place: areas.point(place, 1)),
    "west": _of_all(lambda place: areas.end(place, min, 0)),
    "south": _of_all(lambda place: areas.end(place, min, 1)),
    "east": _of_all(lambda place: areas.end(place, max, 0)),
    "north": _of_all(lambda place: areas.end(place, max, 1)),
    "meets_box": _of_all(areas.meets_box),
    "json_value": _of_all(_json_value),
}
