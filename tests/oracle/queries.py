"""Queries: which rows, put together how, in which order."""

from dataclasses import dataclass, field
from functools import cmp_to_key

from tests.oracle.conditions import COMPARE, holds
from tests.oracle.expressions import kind_of, value_of, value_over
from tests.oracle.sums import SUMS
from tests.oracle.values import small
from tests.oracle.words import named, text_of, written

SHORT = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


@dataclass
class Query:
    """A question; `select` are (name, expression), `groups` expressions, `order` (name, down), `filters` in short."""

    select: list = field(default_factory=list)
    where: tuple | None = None
    filters: list = field(default_factory=list)
    q: str = ""
    groups: list = field(default_factory=list)
    having: tuple | None = None
    order: list = field(default_factory=list)
    distinct: bool = False
    zone: str = ""

    def params(self) -> dict:
        """The query as an address states it, but for its filters in short."""
        names = {one: name for name, one in self.select}
        return {
            "select": ", ".join(f"{written(one)} as {named(name)}" for name, one in self.select),
            "where": text_of(self.where) if self.where else "",
            "q": self.q,
            "group_by": ", ".join(named(names[one]) if one in names else written(one) for one in self.groups),
            "having": text_of(self.having) if self.having else "",
            "order_by": ",".join(f"{'-' if down else ''}{name}" for name, down in self.order),
            "distinct": self.distinct,
            "timezone": self.zone,
        }

    @property
    def is_summed(self) -> bool:
        """True where several rows become one."""
        return bool(self.groups or self.distinct or any(_has_sum(one) for _name, one in self.select))

    def outputs(self, types: dict) -> list:
        """What comes out: (name, expression)."""
        if self.select:
            return self.select
        if self.groups:
            names = [one[1] for one in self.groups]
            return [*zip(names, self.groups, strict=True), ("count", ("count", None, False))]
        return [(name, ("column", name)) for name in types]

    def kinds(self, types: dict) -> dict[str, str]:
        """The kind of each output, by name."""
        return {name: kind_of(one, types) for name, one in self.outputs(types)}


def _has_sum(expression) -> bool:
    kind, *parts = expression
    if kind == "count" or (kind == "call" and parts[0] in SUMS):
        return True
    return any(_has_sum(part) for part in parts if isinstance(part, tuple))


def answer(query: Query, rows: list[dict], types: dict[str, str]) -> list[dict]:
    """The rows that come out, in their order; nulls come last either way."""
    found = [row for row in rows if _matches(query, row, types)]
    outputs = query.outputs(types)
    if not query.is_summed:
        order = [(dict(query.select).get(name) if name not in types else ("column", name), down)
                 for name, down in query.order]  # fmt: skip
        found = ordered(found, [(lambda row, one=one: value_of(one, row, query.zone), down) for one, down in order])
        return [{name: value_of(one, row, query.zone) for name, one in outputs} for row in found]
    groups = query.groups or ([one for _name, one in outputs] if query.distinct else [])
    bags: dict = {} if groups else {(): []}
    for row in found:
        bags.setdefault(tuple(value_of(one, row, query.zone) for one in groups), []).append(row)
    summed = [{name: value_over(one, bag, query.zone, groups) for name, one in outputs} for bag in bags.values()]
    kept = [row for row in summed if query.having is None or holds(query.having, row, query.zone) is True]
    order = [*query.order, *((name, False) for name, _one in outputs)]
    return ordered(kept, [(lambda row, name=name: row[name], down) for name, down in order])


def _matches(query: Query, row: dict, types: dict[str, str]) -> bool:
    if query.q and not any(query.q.lower() in small(row[name] or "") for name in types if types[name] == "text"):
        return False
    shorts = [holds(_long(*one), row, query.zone) for one in query.filters]
    wheres = [holds(query.where, row, query.zone)] if query.where else []
    return all(one is True for one in shorts + wheres)


def _long(name: str, operator: str, value):
    """A filter in short, written out."""
    if operator == "isnull":
        return ("null", name) if value else ("not", ("null", name))
    if operator == "in":
        return ("in", name, value)
    assert SHORT[operator] in COMPARE
    return (SHORT[operator], name, value)


def ordered(rows: list, keys: list) -> list:
    """The rows by these keys, (function, down); equal ones keep their order."""

    def compare(one, other) -> int:
        for key, down in keys:
            left, right = key(one), key(other)
            if left == right:
                continue
            if left is None or right is None:
                return 1 if left is None else -1
            return (1 if left > right else -1) * (-1 if down else 1)
        return 0

    return sorted(rows, key=cmp_to_key(compare))
