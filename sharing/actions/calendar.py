"""The authority sets days of the city's calendar: worked or free, whatever the country does."""

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from sharing.calendar import city_calendar, days
from sharing.models import CalendarDay, Deadline
from sharing.permissions import check_may_set_calendar

MOST_DAYS = 31
FARTHEST = timedelta(days=2 * 366)


@transaction.atomic
def set_days(first: date, last: date, *, is_working: bool, why: str, by: Actor) -> list[CalendarDay]:
    """From the first to the last, these days are worked, or free, and clocks count them so."""
    check_may_set_calendar(by)

    check_days(first, last)
    check_why(why)
    calendar = city_calendar()
    if all(calendar.is_known(day) and calendar.is_working(day) == is_working for day in days(first, last)):
        raise ValidationError(_("The calendar says so already."))

    kept = [
        CalendarDay.objects.update_or_create(
            day=day,
            defaults={"is_working": is_working, "why": why.strip(), "set_by": by.user, "set_at": timezone.now()},
        )[0]
        for day in days(first, last)
    ]

    _count_anew()
    record("calendar.set", by=by, on=kept[0], facts=_facts(first, last, why) | {"working": is_working})
    return kept


@transaction.atomic
def clear_days(first: date, last: date, *, why: str, by: Actor) -> int:
    """These days are again what the country's calendar says; how many were set."""
    check_may_set_calendar(by)

    check_days(first, last)
    check_why(why)
    found = list(CalendarDay.objects.select_for_update().filter(day__range=(first, last)))
    if not found:
        raise ValidationError(_("None of these days was set by hand."))

    one = found[0]
    CalendarDay.objects.filter(day__in=[day.day for day in found]).delete()

    _count_anew()
    record("calendar.cleared", by=by, on=one, facts=_facts(first, last, why))
    return len(found)


def _count_anew() -> None:
    """Every clock that is not over is looked at again within a minute, and its last day moves where it must."""
    Deadline.objects.filter(ended_at=None).update(looked_on=None)


def check_days(first: date, last: date) -> None:
    """Today and days to come, not too many at once: what has passed was counted as it was."""
    if last < first:
        raise ValidationError({"last": _("The last day lies before the first.")})
    if (last - first).days >= MOST_DAYS:
        raise ValidationError({"last": _("Set at most %(most)s days at once.") % {"most": MOST_DAYS}})
    today = timezone.localdate()
    if first < today:
        raise ValidationError({"first": _("Only today and days to come can be set: clocks have counted the others.")})
    if last > today + FARTHEST:
        raise ValidationError({"last": _("Set days of the next two years.")})


def check_why(why: str) -> None:
    """Whoever moves the law's days says by which announcement."""
    if not why.strip():
        raise ValidationError({"why": _("Say why: name the announcement that it follows.")})


def _facts(first: date, last: date, why: str) -> dict:
    return {"first": first.isoformat(), "last": last.isoformat(), "reason": why.strip()}
