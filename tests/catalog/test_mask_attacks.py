"""Nothing that can be asked tells two rows apart that look the same under their masks, or shows that one is hidden."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from catalog.rows.engine import Run
from catalog.rows.errors import QueryError
from catalog.rows.plan import plan, statistics
from catalog.rows.query import RowQuery
from catalog.store import store
from catalog.terms import TableTerms
from tests import oracle
from tests.catalog.asking import Asker
from tests.oracle.bases import masked_kind
from tests.parquet import write_parquet

KEY = b"k" * 32
TYPES = {
    "name": "text", "income": "integer", "rate": "decimal", "weight": "float", "born": "date", "seen": "timestamptz",
    "code": "text", "note": "text", "secret": "integer",
}  # fmt: skip
MASKS = {
    "name": None, "income": "band:10", "rate": "round:0", "weight": "band:5", "born": "year", "seen": "year",
    "code": "first:2", "note": "null",
}  # fmt: skip
HIDDEN = "secret < 50"


def person(chance: random.Random, name: str) -> dict:
    return {
        "name": name, "income": chance.randrange(100), "rate": Decimal(chance.randrange(1, 5)),
        "weight": float(chance.randrange(20)), "born": date(1990 + chance.randrange(4), 5, 5),
        "seen": datetime(2020 + chance.randrange(3), 5, 5, tzinfo=UTC), "code": chance.choice(["AB", "AC"]),
        "note": None, "secret": chance.randrange(60),
    }  # fmt: skip


def twin(chance: random.Random, row: dict) -> dict:
    """A row that looks the same under the masks, and is another in every cell that they cover."""
    return row | {
        "income": row["income"] // 10 * 10 + chance.randrange(10),
        "rate": row["rate"] + Decimal(chance.randrange(-4, 5)) / 10,
        "weight": row["weight"] // 5 * 5 + chance.randrange(5),
        "born": date(row["born"].year, chance.randrange(1, 13), 9),
        "seen": row["seen"].replace(month=chance.randrange(1, 13)),
        "code": row["code"] + chance.choice(["", "7", "榕"]),
        "note": chance.choice(["ill", "well", None]), "secret": chance.randrange(50) if row["secret"] < 50 else 55,
    }  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def tables():
    """The same table three times: the second differs only beneath the masks, the third lacks the hidden rows' truth."""
    chance = random.Random(3)
    first = [person(chance, name) for name in [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ"] * 2]
    second = [twin(chance, row) for row in first]
    first[0] |= {"income": 41, "secret": 1}
    second[0] |= {"income": 48, "secret": 2}
    third = [row if row["secret"] < 50 else person(chance, "other") | {"secret": 59} for row in second]
    for n, rows in enumerate([first, second, third]):
        with store().open(f"tables/twins-{n}.parquet", "wb") as file:
            file.write(write_parquet({name: (kind, [row[name] for row in rows]) for name, kind in TYPES.items()}))


def answer(number: int, query: RowQuery, columns=None):
    """Everything that comes out of one of the tables, or the words of the refusal."""
    try:
        made = plan(query, TableTerms(columns or MASKS, HIDDEN), TYPES, pseudonyms=KEY, about="test")
        run = Run(made, f"tables/twins-{number}.parquet", f"twins-{number}")
        return [row for batch in run.batches() for row in batch.to_pylist()]
    except QueryError as refusal:
        return refusal.code, refusal.sentence


@pytest.mark.parametrize("seed", range(40))
def test_rows_that_look_the_same_answer_the_same(seed):
    """Whatever is asked: the cells of the order, which cursors carry, are compared as well."""
    types = {name: masked_kind(TYPES[name], mask) for name, mask in MASKS.items()}
    query = Asker(random.Random(seed), types).query()
    filters = tuple((name, way, _short(value)) for name, way, value in query.filters)
    asked = RowQuery(**query.params(), filters=filters, limit=None if seed % 2 else 7)
    first, second, third = (answer(n, asked) for n in range(3))
    assert first == second == third


def _short(value) -> str:
    return "\x1f".join(map(_short, value)) if isinstance(value, list) else oracle.literal(value).strip("'")


@pytest.mark.parametrize("sample", [1, 5, 20])
@pytest.mark.parametrize("facet", ["income", "born", "code"])
def test_samples_and_frequent_values_are_of_what_is_seen(sample, facet):
    for query in (RowQuery(sample=sample), RowQuery().facet(facet), RowQuery(q="7"), RowQuery(q="ill")):
        assert answer(0, query) == answer(1, query) == answer(2, query)


def test_profiles_are_of_what_is_seen():
    made = statistics(TableTerms(MASKS, HIDDEN), TYPES, pseudonyms=KEY)
    runs = [Run(made, f"tables/twins-{n}.parquet", f"twins-{n}") for n in range(3)]
    found = [[row for batch in run.batches() for row in batch.to_pylist()] for run in runs]
    assert found[0] == found[1] == found[2]


# Ways to ask whether the income of one person is at least so much; each gives true, false, or nothing.
WAYS: list[Callable[[str, int], RowQuery]] = [
    lambda who, at: RowQuery(where=f"name = '{who}' and income >= {at}", select="count(*) as c"),
    lambda who, at: RowQuery(filters=(("name", "eq", who), ("income", "gte", str(at))), select="name"),
    lambda who, at: RowQuery(select="name, max(income) as m", group_by="name", having=f"m >= {at} and name = '{who}'"),
    lambda who, at: RowQuery(where=f"name = '{who}'", select=f"median(income - {at}) as m, stddev(income) as s"),
    lambda who, at: RowQuery(where=f"name = '{who}'", select=f"1 / (income - {at}) as d, ln(income - {at}) as l"),
    lambda who, at: RowQuery(where=f"name = '{who}' and 1 / (income - {at}) is null", select="name"),
    lambda who, at: RowQuery(select=f"name, abs(income - {at}) as d", order_by="d", limit=60),
    lambda who, at: RowQuery(where=f"contains(concat(income, ''), '{at}') and name = '{who}'", select="name, income"),
    lambda who, at: RowQuery(where=f"name = '{who}'", select=f"quantile(income * {at}, 0.5) as x, first(income) as f"),
    lambda who, at: RowQuery(where=f"name = '{who}'", select=f"count(distinct income % {at + 1}) as c"),
]  # fmt: skip


def narrowed(way: Callable[[str, int], RowQuery], number: int) -> list[tuple[int, str]]:
    """Twenty questions to one of the tables, each after what was said before, and what was said."""
    low, high, said = 0, 100, []
    for _n in range(20):
        middle = (low + high) // 2 if high - low > 1 else (low + 7 * len(said)) % 100
        said.append((middle, repr(answer(number, way("A", middle)))))
        low, high = (middle, high) if "'A'" in said[-1][1] or "'c': 1" in said[-1][1] else (low, middle)
    return said


@pytest.mark.parametrize("way", WAYS, ids=range(len(WAYS)))
def test_two_hundred_questions_do_not_find_a_masked_number(way):
    """Twenty by each of ten ways are answered alike whether the truth is 41 or 48: both stay possible."""
    assert narrowed(way, 0) == narrowed(way, 1)


@pytest.mark.parametrize("mask", ["hash", "first", "null"])
def test_a_masked_text_is_found_by_no_search(mask):
    """Under a mask a text is what the mask leaves: nothing longer is found in it, by any way of looking."""
    columns = {"name": None, "code": mask}
    for where in ("code like 'AB7%'", "contains(code, 'B7')", "code in ('AB7', 'AC7')", "ends_with(code, '榕')"):
        assert answer(1, RowQuery(where=where), columns) == []
    assert answer(1, RowQuery(q="榕"), columns) == []
