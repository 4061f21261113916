"""What the application's role may do to events, tried; and what is said where a deployment lets it do more."""

import io

import pytest
from django.apps import apps
from django.core import checks
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from audit.guards import RIGHTS, TRIGGERS, too_little, weaknesses
from audit.models import Event
from tests import world
from tests.database import as_superuser, events_refused, loosened, superuser

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
HERE = f"audit_event_{timezone.now():%Y_%m}"
ATTACKS = [
    "UPDATE {table} SET body = ''",
    "UPDATE {table} SET time = now() - interval '1 year'",
    "DELETE FROM {table}",
    "TRUNCATE {table} CASCADE",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "ALTER TABLE {table} DISABLE TRIGGER audit_event_no_truncate",
    "DROP TRIGGER audit_event_no_truncate ON {table}",
    "CREATE TRIGGER mine BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()",
    "CREATE RULE none AS ON INSERT TO {table} DO INSTEAD NOTHING",
    "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE {table} OWNER TO CURRENT_USER",
    "DROP TABLE {table}",
    "LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
]
ATTACKS_AROUND = [
    "SET session_replication_role = replica",
    "SET ROLE causeway_owner",
    "ALTER TABLE audit_event DETACH PARTITION audit_event_other",
    f"INSERT INTO {HERE} SELECT * FROM audit_event LIMIT 1",
    "INSERT INTO audit_event (id, uuid, time, kind, body, subject) VALUES (1, gen_random_uuid(), now(), 'x', '{}', '')",
    "INSERT INTO audit_event (uuid, time, kind, body, subject, xact) VALUES (gen_random_uuid(), now(), 'x', '', '', 3)",
    "SELECT setval('audit_event_number', 1)",
    "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "DROP FUNCTION audit_refuse_change() CASCADE",
    "CREATE TABLE public.audit_copy (body text)",
    "CREATE TEMPORARY TABLE audit_event (body text)",
    "CREATE SCHEMA mine",
    "DROP SCHEMA public CASCADE",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "COPY audit_event FROM PROGRAM 'true'",
    "UPDATE audit_entry SET index = 0",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry",
    "DELETE FROM audit_logstate",
    "UPDATE audit_eventdetail SET values = '{}'",
    "TRUNCATE audit_eventdetail",
]
MISTAKES = {
    "ALTER ROLE {app} SUPERUSER": "can act as",
    "GRANT pg_write_server_files TO {app}": "can act as pg_write_server_files",
    "GRANT pg_write_all_data TO {app}": "may UPDATE on audit_event.",
    "GRANT causeway_owner TO {app}": "owns the table audit_event,",
    "GRANT causeway_owner TO {app} WITH INHERIT FALSE": "owns the database",
    "ALTER TABLE audit_event_other OWNER TO {app}": "owns the table audit_event_other",
    "ALTER FUNCTION audit_refuse_change() OWNER TO {app}": "owns the function audit_refuse_change",
    "GRANT UPDATE ON audit_event TO {app}": "may UPDATE on audit_event.",
    "GRANT UPDATE (body) ON audit_event TO {app}": "may UPDATE on audit_event.",
    "GRANT DELETE ON audit_event_other TO PUBLIC": "may DELETE on audit_event_other.",
    f"GRANT TRUNCATE ON {HERE} TO {{app}}": f"may TRUNCATE on {HERE}.",
    "GRANT TRIGGER ON audit_entry TO {app}": "may TRIGGER on audit_entry.",
    "GRANT REFERENCES ON audit_event TO {app}": "may REFERENCES on audit_event.",
    "GRANT UPDATE ON audit_eventdetail TO {app}": "may UPDATE on audit_eventdetail.",
    "GRANT INSERT ON audit_event TO {app}": "may choose id of audit_event",
    "GRANT UPDATE ON SEQUENCE audit_event_number TO {app}": "may set the sequence audit_event_number back",
    "GRANT SET ON PARAMETER session_replication_role TO {app}": "session_replication_role",
    "GRANT CREATE ON SCHEMA public TO PUBLIC": "in the schema public",
    "ALTER DEFAULT PRIVILEGES FOR ROLE causeway_owner GRANT ALL ON TABLES TO {app}": "each new month",
    "ALTER TABLE audit_event DISABLE TRIGGER ALL": "No trigger stops UPDATE on audit_event",
    "ALTER TABLE audit_event_other DISABLE TRIGGER audit_event_no_truncate": "TRUNCATE on audit_event_other",
    f"ALTER TABLE ONLY {HERE} DISABLE TRIGGER audit_event_append_only": f"No trigger stops DELETE on {HERE}",
    "DROP TRIGGER audit_entry_append_only ON audit_entry": "No trigger stops UPDATE on audit_entry",
    "ALTER TABLE audit_event ENABLE REPLICA TRIGGER audit_event_no_truncate": "TRUNCATE on audit_event:",
    "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'":
        "No trigger stops DELETE on audit_event",
}  # fmt: skip


