"""What was read under a grant, and what became of it: told by the log."""

import json
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import BigIntegerField, Count, JSONField, Max, Sum
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import Event
from catalog.models import Basis

DAYS = 30
MOST = 50
WHAT = {
    "grant.made": _("Lent"),
    "grant.suspended": _("Suspended"),
    "grant.resumed": _("Resumed"),
    "grant.revoked": _("Revoked"),
    "grant.expired": _("Ended by its date"),
}


@dataclass(frozen=True)
class Use:
    """How often rows left in the last days, how many, and when last."""

    exits: int
    rows: int
    last: object


def use_of(grant: Basis) -> Use:
    """The readings that have ended, of the last thirty days."""
    rows = Cast(KeyTextTransform("rows", KeyTransform("facts", Cast("body", JSONField()))), BigIntegerField())
    closed = Event.objects.filter(
        basis=grant.pk, kind="disclosure.closed", time__gt=timezone.now() - timedelta(days=DAYS)
    )
    found = closed.aggregate(exits=Count("pk"), rows=Sum(rows), last=Max("time"))
    return Use(found["exits"], found["rows"] or 0, found["last"])


def history_of(grant: Basis) -> list[dict]:
    """What happened to the grant, newest first, with the reasons that were given."""
    events = Event.objects.filter(basis=grant.pk, kind__in=WHAT).order_by("-time", "-id")[:MOST]
    return [
        {"at": event.time, "what": WHAT[event.kind], "text": json.loads(event.body)["facts"].get("reason", "")}
        for event in events
    ]
