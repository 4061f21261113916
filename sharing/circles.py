"""Whom an event of exchange concerns: one table from its kind to the circles of people that hear of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings

from catalog.models import Basis, Department, Membership, Role
from sharing.models import Bridge, Deadline, Request


@dataclass(frozen=True)
class Matter:
    """What happened: to which request, grant or bridge, by whom (nobody: a service), with which facts."""

    kind: str
    request: Request | None = None
    grant: Basis | None = None
    bridge: Bridge | None = None
    actor: object = None
    facts: dict = field(default_factory=dict)


def drafter(matter: Matter) -> set:
    """Who drafted it; the requesters of the department where that person has left it."""
    request = matter.request
    own = Membership.objects.live().filter(department=request.department_id)
    if own.filter(user=request.drafted_by_id).exists():
        return {request.drafted_by_id}
    return people_of(request.department_id, Role.REQUESTER)


def heads(matter: Matter) -> set:
    """The approvers of the department that asks; an enterprise has none."""
    return people_of(matter.request.department_id, Role.APPROVER) - {matter.request.drafted_by_id}


def approvers(matter: Matter) -> set:
    """The approvers of the owner."""
    return people_of(dataset_of(matter).department_id, Role.APPROVER)


def owner(matter: Matter) -> set:
    """Who keeps the data and who decides about it."""
    return people_of(dataset_of(matter).department_id, Role.APPROVER, Role.STEWARD)


def owner_of_automatic(matter: Matter) -> set:
    """The owner, of what the platform did in the owner's name."""
    return owner(matter) if matter.actor is None else set()


def authority(_matter: Matter) -> set:
    """The people of the authority."""
    found = Membership.objects.live().filter(department__kind=Department.Kind.CITY, role=Role.AUTHORITY)
    return set(found.values_list("user", flat=True))


def checkers(matter: Matter) -> set:
    """The authority, in a city that checks the form of requests."""
    return authority(matter) if settings.COMPLIANCE_CHECK else set()


def deciders(matter: Matter) -> set:
    """Who decides now: the authority, whom it was handed to, or the owner's approvers."""
    if matter.request.with_authority:
        return authority(matter)
    return {matter.request.assigned_to_id} if matter.request.assigned_to_id else approvers(matter)


def askers_back(matter: Matter) -> set:
    """Whose questions were answered: the authority's, where it had returned it from the check of form."""
    return authority(matter) if matter.facts.get("after") == Request.State.COMPLIANCE_CHECK else deciders(matter)


def answerers(matter: Matter) -> set:
    """Who had to answer when the requester took it back; of one that was never submitted, nobody."""
    if matter.request.submitted_at is None:
        return set()
    return authority(matter) if matter.facts.get("before") == Request.State.COMPLIANCE_CHECK else deciders(matter)


def repliers(matter: Matter) -> set:
    """Whose clock to reply it was: the owner's, also where the request was handed to the authority since."""
    if matter.facts["whose"] != dataset_of(matter).department.code:
        return authority(matter)
    return {matter.request.assigned_to_id} if matter.request.assigned_to_id else approvers(matter)


def told_of_lapse(matter: Matter) -> set:
    """The authority and who asked, unless they hear at the same moment that a late reply went to the authority."""
    handed_over = matter.facts["stage"] == Deadline.Stage.REPLY and matter.request.with_authority
    return set() if handed_over else authority(matter) | drafter(matter)


def whose_turn(matter: Matter) -> set:
    """Who must act while the clock of this step runs."""
    return TURNS[matter.facts["stage"]](matter)


def recipients(matter: Matter) -> set:
    """Those who read under the grant."""
    return _readers_of(matter.grant)


def recipients_unasked(matter: Matter) -> set:
    """The same, of a grant that was made without a request: who asked hears that it was agreed to."""
    return set() if Request.objects.filter(grant=matter.grant).exists() else recipients(matter)


def both_owners(matter: Matter) -> set:
    """The approvers of each owner of what a bridge joins."""
    one, other = matter.bridge.grants
    return people_of(one.dataset.department_id, Role.APPROVER) | people_of(other.dataset.department_id, Role.APPROVER)


def both_recipients(matter: Matter) -> set:
    """Those who read under either grant of a bridge."""
    one, other = matter.bridge.grants
    return _readers_of(one) | _readers_of(other)


def bridge_asker(matter: Matter) -> set:
    """Who asked for the bridge."""
    return {matter.bridge.asked_by_id}


def _readers_of(grant: Basis) -> set:
    if grant.account_id:
        return {grant.account_id}
    return people_of(grant.department_id, *grant.roles)


def people_of(department, *roles: str) -> set:
    """Who holds one of these roles there now; any role where none is named."""
    found = Membership.objects.live().filter(department=department)
    if roles:
        found = found.filter(role__in=roles)
    return set(found.values_list("user", flat=True))


def dataset_of(matter: Matter):
    """The dataset that it is about."""
    return (matter.request or matter.grant).dataset


TURNS: dict[str, Callable[[Matter], set]] = {
    Deadline.Stage.REVIEW: heads,
    Deadline.Stage.CHECK: authority,
    Deadline.Stage.REPLY: repliers,
    Deadline.Stage.DISPUTE: authority,
    Deadline.Stage.COMPLETION: drafter,
    Deadline.Stage.DELIVERY: owner,
    Deadline.Stage.ATTEST: drafter,
}
HEAR: dict[str, tuple[Callable[[Matter], set], ...]] = {
    "request.sent": (heads,),
    "request.sent_back": (drafter,),
    "request.submitted": (checkers, drafter),
    "request.received": (deciders, drafter),
    "request.returned": (drafter,),
    "request.answered": (askers_back,),
    "request.extension_asked": (authority,),
    "request.extension_denied": (deciders,),
    "request.extended": (deciders, drafter),
    "request.transferred": (deciders,),
    "request.escalated": (authority, approvers, drafter),
    "request.proposed": (deciders, approvers),
    "request.disagreed": (deciders,),
    "request.agreed": (drafter, heads, owner_of_automatic),
    "request.refused": (drafter, heads),
    "request.delivered": (drafter,),
    "request.over": (drafter,),
    "request.ended": (approvers,),
    "request.withdrawn": (answerers,),
    "request.reminded": (whose_turn,),
    "request.clock_missed": (told_of_lapse,),
    "grant.made": (recipients_unasked,),
    "grant.suspended": (recipients, approvers),
    "grant.resumed": (recipients, approvers),
    "grant.revoked": (recipients, approvers),
    "grant.expired": (recipients, approvers),
    "grant.returned": (recipients, approvers),
    "grant.superseded": (recipients, approvers),
    "grant.renewal_proposed": (approvers,),
    "grant.renewal_declined": (approvers,),
    "grant.ended": (approvers,),
    "bridge.asked": (both_owners, both_recipients),
    "bridge.agreed": (both_owners, bridge_asker),
    "bridge.approved": (both_owners, both_recipients, bridge_asker),
    "bridge.refused": (both_owners, both_recipients, bridge_asker),
    "bridge.withdrawn": (both_owners, both_recipients, bridge_asker),
    "bridge.ended": (both_owners, both_recipients, bridge_asker),
    "package.signed": (recipients,),
    "package_plan.stopped": (recipients,),
}
# Kinds that concern nobody but who acts: a draft that is begun or changed, terms that are tried.
UNHEARD = frozenset({"request.started", "request.changed", "request.tried"})


def who_hears(matter: Matter) -> set:
    """Everybody whom it concerns, never the person who did it."""
    found = set()
    for circle in HEAR[matter.kind]:
        found |= circle(matter)
    return found - {matter.actor, None}
