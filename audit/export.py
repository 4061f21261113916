"""Events as lines of JSON, for taking away: a first line that says what they are, then one event a line.

The first line is `{"checkpoint": text or null, "origin": name, "filter": {...}}`; then for each event
`{"index": its place in the log or null, "event": uuid, "body": the exact text that was logged}`.
"""

import json
from collections.abc import Iterator
from itertools import chain, islice

from django.db.models import Max, Min, Q, QuerySet

from audit.models import Event
from audit.verify import Checkpoint

WINDOW = 1_000  # entries looked at in one query, whatever the filter leaves of them


def export_lines(
    events: QuerySet[Event], *, checkpoint: Checkpoint | None, origin: str, filters: dict, most: int | None = None
) -> Iterator[str]:
    """The lines in the order of the log, then those without a place; in constant memory, `most` events at most."""
    yield _line({"checkpoint": checkpoint and str(checkpoint), "origin": origin, "filter": filters})
    events = events.select_related("entry")
    ends = events.aggregate(first=Min("entry__index"), last=Max("entry__index"))
    last = -1 if ends["last"] is None else ends["last"]
    for event in islice(chain(_logged(events, ends["first"] or 0, last), _others(events, last)), most):
        entry = getattr(event, "entry", None)
        yield _line({"index": entry.index if entry else None, "event": str(event.uuid), "body": event.body})


def _logged(events: QuerySet[Event], first: int, last: int) -> Iterator[Event]:
    for start in range(first, last + 1, WINDOW):
        end = min(start + WINDOW - 1, last)
        yield from events.filter(entry__index__range=(start, end)).order_by("entry__index")


def _others(events: QuerySet[Event], last: int) -> Iterator[Event]:
    """What has no place yet, or got one since the export began."""
    events = events.filter(Q(entry=None) | Q(entry__index__gt=last)).order_by("id")
    found = list(events[:WINDOW])
    while found:
        yield from found
        found = list(events.filter(id__gt=found[-1].id)[:WINDOW]) if len(found) == WINDOW else []


def _line(value: dict) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
