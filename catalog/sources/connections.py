"""Connections to departments' databases: encrypted, read only, to an address that was checked, for a limited time."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from django.conf import settings

from catalog.models import Source
from catalog.sources import vault
from catalog.sources.errors import SourceError
from catalog.sources.guard import CONNECT_SECONDS, check_socket_folder, checked_address

PORTS = {Source.Kind.POSTGRESQL: 5432, Source.Kind.MYSQL: 3306}
# What libpq answers where the server itself says nothing by a code.
NO_TLS = ("server does not support SSL", "certificate verify failed", "SSL error")
LOGIN_STATES = ("28", "3D")  # invalid authorization, unknown database
REFUSED = ("password authentication", "no password supplied", "authentication", "Access denied", "does not exist")


@contextmanager
def connected(source: Source, *, seconds: int = 0) -> Iterator[sa.Connection]:
    """A connection in one read-only transaction over one state of the database; it ends with the block.

    No answer takes longer than `seconds`, where they are stated, or than the operator allows. Whatever goes wrong on
    the other side is a `SourceError`; its own words, which may tell of its network, are not handed on.
    """
    engine = _engine(source, min(seconds or settings.SOURCE_STATEMENT_SECONDS, settings.SOURCE_STATEMENT_SECONDS))
    try:
        with _opened(engine, source) as connection:
            yield connection
    except sa.exc.DBAPIError as error:
        raise told(error, source) from None
    finally:
        engine.dispose()


@contextmanager
def _opened(engine: sa.Engine, source: Source) -> Iterator[sa.Connection]:
    try:
        connection = engine.connect()
    except sa.exc.DBAPIError as error:
        raise _not_opened(error, source) from None
    with connection:
        yield connection


def _engine(source: Source, seconds: int) -> sa.Engine:
    maker = {Source.Kind.POSTGRESQL: _postgresql, Source.Kind.MYSQL: _mysql}[source.kind]
    url, options = maker(source, seconds)
    return sa.create_engine(
        url, connect_args=options, poolclass=sa.pool.NullPool, hide_parameters=True, isolation_level="REPEATABLE READ"
    )


def _postgresql(source: Source, seconds: int) -> tuple[sa.URL, dict]:
    port = source.port or PORTS[source.kind]
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
        "passfile": "/dev/null",  # nobody's password but the source's own
        "gssencmode": "disable",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": seconds * 1000,
    }
    if source.host.startswith("/"):
        check_socket_folder(source.host)
    else:
        options |= {"hostaddr": checked_address(source.host, port), "sslmode": "require" if source.tls else "prefer"}
        if source.tls and settings.SOURCE_CA_FILE:
            options |= {"sslmode": "verify-full", "sslrootcert": settings.SOURCE_CA_FILE}
        options |= {} if source.tls else {"require_auth": "!password"}  # never in the clear
    return _url("postgresql+psycopg2", source, port), options


def _mysql(source: Source, seconds: int) -> tuple[sa.URL, dict]:
    port = source.port or PORTS[source.kind]
    first = (
        "SET SESSION time_zone = '+00:00', SESSION transaction_read_only = 1, "
        "SESSION sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')"
    )
    options = {
        "host": checked_address(source.host, port),
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": seconds,
        "write_timeout": seconds,
        "charset": "utf8mb4",
        "local_infile": False,
        "init_command": first,
    }
    if source.tls:
        options["ssl"] = {"check_hostname": False, "ca": settings.SOURCE_CA_FILE or None}
    return _url("mysql+pymysql", source, port), options


def _url(driver: str, source: Source, port: int) -> sa.URL:
    return sa.URL.create(
        driver,
        username=source.username,
        password=vault.unseal(source) or None,
        host=source.host,
        port=port,
        database=source.database or None,
    )


def _not_opened(error: sa.exc.DBAPIError, source: Source) -> SourceError:
    words, state = str(error.orig), _state(error)
    if any(part in words for part in NO_TLS):
        return SourceError("source-no-tls", host=source.host)
    if state[:2] in LOGIN_STATES or any(part in words for part in REFUSED):
        return SourceError("source-refused", host=source.host)
    return SourceError("source-unreachable", host=source.host)


def told(error: sa.exc.DBAPIError, source: Source) -> SourceError:
    """What went wrong once the connection stood."""
    state = _state(error)
    if state == "57014":
        return SourceError("source-slow", host=source.host)
    if state == "42501":
        return SourceError("source-no-right", what=source.what)
    if error.connection_invalidated or not state or state[:2] in ("08", "57"):
        return SourceError("source-broke-off", host=source.host)
    return SourceError("source-query", host=source.host, state=state, what=source.what)


def _state(error: sa.exc.DBAPIError) -> str:
    """The SQLSTATE; of MySQL its number."""
    state = getattr(error.orig, "pgcode", None)
    numbered = error.orig.args[:1] if error.orig is not None else ()
    return state or next((str(number) for number in numbered if isinstance(number, int) and number < 2000), "")
