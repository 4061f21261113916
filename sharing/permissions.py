"""Who may know of grants and requests, and who asks, checks, decides and ends."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet, prefetch_related_objects
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from audit.models import Event
from catalog.codes import OpeningClass
from catalog.models import Basis, Dataset, Department, Role, Scope
from catalog.permissions import (
    can,
    check_at_keyboard,
    check_key_covers,
    check_may_decide,
    check_scope,
    departments_of,
    holds,
    holds_in_city,
    is_officer,
    names,
)
from catalog.persons import belonged_to, is_same_person, principal_of, share_a_seat
from sharing.models import Bridge, Decision, Extension, Renewal, Request, RequestMove
from sharing.states import ANSWERABLE

# A person who left the asking department less than this before it began to ask is still of it.
APART = timedelta(days=30)
ONE_SEAT = gettext_lazy(
    "You count as one: one of you acts for the other, or both for the same approver. Another approver must agree."
)
LONGEST_LINE = 20  # copies of copies that are looked back through, besides the first draft of all
LINE = """
    WITH RECURSIVE line AS (
        SELECT id, copied_from_id, 0 AS steps FROM sharing_request WHERE id = %s
        UNION ALL
        SELECT r.id, r.copied_from_id, line.steps + 1 FROM sharing_request r JOIN line ON r.id = line.copied_from_id
    )
    SELECT r.* FROM sharing_request r JOIN line ON r.id = line.id
    WHERE line.steps < %s OR line.copied_from_id IS NULL ORDER BY line.steps
"""
PLATFORM = "platform"  # the service that grants what needs no decision, and follows grants that ended

# An enterprise's people are all requesters, so whoever belongs to it reads; of a department, those who ask for data,
# keep data or decide about it: its stewards join what was lent with their own, its approvers answer for its use.
READERS = (Role.REQUESTER, Role.STEWARD, Role.APPROVER)


def readers_in(recipient: Department) -> list[str]:
    """The roles whose holders in the recipient read under a grant; empty means all of its people."""
    return [] if recipient.kind == Department.Kind.ENTERPRISE else list(READERS)


def grants_lent_by(by: Actor) -> QuerySet[Basis]:
    """The grants over data that this person keeps or decides about."""
    own = departments_of(by, Role.STEWARD, Role.APPROVER)
    return _shown_to_key(by, _grants().filter(dataset__department__in=own))


def grants_lent_to(by: Actor) -> QuerySet[Basis]:
    """The grants that name this person's department, in any state."""
    return _shown_to_key(by, _grants().filter(names(by))) if by.user else Basis.objects.none()


def visible_grants(by: Actor) -> QuerySet[Basis]:
    """Both: to everybody else a grant is not there."""
    if by.user is None:
        return Basis.objects.none()
    own = departments_of(by, Role.STEWARD, Role.APPROVER)
    return _shown_to_key(by, _grants().filter(Q(dataset__department__in=own) | names(by)))


def _grants() -> QuerySet[Basis]:
    return Basis.objects.filter(kind=Basis.Kind.GRANT).select_related(
        "grant__asked", "department", "dataset__department", "dataset__current", "version"
    )


def _shown_to_key(by: Actor, grants: QuerySet[Basis]) -> QuerySet[Basis]:
    """A key for machines knows of its own grant alone."""
    if by.key is not None and by.key.grant_id is not None:
        return grants.filter(pk=by.key.grant_id)
    return _known_to_key(by, grants)


def _known_to_key(by: Actor, grants: QuerySet[Basis]) -> QuerySet[Basis]:
    if by.key is None or not by.key.datasets.exists():
        return grants
    return grants.filter(dataset__in=by.key.datasets.all())


def askable_datasets(by: Actor) -> QuerySet[Dataset]:
    """The datasets in use that this actor may ask for: what the internal catalogue shows.

    Officers ask for any, by its name also for what a law withholds; people of a verified enterprise for what is open
    on application.
    """
    asked = Dataset.objects.filter(state=Dataset.State.ACTIVE)
    if by.user is None:
        return asked.none()
    if not is_officer(by):
        if not _verified_enterprises(by).exists():
            return asked.none()
        asked = asked.filter(opening_class=OpeningClass.ON_APPLICATION)
    if by.key is not None and by.key.datasets.exists():
        return asked.filter(pk__in=by.key.datasets.values("pk"))
    return asked


