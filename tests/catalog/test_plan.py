"""Random bases and random queries give what a plain evaluator gives, on whole answers and through pages."""

import random
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.rows.cursors import write_cursor
from catalog.rows.engine import Run
from catalog.rows.errors import QueryError
from catalog.rows.letting import check_where
from catalog.rows.plan import plan, statistics
from catalog.rows.query import RowQuery
from catalog.store import store
from catalog.terms import TableTerms
from tests import oracle
from tests.parquet import write_parquet

KEY = b"k" * 32
TYPES = {"district": "text", "born": "date", "income": "integer", "code": "text"}
FITS = {
    "district": [None, "first:1", "hash", "null"],
    "born": [None, "year", "hash", "null"],
    "income": [None, "band:10", "band:7", "null", "hash"],
    "code": [None, "first:2", "hash"],
}
VALUES = {
    "district": st.sampled_from(["North", "South", "O'Neil", "东城", ""]),
    "born": st.dates(date(1990, 1, 1), date(1992, 12, 31)),
    "income": st.integers(-30, 30),
    "code": st.sampled_from(["007", "0071", "A;--", '"x"']),
}


@pytest.fixture(scope="module")
def rows():
    """Two hundred rows from a fixed seed, with nulls, in a stored table."""
    chance = random.Random(7)
    made = [
        {
            "district": chance.choice(["North", "South", "O'Neil", "东城", "", None]),
            "born": chance.choice([None, date(1990 + chance.randrange(3), chance.randrange(1, 13), 5)]),
            "income": chance.choice([None, chance.randrange(-30, 31)]),
            "code": chance.choice(["007", "0071", "A;--", '"x"', None]),
        }
        for _n in range(200)
    ]
    data = write_parquet({name: (kind, [row[name] for row in made]) for name, kind in TYPES.items()})
    with store().open("tables/oracle.parquet", "wb") as file:
        file.write(data)
    return made


def conditions(columns, types):
    """Random conditions over these columns."""

    def leaf(name):
        values = VALUES[name] if types[name] == TYPES[name] else st.integers(-40, 2000)
        values = values.map(lambda v: v) if types[name] != "text" else st.one_of(values, st.just("N"))
        return st.one_of(
            st.tuples(st.sampled_from(sorted(oracle.COMPARE)), st.just(name), values),
            st.tuples(st.just("null"), st.just(name)),
            st.tuples(st.just("in"), st.just(name), st.lists(values, min_size=1, max_size=3)),
            st.tuples(st.just("between"), st.just(name), values, values),
        )

    return st.recursive(
        st.sampled_from(sorted(columns)).flatmap(leaf),
        lambda inner: st.one_of(
            st.tuples(st.just("not"), inner), st.tuples(st.sampled_from(["and", "or"]), inner, inner)
        ),
        max_leaves=5,
    )


@st.composite
def cases(draw):
    """A basis, and a query under it."""
    names = draw(st.lists(st.sampled_from(sorted(TYPES)), min_size=1, unique=True))
    columns = {name: draw(st.sampled_from(FITS[name])) for name in TYPES if name in names}
    lent = draw(st.none() | conditions(TYPES, TYPES))
    types = {name: out_type(name, mask) for name, mask in columns.items()}
    askable = {name for name in columns if types[name] in {TYPES[name], "integer"}}
    asked = draw(st.none() | conditions(askable, types)) if askable else None
    order = draw(
        st.lists(st.tuples(st.sampled_from(sorted(columns)), st.booleans()), max_size=2, unique_by=lambda o: o[0])
    )
    return columns, lent, asked, order


def out_type(name, mask):
    if mask is None or mask == "null":
        return TYPES[name]
    return {"year": "integer", "band": "integer"}.get(mask.split(":")[0], "text")


def ask(columns, lent, **query):
    terms = TableTerms(columns=columns, where=oracle.text_of(lent) if lent else "")
    made = plan(RowQuery(**query), terms, TYPES, pseudonyms=KEY, about="test")
    run = Run(made, "tables/oracle.parquet", "oracle")
    width = len(made.columns)
    found = [
        row for batch in run.batches() for row in zip(*[column.to_pylist() for column in batch.columns], strict=True)
    ]
    names = [column.name for column in made.columns]
    return [dict(zip(names, row[:width], strict=True)) for row in found], [list(row[width:]) for row in found], made


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases(), limit=st.sampled_from([3, 40, 90]))
def test_it_answers_like_a_plain_evaluator(rows, case, limit):
    columns, lent, asked, order = case
    wanted = oracle.answer(oracle.let_out(rows, columns, lent, KEY), asked, order)
    query = {
        "where": oracle.text_of(asked) if asked else "",
        "order_by": ",".join(f"{'-' if down else ''}{name}" for name, down in order),
    }
    whole, _keys, _made = ask(columns, lent, limit=None, **query)
    assert whole == wanted

    paged, after = [], ""
    while True:
        page, keys, made = ask(columns, lent, limit=limit, after=after, **query)
        paged += page[:limit]
        if len(page) <= limit:
            break
        after = write_cursor(made.about, keys[limit - 1])
    assert paged == wanted


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases())
def test_it_counts_like_a_plain_evaluator(rows, case):
    columns, lent, asked, _order = case
    wanted = oracle.answer(oracle.let_out(rows, columns, lent, KEY), asked, [])
    counted, _keys, _made = ask(columns, lent, select="count(*) as n", where=oracle.text_of(asked) if asked else "")
    assert counted == [{"n": len(wanted)}]
    made = statistics(TableTerms(columns, oracle.text_of(lent) if lent else ""), TYPES, pseudonyms=KEY)
    profile = [row for batch in Run(made, "tables/oracle.parquet", "oracle").batches() for row in batch.to_pylist()]
    let = oracle.let_out(rows, columns, lent, KEY)
    assert {row["name"]: (row["rows"], row["nulls"]) for row in profile} == {
        name: (len(let), sum(row[name] is None for row in let)) for name in columns
    }


HOSTILE = [
    "1 = 1",
    "district = 'x'; drop table rows",
    "district in (select district from source)",
    "exists (select 1)",
    "district = (select max(code) from source)",
    "read_csv('/etc/passwd') is not null",
    "getenv('HOME') = 'x'",
    "district = getenv('HOME')",
    "source.district = 'x'",
    "__row = 1",
    "rowid = 1",
    "district similar to '(a+)+$'",
    "regexp_matches(district, '(a+)+$')",
    "district = district || district",
    "CASE WHEN true THEN true END",
    "district = 'x' UNION SELECT 1",
    "district = 'x' LIMIT 1",
    "district = $p0",
    "district = ?",
    "cast(code as int) = 7",
    "(" * 200 + "district = 'x'" + ")" * 200,
    " or ".join(["district = 'x'"] * 3000),
    "district = 'x' and",
    "'",
    "",
    "\x00",
    "district",
    "income = 'abc'",
    "income = '１２'",
    "income between symmetric 3 and 1",
    "income = 99999999999999999999",
    "born > '2026-13-45'",
    "not",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_it_refuses_what_is_no_condition(text):
    with pytest.raises(QueryError):
        check_where(text, TYPES)


NO_SELECTION = [
    "*",
    "district, district",
    "sum(district)",
    "max(read_csv('x'))",
    "__row",
    "1",
    "count(*) over ()",
    "district from source",
    "avg(income) as __k0",
    "max(1)",
]


@pytest.mark.parametrize("text", NO_SELECTION)
def test_it_refuses_what_is_no_selection(rows, text):
    with pytest.raises(QueryError):
        ask({"district": None, "income": None}, None, select=text)
