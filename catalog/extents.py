"""What a basis lets out, counted and profiled through the gate and kept: never a number over hidden rows."""

from functools import lru_cache
from uuid import UUID

from audit.actor import Actor
from catalog.gate import open_rows, open_statistics
from catalog.models import Basis, Extent, Version
from catalog.questions import Question
from catalog.rows.errors import CountsOnly
from catalog.rows.query import RowQuery
from catalog.terms import Terms

LONGEST = 200
MOST_KNOWN = 4_096  # numbers that stay in memory
KEPT = Question(
    lambda basis, version, table: Extent.objects.filter(basis=basis, version=version, table=table).defer("profile"),
    basis="uuid",
    version="uuid",
    table="text",
)
COUNT = "count(*) as rows"


def row_count(version: Version, basis: Basis, table_name: str, *, by: Actor) -> int:
    """How many rows of the table the basis lets out. Counted once, and only where a row filter makes it necessary."""
    if basis.least:
        raise CountsOnly
    try:
        return _kept_rows(basis.pk, version.pk, table_name)
    except LookupError:
        pass
    table = version.tables.get(name=table_name)
    if not Terms.from_json(basis.terms).of_table(table_name, table.types).where:
        return table.rows
    query = RowQuery(table=table_name, select=COUNT)
    (found,) = open_rows(query, over=[(version, basis)], by=by).dicts()
    _keep(version, basis, table_name, rows=found["rows"])
    return found["rows"]


@lru_cache(MOST_KNOWN)
def _kept_rows(basis: UUID, version: UUID, table_name: str) -> int:
    """The number as it was kept, which never changes: neither does a version, nor what a basis lets out of it."""
    return KEPT.ask(basis=basis, version=version, table=table_name)[0].rows


def extent(version: Version, basis: Basis, table_name: str, *, by: Actor) -> Extent:
    """The rows and the profile of one table under one basis; made at the first asking."""
    kept = Extent.objects.filter(basis=basis, version=version, table=table_name).first()
    if kept is not None and kept.profile is not None:
        return kept
    found = open_statistics(table_name, over=[(version, basis)], by=by)
    return _keep(version, basis, table_name, rows=found[0]["rows"], profile=[_described(column) for column in found])


def _keep(version: Version, basis: Basis, table_name: str, **found) -> Extent:
    made, _new = Extent.objects.update_or_create(basis=basis, version=version, table=table_name, defaults=found)
    return made


def _described(column: dict) -> dict:
    """A column's profile as kept; a value that is frequent only once is not frequent."""
    frequent = [[item["value"][:LONGEST], item["count"]] for item in column["frequent"] or [] if item["count"] > 1]
    return {
        "name": column["name"],
        "type": column["type"],
        "nulls": column["nulls"],
        "distinct": column["distinct_values"],
        "min": (column["least"] or "")[:LONGEST] or None,
        "max": (column["greatest"] or "")[:LONGEST] or None,
        "frequent": frequent,
    }
