"""Who counts as one person with whom: second accounts, and those who act for another. It takes two to be two."""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from catalog.models import Department, Membership, Role


def is_same_person(one, other) -> bool:
    """True for one account, and for two with one mailbox: what stands behind a plus sign leads nowhere else."""
    if one is None or other is None:
        return False
    return one.pk == other.pk or _mailbox(one.email) == _mailbox(other.email)


def share_a_seat(one, other, *, then: datetime) -> bool:
    """True where one acted for the other, or both for the same approver, at that time or since."""
    if one is None or other is None:
        return False
    seats = seats_since(then)
    if seats.filter(Q(user=one, acting_for=other) | Q(user=other, acting_for=one)).exists():
        return True
    return seats.filter(user=one, acting_for__in=seats.filter(user=other).values("acting_for")).exists()


def seats_since(then) -> QuerySet[Membership]:
    """The memberships by which somebody acted for somebody else at that time or since."""
    held = Membership.objects.filter(acting_for__isnull=False, starts_at__lte=timezone.now(), ends_at__gt=then)
    return held.filter(Q(ended_at=None) | Q(ended_at__gt=then))


def principal_of(user, department: Department):
    """The approver in whose place this person decides for the department now; None for who decides by themselves."""
    held = Membership.objects.live().filter(user=user, department=department, role=Role.APPROVER)
    seat = held.select_related("acting_for").order_by("pk").first()
    return seat.acting_for if seat else None


def belonged_to(user, department: Department, *, since: datetime) -> bool:
    """True where this person holds a role in the department, or held one since then, by whichever of their accounts."""
    name, host = _parts(user.email)
    of_mailbox = Q(user__email__istartswith=name, user__email__iendswith=f"@{host}")
    held = Membership.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=since),
        Q(ends_at=None) | Q(ends_at__gt=since),
        Q(user=user) | of_mailbox,
        department=department,
    )
    return any(is_same_person(user, one.user) for one in held.select_related("user"))


def _parts(email: str) -> tuple[str, str]:
    name, _at, host = email.casefold().rpartition("@")
    return name.partition("+")[0], host


def _mailbox(email: str) -> str:
    return "@".join(_parts(email))
