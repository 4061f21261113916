"""Random queries under random bases give what a plain evaluator gives: rows, order, types, pages."""

import math
import random
from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from catalog.parts import PARTS, parts_list
from catalog.rows.cursors import write_cursor
from catalog.rows.engine import Run
from catalog.rows.errors import QueryError
from catalog.rows.plan import plan, statistics
from catalog.rows.query import RowQuery
from catalog.store import store
from catalog.terms import TableTerms
from tests import oracle
from tests.catalog.asking import Asker
from tests.catalog.random_tables import TYPES, basis, table
from tests.oracle.bases import masked_kind
from tests.oracle.words import literal, named
from tests.parquet import write_parquet

KEY = b"k" * 32
SIZES = [60, 25, 1, 0]
PYTHON = {"integer": int, "decimal": Decimal, "float": float, "text": str, "boolean": bool}


@pytest.fixture(scope="module")
def tables():
    """Some stored tables, of many rows, of one, of none."""
    found = [table(random.Random(size), size) for size in SIZES]
    for n, rows in enumerate(found):
        data = write_parquet({name: (kind, [row[name] for row in rows]) for name, kind in TYPES.items()})
        with store().open(f"tables/random-{n}.parquet", "wb") as file:
            file.write(data)
    _grow()
    return found


def _grow() -> None:
    """The first table lies in three files, as one that grew does."""
    with store().open("tables/random-0.parquet") as file:
        whole, parts = pq.read_table(file), []
    for n, start in enumerate((0, 20, 50)):
        part = whole.slice(start, (20, 30, 99)[n])
        parts.append({"path": f"tables/random-0-{n}.parquet", "bytes": 0, "rows": part.num_rows, "sha256": "-"})
        with store().open(parts[-1]["path"], "wb") as file:
            pq.write_table(part, file)
    with store().open(f"tables/random-0{PARTS}", "wb") as file:
        file.write(parts_list(parts))


class Case:
    """A table, a basis over it and a query under that, all drawn from one seed."""

    def __init__(self, seed: int):
        self.chance = random.Random(seed)
        self.number = self.chance.choices(range(len(SIZES)), [6, 6, 1, 1])[0]
        self.columns = basis(self.chance)
        self.lent = Asker(self.chance, TYPES).condition(1) if self.chance.random() < 0.5 else None
        self.types = {name: masked_kind(TYPES[name], mask) for name, mask in self.columns.items()}
        self.query = Asker(self.chance, self.types).query()
        self.limit = self.chance.choice([5, 13, 40])

    @property
    def stored(self) -> tuple[str, str]:
        """Path and digest of the table."""
        return f"tables/random-{self.number}{'.parquet' if self.number else PARTS}", f"random-{self.number}"

    def terms(self) -> TableTerms:
        return TableTerms(self.columns, oracle.text_of(self.lent) if self.lent else "")

    def wanted(self, rows: list[dict]) -> list[dict]:
        return oracle.answer(self.query, oracle.let_out(rows, self.columns, self.lent, KEY), self.types)

    def asked(self, **more) -> RowQuery:
        filters = tuple((name, way, short(value)) for name, way, value in self.query.filters)
        return RowQuery(**self.query.params(), filters=filters, **more)

    def ask(self, **more):
        """Rows, the order keys of each, and the plan."""
        made = plan(self.asked(**more), self.terms(), TYPES, pseudonyms=KEY, about="test")
        width, found = len(made.columns), []
        for batch in Run(made, *self.stored).batches():
            found += zip(*[column.to_pylist() for column in batch.columns], strict=True)
        names = [column.name for column in made.columns]
        rows = [dict(zip(names, row[:width], strict=True)) for row in found]
        return rows, [list(row[width : width + made.keys]) for row in found], made

    def pages(self, **more) -> list[dict]:
        """All rows, page by page."""
        found, after = [], ""
        while True:
            page, keys, made = self.ask(limit=self.limit, after=after, **more)
            found += page[: self.limit]
            if len(page) <= self.limit:
                return found
            after = write_cursor(made.about, keys[self.limit - 1])


def short(value) -> str:
    """A value as an address states it."""
    if isinstance(value, list):
        return "\x1f".join(map(short, value))
    text = literal(value)
    return text[1:-1].replace("''", "'") if text.startswith("'") else text


def assert_same(found: list[dict], wanted: list[dict], kinds: dict[str, str]) -> None:
    """The same rows in the same order, floating numbers but for their last digits."""
    assert [list(row) for row in found] == [list(kinds)] * len(found)
    assert len(found) == len(wanted)
    for row, other in zip(found, wanted, strict=True):
        for name, kind in kinds.items():
            assert _is_same(row[name], other[name], kind), (name, row, other)


