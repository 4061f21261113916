"""When a source is fetched next: on the clock of the city, and later and later after failures."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from catalog.models import Source

MOST_FAILURES = 6
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (2, 10, 30, 120, 360))
STEPS = {Source.Schedule.QUARTER: timedelta(minutes=15), Source.Schedule.HOURLY: timedelta(hours=1)}


def next_run(source: Source, after: datetime) -> datetime | None:
    """The first time of the schedule after this one; None for a source that is fetched only when asked.

    An hour that the clocks skip in spring is the one after it; one that they repeat in autumn counts once.
    """
    if source.schedule == Source.Schedule.ASKED:
        return None
    if source.schedule in STEPS:
        return _whole(after, STEPS[source.schedule])
    zone = ZoneInfo(settings.TIME_ZONE)
    day = after.astimezone(zone).date()
    while True:
        found = datetime.combine(day, source.at, tzinfo=zone)
        if found.timestamp() > after.timestamp() and _is_day(source, found):
            return found.astimezone(after.tzinfo)
        day += timedelta(days=1)


def after_failure(source: Source, now: datetime) -> datetime | None:
    """When it is tried again after so many failures in a row; None where nobody set a time for it."""
    if source.schedule == Source.Schedule.ASKED:
        return None
    return now + BACKOFF[min(source.failures, len(BACKOFF)) - 1]


def _whole(after: datetime, step: timedelta) -> datetime:
    seconds = step.total_seconds()
    return datetime.fromtimestamp((after.timestamp() // seconds + 1) * seconds, tz=after.tzinfo)


def _is_day(source: Source, found: datetime) -> bool:
    weekly = source.schedule != Source.Schedule.WEEKLY or found.weekday() == 0
    return weekly and (source.schedule != Source.Schedule.MONTHLY or found.day == 1)
