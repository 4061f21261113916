"""What changed between two versions of a table: one statement over what a basis lets out of each of them.

Nothing here sees more than the two readings do: masks, hidden columns and row filters are applied to both sides first,
and rows are held together by what is left. The rule for rows that share a key is the rule for tables without one: they
are compared whole, as a bag in which a row may stand several times.
"""

import hashlib
from dataclasses import dataclass, field

import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from audit.canonical import canonical
from catalog.masks import NUMBERS
from catalog.rows.cursors import read_cursor
from catalog.rows.errors import QueryError
from catalog.rows.letting import let_out
from catalog.rows.plan import OutColumn, Plan
from catalog.rows.scope import quoted
from catalog.terms import TableTerms

ADDED, REMOVED, CHANGED = KINDS = ("added", "removed", "changed")
OLDER, NEWER = "older", "newer"
PAGE = 100


@dataclass(frozen=True)
class Comparison:
    """Which changes are asked for; `counted` asks for their numbers instead. `since` is the older version's number."""

    table: str
    since: int
    change: str = ""
    limit: int = PAGE
    after: str = ""
    counted: bool = False

    def __post_init__(self):
        if self.change and self.change not in KINDS:
            raise QueryError("bad-parameter", _("“change” is one of: added, removed, changed."), "change")

    def shape(self) -> dict:
        """What is asked, as the opening event states it."""
        return {"since": self.since, "change": self.change, "counted": self.counted}

    def words(self) -> str:
        """The question in words."""
        return f"{self.change or 'all'} rows since version {self.since}"

    @property
    def sha256(self) -> str:
        """The digest of the question, without where the reader has got to."""
        return hashlib.sha256(canonical({"table": self.table, **self.shape()})).hexdigest()


@dataclass(frozen=True)
class Side:
    """One of the two versions of the table, as one basis lets it out."""

    terms: TableTerms
    types: dict[str, str]
    pseudonyms: bytes


@dataclass(frozen=True)
class ComparisonPlan(Plan):
    """A statement whose rows are changes: of which kind, the cells before and after, and which of them differ."""

    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    compared: list[str] = field(default_factory=list)
    key: list[str] = field(default_factory=list)
    exit: str = "changes"

    def dicts(self, batch: pa.RecordBatch) -> list[dict]:
        """The changes of a batch: kind, key, the row before and after, and the columns that differ."""
        return [self._change(row) if "change" in row else row for row in batch.to_pylist()]

    def _change(self, row: dict) -> dict:
        kind = row["change"]
        before = {name: row[f"a{n}"] for n, name in enumerate(self.before)} if kind != ADDED else None
        after = {name: row[f"b{n}"] for n, name in enumerate(self.after)} if kind != REMOVED else None
        shown = before if after is None else after
        differ = [name for name, differs in zip(self.compared, row["differ"] or [], strict=False) if differs]
        return {
            "change": kind,
            "key": {name: shown[name] for name in self.key} if self.key else None,
            "before": before,
            "after": after,
            "columns": differ,
        }


def compare(asked: Comparison, older: Side, newer: Side, key: list[str], *, about: str) -> ComparisonPlan:
    """The statement that answers. `key` are columns that both sides let out; without any, whole rows are compared."""
    inner_a, params, before = let_out(older.terms, older.types, older.pseudonyms, source=OLDER)
    inner_b, params, after = let_out(newer.terms, newer.types, newer.pseudonyms, source=NEWER, params=params)
    cells = _Cells(before, after, key)
    steps = [_let_out("a", inner_a, before), _let_out("b", inner_b, after), *cells.steps()]
    if asked.counted:
        counts = ", ".join(f"count(*) FILTER (change = '{kind}') AS {kind}" for kind in KINDS)
        sql = f"WITH {', '.join(steps)} SELECT {counts} FROM changes"
        out = [OutColumn(kind, "integer") for kind in KINDS]
        return ComparisonPlan(sql, params, out, cells.names, about=about, key=key)

    about = f"{about} {asked.sha256}"
    where = [f"change = '{asked.change}'"] if asked.change else []
    if asked.after:
        phase, place = map(int, read_cursor(asked.after, about, 2))
        where.append(f"(phase, place) > ({phase}, {place})")
    condition = f" WHERE {' AND '.join(where)}" if where else ""
    names = ["change", "differ", *(f"a{n}" for n in range(len(before))), *(f"b{n}" for n in range(len(after)))]
    page = f"SELECT * FROM changes{condition} ORDER BY phase, place LIMIT {asked.limit + 1}"
    steps.append(f"page AS MATERIALIZED ({page})")
    places = "CAST(phase AS VARCHAR) AS k0, CAST(place AS VARCHAR) AS k1"
    sql = f"WITH {', '.join(steps)} SELECT change, differ, {cells.shown()}{places}"
    sql += " FROM page LEFT JOIN a ON a.r = page.ra LEFT JOIN b ON b.r = page.rb ORDER BY phase, place"
    out = [OutColumn(name, "text") for name in names]
    return ComparisonPlan(
        sql, params, out, cells.names, keys=2, about=about, before=list(before), after=list(after),
        compared=cells.values, key=key,
    )  # fmt: skip


