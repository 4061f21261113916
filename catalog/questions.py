"""Questions that are asked at every exit: Django writes their SQL once, the database plans it once, values change.

The rule stays where it is read, in a queryset such as `bases_open_to`; here is only what Django made of it. Writing and
planning it anew took nine tenths of the time of opening the gate.
"""

import secrets
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from django.db import connection
from django.db.models import QuerySet
from django.db.models.query import get_related_populators
from django.utils import timezone
from psycopg2.extensions import AsIs

from audit.planned import Condition, Planned

NOW, A_MOMENT = "now", timedelta(minutes=1)
_moments = count(1)
STAND_INS = {
    "uuid": uuid.uuid4,
    "text": lambda: secrets.token_hex(16),
    "timestamptz": lambda: datetime(1, 1, 1, tzinfo=UTC) + timedelta(microseconds=next(_moments)),
}


class Question:
    """What a queryset finds by values of the kinds `uuid`, `text`, `timestamptz`; every other moment in it is now.

    Objects, or of a `values_list` rows as the database gives them.
    """

    def __init__(self, write: Callable[..., QuerySet], **kinds: str):
        self._write, self._kinds = write, kinds
        self._here = threading.local()  # what is written belongs to the connection of its thread

    def ask(self, **values) -> list:
        """What is found at this moment."""
        return self._asked().ask({NOW: timezone.now(), **values})

    def finds(self, texts: tuple, **values) -> Condition:
        """That a row of just these texts is found, for a statement that writes only where it is."""
        return self._asked().condition(texts, {NOW: timezone.now(), **values})

    def _asked(self) -> "_Written":
        if not hasattr(self._here, "written"):
            self._here.written = _written(self._write, self._kinds)
        return self._here.written


class _Written:
    """The SQL of a question, its values named in order, and how its rows become objects."""

    def __init__(self, sql: str, given: list, slots: list[str | None], kinds: dict[str, str], objects: Callable):
        self.sql, self.given, self.slots, self.kinds, self.objects = sql, given, slots, kinds, objects
        self.planned: Planned | None = None
        self.found: str = ""  # as a condition

    def ask(self, values: dict) -> list:
        if self.planned is None:
            self.planned = Planned(self._numbered(), list(self.kinds.values()))
        rows = self.planned.rows([values[name] for name in self.kinds])
        if rows is None:
            with connection.cursor() as cursor:
                cursor.execute(self._filled(cursor, values))
                rows = cursor.fetchall()
        return self.objects(rows)

    def condition(self, texts: tuple, values: dict) -> Condition:
        """That a row of these texts is found, some of which may be nothing."""
        if not self.found:
            names = ", ".join(f"text{n}" for n, _text in enumerate(texts))
            marks = ", ".join(f"${n}" for n, _text in enumerate(texts, len(self.kinds) + 1))
            is_same = f"({names}) IS NOT DISTINCT FROM ({marks})"
            self.found = f"EXISTS (SELECT FROM ({self._numbered()}) AS found ({names}) WHERE {is_same})"
        kinds = [*self.kinds.values(), *["text"] * len(texts)]
        return Condition(self.found, kinds, [*(values[name] for name in self.kinds), *texts])

    def _numbered(self) -> str:
        """The SQL with `$1`, `$2` for its values, in the order of their kinds."""
        with connection.cursor() as cursor:
            return self._filled(cursor, {name: AsIs(f"${n}") for n, name in enumerate(self.kinds, 1)})

    def _filled(self, cursor, values: dict) -> str:
        filled = [one if slot is None else values[slot] for one, slot in zip(self.given, self.slots, strict=True)]
        return cursor.mogrify(self.sql, filled).decode()


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
    rows_to = list if compiler.klass_info is None else _objects_of(compiler).objects
    slots = [_slot(value, values) for value in given]
    return _Written(sql, list(given), slots, {NOW: "timestamptz", **kinds}, rows_to)


def _objects_of(compiler) -> _Objects:
    columns = [column for column, _sql, _alias in compiler.select]
    return _Objects(
        model=compiler.klass_info["model"],
        names=[column.target.attname for column in columns[: len(compiler.klass_info["select_fields"])]],
        populators=get_related_populators(compiler.klass_info, compiler.select, connection.alias),
        converters=compiler.get_converters(columns),
        compiler=compiler,
    )


def _slot(value, values: dict) -> str | None:
    """The name of the value that stands here; None where it is part of the question."""
    for name, stand_in in values.items():
        if value == stand_in:
            return name
    if isinstance(value, datetime) and abs(value - timezone.now()) > A_MOMENT:
        raise TypeError(f"{value} is neither now nor a value of the question: written once, it would stay as it is.")
    return NOW if isinstance(value, datetime) else None
