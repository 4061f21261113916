"""Statements asked at every exit: the database plans them once for each connection, then only values change."""

import hashlib

from django.db import DatabaseError, connection
from psycopg2 import errors

# A pooler between us and the database may give each statement another session, which knows nothing of the plan.
NOT_PLANNED_HERE = (errors.InvalidSqlStatementName, errors.DuplicatePreparedStatement, errors.FeatureNotSupported)


class Planned:
    """A statement with `$1`, `$2` for its values, each of a kind that PostgreSQL knows. For one thread."""

    def __init__(self, sql: str, kinds: list[str]):
        name = hashlib.sha256(f"{sql} {kinds}".encode()).hexdigest()[:32]
        self._prepare = f"PREPARE asked_{name} ({', '.join(kinds)}) AS {sql}; "
        self._execute = f"EXECUTE asked_{name} ({', '.join(['%s'] * len(kinds))})"
        self._planned_by = None

    def execute(self, cursor, values: list) -> bool:
        """Runs it with these values, outside of any transaction; False where this database cannot keep a plan."""
        if connection.in_atomic_block or self._planned_by is NOT_PLANNED_HERE:
            return False  # within a transaction a lost plan would be the end of it
        text = cursor.mogrify(self._execute, values).decode()
        if self._planned_by is not connection.connection:
            text = self._prepare + text
        try:
            cursor.execute(text)
        except DatabaseError as reason:
            if not isinstance(reason.__cause__, NOT_PLANNED_HERE):
                raise
            self._planned_by = NOT_PLANNED_HERE
            return False
        self._planned_by = connection.connection
        return True