class _Cells:
    """The columns of both sides, `a0, a1 ...` before and `b0, b1 ...` after, and how they are held together."""

    def __init__(self, before: dict[str, str], after: dict[str, str], key: list[str]):
        self.before, self.after, self.key = before, after, key
        self.common = [name for name in after if name in before]
        self.values = [name for name in self.common if name not in key]
        self.names = list(dict.fromkeys([*before, *after]))
        self._a = {name: f"a{n}" for n, name in enumerate(before)}
        self._b = {name: f"b{n}" for n, name in enumerate(after)}

    def shown(self) -> str:
        """All cells of both rows, each followed by a comma."""
        return "".join(f"{cell}, " for cell in [*self._a.values(), *self._b.values()])

    def steps(self) -> list[str]:
        """The steps from `a` and `b` to `changes`: change, differ, phase, place, ra, rb."""
        if not self.common:
            return [f"changes AS NOT MATERIALIZED ({_came('b')} UNION ALL {_went('a')})"]
        if not self.key:
            return [*self._whole("a", "b"), f"changes AS NOT MATERIALIZED ({_came('came')} UNION ALL {_went('went')})"]
        parts = [self._pairs(), _came("came"), _went("went")]
        return [
            self._shared(),
            f"one_a AS NOT MATERIALIZED (SELECT * FROM a WHERE NOT {self._is_shared('a')})",
            f"one_b AS NOT MATERIALIZED (SELECT * FROM b WHERE NOT {self._is_shared('b')})",
            f"some_a AS MATERIALIZED (SELECT * FROM a WHERE {self._is_shared('a')})",
            f"some_b AS MATERIALIZED (SELECT * FROM b WHERE {self._is_shared('b')})",
            *self._whole("some_a", "some_b"),
            f"changes AS NOT MATERIALIZED ({' UNION ALL '.join(parts)})",
        ]

    def _pairs(self) -> str:
        """Rows that are alone with their key: what came, what went, and what differs."""
        same = " AND ".join(f"{x} IS NOT DISTINCT FROM {y}" for x, y in self._held(self.key))
        differs = [f"{x} IS DISTINCT FROM {y}" for x, y in self._held(self.values)]
        changed = " OR ".join(["one_a.r IS NULL", "one_b.r IS NULL", *differs])
        flags = f"CASE WHEN one_a.r IS NOT NULL AND one_b.r IS NOT NULL THEN [{', '.join(differs) or 'false'}] END"
        kind = f"CASE WHEN one_a.r IS NULL THEN '{ADDED}' WHEN one_b.r IS NULL THEN '{REMOVED}' ELSE '{CHANGED}' END"
        return (
            f"SELECT {kind} AS change, {flags} AS differ, CASE WHEN one_b.r IS NULL THEN 1 ELSE 0 END AS phase,"
            f" coalesce(one_b.r, one_a.r) AS place, one_a.r AS ra, one_b.r AS rb"
            f" FROM one_a FULL JOIN one_b ON {same} WHERE {changed}"
        )

    def _shared(self) -> str:
        """The keys that several rows of one side have."""
        found = []
        for side, cells in (("a", 0), ("b", 1)):
            held = [pair[cells] for pair in self._held(self.key, "a", "b")]
            keys = ", ".join(f"{cell} AS k{n}" for n, cell in enumerate(held))
            found.append(f"SELECT {keys} FROM {side} GROUP BY ALL HAVING count(*) > 1")
        return f"shared AS MATERIALIZED ({' UNION '.join(found)})"

    def _is_shared(self, side: str) -> str:
        held = [pair["ab".index(side)] for pair in self._held(self.key, "a", "b")]
        same = " AND ".join(f"shared.k{n} IS NOT DISTINCT FROM {cell}" for n, cell in enumerate(held))
        return f"EXISTS (SELECT 1 FROM shared WHERE {same})"

    def _whole(self, older: str, newer: str) -> list[str]:
        """Rows compared whole: of those that stand unequally often on the two sides, the ones beyond the others."""
        held = self._held(self.common, older, newer)
        cells = [", ".join(f"{pair[side]} AS n{n}" for n, pair in enumerate(held)) for side in (0, 1)]
        names = [f"n{n}" for n in range(len(held))]
        grouped, same = ", ".join(names), " AND ".join(f"x.{n} IS NOT DISTINCT FROM u.{n}" for n in names)
        nth = f"row_number() OVER (PARTITION BY {', '.join(f'x.{n}' for n in names)} ORDER BY x.r)"
        both = f"SELECT {cells[0]}, 0 AS side FROM {older} UNION ALL SELECT {cells[1]}, 1 FROM {newer}"
        return [
            f"uneven AS MATERIALIZED (SELECT {grouped}, count(*) FILTER (side = 0) AS na, count(*) FILTER (side = 1)"
            f" AS nb FROM ({both}) GROUP BY {grouped} HAVING na <> nb)",
            f"went AS NOT MATERIALIZED (SELECT x.r FROM (SELECT r, {cells[0]} FROM {older}) x JOIN uneven u ON {same}"
            f" WHERE u.na > u.nb QUALIFY {nth} > u.nb)",
            f"came AS NOT MATERIALIZED (SELECT x.r FROM (SELECT r, {cells[1]} FROM {newer}) x JOIN uneven u ON {same}"
            f" WHERE u.nb > u.na QUALIFY {nth} > u.na)",
        ]

    def _held(self, names: list[str], older: str = "one_a", newer: str = "one_b") -> list[tuple[str, str]]:
        """Each of these columns on both sides, in a form in which equal values are equal."""
        found = []
        for name in names:
            cells = f"{older}.{self._a[name]}", f"{newer}.{self._b[name]}"
            kinds = self.before[name], self.after[name]
            found.append(tuple(_form(kinds).format(cell) for cell in cells))
        return found


