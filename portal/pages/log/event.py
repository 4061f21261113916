"""One event for the auditor: what it says, its place in the log, and the button that checks it."""

import json
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from audit.examination import FAILED, NONE, OK, WAITING, Examination, differs, examine
from audit.models import Event
from audit.openings import body_of, opened
from audit.sentences import sentence
from portal.pages.log.actions import check_event, view_event
from portal.pages.log.auditors import for_auditors
from portal.pages.log.state import LogNow, is_waiting, log_now

LONGEST = timedelta(days=1)  # no reading lasts longer: its closing is looked for within
SEEN = "log_seen"  # the newest checkpoint that this session was shown
CHECKS = {
    "text": gettext_lazy("The text is what was logged"),
    "place": gettext_lazy("The place in the tree"),
    "columns": gettext_lazy("What it is found by"),
    "values": gettext_lazy("The personal values"),
    "signature": gettext_lazy("The log’s signature"),
    "witnesses": gettext_lazy("The witnesses’ cosignatures"),
    "history": gettext_lazy("The log only grew"),
}
STATES = {
    OK: ("good", gettext_lazy("Holds")),
    FAILED: ("bad", gettext_lazy("Does not hold")),
    WAITING: ("warn", gettext_lazy("Not yet")),
    NONE: ("", gettext_lazy("None asked for")),
}
PARTS = ("id", "time", "kind", "actor", "department", "dataset", "basis", "object", "request")


@dataclass(frozen=True)
class Check:
    """One line of what the button checked."""

    label: str
    kind: str
    state: str
    sentence: str
    detail: str


@for_auditors
@require_http_methods(["GET", "HEAD", "POST"])
def event(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The event with its facts; after the button was pressed also what was checked, each with its answer."""
    found = event_or_404(Event.objects, pk)
    examination = None
    if request.method == "POST":
        check_event(found, by=request.actor)
        examination = examine(found, seen=request.session.get(SEEN, ""))
        if examination.point is not None and examination.state == OK:
            request.session[SEEN] = str(examination.point)
    else:
        view_event(found, by=request.actor)
    return render(request, "log/event.html", _shown(found, log_now(), examination))


def event_or_404(events, pk: uuid.UUID) -> Event:
    """The event of this identifier among these, with its place in the log and its details."""
    found = events.filter(uuid=pk).select_related("entry", "detail").first()
    if found is None:
        raise Http404
    return found


def _shown(found: Event, now: LogNow, examination: Examination | None) -> dict:
    body, values = body_of(found), opened(found, body_of(found))
    entry = getattr(found, "entry", None)
    return {
        "section": "desk",
        "event": found,
        "sentence": sentence(found),
        "index": entry.index if entry else None,
        "waiting": is_waiting(found, now),
        "differs": differs(found) or (examination is not None and examination.changed),
        "parts": [row for name in PARTS if body.get(name) not in (None, "") for row in _facts(name, body[name])],
        "facts": [row for name, value in sorted(_dict(body.get("facts")).items()) for row in _facts(name, value)],
        "values": sorted(values.values.items()),
        "false_values": values.false,
        "erased": values.erased,
        "other": _other(found, body),
        "checks": _checks(examination) if examination else None,
        "examination": examination,
        "now": now,
    }


def _dict(value) -> dict:
    return value if isinstance(value, dict) else {}


def _facts(name: str, value) -> list[dict]:
    """A fact as rows of a table: what is inside it under its path."""
    if isinstance(value, dict) and value:
        return [row for inner, item in sorted(value.items()) for row in _facts(f"{name}.{inner}", item)]
    return [{"label": name, "value": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}]


def _checks(examination: Examination) -> list[Check]:
    return [
        Check(str(CHECKS[one.name]), *map(str, STATES[one.state]), one.sentence, one.detail)
        for one in examination.findings
    ]


def _other(found: Event, body: dict) -> dict | None:
    """The event that opened what this one closes, or the one that closed what this one opened."""
    if found.kind == "disclosure.closed":
        try:
            pk = uuid.UUID(str(_dict(body.get("facts")).get("opened")))
        except ValueError:
            return None
        return {"uuid": pk, "label": _("The event that opened this reading")}
    if found.kind != "disclosure.opened" or found.basis is None:
        return None
    text = f'"opened":"{found.uuid}"'
    closings = Event.objects.filter(kind="disclosure.closed", basis=found.basis, actor=found.actor)
    closings = closings.filter(time__gte=found.time, time__lt=found.time + LONGEST, body__contains=text)
    closing = closings.order_by("time", "id").first()
    if closing is None:
        return {"uuid": None, "label": _("This reading was never closed: it counts as its ceiling.")}
    return {"uuid": closing.uuid, "label": _("The event that closed this reading")}
