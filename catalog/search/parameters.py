"""The parameters of a search in an address: the same for the page, the API, the feed and whoever shares an address."""

import calendar
import re
from collections.abc import Callable, Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from audit.actor import PUBLIC, Actor
from catalog import codes
from catalog.models import Format
from catalog.search.query import LONGEST, PAGE, SearchQuery

# The name in the address and the name in the search.
LISTS = {
    "theme": "themes",
    "department": "departments",
    "format": "formats",
    "licence": "licences",
    "update": "updates",
    "place": "places",
    "geo": "geo",
    "api": "api",
    "opening": "opening",
}
CODES = {
    "theme": codes.Theme,
    "format": Format,
    "licence": codes.Licence,
    "update": codes.UpdateState,
    "geo": codes.Yes,
    "api": codes.Yes,
    "opening": codes.OpeningClass,
}
NAMES = ("q", *LISTS, "from", "to", "sort")
MOST_CHOSEN = 20
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", re.ASCII)


def read_query(
    values: Callable[[str], Sequence[str]], *, by: Actor = PUBLIC, after: str = "", limit: int = PAGE
) -> SearchQuery:
    """The search that an address states; `values` gives what stands under a name. Words beyond the longest are cut."""
    since, until = period(first(values("from")), first(values("to")))
    return SearchQuery(
        q=first(values("q")).replace("\x00", "").strip()[:LONGEST],
        sort=first(values("sort")),
        since=since,
        until=until,
        after=after,
        limit=limit,
        by=by,
        **{field: tuple(sorted(set(values(name)[:MOST_CHOSEN]))) for name, field in LISTS.items()},
    )


def first(values: Sequence[str]) -> str:
    """The first value; empty where there is none."""
    return values[0] if values else ""


def period(since: str, until: str) -> tuple[date | None, date | None]:
    """The days that two texts name: a year, a month or a day; its first day for `from`, its last for `to`."""
    begins, ends = _day(since, last=False), _day(until, last=True)
    if begins and ends and ends < begins:
        raise ValidationError({"to": _("The period ends before it begins. Change one of the two.")})
    return begins, ends


def _day(text: str, *, last: bool) -> date | None:
    text = text.strip()
    if not text:
        return None
    found = _DAY.fullmatch(text)
    try:
        year, month, day = ((int(part) if part else None) for part in found.groups())
        month = (12 if last else 1) if month is None else month
        length = calendar.monthrange(year, month)[1]
        return date(year, month, (length if last else 1) if day is None else day)
    except (AttributeError, ValueError, calendar.IllegalMonthError):
        name = "to" if last else "from"
        words = _("Write a year, a month or a day, as 2024, 2024-05 or 2024-05-31.")
        raise ValidationError({name: words}) from None
