"""How well rows can be told apart: one statement that lets a table out in several ways and sizes the groups of each.

What leaves is one row of numbers for each way, never a value. A pseudonym tells apart what its value tells apart, so
rows are grouped by the value itself, which is quicker.
"""

from dataclasses import dataclass

from audit.lists import stated
from catalog.rows.conditions import condition
from catalog.rows.letting import let_out
from catalog.rows.plan import OutColumn, Plan
from catalog.rows.scope import Scope, quoted
from catalog.terms import TableTerms


@dataclass(frozen=True)
class Way:
    """The rows of a filter, grouped by columns under masks; `counted` are columns whose distinct values are counted.

    A group is large where it is of `enough` values of the column `people`, or of rows where none is named.
    """

    grouped: tuple[tuple[str, str | None], ...] = ()
    where: str = ""
    counted: tuple[str, ...] = ()
    enough: int = 0
    people: str = ""

    @property
    def terms(self) -> TableTerms:
        """The columns by which rows are grouped and told apart, as terms; a pseudonym stands for its value."""
        columns = {name: None if mask == "hash" else mask for name, mask in self.grouped}
        beside = {self.people: None} if self.people else {}
        return TableTerms(beside | columns, self.where)

    @property
    def reads(self) -> list[str]:
        """The columns that the numbers are made of."""
        return list(dict.fromkeys([*self.terms.columns, *self.counted]))

    def words(self) -> str:
        """The way in words."""
        which = f"rows where {self.where}" if self.where else "all rows"
        return f"{which} by {', '.join(_said(*one) for one in self.grouped) or 'nothing'}"


@dataclass(frozen=True)
class Grouping:
    """The ways of one table that are asked for together."""

    table: str
    ways: tuple[Way, ...]

    def shape(self) -> dict:
        """What is asked, as the opening event states it: filters may hold values, so only that there are some."""
        grouped = sorted({_said(*one) for way in self.ways for one in way.grouped})
        return {"ways": len(self.ways), "grouped": stated(grouped), "narrowed": any(way.where for way in self.ways)}

    def words(self) -> str:
        """The whole question in words."""
        return "; ".join(way.words() for way in self.ways)


@dataclass(frozen=True)
class GroupsPlan(Plan):
    """A statement whose rows are numbers about one way each; `counted` is a list, as the way's is."""

    exit: str = "groups"


def group_sizes(asked: Grouping, types: dict[str, str], *, about: str) -> GroupsPlan:
    """The statement that gives for each way: rows, groups, smallest, rows alone, large groups, distinct values."""
    params: dict = {}
    steps, parts, reads, filtered = [], [], {}, {}
    for n, way in enumerate(asked.ways):
        steps += _steps(n, way, types, params)
        counted = ", ".join(_distinct(n, name) for name in way.counted)
        large = f"count(*) FILTER (WHERE size >= {int(way.enough)})" if way.enough else "NULL"
        numbers = f"count(*) AS groups, min(n) AS smallest, count(*) FILTER (WHERE n = 1) AS alone, {large} AS large"
        if not way.grouped:
            numbers = "NULL AS groups, NULL AS smallest, NULL AS alone, NULL AS large"
        parts.append(
            f"SELECT {n} AS way, CAST(coalesce(sum(n), 0) AS BIGINT) AS rows, {numbers},"
            f" CAST([{counted}] AS BIGINT[]) AS counted FROM sized{n}"
        )
        reads |= dict.fromkeys(way.reads)
        filtered |= dict.fromkeys(filtered_by(way.where, types))
    named = "way, rows, groups, smallest, alone AS unique_rows, large, counted"
    sql = f"WITH {', '.join(steps)} SELECT {named} FROM ({' UNION ALL '.join(parts)}) ORDER BY way"
    told = ("way", "rows", "groups", "smallest", "unique_rows", "large", "counted")
    out = [OutColumn(name, "integer") for name in told]
    return GroupsPlan(sql, params, out, list(reads), list(filtered), about=about)


def filtered_by(where: str, types: dict[str, str]) -> list[str]:
    """The columns that decide which rows a filter lets through."""
    if not where:
        return []
    scope = Scope(columns=types)
    condition(where, scope)
    return scope.taken()


def _said(name: str, mask: str | None) -> str:
    return f"{name} {mask}" if mask else name


def _steps(n: int, way: Way, types: dict[str, str], params: dict) -> list[str]:
    """The rows of a way and the sizes of their groups; beside them the columns whose values are counted."""
    found = []
    inner, _params, _columns = let_out(way.terms, types, b"", params=params)
    by = ", ".join(quoted(name) for name, _mask in way.grouped)
    size = f"count(DISTINCT {quoted(way.people)})" if way.people else "count(*)"
    found.append(f"sized{n} AS (SELECT count(*) AS n, {size} AS size FROM ({inner}){f' GROUP BY {by}' if by else ''})")
    if way.counted:
        whole = TableTerms(dict.fromkeys(way.counted), way.where)
        inner, _params, _columns = let_out(whole, types, b"", params=params)
        found.append(f"counted{n} AS NOT MATERIALIZED ({inner})")
    return found


def _distinct(n: int, name: str) -> str:
    return f"(SELECT count(DISTINCT {quoted(name)}) FROM counted{n})"
