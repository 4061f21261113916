"""Acts on the test database with rights that the application does not have."""

import io
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connections

from audit.management.commands.lockdown import rights_on
from portal.engines import postgres
from tests.engines import TEST_VAR


def drop_database(name: str) -> None:
    """The test database is gone, whoever is still connected to it."""
    connection = postgres.connect(TEST_VAR, "postgres")
    try:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        connection.close()


@contextmanager
def superuser():
    """A connection of the test cluster's superuser to the test database."""
    connection = postgres.connect(TEST_VAR, connections["default"].settings_dict["NAME"])
    try:
        yield connection
    finally:
        connection.close()


def as_superuser(*statements: str) -> None:
    """Runs statements as the superuser of the test cluster."""
    with superuser() as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        connection.commit()


@contextmanager
def events_refused():
    """The application may not insert events for a while."""
    role, quote = connections["default"].settings_dict["USER"], connections["default"].ops.quote_name
    as_superuser(f"REVOKE INSERT ON audit_event FROM {role}")
    try:
        yield
    finally:
        with superuser() as connection, connection.cursor() as cursor:
            cursor.execute(f"GRANT {rights_on(cursor, 'audit_event', quote)} ON audit_event TO {role}")


@contextmanager
def loosened(*statements: str):
    """The database is less closed than it should be for a while; `{app}` is the application's role."""
    role = connections["default"].settings_dict["USER"]
    try:
        as_superuser(*[statement.replace("{app}", role) for statement in statements])
        yield
    finally:
        call_command("lockdown", verbosity=0, stderr=io.StringIO())