def check_may_find(by: Actor) -> None:
    """The internal catalogue is for people of departments, and of enterprises whose code was verified."""
    if not is_officer(by) and not _verified_enterprises(by).exists():
        raise PermissionDenied(
            _("The internal catalogue is for people of the city’s departments and of verified enterprises.")
        )


def _verified_enterprises(by: Actor) -> QuerySet[Department]:
    return departments_of(by).filter(kind=Department.Kind.ENTERPRISE, verified_at__isnull=False)


def check_may_ask_for(by: Actor, dataset: Dataset) -> None:
    """What one may not know of is asked for as what is not there."""
    check_key_covers(by, dataset)
    if not askable_datasets(by).filter(pk=dataset.pk).exists():
        raise Http404


def check_is_platform(by: Actor) -> None:
    """What follows of itself is done by the platform, and by nobody in its name."""
    if by.user is not None or by.service != PLATFORM:
        raise PermissionDenied(_("The platform does this by itself when its time has come."))


def check_may_set_calendar(by: Actor) -> None:
    """The authority says which days the city works."""
    check_at_keyboard(by)
    if not holds_in_city(by, Role.AUTHORITY):
        raise PermissionDenied(_("Only the authority sets the city’s working days."))


def visible_requests(by: Actor) -> QuerySet[Request]:
    """Those of one's own department; once submitted, also those over data that one keeps or decides about.

    The authority and auditors know of all that were submitted. To everybody else a request is not there.
    """
    found = Request.objects.select_related("department", "dataset__department", "grant")
    if by.user is None:
        return found.none()
    submitted = Q(submitted_at__isnull=False)
    seen = Q(department__in=departments_of(by, *READERS))
    seen |= submitted & Q(dataset__department__in=departments_of(by, Role.STEWARD, Role.APPROVER))
    if departments_of(by, Role.AUTHORITY, Role.AUDITOR).filter(kind=Department.Kind.CITY).exists():
        seen |= submitted
    return _known_to_key(by, found.filter(seen))


def readable_steps(by: Actor) -> QuerySet[Event]:
    """The events of the steps of requests that this actor may know of: each is proven by its receipt."""
    if not can(check_scope, by, Scope.READ):
        return Event.objects.none()
    return Event.objects.filter(uuid__in=RequestMove.objects.filter(request__in=visible_requests(by)).values("event"))


def check_may_read_proposed(by: Actor, request: Request) -> None:
    """What no second approver has agreed to is known to the owner, the authority and auditors: it is no answer yet."""
    of_owner = departments_of(by, Role.STEWARD, Role.APPROVER).filter(pk=request.dataset.department_id).exists()
    if not of_owner and not holds_in_city(by, Role.AUTHORITY) and not holds_in_city(by, Role.AUDITOR):
        raise PermissionDenied(_("This waits for a second approver. You read the decision once both agree."))


def check_may_draft(by: Actor, department: Department) -> None:
    """A requester of the department asks for data in its name."""
    check_scope(by, Scope.ASK)
    if not holds(by, Role.REQUESTER, department):
        raise PermissionDenied(
            _("Only a requester of %(department)s can ask for data in its name. The administrator gives that role.")
            % {"department": department.name}
        )


def check_may_edit(by: Actor, request: Request) -> None:
    """A draft is its drafter's: a colleague copies it, or waits until it is sent."""
    check_key_covers(by, request.dataset)
    check_may_draft(by, request.department)
    if request.drafted_by_id != by.user_id:
        raise PermissionDenied(_("Another person drafts this request. Copy it as one of your own to change it."))


def check_may_copy(by: Actor, request: Request) -> None:
    """A requester of the department that asked makes a new draft of it."""
    check_key_covers(by, request.dataset)
    check_may_draft(by, request.department)


