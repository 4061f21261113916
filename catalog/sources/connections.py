"""Connections to departments' databases: encrypted, read only, to an address that was checked, for a limited time."""

import logging
import os
import struct
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import sqlalchemy as sa
from django.conf import settings
from django.db import connection as own

from catalog.models import Source
from catalog.sources import faults, mysql, vault
from catalog.sources.errors import SourceError
from catalog.sources.guard import CONNECT_SECONDS, check_socket_folder, checked_address
from catalog.sources.watch import MOST_AT_ONCE, Watch, watched

log = logging.getLogger(__name__)

PORT = 5432
WHICH = "SELECT system_identifier::text, current_database()::text FROM pg_control_system()"
# What drivers raise at answers that no server of their kind gives.
BEWILDERED = (struct.error, LookupError, ValueError, TypeError, AttributeError, RuntimeError, AssertionError)


@contextmanager
def connected(source: Source, *, seconds: int = 0, most: int = MOST_AT_ONCE) -> Iterator[tuple[sa.Connection, Watch]]:
    """A connection in one read-only transaction over one state of the database; it ends with the block.

    All of it takes no longer than `seconds`, where they are stated, or than a run may, no answer longer than the
    operator allows, and no more than `most` bytes come between two calls of the watch's `taken_in`. Whatever goes wrong
    on the other side is a `SourceError`; its own words, which may tell of its network, are not handed on.
    """
    patience = min(seconds or settings.SOURCE_STATEMENT_SECONDS, settings.SOURCE_STATEMENT_SECONDS)
    with watched(source, seconds=seconds or settings.SOURCE_RUN_SECONDS, most=most) as watch:
        engine = _engine(source, patience, watch)
        try:
            with _opened(engine, source, watch) as connection:
                if source.kind == Source.Kind.POSTGRESQL:
                    _check_not_own(connection, source)
                yield connection, watch
        except sa.exc.DBAPIError as error:
            raise watch.fault or faults.told(error, source) from None
        except BEWILDERED as error:
            if watch.fault is None:
                log.warning("A source was not understood: %s at %s", type(error).__name__, _place(error))
            raise watch.fault or SourceError("source-not-understood", host=source.host) from None
        finally:
            engine.dispose()


@contextmanager
def _opened(engine: sa.Engine, source: Source, watch: Watch) -> Iterator[sa.Connection]:
    try:
        connection = engine.connect()
    except sa.exc.DBAPIError as error:
        raise watch.fault or faults.not_opened(error, source) from None
    with connection:
        try:
            yield connection
        except BaseException:
            connection.invalidate()  # what is still on its way is not waited for
            raise


def _engine(source: Source, seconds: int, watch: Watch) -> sa.Engine:
    said = {"poolclass": sa.pool.NullPool, "hide_parameters": True, "isolation_level": "REPEATABLE READ"}
    if source.kind == Source.Kind.MYSQL:
        enter = partial(mysql.connect, source, seconds=seconds, watch=watch)
        return sa.create_engine("mysql+pymysql://", creator=enter, **said)
    options = _postgresql(source, seconds)
    if "hostaddr" in options:  # the driver asks this and that before it lets us have the connection
        watch.over_next(options["hostaddr"], source.port or PORT)
    return sa.create_engine(_url(source), connect_args=options, **said)


def _url(source: Source) -> sa.URL:
    about = {"host": source.host, "port": source.port or PORT, "database": source.database or None}
    return sa.URL.create("postgresql+psycopg2", username=source.username, **about)


def _postgresql(source: Source, seconds: int) -> dict:
    said = {
        "statement_timeout": seconds * 1000,
        "default_transaction_read_only": "on",
        "synchronize_seqscans": "off",
        "TimeZone": "UTC",
        "DateStyle": "ISO",
        "bytea_output": "hex",
    }
    options = {
        "connect_timeout": CONNECT_SECONDS,
        "options": " ".join(f"-c {name}={value}" for name, value in said.items()),
        "application_name": "causeway",
        "password": vault.unseal(source),
        "passfile": "/dev/null",  # nobody's password but the source's own
        "gssencmode": "disable",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": seconds * 1000,
    }
    if source.host.startswith("/"):
        check_socket_folder(source.host)
        return options
    address = checked_address(source.host, source.port or PORT)
    options |= {"hostaddr": address, "sslmode": "require" if source.tls else "disable"}
    if source.tls and settings.SOURCE_CA_FILE:
        options |= {"sslmode": "verify-full", "sslrootcert": settings.SOURCE_CA_FILE}
    return options | ({} if source.tls else {"require_auth": "!password"})  # never in the clear


def _check_not_own(connection: sa.Connection, source: Source) -> None:
    """By whatever name or way it was reached, it is not the database that this platform itself is kept in."""
    try:
        with connection.begin_nested():
            theirs = tuple(connection.execute(sa.text(WHICH)).one())
    except sa.exc.ProgrammingError:  # a server that does not say
        return
    with own.cursor() as cursor:
        cursor.execute(WHICH)
        if theirs == cursor.fetchone():
            raise SourceError("source-own", host=source.host)


def _place(error: BaseException) -> str:
    """Where in the code it was raised; its words may be another server's."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{os.path.basename(last.filename)}:{last.lineno}"
