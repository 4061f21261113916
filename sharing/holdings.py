"""What a department holds: the grants lent to it, when each was used and by whom, and what is to be done about it."""

from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from audit.actor import Actor
from audit.models import Event
from catalog.models import Basis
from sharing.models import Request
from sharing.permissions import grants_lent_to

ENDS_SOON = timedelta(days=30)
UNUSED = timedelta(days=60)
ATTESTABLE = (Basis.State.REVOKED, Basis.State.EXPIRED, Basis.State.RETURNED)


def holdings(by: Actor) -> QuerySet[Basis]:
    """Each grant with the moment and the person of its last reading, and the request whose disposal is due."""
    last = _readings().order_by("-time", "-id")
    due = Request.objects.filter(grant=OuterRef("pk"), state=Request.State.DISPOSAL_DUE)
    return grants_lent_to(by).annotate(
        used_at=Subquery(last.values("time")[:1]),
        used_by=Subquery(last.values("actor")[:1]),
        to_dispose=Subquery(due.values("pk")[:1]),
    )


def ending(held: QuerySet[Basis], now: datetime) -> QuerySet[Basis]:
    """Those in force whose last day is near."""
    return in_force(held, now).filter(valid_until__lte=now + ENDS_SOON)


def unused(held: QuerySet[Basis], now: datetime) -> QuerySet[Basis]:
    """Those in force for a while that nobody has read for as long: perhaps they are needed no more."""
    lately = _readings().filter(time__gt=now - UNUSED)
    return in_force(held, now).filter(~Exists(lately), valid_from__lte=now - UNUSED)


def disposal_due(held: QuerySet[Basis], now: datetime) -> QuerySet[Basis]:
    """Those that are over, whose data the department must dispose of and say how."""
    return held.filter(Q(to_dispose__isnull=False) | Q(state__in=ATTESTABLE, used_at__isnull=False))


def in_force(held: QuerySet[Basis], now: datetime) -> QuerySet[Basis]:
    """Those that stand: active or suspended, and not past their last day."""
    standing = (Basis.State.ACTIVE, Basis.State.SUSPENDED)
    return held.filter(Q(valid_until=None) | Q(valid_until__gt=now), state__in=standing)


def over(held: QuerySet[Basis], now: datetime) -> QuerySet[Basis]:
    """Those that have ended."""
    return held.exclude(pk__in=in_force(held, now).order_by().values("pk"))


# The lists by name: what is held and still stands, what asks for something to be done, what is past.
LISTS = {
    "in-force": in_force,
    "ending": ending,
    "unused": unused,
    "disposal": disposal_due,
    "over": over,
}


def lines_of(grants: list[Basis]) -> list[dict]:
    """The grants of a page, each with the name of its last reader and what is to be noticed about it."""
    names = _names({grant.used_by for grant in grants if grant.used_by})
    now = timezone.now()
    return [{"grant": grant, "reader": names.get(grant.used_by, ""), **_noticed(grant, now)} for grant in grants]


def _noticed(grant: Basis, now: datetime) -> dict:
    until = grant.valid_until
    stands = grant.state in {Basis.State.ACTIVE, Basis.State.SUSPENDED} and (until is None or until > now)
    quiet = (grant.used_at or grant.valid_from) <= now - UNUSED
    return {
        "ends_soon": bool(stands and until and until <= now + ENDS_SOON),
        "unused": stands and quiet,
        "request": grant.to_dispose,
        "to_dispose": grant.to_dispose is not None or (grant.state in ATTESTABLE and grant.used_at is not None),
    }


def _names(people: set) -> dict:
    return {user.pk: user.name for user in get_user_model().objects.filter(pk__in=people)}


def _readings() -> QuerySet[Event]:
    return Event.objects.filter(basis=OuterRef("pk"), kind="disclosure.opened")