def _form(kinds: tuple[str, str]) -> str:
    """How values of a column are compared: numbers by value, other types that differ by their text."""
    if set(kinds) <= NUMBERS and len(set(kinds)) > 1 and "float" in kinds:
        return "CAST({} AS DOUBLE)"
    if set(kinds) <= NUMBERS and "decimal" in kinds:  # by its digits: no common type holds all that two scales can
        return r"rtrim(regexp_replace(CAST({} AS VARCHAR), '(\.\d*?)0+$', '\1'), '.')"
    return "{}" if kinds[0] == kinds[1] else "CAST({} AS VARCHAR)"


def _let_out(side: str, inner: str, columns: dict[str, str]) -> str:
    cells = "".join(f", {quoted(name)} AS {side}{n}" for n, name in enumerate(columns))
    return f"{side} AS NOT MATERIALIZED (SELECT __row AS r{cells} FROM ({inner}))"


def _came(table: str) -> str:
    return (
        f"SELECT '{ADDED}' AS change, CAST(NULL AS BOOLEAN[]) AS differ, 0 AS phase, r AS place,"
        f" CAST(NULL AS BIGINT) AS ra, r AS rb FROM {table}"
    )


def _went(table: str) -> str:
    return (
        f"SELECT '{REMOVED}' AS change, CAST(NULL AS BOOLEAN[]) AS differ, 1 AS phase, r AS place,"
        f" r AS ra, CAST(NULL AS BIGINT) AS rb FROM {table}"
    )