def check_may_answer_questions(by: Actor, request: Request) -> None:
    """Any requester of the department answers: the clock stands until then, and the drafter may be away."""
    check_may_copy(by, request)


def check_may_withdraw(by: Actor, request: Request) -> None:
    """A requester of the department, or its head, takes the request back."""
    check_scope(by, Scope.ASK)
    check_key_covers(by, request.dataset)
    if not departments_of(by, Role.REQUESTER, Role.APPROVER).filter(pk=request.department_id).exists():
        raise PermissionDenied(_only_of(request.department))


def check_may_review(by: Actor, request: Request) -> None:
    """The head of the requesting department, who is an approver of it, submits; never who drafted."""
    check_scope(by, Scope.GRANT)
    check_key_covers(by, request.dataset)
    if not holds(by, Role.APPROVER, request.department):
        raise PermissionDenied(
            _("Only an approver of %(department)s submits its requests.") % {"department": request.department.name}
        )
    if is_same_person(by.user, request.drafted_by):
        raise PermissionDenied(_("You drafted this request yourself. Another approver of your department submits it."))
    principal = principal_of(by.user, request.department)
    if is_same_person(principal, request.drafted_by):
        raise PermissionDenied(
            _("You act for %(name)s, who drafted this request. Another approver of your department submits it.")
            % {"name": principal.name}
        )


def check_may_check(by: Actor, request: Request) -> None:
    """The authority checks the form of requests, and consents to extensions."""
    check_scope(by, Scope.GRANT)
    check_key_covers(by, request.dataset)
    if not holds_in_city(by, Role.AUTHORITY):
        raise PermissionDenied(_("Only the authority can do this."))
    check_apart(by, request)


def check_may_answer_request(by: Actor, request: Request) -> None:
    """Whoever decides about it, and has not handed it on to another one who does."""
    check_decides(by, request)
    check_not_handed_on(by, request)


def check_decides(by: Actor, request: Request) -> None:
    """An approver of the owner decides, or the authority where the request is with it; nobody of who asks."""
    check_scope(by, Scope.GRANT)
    check_key_covers(by, request.dataset)
    if request.with_authority:
        if not holds_in_city(by, Role.AUTHORITY):
            raise PermissionDenied(_("This request is with the authority, which decides about it."))
    elif not holds(by, Role.APPROVER, request.dataset.department):
        raise PermissionDenied(
            _("Only an approver of %(department)s decides about this request.")
            % {"department": request.dataset.department.name}
        )
    check_apart(by, request)
    if not request.with_authority:
        check_principal_apart(by, request)


def check_not_handed_on(by: Actor, request: Request) -> None:
    """Who handed a request on leaves it to the one whom it was handed to, while that one may decide."""
    if request.state not in ANSWERABLE or request.assigned_to_id in {None, by.user_id}:
        return
    handed_on = request.moves.filter(verb="transfer", by=by.user_id).exists()
    if handed_on and can(check_decides, Actor(user=request.assigned_to), request):
        raise PermissionDenied(
            _("You handed this request to %(name)s, who decides about it now.") % {"name": request.assigned_to.name}
        )


def check_may_return(by: Actor, request: Request) -> None:
    """Who checks the form may ask, and who decides."""
    if request.state == Request.State.COMPLIANCE_CHECK:
        check_may_check(by, request)
    else:
        check_may_answer_request(by, request)


def check_may_escalate(by: Actor, request: Request) -> None:
    """Who decides may hand the request to the authority, and the clock does where no reply came in time."""
    if by.service != PLATFORM:
        check_may_answer_request(by, request)


def check_may_transfer_to(user, request: Request) -> None:
    """The other one has the same right."""
    if not can(check_decides, Actor(user=user), request):
        raise PermissionDenied(
            _("%(name)s cannot decide about this request. Choose another approver.") % {"name": user.name}
        )


def check_may_consent(by: Actor, request: Request, extension: Extension) -> None:
    """The authority consents to more time, and never who asked for it."""
    check_may_check(by, request)
    if is_same_person(by.user, extension.asked_by):
        raise PermissionDenied(_("You asked for more time yourself. Another person of the authority consents."))


