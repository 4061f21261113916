"""Events stand in the month of their time, and months are made ahead."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, connections, transaction

from audit.models import Event, LogState
from tests import world

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def months() -> set[str]:
    """The partitions that are there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_event'::regclass")
        return {name for (name,) in cursor.fetchall()}


def partition_of(event: Event) -> str:
    """Where an event stands."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM audit_event WHERE uuid = %s", [event.uuid])
        return cursor.fetchone()[0]


def test_it_keeps_an_event_in_its_month():
    world.cast()

    event = Event.objects.latest("id")

    assert partition_of(event) == f"audit_event_{event.time:%Y_%m}"


def test_it_keeps_an_event_whose_month_is_not_there():
    far = Event(time=datetime(2190, 1, 1, tzinfo=UTC), kind="account.signed_in", body="{}")

    far.save(force_insert=True)

    assert partition_of(far) == "audit_event_other"


def test_it_makes_months_ahead_and_guards_each():
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT audit_prepare_months('2191-01-15', 1)")
        cursor.execute("SELECT audit_prepare_months('2191-01-01', 1)")  # doing it again changes nothing
    assert {"audit_event_2191_01", "audit_event_2191_02"} <= months()
    event = Event(time=datetime(2191, 2, 28, 23, 59, tzinfo=UTC), kind="account.signed_in", body="{}")
    event.save(force_insert=True)
    assert partition_of(event) == "audit_event_2191_02"

    for statement in (
        "TRUNCATE audit_event_2191_02",
        "UPDATE audit_event_2191_02 SET body = '1'",
        "DELETE FROM audit_event_2191_02",
    ):
        with pytest.raises(DatabaseError), connections["owner"].cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize(("size", "root"), [(4, b"\x01"), (5, b"\x02")])
def test_it_refuses_a_smaller_or_another_state_of_the_log(size, root):
    LogState.objects.create(size=5, root=b"\x01", note="")

    with pytest.raises(DatabaseError), transaction.atomic():
        LogState.objects.update(size=size, root=root)

    LogState.objects.update(size=6, root=b"\x03")
    with pytest.raises(DatabaseError), transaction.atomic():
        LogState.objects.all().delete()
