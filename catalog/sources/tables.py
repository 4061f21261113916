"""Tables and views of another database: which there are, their columns, and how each is asked for and kept."""

from dataclasses import dataclass

import pyarrow as pa
import sqlalchemy as sa

from catalog.models import Source
from catalog.sources import mysql
from catalog.sources.errors import SourceError

MOST_COLUMNS = 4096  # of the largest table that any of these databases can have
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
            columns = {_as_named(about, column["name"]): column["type"] for column in about.get_columns(name, schema)}
            if not columns:
                raise SourceError("source-no-columns", what=source.what)
            if len(columns) > MOST_COLUMNS:
                raise SourceError("source-too-wide", what=source.what, most=MOST_COLUMNS)
            table = sa.table(name, *(sa.column(column) for column in columns), schema=schema)
            return Relation(table, columns, _key(about, name, schema))
    raise SourceError("source-no-table", what=source.what, known=_known(about) or "-")


def fields_of(connection: sa.Connection, relation: Relation) -> list[Field]:
    """Every column with its own type; what has no equal here comes as text."""
    if connection.dialect.name == "mysql":
        return _fields_of_mysql(connection, relation)
    measured = _measured(connection, relation)
    return [_field(relation.table.c[name], kind, measured) for name, kind in relation.columns.items()]


def _fields_of_mysql(connection: sa.Connection, relation: Relation) -> list[Field]:
    dated = [name for name, kind in relation.columns.items() if isinstance(kind, sa.Date | sa.DateTime)]
    unreal, fields = mysql.unreal_days(connection, [relation.table.c[name] for name in dated]), []
    for name, kind in relation.columns.items():
        column = relation.table.c[name]
        special = mysql.special(column, kind)
        if name in unreal:
            special = sa.cast(column, sa.Text), pa.large_string()
        fields.append(Field(name, *special) if special else _field(column, kind, {}))
    return fields


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


def _as_named(about: sa.Inspector, name: str) -> str:
    """The column's own name: of MySQL's definition of a table SQLAlchemy hands on the doubled quote inside a name."""
    return name.replace("``", "`") if about.dialect.name == "mysql" else name


def _known(about: sa.Inspector) -> str:
    names = sorted(_names(about, about.default_schema_name))
    return ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")


def _key(about: sa.Inspector, name: str, schema: str | None) -> list[str]:
    """The columns of the primary key; a view has none."""
    if name not in about.get_table_names(schema):
        return []
    return [_as_named(about, column) for column in about.get_pk_constraint(name, schema)["constrained_columns"]]


def _field(column: sa.ColumnElement, kind: sa.types.TypeEngine, measured: dict[str, tuple]) -> Field:
    name = column.name
    if isinstance(kind, sa.Boolean):
        return Field(name, column, pa.bool_())
    if isinstance(kind, sa.Integer):
        wide = isinstance(kind, sa.BigInteger) and getattr(kind, "unsigned", False)
        return Field(name, column, pa.decimal128(20, 0) if wide else pa.int64())
    if isinstance(kind, sa.Float):
        return Field(name, column, pa.float64())
    if isinstance(kind, sa.Numeric):
        digits = measured.get(name) or (kind.precision, kind.scale or 0)
        if digits[0] and digits[0] <= MOST_DIGITS and 0 <= digits[1] <= digits[0]:
            return Field(name, column, pa.decimal128(*digits))
    if isinstance(kind, sa.Date):
        return Field(name, column, pa.date32())
    if isinstance(kind, sa.DateTime):
        return Field(name, column, pa.timestamp("us", "UTC" if kind.timezone else None))
    if isinstance(kind, sa.Time) and not kind.timezone:
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
    scale = sa.func.min_scale if connection.dialect.server_version_info >= (13,) else sa.func.scale
    asked = []
    for column in open_ended:
        whole = sa.func.max(sa.func.length(sa.cast(sa.func.trunc(sa.func.abs(column)), sa.Text)))
        asked += [sa.func.max(scale(column)), whole]
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
