"""What MySQL and MariaDB have of their own: how they are entered, and types that no other database has."""

import pyarrow as pa
import pymysql
import sqlalchemy as sa
from django.conf import settings
from pymysql.constants import CR
from sqlalchemy.dialects import mysql

from catalog.models import Source
from catalog.sources import guard, vault
from catalog.sources.watch import Watch

PORT = 3306
PLAIN = "the password itself is asked for"
SILENT_SECONDS = 600  # how long the server lets us take for what it sent
BINARY = (sa.LargeBinary, sa.BINARY, sa.VARBINARY, mysql.TINYBLOB, mysql.MEDIUMBLOB, mysql.LONGBLOB)


class _Refused:
    """A kind of login that would tell the password to whoever listens, or that the driver does not know."""

    def __init__(self, connection):
        """The driver hands in its connection."""

    def authenticate(self, packet):
        """Sends nothing more."""
        raise pymysql.err.OperationalError(CR.CR_AUTH_PLUGIN_ERR, PLAIN)


class _Unknown(_Refused):
    """A kind of login that this driver has no library for."""

    def authenticate(self, packet):
        """Sends nothing more."""
        raise pymysql.err.OperationalError(CR.CR_AUTH_PLUGIN_CANNOT_LOAD, "unknown kind of login")


class _Connection(pymysql.Connection):
    """A connection that, once it is closed, waits for no row that was still on its way."""

    def _force_close(self):
        if self._result is not None:
            self._result.unbuffered_active = False
        super()._force_close()


UNKNOWN = dict.fromkeys(("client_ed25519", "parsec", "auth_gssapi_client"), _Unknown)
TELLING = dict.fromkeys(("mysql_clear_password", "dialog", "sha256_password", "caching_sha2_password"), _Refused)


def connect(source: Source, *, seconds: int, watch: Watch) -> pymysql.Connection:
    """A connection that only reads, in UTC; nothing is waited for longer than `seconds`, no query than a whole run."""
    port = source.port or PORT
    tls = {"ssl": _tls()} if source.tls else {"ssl_disabled": True}
    sock = guard.connect(source.host, port)
    watch.over(sock.dup())
    connection = _Connection(
        host=source.host,  # the name that its certificate must bear; the way there is the socket
        port=port,
        user=source.username,
        password=vault.unseal(source).encode(),
        database=source.database,
        charset="utf8mb4",
        connect_timeout=guard.CONNECT_SECONDS,
        read_timeout=seconds,
        write_timeout=seconds,
        local_infile=False,
        auth_plugin_map={**UNKNOWN, **({} if source.tls else TELLING)},
        defer_connect=True,
        **tls,
    )
    connection.connect(sock)
    _prepare(connection)
    return connection


def _tls() -> dict:
    """Encrypted, and with authorities of the operator's also from whom it says."""
    return {"ca": settings.SOURCE_CA_FILE or None, "check_hostname": bool(settings.SOURCE_CA_FILE)}


def _prepare(connection: pymysql.Connection) -> None:
    run = settings.SOURCE_RUN_SECONDS
    maria = "mariadb" in connection.get_server_info().lower()
    limit = f"max_statement_time = {run}" if maria else f"max_execution_time = {run * 1000}"
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION READ ONLY")
        cursor.execute(f"SET SESSION time_zone = '+00:00', SESSION sql_mode = '', SESSION {limit}")
        cursor.execute(f"SET SESSION net_write_timeout = {SILENT_SECONDS}")


def special(column: sa.ColumnElement, kind: sa.types.TypeEngine) -> tuple[sa.ColumnElement, pa.DataType] | None:
    """How a column of a type that only these databases have is asked for, and what it becomes."""
    if isinstance(kind, mysql.BIT):
        number = column + sa.literal_column("0")
        if (kind.length or 1) == 1:
            return sa.type_coerce(number, sa.Boolean()), pa.bool_()
        return sa.func.lpad(sa.func.bin(number), kind.length, "0"), pa.large_string()
    if isinstance(kind, mysql.YEAR):
        return column, pa.int64()
    if isinstance(kind, BINARY):
        return sa.func.concat("\\x", sa.func.lower(sa.func.hex(column))), pa.large_string()
    if isinstance(kind, mysql.TIMESTAMP):  # kept in UTC, unlike DATETIME
        return column, pa.timestamp("us", "UTC")
    if isinstance(kind, mysql.TIME):  # which may be a span of days
        return sa.cast(column, sa.Text), pa.large_string()
    return None


def unreal_days(connection: sa.Connection, columns: list[sa.ColumnElement]) -> set[str]:
    """Which of these columns hold a day that no calendar has, such as 0000-00-00: only as text is nothing lost."""
    if not columns:
        return set()
    asked = [
        sa.func.max(
            sa.and_(
                column.is_not(None),
                sa.or_(
                    sa.func.year(column) == 0, sa.func.month(column) == 0, sa.func.dayofmonth(column) == 0,
                    sa.func.dayofmonth(sa.func.last_day(column)) < sa.func.dayofmonth(column),
                ),
            )
        ).label(f"c{number}")
        for number, column in enumerate(columns)
    ]  # fmt: skip
    found = connection.execute(sa.select(*asked)).one()
    return {column.name for column, unreal in zip(columns, found, strict=True) if unreal}
