"""Looks at our log as its witnesses see it, and says which of them has not been heard of for long."""

import time

from django.conf import settings
from django.core.cache import cache

from audit.alarms import end_alarm, open_alarms, raise_alarm
from audit.checkpoints import published
from audit.models import LogState
from audit.sightings import judge
from audit.verify import Policy
from audit.witnesses import read_policy, seen

SILENT = "witness-silent"


def watch_witnesses() -> None:
    """Holds what each witness saw against our tree; alarms say where the two differ, and who is silent."""
    policy = read_policy()
    if not policy.witnesses:
        return
    sights = seen()  # before our own state is read: the witnesses see nothing that was not signed earlier
    if LogState.objects.exists():
        for name, point in sights.items():
            judge(name, point)
    point = published()
    heard = {*sights, *(policy.cosigners(point.note) if point else ())}
    _say_who_is_silent(policy, heard)


def _say_who_is_silent(policy: Policy, heard: set[str]) -> None:
    standing = set(open_alarms().filter(kind=SILENT).values_list("about", flat=True))
    for name in standing & heard | standing - set(policy.witnesses):
        end_alarm(SILENT, about=name)
    for name in policy.witnesses:
        key = f"witness-missed:{name}"
        if name in heard:
            cache.delete(key)
            continue
        since = cache.get_or_set(key, time.time(), timeout=None)
        if name not in standing and time.time() - since >= settings.LOG_WITNESS_SILENT_SECONDS:
            minutes = int((time.time() - since) / 60)
            raise_alarm(
                SILENT,
                about=name,
                sentence=f"The witness {name} has not cosigned and not been reached for {minutes} minutes.",
            )