def check_may_second(by: Actor, request: Request, decision: Decision) -> None:
    """A second person with the same right as the first agrees, or does not."""
    check_may_answer_request(by, request)
    if is_same_person(by.user, decision.decided_by):
        raise PermissionDenied(_("You decided about this request yourself. A second approver must agree."))
    if share_a_seat(by.user, decision.decided_by, then=decision.decided_at):
        raise PermissionDenied(str(ONE_SEAT))


def check_may_end(by: Actor, request: Request) -> None:
    """The people who asked give back what they were lent; the platform ends what its grant ended."""
    if by.service != PLATFORM:
        check_may_withdraw(by, request)


def check_may_attest(by: Actor, request: Request) -> None:
    """The people who received the data say what became of it; nobody says it for them."""
    check_may_withdraw(by, request)


def check_may_answer_for(by: Actor, grant: Basis) -> None:
    """A requester or an approver of the recipient gives a grant back, and says what became of the data."""
    check_scope(by, Scope.ASK)
    check_key_covers(by, grant.dataset)
    if not departments_of(by, Role.REQUESTER, Role.APPROVER).filter(pk=grant.department_id).exists():
        raise PermissionDenied(_only_of(grant.department))


def visible_bridges(by: Actor) -> QuerySet[Bridge]:
    """Those over a grant that one may know of; to everybody else a bridge is not there."""
    known = visible_grants(by).order_by().values("pk")
    return Bridge.objects.filter(Q(one__in=known) | Q(other__in=known)).select_related(
        "one__dataset__department", "one__department", "other__dataset__department", "other__department",
        "asked_by", "agreed_by", "decided_by",
    )  # fmt: skip


def check_may_ask_bridge(by: Actor, one: Basis, other: Basis) -> None:
    """An approver of the owner of either grant asks, or the people who received both."""
    if speaks_for_either(by, one, other):
        return
    for grant in (one, other):
        check_may_answer_for(by, grant)


def speaks_for_either(by: Actor, one: Basis, other: Basis) -> bool:
    """True for an approver of an owner of one of them, who belongs to none of those that received them."""
    return any(can(check_speaks_for, by, mine, beside) for mine, beside in ((one, other), (other, one)))


def check_speaks_for(by: Actor, grant: Basis, beside: Basis) -> None:
    """Who may lend what is lent says for its owner that it may be joined with what the other one lets out."""
    for recipient in (grant.department, beside.department):
        check_may_lend(by, grant.dataset, recipient)


def check_may_withdraw_bridge(by: Actor, bridge: Bridge) -> None:
    """Whoever might have asked for it takes it back."""
    check_may_ask_bridge(by, bridge.one, bridge.other)


def check_may_end_bridge(by: Actor, bridge: Bridge) -> None:
    """An approver of an owner of either grant ends what was agreed to."""
    if not can(check_may_decide, by, bridge.one.dataset):
        check_may_decide(by, bridge.other.dataset)


def check_may_decide_bridge(by: Actor, bridge: Bridge) -> None:
    """An approver of each owner must agree, and they are two persons; who asked for an owner has agreed for it."""
    for person, then in ((bridge.asked_by, bridge.asked_at), (bridge.agreed_by, bridge.agreed_at)):
        if person is not None and is_same_person(by.user, person):
            raise PermissionDenied(_("You asked for this, or agreed to it, yourself. Another person must decide."))
        if person is not None and share_a_seat(by.user, person, then=then):
            raise PermissionDenied(str(ONE_SEAT))
    for mine, beside in ((bridge.one, bridge.other), (bridge.other, bridge.one)):
        if can(check_speaks_for, by, mine, beside) and _is_agreed_for(bridge, beside, mine):
            return
    raise PermissionDenied(_("An approver of the owner of the other grant decides about this bridge."))


def _is_agreed_for(bridge: Bridge, grant: Basis, beside: Basis) -> bool:
    """True where nobody agreed yet, or who did speaks for the owner of this grant."""
    return bridge.agreed_by is None or can(check_speaks_for, Actor(user=bridge.agreed_by), grant, beside)


