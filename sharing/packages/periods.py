"""The periods of a plan: which one has begun last and when, and when the next one begins, in the city's time."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from sharing.models import Every


def period_of(every: str, hour: int, now: datetime) -> str:
    """The name of the period that has begun last: 2026-11-23, 2026-W48 or 2026-11. It begins at the hour."""
    day = _day(hour, now)
    if every == Every.DAY:
        return day.isoformat()
    if every == Every.WEEK:
        year, week, _weekday = day.isocalendar()
        return f"{year}-W{week:02}"
    return f"{day:%Y-%m}"


def last_start(every: str, hour: int, now: datetime) -> datetime:
    """When the period that has begun last began."""
    day = _day(hour, now)
    if every == Every.WEEK:
        day -= timedelta(days=day.weekday())
    elif every == Every.MONTH:
        day = day.replace(day=1)
    return timezone.make_aware(datetime.combine(day, time(hour)))


def next_start(every: str, hour: int, now: datetime) -> datetime:
    """When the period after that one begins."""
    day = _day(hour, now)
    if every == Every.DAY:
        first = day + timedelta(days=1)
    elif every == Every.WEEK:
        first = day + timedelta(days=7 - day.weekday())
    else:
        first = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return timezone.make_aware(datetime.combine(first, time(hour)))


def _day(hour: int, now: datetime) -> date:
    """The city's day, where days begin at this hour."""
    return (timezone.localtime(now).replace(tzinfo=None) - timedelta(hours=hour)).date()