@pytest.fixture
def events():
    """A log that holds something."""
    world.cast()
    return list(Event.objects.order_by("id").values_list("id", "body"))


@pytest.mark.parametrize("table", ["audit_event", HERE, "audit_event_other", "around"])
def test_it_refuses_the_application(events, table):
    for attack in ATTACKS_AROUND if table == "around" else [attack.format(table=table) for attack in ATTACKS]:
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attack)
            pytest.fail(attack)

        assert list(Event.objects.order_by("id").values_list("id", "body")) == events, attack


def test_it_refuses_the_owner_too(events):
    for statement in ("UPDATE audit_event SET body = ''", "DELETE FROM audit_event", f"TRUNCATE {HERE}"):
        with pytest.raises(DatabaseError), connections["owner"].cursor() as cursor:
            cursor.execute(statement)


def test_it_finds_nothing_to_say_of_a_closed_database():
    assert weaknesses(connection) == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_it_says_where_a_deployment_gives_too_much(mistake):
    """In a transaction that is rolled back: roles belong to the cluster, where other tests run."""
    role = connection.settings_dict["USER"]
    with superuser() as elsewhere:
        elsewhere.autocommit = False
        with elsewhere.cursor() as cursor:
            cursor.execute(mistake.replace("{app}", role))
            cursor.execute(f"SET LOCAL SESSION AUTHORIZATION {role}")
        said = weaknesses(elsewhere)
        elsewhere.rollback()

    assert any(MISTAKES[mistake] in sentence for sentence in said), said


@pytest.mark.parametrize("mistake", [
    "GRANT UPDATE (body) ON audit_event TO {app}",
    "GRANT DELETE ON audit_event_other TO PUBLIC",
    "GRANT CREATE ON SCHEMA public TO PUBLIC",
    "ALTER DEFAULT PRIVILEGES FOR ROLE causeway_owner GRANT ALL ON TABLES TO {app}",
])  # fmt: skip
def test_it_tells_those_who_watch_and_those_who_deploy_until_it_is_closed_again(client, mistake):
    with loosened(mistake):
        warned = [warning.msg for warning in deploy_check()]
        said = weaknesses(connection)
        ready = client.get("/readyz")

    assert MISTAKES[mistake] in " ".join(warned)
    assert warned == said
    assert ready.status_code == 503
    assert ready.json()["checks"]["events"] == "the application's role can change events: run manage.py lockdown"
    assert weaknesses(connection) == [] == deploy_check()


def test_it_gains_nothing_by_granting_rights_to_itself():
    with connection.cursor() as cursor:
        cursor.execute("GRANT UPDATE, TRIGGER ON audit_event TO CURRENT_USER")  # PostgreSQL warns, and does nothing

    assert weaknesses(connection) == []


def test_it_says_where_the_application_cannot_add_events(client):
    with events_refused():
        assert too_little(connection) == ["The application lacks INSERT on audit_event."]
        assert "cannot add events" in client.get("/readyz").json()["checks"]["events"]


def test_it_closes_the_months_that_come_later():
    with connection.cursor() as cursor:  # the application itself may ask for months, and gets nothing by it
        cursor.execute("SELECT audit_prepare_months('2192-01-01', 2)")

    assert weaknesses(connection) == []
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_event_2192_02")


def test_it_tells_the_operator_what_it_could_not_close():
    said = io.StringIO()
    as_superuser("ALTER TABLE audit_event_other DISABLE TRIGGER audit_event_no_truncate")
    try:
        call_command("lockdown", stderr=said, verbosity=0)
    finally:
        as_superuser("ALTER TABLE audit_event_other ENABLE TRIGGER audit_event_no_truncate")

    assert "Not closed: No trigger stops TRUNCATE on audit_event_other" in said.getvalue()


def test_it_asks_for_a_trigger_on_every_table_that_only_grows():
    assert {"audit_event", "audit_entry", "audit_logstate"} == set(TRIGGERS)


def test_it_says_of_every_table_of_the_log_what_the_application_may_do():
    assert {model._meta.db_table for model in apps.get_app_config("audit").get_models()} == set(RIGHTS)


def deploy_check():
    """What `check --deploy --database default` says of the log."""
    found = checks.run_checks(include_deployment_checks=True, databases=["default"])
    return [message for message in found if message.id == "audit.E001"]
