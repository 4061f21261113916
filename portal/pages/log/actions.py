"""What auditors do with the log: each look at it is itself an event, written before anything is shown."""

from collections.abc import Mapping

from django.db import transaction

from audit.actor import Actor
from audit.log import record
from audit.models import Event
from catalog.permissions import check_may_audit


@transaction.atomic
def view_log(filters: Mapping[str, str], *, by: Actor, private: Mapping[str, str]) -> Event:
    """The auditor is about to see a page of events that these filters find."""
    check_may_audit(by)
    return record("log.viewed", by=by, on=by.user, facts={"filters": dict(filters)}, private=dict(private))


@transaction.atomic
def view_event(event: Event, *, by: Actor) -> Event:
    """The auditor is about to see one event with its personal values."""
    check_may_audit(by)
    return record("log.viewed", by=by, on=event, facts={"filters": {"event": event.uuid}})


@transaction.atomic
def view_entries(path: str, *, by: Actor) -> Event:
    """The auditor is about to read a bundle of entries, the file of the log at this path."""
    check_may_audit(by)
    return record("log.viewed", by=by, on=by.user, facts={"filters": {"entries": path}})


@transaction.atomic
def check_event(event: Event, *, by: Actor) -> Event:
    """The auditor has an event checked against the log."""
    check_may_audit(by)
    return record("log.checked", by=by, on=event, facts={"count": 1})


@transaction.atomic
def export_log(filters: Mapping[str, str], count: int, *, by: Actor, private: Mapping[str, str]) -> Event:
    """The auditor is about to take so many events away as a file."""
    check_may_audit(by)
    return record(
        "log.exported", by=by, on=by.user, facts={"filters": dict(filters), "count": count}, private=dict(private)
    )
