from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from audit.log import Unrecordable, record_alone, record_end
from audit.models import Event, EventDetail
from tests import world


@pytest.mark.django_db
def test_it_keeps_events_from_the_application(db):
    people = world.cast()
    assert Event.objects.filter(kind="membership.given").count() == 8
    event = Event.objects.first()
    for statement in ("UPDATE audit_event SET body = ''", "DELETE FROM audit_event", "TRUNCATE audit_event CASCADE"):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert people.owner.name not in event.body


def alone(people, write=record_alone):
    """The event of an exit, with something personal in it."""
    about = {"department": people.parks, "facts": {"member": "1", "role": "steward", "until": None}}
    return write("membership.given", by=world.by(people.administrator), on=people.owner, **about)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lost", ["", "DEALLOCATE ALL", "connection"])
@pytest.mark.parametrize("write", [record_alone, record_end])
def test_an_event_of_its_own_is_there_for_others_at_once_whatever_became_of_the_plan(write, lost):
    people = world.cast()
    alone(people, write)
    if lost == "connection":
        connection.close()
    elif lost:
        connection.cursor().execute(lost)
    event, again = alone(people, write), alone(people, write)

    with ThreadPoolExecutor(1) as another:
        bodies = another.submit(seen_from_another_connection, [event.uuid, again.uuid]).result()
    assert bodies == {event.body, again.body} and len(bodies) == 2
    assert EventDetail.objects.filter(event__in=[event, again]).count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_event_of_its_own_is_refused_within_a_transaction():
    people = world.cast()
    with pytest.raises(Unrecordable, match="durable"), transaction.atomic():
        alone(people)
    with pytest.raises(Unrecordable, match="seen at once"), transaction.atomic():
        alone(people, record_end)


@pytest.mark.django_db(transaction=True)
def test_only_the_end_of_an_act_does_not_wait_for_the_disk():
    """What is committed after it waits again, and takes it along."""
    people = world.cast()
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        (usual,) = cursor.fetchone()
        event = alone(people, record_end)
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == (usual,)
    assert EventDetail.objects.filter(event=event).exists()


def seen_from_another_connection(uuids) -> set[str]:
    """The bodies of these events, as any other process would find them now."""
    try:
        return set(Event.objects.filter(uuid__in=uuids).values_list("body", flat=True))
    finally:
        connection.close()
