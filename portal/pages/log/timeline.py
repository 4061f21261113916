"""The auditor's timeline: events as sentences, newest first, by who, department, dataset, basis, kind and time."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, Max, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.examination import differs
from audit.models import Entry, Event
from audit.sentences import sentence
from portal.charts import BarChart
from portal.pages.log.actions import view_log
from portal.pages.log.auditors import for_auditors
from portal.pages.log.filters import FilterForm
from portal.pages.log.state import log_now
from portal.paging import page_of

WIDEST, MOST_GONE = 1_000, 20
COUNTED = 5_000  # events that the picture counts: bounded, whatever the log has
LEAST_DAYS, MOST_DAYS = 14, 62


@dataclass(frozen=True)
class Shown:
    """One event of the list."""

    event: Event
    sentence: str
    index: int | None
    differs: bool


@for_auditors
@require_safe
def timeline(request: HttpRequest) -> HttpResponse:
    """One page of the events that the filters find; that it was looked at is written down first."""
    form = FilterForm(request.GET)
    shown = {"section": "desk", "form": form, "now": log_now()}
    if not form.is_valid():
        return render(request, "log/timeline.html", shown)
    view_log(form.stated(), by=request.actor, private=form.private())

    events = form.events()
    page = page_of(events.select_related("entry", "detail"), request, order=("-time", "-id"))
    shown |= {
        "page": page,
        "items": [shown_event(event) for event in page.items],
        "chart": None if page.newer else by_day(events),
        "filtered": bool(form.stated()),
        "missing": [] if form.stated() else removed(page.items, newest=not page.newer),
        "query": request.GET.urlencode(),
    }
    return render(request, "log/timeline.html", shown)


def shown_event(event: Event) -> Shown:
    """The event as a line of the list."""
    entry = getattr(event, "entry", None)
    return Shown(event, sentence(event), entry.index if entry else None, differs(event))


def removed(events: list[Event], *, newest: bool) -> list[int]:
    """Places in the log between the events of an unfiltered page whose own event is gone from the database."""
    indexes = [event.entry.index for event in events if hasattr(event, "entry")]
    if not indexes:
        return []
    low, high = min(indexes) - 1, max(indexes)
    if newest:
        high = Entry.objects.aggregate(last=Max("index"))["last"]
    if high - low > WIDEST:  # events that were written long before they were committed stand far apart
        return []
    there = Event.objects.filter(id=OuterRef("event_id"))
    gone = Entry.objects.filter(~Exists(there), index__range=(low, high)).order_by("index")
    return list(gone.values_list("index", flat=True)[:MOST_GONE])


def by_day(events: QuerySet[Event]) -> BarChart | None:
    """The newest events counted by day, or by month where they are spread wide."""
    times = list(events.order_by("-time", "-id").values_list("time", flat=True)[:COUNTED])
    if not times:
        return None
    days = Counter(time.date() for time in times)
    last = max(days)
    first = min(*days, last - timedelta(days=LEAST_DAYS - 1))
    if (last - first).days < MOST_DAYS:
        every = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        values = [(date_format(day, "SHORT_DATE_FORMAT"), days[day]) for day in every]
        name = _("Day")
    else:
        months = Counter(date(day.year, day.month, 1) for day in days.elements())
        values = [(date_format(month, "YEAR_MONTH_FORMAT"), months[month]) for month in sorted(months)][-MOST_DAYS:]
        name = _("Month")
    title = _("The newest %(count)s events by time") % {"count": f"{COUNTED:,}"}
    return BarChart(title if len(times) == COUNTED else _("Events by time"), name, _("events"), values)
