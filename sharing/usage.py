"""What was read under a grant, and what became of it: told by the log."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import BigIntegerField, Count, JSONField, Max, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast
from django.utils import timezone

from audit.models import Event
from audit.sentences import sentence
from catalog.models import Basis

DAYS = 30
MOST = 10_000  # readings whose rows are added up, the newest first
SHOWN = 10


@dataclass(frozen=True)
class Use:
    """How often rows left in the last days, how many, and when last."""

    exits: int
    rows: int
    last: object


def use_of(grant: Basis) -> Use:
    """The readings that have ended, of the last thirty days."""
    return _use(grant, since=timezone.now() - timedelta(days=DAYS))


def use_since_made(grant: Basis) -> Use:
    """The readings that have ended, of its whole life, the newest of very many: what a renewal looks back on."""
    return _use(grant, since=grant.valid_from)


def _use(grant: Basis, *, since) -> Use:
    rows = Cast(KeyTextTransform("rows", KeyTransform("facts", Cast("body", JSONField()))), BigIntegerField())
    closed = Event.objects.filter(basis=grant.pk, kind="disclosure.closed", time__gt=since)
    newest = closed.order_by("-time", "-id")[:MOST].annotate(left=rows)
    found = newest.aggregate(exits=Count("pk"), rows=Sum("left"), last=Max("time"))
    return Use(found["exits"], found["rows"] or 0, found["last"])


def has_been_used(grant: Basis) -> bool:
    """True once a reading under it has begun."""
    return Event.objects.filter(basis=grant.pk, kind="disclosure.opened").exists()


def events_of(grant: Basis) -> QuerySet[Event]:
    """What happened to the grant and under it: made, suspended, each reading as it began and as it ended."""
    return Event.objects.filter(basis=grant.pk).select_related("entry")


def told(event: Event) -> dict:
    """An event as a line of a list. The persons in it stay unnamed: the parties know their own people."""
    entry = getattr(event, "entry", None)
    return {"event": event, "sentence": sentence(event, names=False), "index": entry.index if entry else None}


def newest_of(grant: Basis) -> list[dict]:
    """The last few events of the grant, newest first."""
    return [told(event) for event in events_of(grant).order_by("-time", "-id")[:SHOWN]]
