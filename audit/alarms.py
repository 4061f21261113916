"""What is wrong with the log is said where people look, and is an event: once when it begins, once when it ends."""

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from audit.actor import service
from audit.log import record
from audit.models import Alarm


def raise_alarm(kind: str, *, about: str = "", sentence: str, evidence: dict | None = None) -> Alarm:
    """An open alarm of this kind about this; where there is one already, that one stands and nothing is added."""
    try:
        with transaction.atomic():
            if standing := open_alarms().filter(kind=kind, about=about).first():
                return standing
            now = timezone.now()
            alarm = Alarm.objects.create(
                kind=kind, about=about, sentence=sentence, evidence=evidence or {}, raised_at=now
            )
            facts = {"alarm": kind, "about": about, "sentence": sentence}
            record("log.alarm_raised", by=service("log"), on=alarm, facts=facts)
            return alarm
    except IntegrityError:  # another process saw it in the same moment
        return open_alarms().get(kind=kind, about=about)


def end_alarm(kind: str, *, about: str = "") -> None:
    """What the alarm was about is over; nothing happens where none stands."""
    if not open_alarms().filter(kind=kind, about=about).exists():
        return
    with transaction.atomic():
        alarm = open_alarms().select_for_update().filter(kind=kind, about=about).first()
        if alarm is None:
            return
        alarm.ended_at = timezone.now()
        alarm.save(update_fields=["ended_at"])
        record("log.alarm_ended", by=service("log"), on=alarm, facts={"alarm": kind, "about": about})


def open_alarms() -> QuerySet[Alarm]:
    """Those that still stand, oldest first; there is one of a kind about a thing at most."""
    return Alarm.objects.filter(ended_at=None).order_by("raised_at", "id")
