"""The inbox of those who check, decide and consent: what waits for whom, by the law's clock; the next due comes first.

What is listed is a help to find one's work. Whether somebody may do it is asked again by each action.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import DateField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from audit.actor import Actor
from catalog.models import Basis, Column, Department, Membership, Role
from catalog.permissions import departments_of, holds_in_city
from catalog.persons import seats_since
from sharing.calendar import Calendar, city_calendar
from sharing.models import Decision, Renewal, Request, RequestedColumn
from sharing.permissions import visible_grants, visible_requests
from sharing.standing import ClockWords, clock_words
from sharing.states import ANSWERABLE

State = Request.State
WITHOUT_CLOCK = date(9999, 12, 31)
BY_CLOCK = ("clock", "id")
NEWEST = ("-state_at", "-id")
OPEN = (
    State.INTERNAL_REVIEW,
    State.COMPLIANCE_CHECK,
    State.INCOMPLETE,
    *ANSWERABLE,
    State.SECOND_APPROVAL,
    State.DELIVERY_DUE,
)
ANSWERED = (State.ACTIVE, State.DISPOSAL_DUE, State.ENDED, State.REFUSED, State.WITHDRAWN)


@dataclass(frozen=True)
class Line:
    """One request of the inbox: its clock, whom it waits for, and how many of its columns tell of persons."""

    request: Request
    clock: ClockWords
    waits_for: str
    columns: int
    protected: int


def renewals_waiting(by: Actor) -> QuerySet[Renewal]:
    """Those that another approver of the same owner proposed; whether this person may agree is asked by the action."""
    own = departments_of(by, Role.APPROVER)
    live = Basis.objects.live().filter(pk__in=visible_grants(by).order_by().values("pk"), dataset__department__in=own)
    found = Renewal.objects.filter(state=Renewal.State.PROPOSED, grant__in=live).exclude(proposed_by=by.user_id)
    return found.select_related("grant__dataset", "grant__department", "proposed_by").order_by("proposed_at", "id")


def inbox_of(by: Actor) -> QuerySet[Request]:
    """Requests over data that one keeps or decides about, all for the authority and auditors; of a head, to review."""
    heads = Q(state=State.INTERNAL_REVIEW, department__in=departments_of(by, Role.APPROVER))
    answered_for = Q(submitted_at__isnull=False)
    if not departments_of(by, Role.AUTHORITY, Role.AUDITOR).filter(kind=Department.Kind.CITY).exists():
        answered_for &= Q(dataset__department__in=departments_of(by, Role.STEWARD, Role.APPROVER))
    found = visible_requests(by).filter(heads | answered_for).exclude(state=State.DRAFT)
    return found.select_related("department", "dataset__department", "assigned_to", "extension")


def waiting_for(by: Actor) -> QuerySet[Request]:
    """Those of the inbox that this person can bring on."""
    heads = Q(state=State.INTERNAL_REVIEW, department__in=departments_of(by, Role.APPROVER)) & ~Q(drafted_by=by.user_id)
    decides, checks = Q(with_authority=False, dataset__department__in=departments_of(by, Role.APPROVER)), Q(pk=None)
    if holds_in_city(by, Role.AUTHORITY):
        decides |= Q(with_authority=True)
        checks = Q(state=State.COMPLIANCE_CHECK) | _wants_time(by)
    first = Decision.objects.filter(request=OuterRef("pk"), overturned_at=None).exclude(decided_by=by.user_id)
    seconds = Q(Exists(first.exclude(Exists(_seat_shared(by)))), state=State.SECOND_APPROVAL)
    answers = Q(state__in=ANSWERABLE) & _handed_to_nobody_else(by) | seconds
    apart = ~Q(department__in=departments_of(by))
    return inbox_of(by).filter(heads | (checks | decides & answers) & apart)


def _handed_to_nobody_else(by: Actor) -> Q:
    """What was transferred waits for that person, as long as they may decide."""
    held = Q(role=Role.APPROVER, department=OuterRef("dataset__department"))
    held |= Q(role=Role.AUTHORITY, department__kind=Department.Kind.CITY)
    decides = Membership.objects.live().filter(held, user=OuterRef("assigned_to"))
    return Q(assigned_to=None) | Q(assigned_to=by.user_id) | ~Q(Exists(decides))


def _seat_shared(by: Actor) -> QuerySet[Membership]:
    """The first of two approvers and this person count as one: one acted for the other, or both for the same one."""
    pair = Q(user=by.user_id, acting_for=OuterRef("decided_by")) | Q(user=OuterRef("decided_by"), acting_for=by.user_id)
    firsts = seats_since(OuterRef(OuterRef("decided_at"))).filter(user=OuterRef(OuterRef("decided_by")))
    both = Q(user=by.user_id, acting_for__in=firsts.values("acting_for"))
    return seats_since(OuterRef("decided_at")).filter(pair | both)


def _wants_time(by: Actor) -> Q:
    """More time is asked for, by somebody else, and nobody has answered."""
    asked = Q(extension__asked_at__isnull=False, extension__answered_at=None, state=State.REPLY_DUE)
    return asked & ~Q(extension__asked_by=by.user_id)


def others_wait(by: Actor) -> QuerySet[Request]:
    """Those of the inbox whose clock runs for somebody else."""
    return inbox_of(by).filter(state__in=OPEN).exclude(pk__in=waiting_for(by).values("pk"))


def answered(by: Actor) -> QuerySet[Request]:
    """Those of the inbox for which nobody there has to act any more."""
    return inbox_of(by).filter(state__in=ANSWERED)


def by_clock(found: QuerySet[Request]) -> QuerySet[Request]:
    """With the day by which the list is sorted: what has no clock comes last."""
    return found.annotate(clock=Coalesce("due_on", Value(WITHOUT_CLOCK, DateField())))


def asks_of_persons(found: QuerySet[Request]) -> QuerySet[Request]:
    """Only those that ask for a column that tells of persons."""
    asked = RequestedColumn.objects.filter(request=OuterRef(OuterRef("pk"))).values("name")
    told = Column.objects.protected().filter(dataset=OuterRef("dataset"), table=OuterRef("table"), name__in=asked)
    return found.filter(Exists(told))


def lines_of(found: Iterable[Request], calendar: Calendar | None = None) -> list[Line]:
    """These requests as lines of a list, by the same number of queries however many they are."""
    found, calendar = list(found), calendar or city_calendar()
    asked = RequestedColumn.objects.filter(request__in=found).values_list("request", "name")
    names: dict = {}
    for request, name in asked:
        names.setdefault(request, set()).add(name)
    protected = _protected_of(found, set().union(*names.values()))
    lines = []
    for request in found:
        mine = names.get(request.pk, set())
        told = sum((request.dataset_id, request.table, name) in protected for name in mine)
        lines.append(Line(request, clock_words(request, calendar), waits_for(request), len(mine), told))
    return lines


def _protected_of(found: list[Request], names: set[str]) -> Counter:
    marked = Column.objects.protected().filter(dataset__in={request.dataset_id for request in found}, name__in=names)
    return Counter(marked.values_list("dataset", "table", "name"))


def waits_for(request: Request) -> str:
    """Who must act, in words; empty where nobody must."""
    known = {"owner": request.dataset.department.name, "department": request.department.name}
    if request.state in ANSWERABLE:
        return _who_replies(request, known)
    said = {
        State.INTERNAL_REVIEW: _("The head of %(department)s"),
        State.COMPLIANCE_CHECK: _("The authority"),
        State.INCOMPLETE: _("%(department)s, to answer the questions"),
        State.SECOND_APPROVAL: _("A second approver of %(owner)s"),
        State.DELIVERY_DUE: _("%(owner)s, to deliver"),
        State.DISPOSAL_DUE: _("%(department)s, to attest the disposal"),
    }
    if request.state == State.SECOND_APPROVAL and request.with_authority:
        return _("A second person of the authority")
    return said.get(request.state, "") % known


def _who_replies(request: Request, known: dict) -> str:
    wish = getattr(request, "extension", None)
    if request.state == State.REPLY_DUE and wish is not None and wish.answered_at is None:
        return _("%(owner)s; the authority, about more time") % known
    if request.with_authority:
        return _("The authority")
    if request.assigned_to is not None:
        return _("%(name)s of %(owner)s") % {**known, "name": request.assigned_to.name}
    return known["owner"]
