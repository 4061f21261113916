"""Acts on the test database with rights that the application does not have."""

import fcntl
import hashlib
import io
from contextlib import closing, contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from audit.management.commands.lockdown import rights_on
from portal.engines import postgres
from tests.engines import TEST_VAR

ROOT = Path(__file__).resolve().parent.parent


def copy_migrated(name: str) -> None:
    """A new database to which both roles are connected, with every migration: one test process migrates for all."""
    with (TEST_VAR / "migrated.lock").open("a") as lock, closing(postgres.connect(TEST_VAR, "postgres")) as connection:
        fcntl.flock(lock, fcntl.LOCK_EX)
        migrated = f"migrated_{_migrations_digest()}"
        with connection.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname ~ '^migrated_'")
            kept = {found for (found,) in cursor.fetchall()}
            for old in kept - {migrated}:
                cursor.execute(f"DROP DATABASE {old}")
            if migrated not in kept:
                _migrate_into(name)
                cursor.execute(f"ALTER DATABASE {name} RENAME TO {migrated}")
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE {migrated} OWNER {postgres.OWNER}")
    _connect_to(name)


def _migrate_into(name: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    _connect_to(name)
    call_command("migrate", database="owner", verbosity=0)
    _connect_to(name)


def _connect_to(name: str) -> None:
    for alias in ("owner", "default"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def _migrations_digest() -> str:
    """Another for other migrations, other packages that bring some, and another month: there are tables of each."""
    digest = hashlib.sha256(f"{timezone.now():%Y-%m}".encode())
    for path in [ROOT / "requirements.lock", *sorted(ROOT.glob("*/migrations/*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


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