def _is_same(one, other, kind: str) -> bool:
    if one is None or other is None:
        return one is other
    if kind == "float":
        return isinstance(one, float) and math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return isinstance(one, PYTHON.get(kind, object)) and one == other


def check(seed: int, tables) -> None:
    """One random case, whole and page by page."""
    case = Case(seed)
    wanted, kinds = case.wanted(tables[case.number]), case.query.kinds(case.types)
    whole, _keys, made = case.ask(limit=None)
    assert {column.name: column.type for column in made.columns} == kinds
    assert_same(whole, wanted, kinds)
    assert_same(case.pages(), wanted, kinds)


@pytest.mark.parametrize("seed", [*range(60), 9107])  # the last: a value of four decimals beside a rounded column
def test_it_answers_like_a_plain_evaluator(tables, seed):
    check(seed, tables)


@pytest.mark.parametrize("seed", range(10))
def test_a_sample_is_of_what_matches_and_the_same_each_time(tables, seed):
    case = Case(seed)
    case.query = oracle.Query(where=case.query.where, zone=case.query.zone)
    matching, size = case.wanted(tables[case.number]), seed + 1
    first, again = (case.ask(limit=None, sample=size)[0] for _time in range(2))
    assert first == again and len(first) == min(size, len(matching))
    kept = [row for row in first if row in matching]
    assert kept == first
    case.limit = 3
    assert case.pages(sample=size) == first
    case.query.select = [("n", ("count", None, False))]
    assert case.ask(limit=None, sample=size)[0] == [{"n": len(first)}]


@pytest.mark.parametrize("seed", range(10))
def test_facets_are_the_most_frequent_values_of_what_matches(tables, seed):
    case = Case(seed)
    case.query = oracle.Query(where=case.query.where)
    matching = case.wanted(tables[case.number])
    for name in case.columns:
        made = plan(case.asked().facet(name), case.terms(), TYPES, pseudonyms=KEY, about="test")
        found = [row for batch in Run(made, *case.stored).batches() for row in batch.to_pylist()][:20]
        counts = Counter(row[name] for row in matching)
        assert [row["count"] for row in found] == sorted(counts.values(), reverse=True)[:20]
        assert all(counts[row["value"]] == row["count"] for row in found)


FAULTS = {
    "select": [
        "nowhere", "nowhere + 1 as y", "count(*) + {column} as y", "upper(1, 2)", "sum(sum({column})) as y",
        "{column} as y, {column} as y", "lover({column}) as y",
    ],
    "where": [
        "nowhere = 1", "{column}", "{column} = ", "1 = 1", "count(*) > 1", "{column} in ()", "{column} = (select 1)",
        "{column} is 1",
    ],
    "order_by": ["nowhere", "{column} desc"],
    "group_by": ["nowhere", "count(*)"],
    "having": ["nowhere > 1"],
}  # fmt: skip


@pytest.mark.parametrize("fault", [(name, text) for name, texts in FAULTS.items() for text in texts])
def test_a_question_with_a_fault_gives_no_rows(tables, fault):
    for seed in range(5):
        case = Case(seed)
        column = named(next(iter(case.columns)))
        case.query.groups, case.query.order, name = [], [], fault[0]
        asked = replace(case.asked(), **{name: fault[1].format(column=column)})
        with pytest.raises(QueryError) as refusal:
            plan(asked, case.terms(), TYPES, pseudonyms=KEY, about="test")
        assert refusal.value.sentence and refusal.value.parameter in {name, "select", "group_by", "order_by", "having"}


@pytest.mark.parametrize("seed", range(10))
def test_it_profiles_only_what_the_basis_lets_out(tables, seed):
    case = Case(seed)
    let_out = oracle.let_out(tables[case.number], case.columns, case.lent, KEY)
    run = Run(statistics(case.terms(), TYPES, pseudonyms=KEY), *case.stored)
    found = {row["name"]: row for batch in run.batches() for row in batch.to_pylist()}
    for name in case.columns:
        values = [row[name] for row in let_out]
        assert (found[name]["rows"], found[name]["nulls"]) == (len(values), values.count(None))
        common = Counter(oracle.as_text(one) for one in values if one is not None).most_common(10)
        if case.types[name] not in {"float", "geometry"}:
            assert [one["count"] for one in found[name]["frequent"] or []] == [count for _value, count in common]


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1_000, 5_000, 1_000))
def test_it_answers_like_a_plain_evaluator_many_times(tables, start):
    for seed in range(start, start + 100):
        check(seed, tables)
