"""Who may know of a grant: the people of the owner who keep or decide, and the recipient's people."""

from django.db.models import Q, QuerySet

from audit.actor import Actor
from catalog.models import Basis, Department, Role
from catalog.permissions import departments_of, names

# An enterprise's people are all requesters, so whoever belongs to it reads; of a department, those who ask for data,
# keep data or decide about it: its stewards join what was lent with their own, its approvers answer for its use.
READERS = (Role.REQUESTER, Role.STEWARD, Role.APPROVER)


def readers_in(recipient: Department) -> list[str]:
    """The roles whose holders in the recipient read under a grant; empty means all of its people."""
    return [] if recipient.kind == Department.Kind.ENTERPRISE else list(READERS)


def grants_lent_by(by: Actor) -> QuerySet[Basis]:
    """The grants over data that this person keeps or decides about."""
    own = departments_of(by, Role.STEWARD, Role.APPROVER)
    return _known_to_key(by, _grants().filter(dataset__department__in=own))


def grants_lent_to(by: Actor) -> QuerySet[Basis]:
    """The grants that name this person's department, in any state."""
    return _known_to_key(by, _grants().filter(names(by))) if by.user else Basis.objects.none()


def visible_grants(by: Actor) -> QuerySet[Basis]:
    """Both: to everybody else a grant is not there."""
    if by.user is None:
        return Basis.objects.none()
    own = departments_of(by, Role.STEWARD, Role.APPROVER)
    return _known_to_key(by, _grants().filter(Q(dataset__department__in=own) | names(by)))


def _grants() -> QuerySet[Basis]:
    return Basis.objects.filter(kind=Basis.Kind.GRANT).select_related(
        "grant", "department", "dataset__department", "dataset__current", "version"
    )


def _known_to_key(by: Actor, grants: QuerySet[Basis]) -> QuerySet[Basis]:
    if by.key is None or not by.key.datasets.exists():
        return grants
    return grants.filter(dataset__in=by.key.datasets.all())
