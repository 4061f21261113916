"""The settings that the system works by are events too: what each was before, and what it is from now on."""

import json

from django.conf import settings
from django.db import connection, transaction

from audit.actor import service
from audit.log import record
from audit.models import Event, LogState


@transaction.atomic
def record_configuration() -> Event | None:
    """One event where a setting of RECORDED_SETTINGS is another one than the log last said; None where none is."""
    _wait_for_others()
    held, found = last_recorded(), current()
    changes = {
        name: {"from": held.get(name), "to": found.get(name)}
        for name in sorted(held.keys() | found.keys())
        if held.get(name) != found.get(name)
    }
    if not changes:
        return None
    facts = {"changes": changes, "settings": found}
    return record("configuration.changed", by=service("log"), on=LogState(), facts=facts)


def current() -> dict:
    """The settings as they are in this process, in the form that an event keeps. None of them is a secret."""
    return {name: _plain(getattr(settings, name)) for name in settings.RECORDED_SETTINGS}


def last_recorded() -> dict:
    """The settings as the newest event of this kind states them."""
    event = Event.objects.filter(kind="configuration.changed").order_by("-time", "-id").first()
    return json.loads(event.body)["facts"]["settings"] if event else {}


def _plain(value):
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int) else str(value)


def _wait_for_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('record configuration', 0))")
