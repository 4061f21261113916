"""Statements asked at every exit: the database plans them once for each connection, then only values change."""

import hashlib
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from psycopg2 import errors

# A pooler between us and the database may give each statement another session, which knows nothing of the plan.
NOT_PLANNED_HERE = (errors.InvalidSqlStatementName, errors.DuplicatePreparedStatement, errors.FeatureNotSupported)


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
        values = [str(value) if type(value) is UUID else value for value in values]
        with here.cursor() as cursor:
            try:
                cursor.execute(self._execute if self._planned_by is here.connection else self._prepare, values)
            except DatabaseError as reason:
                if not isinstance(reason.__cause__, NOT_PLANNED_HERE):
                    raise
                self._planned_by = NOT_PLANNED_HERE
                return None
            self._planned_by = here.connection
            return cursor.fetchall()