def check_apart(by: Actor, request: Request) -> None:
    """Nobody decides about what their own department asks for, whatever other role they hold, now or since then."""
    if took_part(by.user, request):
        raise PermissionDenied(_("You asked for this yourself. Another person must decide about it."))
    if belonged_to_asker(by.user, request):
        raise PermissionDenied(
            _("You belong to %(department)s, which asks for this, or did until lately. Somebody else must decide about "
              "it.") % {"department": request.department.name}
        )  # fmt: skip


def check_may_lend(by: Actor, dataset: Dataset, recipient: Department) -> None:
    """An approver of the owner lends, resumes and renews, and never to another department of their own.

    Nor in the place of an approver whose department it is: a request would not pass them either.
    """
    check_may_decide(by, dataset)
    if recipient == dataset.department:  # which nobody can lend to: the rules say so in their own words
        return
    since = timezone.now() - APART
    principal = principal_of(by.user, dataset.department)
    if belonged_to(by.user, recipient, since=since):
        raise PermissionDenied(
            _("You belong to %(department)s, or did until lately. Another approver must lend to it.")
            % {"department": recipient.name}
        )
    if principal is not None and belonged_to(principal, recipient, since=since):
        raise PermissionDenied(
            _("You act for %(name)s, who belongs to %(department)s, or did until lately. Another approver must lend to "
              "it.")
            % {"name": principal.name, "department": recipient.name}
        )  # fmt: skip


def check_may_second_renewal(by: Actor, renewal: Renewal) -> None:
    """Another approver of the owner than the one who proposed it, with the same right."""
    check_may_lend(by, renewal.grant.dataset, renewal.grant.department)
    if is_same_person(by.user, renewal.proposed_by):
        raise PermissionDenied(_("You proposed this renewal yourself. Another approver must agree."))
    if share_a_seat(by.user, renewal.proposed_by, then=renewal.proposed_at):
        raise PermissionDenied(str(ONE_SEAT))


def check_principal_apart(by: Actor, request: Request) -> None:
    """Nor does anybody in the place of an approver who may not: they were named by somebody who has a part in it."""
    principal = principal_of(by.user, request.dataset.department)
    if principal is not None and (took_part(principal, request) or belonged_to_asker(principal, request)):
        raise PermissionDenied(
            _("You act for %(name)s, who asked for this, or belongs to %(department)s, which asks for it. Somebody "
              "else must decide about it.") % {"name": principal.name, "department": request.department.name}
        )  # fmt: skip


def took_part(user, request: Request) -> bool:
    """True for whoever drafted, submitted or declared the request, or what it was copied from."""
    parts = ((one.drafted_by, one.reviewed_by, one.declared_by) for one in lineage(request))
    return any(is_same_person(user, person) for people in parts for person in people)


def belonged_to_asker(user, request: Request) -> bool:
    """True for whoever was of the asking department when it began to ask, shortly before, or since.

    A request lives since its first draft: whoever was there then, or had left shortly before, took part.
    """
    return belonged_to(user, request.department, since=lineage(request)[-1].drafted_at - APART)


def lineage(request: Request) -> list[Request]:
    """The request, and what it was copied from, back to the first draft."""
    if request.copied_from_id is None:
        return [request]
    line = list(Request.objects.raw(LINE, [request.pk, LONGEST_LINE]))
    prefetch_related_objects(line, "drafted_by", "reviewed_by", "declared_by")
    return line


def _only_of(department: Department) -> str:
    return _("Only people of %(department)s who ask for its data can do this.") % {"department": department.name}


def check_decided_by(by: Actor, decision: Decision) -> None:
    """What was decided is lent by who decided it last: the second of two approvers, or the platform by itself."""
    last = decision.second_by_id if decision.needs_second else decision.decided_by_id
    if last is None:
        check_is_platform(by)
    elif last != by.user_id:
        raise PermissionDenied(_("Only who decided about this request lends what was decided."))
