"""Events stand in a partition for each month, made ahead; an alarm stands while one is missing."""

import logging

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit.alarms import end_alarm, raise_alarm

AHEAD = 3
ALARM = "months-missing"

log = logging.getLogger(__name__)


def prepare_months() -> list[str]:
    """This month and the next ones have their partitions; what is still amiss, in sentences, is an alarm."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT audit_prepare_months((now() AT TIME ZONE 'UTC')::date, %s)", [AHEAD])
    except DatabaseError as reason:  # events of that month stand in the default partition: only the owner moves them
        log.warning("Not all months of events could be made: %s", reason)
    found = amiss()
    if found:
        raise_alarm(ALARM, sentence=" ".join(found))
    else:
        end_alarm(ALARM)
    return found


def amiss() -> list[str]:
    """Why events will not stand, or do not stand, in the partition of their month."""
    now = timezone.now()
    year, month = divmod(now.year * 12 + now.month, 12)
    wanted = [f"audit_event_{now:%Y_%m}", f"audit_event_{year}_{month + 1:02}"]
    found = [f"The partition {name} of events is missing: run manage.py lockdown." for name in wanted if not _is(name)]
    if strays():
        found.append("Events stand in audit_event_other, which belongs to no month: see docs/operator.md.")
    return found


def strays() -> bool:
    """True where events stand in no month."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM audit_event_other)")
        return cursor.fetchone()[0]


def _is(partition: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [partition])
        return cursor.fetchone()[0]
