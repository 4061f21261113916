"""Questions that are asked at every exit: Django writes their SQL once, the database plans it once, values change.

The rule stays where it is read, in a queryset such as `bases_open_to`; here is only what Django made of it. Writing and
planning it anew took nine tenths of the time of opening the gate.
"""

import hashlib
import secrets
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from django.db import DatabaseError, connection
from django.db.models import QuerySet
from django.db.models.query import get_related_populators
from django.utils import timezone
from psycopg2 import errors
from psycopg2.extensions import AsIs

NOW, A_MOMENT = "now", timedelta(minutes=1)
_moments = count(1)
STAND_INS = {
    "uuid": uuid.uuid4,
    "text": lambda: secrets.token_hex(16),
    "timestamptz": lambda: datetime(1, 1, 1, tzinfo=UTC) + timedelta(microseconds=next(_moments)),
}
# A pooler between us and the database may give each statement another session, which knows nothing of the plan.
NOT_PLANNED_HERE = (errors.InvalidSqlStatementName, errors.DuplicatePreparedStatement, errors.FeatureNotSupported)


class Question:
    """Objects of a queryset by values of the kinds `uuid`, `text`, `timestamptz`; every other moment in it is now."""

    def __init__(self, write: Callable[..., QuerySet], **kinds: str):
        self._write, self._kinds = write, kinds
        self._here = threading.local()  # what is written belongs to the connection of its thread

    def ask(self, **values) -> list:
        """The objects, read at this moment."""
        if not hasattr(self._here, "written"):
            self._here.written = _written(self._write, self._kinds)
        return self._here.written.ask({NOW: timezone.now(), **values})


class _Written:
    """The SQL of a question, its values named in order, and how its rows become objects."""

    def __init__(self, sql: str, given: list, slots: list[str | None], kinds: dict[str, str], rows_to: "_Objects"):
        self.sql, self.given, self.slots, self.kinds, self.rows_to = sql, given, slots, kinds, rows_to
        self.name = f"asked_{hashlib.sha256(f'{sql} {given}'.encode()).hexdigest()[:32]}"
        self.planned_by = None

    def ask(self, values: dict) -> list:
        with connection.cursor() as cursor:
            if connection.in_atomic_block or self.planned_by is NOT_PLANNED_HERE:
                self._ask_plainly(cursor, values)
            else:
                try:
                    self._ask_planned(cursor, values)
                except DatabaseError as reason:
                    if not isinstance(reason.__cause__, NOT_PLANNED_HERE):
                        raise
                    self.planned_by = NOT_PLANNED_HERE
                    self._ask_plainly(cursor, values)
            return self.rows_to.objects(cursor.fetchall())

    def _ask_plainly(self, cursor, values: dict) -> None:
        cursor.execute(self.sql, [self._value(n, values) for n in range(len(self.given))])

    def _ask_planned(self, cursor, values: dict) -> None:
        marks = ", ".join(["%s"] * len(self.kinds))
        text = cursor.mogrify(f"EXECUTE {self.name} ({marks})", [values[name] for name in self.kinds]).decode()
        if self.planned_by is not connection.connection:
            numbers = {name: AsIs(f"${n}") for n, name in enumerate(self.kinds, 1)}
            body = cursor.mogrify(self.sql, [self._value(n, numbers) for n in range(len(self.given))]).decode()
            text = f"PREPARE {self.name} ({', '.join(self.kinds.values())}) AS {body}; {text}"
        cursor.execute(text)
        self.planned_by = connection.connection

    def _value(self, n: int, values: dict):
        slot = self.slots[n]
        return self.given[n] if slot is None else values[slot]


@dataclass(frozen=True)
class _Objects:
    """How rows of a written question become model instances with their related ones, as Django's own iterator does."""

    model: type
    names: list[str]
    populators: list
    converters: dict
    compiler: object

    def objects(self, rows: list[tuple]) -> list:
        found = []
        for row in self.compiler.apply_converters(rows, self.converters):
            made = self.model.from_db(connection.alias, self.names, row[: len(self.names)])
            for populator in self.populators:
                populator.populate(row, made)
            found.append(made)
        return found


def _written(write: Callable[..., QuerySet], kinds: dict[str, str]) -> _Written:
    values = {name: STAND_INS[kind]() for name, kind in kinds.items()}
    compiler = write(**values).query.get_compiler(connection=connection)
    sql, given = compiler.as_sql()
    columns = [column for column, _sql, _alias in compiler.select]
    rows_to = _Objects(
        model=compiler.klass_info["model"],
        names=[column.target.attname for column in columns[: len(compiler.klass_info["select_fields"])]],
        populators=get_related_populators(compiler.klass_info, compiler.select, connection.alias),
        converters=compiler.get_converters(columns),
        compiler=compiler,
    )
    slots = [_slot(value, values) for value in given]
    return _Written(sql, list(given), slots, {NOW: "timestamptz", **kinds}, rows_to)


def _slot(value, values: dict) -> str | None:
    """The name of the value that stands here; None where it is part of the question."""
    for name, stand_in in values.items():
        if value == stand_in:
            return name
    if isinstance(value, datetime) and abs(value - timezone.now()) > A_MOMENT:
        raise TypeError(f"{value} is neither now nor a value of the question: written once, it would stay as it is.")
    return NOW if isinstance(value, datetime) else None
