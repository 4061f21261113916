"""My desk: one screen of what waits for me, by role."""

from datetime import timedelta

from django.db.models import Case, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.actor import Actor
from catalog.freshness import freshness
from catalog.models import Basis, Dataset, Department, Job, Message, Purge, Role
from catalog.permissions import can, departments_of, visible_purges
from opendata.models import Submission
from portal.accounts.pages import signed_in
from portal.pages.desk.kept import kept_by, with_state
from portal.paging import page_of
from sharing.inbox import BY_CLOCK, by_clock, lines_of, waiting_for
from sharing.models import Request
from sharing.permissions import READERS, check_may_find, visible_requests

SHOWN = 10
SOON = timedelta(days=30)
OVER = (Request.State.ENDED, Request.State.REFUSED, Request.State.WITHDRAWN)
OURS = (Request.State.DRAFT, Request.State.INCOMPLETE, Request.State.DISPOSAL_DUE)  # who asked has to act


@signed_in
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for me, and what I can do."""
    by = request.actor
    roles = list(by.user.memberships.live().select_related("department").order_by("role", "starts_at"))
    held = {role.role for role in roles}
    context = {"section": "desk", "roles": roles, "held": held, "places": {role.department.name for role in roles}}
    if held & {Role.STEWARD, Role.APPROVER}:
        context |= _as_owner(by)
    if held & {Role.APPROVER, Role.AUTHORITY}:
        context |= _to_answer(by)
    if held & set(READERS):
        context |= _asked(by)
    if Role.REVIEWER in held:
        context["to_review"] = _to_review()
    if Role.ADMINISTRATOR in held:
        enterprises = Department.objects.filter(kind=Department.Kind.ENTERPRISE, verified_at=None)
        context["unverified"] = enterprises.count()
    if held & {Role.APPROVER, Role.AUTHORITY}:
        context["to_destroy"] = _to_destroy(by)
    context["may_find"] = can(check_may_find, by)
    context["ending"] = _ending(by)
    context["received"] = _received(by)
    return render(request, "desk/desk.html", context)


@signed_in
@require_safe
def datasets(request: HttpRequest) -> HttpResponse:
    """All datasets that I keep or decide about, newest change first."""
    state = request.GET.get("state", "")
    found = with_state(kept_by(request.actor))
    if state in Dataset.State.values:
        found = found.filter(state=state)
    page = page_of(found, request, order=("-updated_at", "-id"))
    states = [("", None), *Dataset.State.choices]
    context = {"section": "desk", "page": page, "rows": _rows(page.items), "state": state, "states": states}
    return render(request, "desk/datasets.html", context)


def _to_answer(by: Actor) -> dict:
    """Requests that wait for this person, those due next first."""
    waiting = list(by_clock(waiting_for(by)).order_by(*BY_CLOCK)[: SHOWN + 1])
    return {"to_answer": lines_of(waiting[:SHOWN]), "more_to_answer": len(waiting) > SHOWN}


def _asked(by: Actor) -> dict:
    """What my departments ask for and is not over: what waits for us first, then by the clock."""
    found = visible_requests(by).filter(department__in=departments_of(by, *READERS)).exclude(state__in=OVER)
    ours = Case(When(state__in=OURS, then=Value(0)), default=Value(1))
    asked = by_clock(found.select_related("assigned_to", "drafted_by", "extension").annotate(turn=ours))
    shown = list(asked.order_by("turn", *BY_CLOCK)[: SHOWN + 1])
    return {"asked": lines_of(shown[:SHOWN]), "more_asked": len(shown) > SHOWN}


def _as_owner(by: Actor) -> dict:
    kept = kept_by(by)
    shown = list(with_state(kept).exclude(state=Dataset.State.RETIRED).order_by("-updated_at", "-id")[: SHOWN + 1])
    lately = timezone.now() - timedelta(days=1)
    busy = Job.objects.filter(dataset__in=kept, state__in=[Job.State.WAITING, Job.State.RUNNING])
    failed = Job.objects.filter(dataset__in=kept, state=Job.State.FAILED, ended_at__gt=lately)
    waiting = Message.objects.filter(dataset__in=kept, answered_at=None)
    return {
        "rows": _rows(shown[:SHOWN]),
        "has_more": len(shown) > SHOWN,
        "jobs": (busy | failed).select_related("dataset").order_by("-created_at")[:SHOWN],
        "messages_waiting": list(waiting.select_related("dataset").order_by("-sent_at")[:SHOWN]),
        "may_create": departments_of(by, Role.STEWARD).exists(),
    }


def _rows(found: list[Dataset]) -> list[dict]:
    return [
        {
            "dataset": dataset,
            "freshness": freshness(dataset.frequency, dataset.current.confirmed_at if dataset.current else None),
            "submission": Submission.State(dataset.submission_state).label if dataset.submission_state else "",
        }
        for dataset in found
    ]


def _to_review() -> list[Submission]:
    waiting = Submission.objects.filter(state=Submission.State.SUBMITTED)
    return list(waiting.select_related("dataset__department", "version", "made_by").order_by("made_at")[:SHOWN])


def _to_destroy(by: Actor) -> list[Purge]:
    """Destructions by law that wait for a second person, who may be this one."""
    waiting = visible_purges(by).filter(state=Purge.State.ASKED).exclude(asked_by=by.user)
    return list(waiting.order_by("asked_at")[:SHOWN])


def _ending(by: Actor) -> list[Basis]:
    """Grants made or received that end within a month."""
    mine = departments_of(by)
    soon = Basis.objects.live().filter(kind=Basis.Kind.GRANT, valid_until__lte=timezone.now() + SOON)
    made = soon.filter(dataset__department__in=departments_of(by, Role.STEWARD, Role.APPROVER))
    got = soon.filter(department__in=mine)
    return list((made | got).select_related("dataset", "department").order_by("valid_until")[:SHOWN])


def _received(by: Actor) -> list[Basis]:
    lent = Basis.objects.live().filter(kind=Basis.Kind.GRANT, department__in=departments_of(by))
    return list(lent.select_related("dataset__department", "department").order_by("-made_at")[:SHOWN])
