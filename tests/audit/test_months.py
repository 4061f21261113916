"""Months of events are made ahead, and an alarm stands while one is missing."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from audit.alarms import open_alarms
from audit.guards import weaknesses
from audit.models import Event
from audit.months import amiss, prepare_months
from audit.tasks import prepare_months as task
from tests.database import as_superuser

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def next_month() -> str:
    """The partition of the month to come."""
    now = timezone.now()
    year, month = divmod(now.year * 12 + now.month, 12)
    return f"audit_event_{year}_{month + 1:02}"


def test_it_finds_nothing_amiss_where_months_are_there():
    task()
    assert amiss() == []
    assert not open_alarms().exists()


def test_it_makes_a_month_that_is_missing():
    as_superuser(f"DROP TABLE {next_month()}")
    assert amiss() == [f"The partition {next_month()} of events is missing: run manage.py lockdown."]

    assert prepare_months() == []


def test_it_raises_an_alarm_while_events_stand_in_no_month_and_ends_it_after():
    Event.objects.create(time=datetime(2190, 1, 1, tzinfo=UTC), kind="account.signed_in", body="{}")

    prepare_months()
    prepare_months()

    assert open_alarms().get().kind == "months-missing"
    assert Event.objects.filter(kind="log.alarm_raised").count() == 1
    as_superuser("SET session_replication_role = replica", "TRUNCATE audit_event_other")
    prepare_months()
    assert not open_alarms().exists()


def test_it_says_so_where_a_month_cannot_be_made_any_more():
    as_superuser(f"DROP TABLE {next_month()}")
    now = timezone.now()
    year, month = divmod(now.year * 12 + now.month, 12)
    Event.objects.create(time=datetime(year, month + 1, 3, tzinfo=UTC), kind="account.signed_in", body="{}")

    found = prepare_months()

    assert len(found) == 2
    as_superuser("SET session_replication_role = replica", "TRUNCATE audit_event_other")
    assert prepare_months() == []


def test_the_operators_words_bring_strays_to_their_months():
    page = (Path(__file__).resolve().parents[2] / "docs/operator.md").read_text()
    statements = re.search(r"<!-- strays:.*?```sql\n(.*?)```", page, re.S)[1]
    for month in (3, 4):
        Event.objects.create(time=datetime(2193, month, 9, tzinfo=UTC), kind="account.signed_in", body="{}")
    before = list(Event.objects.order_by("id").values_list("id", "uuid", "time"))
    assert amiss()

    with connections["owner"].cursor() as cursor:
        cursor.execute(statements)
    call_command("lockdown", verbosity=0)

    assert amiss() == [] == weaknesses(connection)
    assert list(Event.objects.order_by("id").values_list("id", "uuid", "time")) == before
    assert prepare_months() == []
