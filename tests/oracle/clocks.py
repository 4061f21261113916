"""Days, moments and times: where they begin, and how many boundaries lie between them."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SMALL = {"hour": 3600, "minute": 60, "second": 1}


def shown(at, zone: str):
    """What the clocks of the zone show; a day, a time or a moment without a zone is what it is."""
    if isinstance(at, datetime) and at.tzinfo:
        return at.astimezone(ZoneInfo(zone or "UTC")).replace(tzinfo=None, fold=0)
    return at


def trunc(part: str, at, zone: str):
    """The beginning of the year, month and so on in which it lies."""
    clock = shown(at, zone)
    if part in SMALL:
        full = clock if isinstance(clock, datetime) else datetime(clock.year, clock.month, clock.day)
        past = timedelta(seconds=(full.minute * 60 + full.second) % SMALL[part], microseconds=full.microsecond)
        return (at if isinstance(at, datetime) else full) - past
    first = _first_day(part, clock)
    if not isinstance(at, datetime):
        return first
    begins = datetime.combine(first, time())
    return begins.replace(tzinfo=ZoneInfo(zone or "UTC")).astimezone(UTC) if at.tzinfo else begins


def _first_day(part: str, clock) -> date:
    day = date(clock.year, clock.month, clock.day)
    if part == "week":
        return day - timedelta(days=day.weekday())
    if part == "day":
        return day
    month = {"year": 1, "quarter": (day.month - 1) // 3 * 3 + 1, "month": day.month}[part]
    return day.replace(month=month, day=1)


def boundaries(part: str, since, until, zone: str) -> int:
    """How many beginnings of a year, month and so on lie between the two, by the clocks."""
    return _number(part, shown(until, zone)) - _number(part, shown(since, zone))


def _number(part: str, clock) -> int:
    day = clock.toordinal()
    if part in SMALL:
        second = day * 86_400 + (clock.hour * 3600 + clock.minute * 60 + clock.second if _has_clock(clock) else 0)
        return second // SMALL[part]
    months = clock.year * 12 + clock.month - 1
    return {"year": clock.year, "quarter": months // 3, "month": months, "week": (day - 1) // 7, "day": day}[part]


def _has_clock(clock) -> bool:
    return isinstance(clock, datetime)
