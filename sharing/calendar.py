"""Working days from a dated calendar: the country's, with moved holidays and make-up days, and the authority's over it.

A year that the country has not announced yet is counted by the week; `warning` says so where the calendar is shown.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import chinese_calendar
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from sharing.models import CalendarDay

SATURDAY = 5
ONE_DAY = timedelta(days=1)
LOOK_AHEAD = timedelta(days=75)  # longer than any clock of the presets runs by itself


@lru_cache(maxsize=4096)
def of_china(day: date) -> bool | None:
    """Whether China works on this day, as the State Council announces it year by year; None for a year not known."""
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        return None


def of_the_week(day: date) -> bool | None:
    """Monday to Friday, in every year."""
    return day.weekday() < SATURDAY


COUNTRIES: dict[str, Callable[[date], bool | None]] = {"china": of_china, "weekdays": of_the_week}


@dataclass(frozen=True)
class Calendar:
    """Which days are worked. `own` are the days that the authority has set; they come first."""

    country: str = "china"
    own: Mapping[date, bool] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        """Whether the day counts; of a year that is not known yet, Monday to Friday do."""
        if day in self.own:
            return self.own[day]
        works = COUNTRIES[self.country](day)
        return day.weekday() < SATURDAY if works is None else works

    def is_known(self, day: date) -> bool:
        """Whether somebody has said what this day is; otherwise it is counted by the week, and may change."""
        return day in self.own or COUNTRIES[self.country](day) is not None

    def add_working(self, day: date, count: int) -> date:
        """The working day that is so many after this day, which itself does not count; of none, the next from it on."""
        if count <= 0:
            while not self.is_working(day):
                day += ONE_DAY
            return day
        while count:
            day += ONE_DAY
            count -= self.is_working(day)
        return day

    def working_between(self, after: date, until: date) -> int:
        """How many working days there are after the first day, up to and with the second; none if it lies before."""
        return sum(self.is_working(day) for day in days(after + ONE_DAY, until))

    def unknown_years(self, first: date, last: date) -> list[int]:
        """The years of these days that the country has not announced."""
        ends = {day.year: day for day in (first, last)} | {
            year: date(year, 12, 31) for year in range(first.year + 1, last.year)
        }
        return sorted(year for year, day in ends.items() if COUNTRIES[self.country](day) is None)


def days(first: date, last: date) -> Iterator[date]:
    """Each day from the first to the last."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def end_of(day: date) -> datetime:
    """The last moment of a day in the city."""
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


def city_calendar() -> Calendar:
    """The calendar of this city as it stands now, by one question."""
    return Calendar(settings.WORKING_CALENDAR, dict(CalendarDay.objects.values_list("day", "is_working")))


def warning(today: date | None = None) -> str:
    """What is to be said of years that lie within reach of a clock and are not announced; nothing if all are."""
    today = today or timezone.localdate()
    years = Calendar(settings.WORKING_CALENDAR).unknown_years(today, today + LOOK_AHEAD)
    if not years:
        return ""
    return _(
        "The holidays and make-up working days of %(years)s are not in the calendar yet. Days of that year are counted "
        "by the week, so dates may still move. Update the calendar package, or set the days by hand."
    ) % {"years": ", ".join(map(str, years))}
