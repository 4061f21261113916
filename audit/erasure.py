"""Personal details are erased by their age, or on one person's request; never under a hold, and never unrecorded.

An event stays as it is, with its commitments, and so does every proof of it. What goes are salts and values.
"""

from calendar import monthrange
from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from audit.actor import service
from audit.log import record
from audit.models import Event, EventDetail, Hold, Retention

AT_ONCE = 2_000
ABOUT_A_MEMBER = ("membership.given", "membership.ended")
BY_ADDRESS = ("account.sign_in_failed", "account.reset_asked", "account.sign_up_asked")
ACTORS = "actor.name"
OTHER_PEOPLES = {"member", "person", "email"}  # in what somebody did: values of the person it was done to
NOBODYS = {"columns", "datasets", "files"}  # long lists, spelled out


def retention() -> Retention | None:
    """How long details are kept now; None: for ever, as nobody has decided yet."""
    return Retention.objects.order_by("-id").first()


def open_holds():
    """The holds that stand, newest first."""
    return Hold.objects.filter(lifted_at=None).order_by("-placed_at", "id")


def concerning(kind: str, about) -> Q:
    """The events about a dataset, a department, a basis; of an account also what was done to it."""
    if kind != Hold.Kind.ACCOUNT:
        return Q(**{kind: about})
    member = Q(kind__in=ABOUT_A_MEMBER, body__contains=f'"member":"{about}"')
    return Q(actor=about) | Q(subject=f"user:{about}") | member


def wait_for_others() -> None:
    """Until this transaction ends nobody else erases, or places or lifts a hold."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('audit erasure', 0))")


def erase_old() -> int:
    """What is older than the retention and under no hold goes, in steps with an event each; how many events lost it."""
    kept = retention()
    if kept is None or kept.months is None:
        return 0
    before = months_before(timezone.now(), kept.months)
    newest = Event.objects.filter(time__lt=before).order_by("-time", "-id").first()
    erased, after = 0, 0
    while newest is not None:
        gone, after = _erase_step(kept, before, after, newest.id)
        erased += gone
        if not after:
            break
    return erased


def months_before(moment: datetime, months: int) -> datetime:
    """The same day and time so many months earlier; the last day of the month where it has no such day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


@transaction.atomic
def erase_person(account, addresses: Iterable[str]) -> tuple[int, int]:
    """The details about one account or its e-mail addresses go: (events that lost some, events under a hold).

    The bare step, for an action that has checked and will record. What the same events say of others stays.
    """
    wait_for_others()
    addresses = list(addresses)
    tried = Q(kind__in=BY_ADDRESS, detail__values__email__value__in=addresses)
    events = Event.objects.filter(concerning(Hold.Kind.ACCOUNT, account) | tried, detail__isnull=False)
    held = events.filter(_under_hold()).values_list("id", flat=True)
    kept, erased = set(held.iterator()), 0
    for event in events.select_related("detail").order_by("id").iterator(AT_ONCE):
        names = set() if event.id in kept else theirs(event, account, addresses)
        erased += _erase(event.detail, names)
    return erased, len(kept)


@transaction.atomic
def erase_values(events: QuerySet[Event], names: set[str]) -> tuple[int, int]:
    """The values of these names go from the details of these events: (events that lost some, events under a hold).

    The bare step, for an action that has checked and will record. Names of persons and all else stay as they are.
    """
    wait_for_others()
    events = events.filter(detail__isnull=False, detail__values__has_any_keys=sorted(names))
    kept, erased = set(events.filter(_under_hold()).values_list("id", flat=True).iterator()), 0
    for event in events.exclude(id__in=kept).select_related("detail").order_by("id").iterator(AT_ONCE):
        erased += _erase(event.detail, names & event.detail.values.keys())
    return erased, len(kept)


def theirs(event: Event, account, addresses: Iterable[str]) -> set[str]:
    """The names of the values in an event's details that are about this person."""
    names = event.detail.values.keys() - NOBODYS
    found = set()
    if event.actor == account:
        found |= names - OTHER_PEOPLES
    if event.subject == f"user:{account}":
        found |= names - {ACTORS}
    if event.kind in ABOUT_A_MEMBER and f'"member":"{account}"' in event.body:
        found |= names & {"member"}
    if event.detail.values.get("email", {}).get("value") in addresses:
        found |= names - {ACTORS}
    return found


@transaction.atomic
def _erase_step(kept: Retention, before: datetime, after: int, last: int) -> tuple[int, int]:
    """(how many were erased, the number to go on after; 0 at the end)."""
    wait_for_others()
    due = Event.objects.filter(detail__event_id__gt=after, detail__event_id__lte=last, time__lt=before)
    step = list(due.exclude(_under_hold()).order_by("detail__event_id").values_list("id", "time")[:AT_ONCE])
    if not step:
        return 0, 0
    EventDetail.objects.filter(event_id__in=[pk for pk, _time in step]).delete()
    times = [time for _pk, time in step]
    reason = f"Older than {kept.months} months."
    facts = {"count": len(step), "from": min(times), "until": max(times), "months": kept.months, "reason": reason}
    record("details.erased", by=service("retention"), on=kept, facts=facts)
    return len(step), step[-1][0] if len(step) == AT_ONCE else 0


def _under_hold() -> Q:
    """The events about anything on which a hold stands."""
    found = Q(pk__in=[])
    for hold in open_holds():
        found |= concerning(hold.kind, hold.about)
    return found


def _erase(detail: EventDetail, names: set[str]) -> bool:
    """The values of these names go, the others of the event stay. Details are not changed, only written and deleted."""
    if not names:
        return False
    left = {name: value for name, value in detail.values.items() if name not in names}
    event_id = detail.event_id
    detail.delete()
    if left:
        EventDetail.objects.create(event_id=event_id, values=left)
    return True
