import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from audit.models import Event
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
