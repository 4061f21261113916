"""Tables and views of another database: which there are, their columns, and how each is asked for and kept."""

from dataclasses import dataclass

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from catalog.models import Source
from catalog.sources.errors import SourceError

MOST_DIGITS = 38
MOST_NAMED = 20
NUMBERLESS = ("NaN", "Infinity", "-Infinity")


@dataclass(frozen=True)
class Field:
    """One column: how the database is asked for it, and the type in which it is kept."""

    name: str
    asked: sa.ColumnElement
    kind: pa.DataType


@dataclass(frozen=True)
class Relation:
    """A table or view that the database itself listed, with its columns."""

    table: sa.TableClause
    columns: dict[str, sa.types.TypeEngine]
    key: list[str]

    def select(self, fields: list[Field]) -> sa.Select:
        """All rows, in the order of the key where there is one."""
        return sa.select(*(field.asked.label(field.name) for field in fields)).order_by(
            *(self.table.c[name] for name in self.key)
        )


def find(connection: sa.Connection, source: Source) -> Relation:
    """The relation that the source names, from the lists of the database: a name that it does not list is none."""
    about = sa.inspect(connection)
    for schema, name in _readings(source.what, about.default_schema_name):
        if name in _names(about, schema):
            columns = {column["name"]: column["type"] for column in about.get_columns(name, schema)}
            if not columns:
                raise SourceError("source-no-columns", what=source.what)
            table = sa.table(name, *(sa.column(column) for column in columns), schema=schema)
            key = about.get_pk_constraint(name, schema)["constrained_columns"] if _has_key(about, name, schema) else []
            return Relation(table, columns, key)
    raise SourceError("source-no-table", what=source.what, known=_known(about) or "-")


def fields_of(connection: sa.Connection, relation: Relation) -> list[Field]:
    """Every column with its own type; what has no equal here comes as text."""
    measured = _measured(connection, relation)
    return [_field(relation.table.c[name], kind, measured) for name, kind in relation.columns.items()]


def _readings(what: str, default: str | None):
    """Each way to part the name into schema and table; names may hold points themselves."""
    parts = what.split(".")
    yield default, what
    for cut in range(1, len(parts)):
        yield ".".join(parts[:cut]), ".".join(parts[cut:])


def _names(about: sa.Inspector, schema: str | None) -> set[str]:
    if schema not in about.get_schema_names():
        return set()
    found = set(about.get_table_names(schema)) | set(about.get_view_names(schema))
    if about.dialect.name == "postgresql":
        found |= set(about.get_materialized_view_names(schema)) | set(about.get_foreign_table_names(schema))
    return found


def _known(about: sa.Inspector) -> str:
    names = sorted(_names(about, about.default_schema_name))
    return ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")


def _has_key(about: sa.Inspector, name: str, schema: str | None) -> bool:
    return name in about.get_table_names(schema)


def _field(column: sa.ColumnElement, kind: sa.types.TypeEngine, measured: dict[str, tuple]) -> Field:
    name, of_mysql = column.name, isinstance(kind, mysql.TIME | mysql.TIMESTAMP)
    if isinstance(kind, sa.Boolean):
        return Field(name, column, pa.bool_())
    if isinstance(kind, sa.Integer):
        return Field(name, column, pa.decimal128(20, 0) if getattr(kind, "unsigned", False) else pa.int64())
    if isinstance(kind, sa.Float):
        return Field(name, column, pa.float64())
    if isinstance(kind, sa.Numeric):
        digits = measured.get(name) or (kind.precision, kind.scale or 0)
        if digits[0] and digits[0] <= MOST_DIGITS and 0 <= digits[1] <= digits[0]:
            return Field(name, column, pa.decimal128(*digits))
    if isinstance(kind, sa.Date):
        return Field(name, column, pa.date32())
    if isinstance(kind, sa.DateTime):
        zoned = kind.timezone or (of_mysql and isinstance(kind, sa.TIMESTAMP))  # which MySQL keeps in UTC
        return Field(name, column, pa.timestamp("us", "UTC" if zoned else None))
    if isinstance(kind, sa.Time) and not kind.timezone and not of_mysql:  # there a time may be a span of days
        return Field(name, column, pa.time64("us"))
    text = column if isinstance(kind, sa.String) else sa.cast(column, sa.Text)
    return Field(name, text, pa.large_string())


def _measured(connection: sa.Connection, relation: Relation) -> dict[str, tuple]:
    """Digits and scale of exact numbers whose type states none: as many as their values need, in this very state."""
    open_ended = [
        relation.table.c[name]
        for name, kind in relation.columns.items()
        if isinstance(kind, sa.Numeric) and not isinstance(kind, sa.Float) and kind.precision is None
    ]
    if not open_ended or connection.dialect.name != "postgresql":
        return {}
    asked = []
    for column in open_ended:
        whole = sa.func.max(sa.func.length(sa.cast(sa.func.trunc(sa.func.abs(column)), sa.Text)))
        asked += [sa.func.max(sa.func.scale(column)), whole]
        asked.append(sa.func.bool_or(sa.cast(column, sa.Text).in_(NUMBERLESS)))
    found = connection.execute(sa.select(*asked)).one()
    return {
        column.name: _digits(*found[place : place + 3])
        for column, place in zip(open_ended, range(0, len(found), 3), strict=True)
    }


def _digits(scale: int | None, whole: int | None, numberless: bool | None) -> tuple[int | None, int]:
    """Precision and scale that hold every value; no precision where none does."""
    if numberless:
        return None, 0
    return (whole or 1) + (scale or 0), scale or 0
