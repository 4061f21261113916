"""Statements asked at every exit: the database plans them once for each connection, then only values change."""

import hashlib
import select
from dataclasses import dataclass
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from psycopg2 import InterfaceError, errors

# A pooler between us and the database may give each statement another session, which knows nothing of the plan.
NOT_PLANNED_HERE = (errors.InvalidSqlStatementName, errors.DuplicatePreparedStatement, errors.FeatureNotSupported)


@dataclass(frozen=True)
class Condition:
    """What must be so at the moment a statement writes: SQL with `$1`, `$2` for its values, each of a kind."""

    sql: str
    kinds: list[str]
    values: list


class Planned:
    """A statement with `$1`, `$2` for its values, each of a kind that PostgreSQL knows. For one thread."""

    def __init__(self, sql: str, kinds: list[str]):
        name = hashlib.sha256(f"{sql} {kinds}".encode()).hexdigest()[:32]
        prepare = f"PREPARE asked_{name} ({', '.join(kinds)}) AS {sql}; "
        self._execute = f"EXECUTE asked_{name} ({', '.join(['%s'] * len(kinds))})"
        self._prepare = prepare.replace("%", "%%") + self._execute
        self._planned_by = None

    def rows(self, values: list) -> list[tuple] | None:
        """Runs it with these values, outside of any transaction; None where this database cannot keep a plan."""
        here = connections[DEFAULT_DB_ALIAS]
        if here.in_atomic_block or self._planned_by is NOT_PLANNED_HERE:
            return None  # within a transaction a lost plan would be the end of it
        values = [value.hex if type(value) is UUID else value for value in values]
        try:
            with here.wrap_database_errors, _cursor(here) as cursor:
                cursor.execute(self._execute if self._planned_by is here.connection else self._prepare, values)
                self._planned_by = here.connection
                return cursor.fetchall()
        except DatabaseError as reason:
            if not isinstance(reason.__cause__, NOT_PLANNED_HERE):
                raise
            self._planned_by = NOT_PLANNED_HERE
            return None


def _cursor(here):
    """The driver's own cursor; Django's, with its wrappers around each call, where somebody listens to statements."""
    if here.execute_wrappers or here.queries_logged:
        return here.cursor()
    if here.connection is not None and here.health_check_enabled and not here.health_check_done:
        if _is_quiet(here.connection):
            here.health_check_done = True
        else:
            here.close_if_health_check_failed()
    here.ensure_connection()
    return here.create_cursor()


def _is_quiet(connection) -> bool:
    """True where the database has said nothing since the last answer: when it goes away, its end of the line does.

    Asking it costs a statement at the start of each request; this costs none, and where there is doubt it is asked.
    """
    poll = select.poll()
    try:
        poll.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    except InterfaceError:  # this end was closed
        return False
    return not poll.poll(0)
