"""Two versions of a table compared: random pairs give what a plain evaluator gives, whole and page by page."""

import itertools
import random
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.row_keys import key_under
from catalog.rows.comparing import KINDS, Comparison, Side, compare
from catalog.rows.cursors import write_cursor
from catalog.rows.engine import Run
from catalog.rows.errors import QueryError
from catalog.store import store
from catalog.terms import TableTerms
from tests import oracle
from tests.parquet import write_parquet

KEY = b"k" * 32
FIRST = {"id": "integer", "part": "text", "height": "integer", "planted": "date", "note": "text"}
# Each state of the table has types of its own: columns come, go and are read otherwise.
STATES = [
    FIRST,
    FIRST,
    FIRST | {"height": "decimal"},
    FIRST | {"height": "float", "planted": "text"},
    FIRST | {"id": "text", "height": "text"},
    {name: kind for name, kind in FIRST.items() if name != "note"} | {"crown": "integer"},
    {"seen": "date"},
]
MASKS = {
    "id": [None, None, "hash", "band:10"],
    "part": [None, None, "hash", "first:1", "null"],
    "height": [None, "null"],
    "planted": [None],
    "note": [None, "first:2"],
    "crown": [None],
    "seen": [None],
}
WHERE = [None, ("<>", "part", "b"), ("null", "part"), ("in", "part", ["a", "c"])]


def cast(kind, value):
    """The value as a column of this type holds it."""
    if value is None:
        return None
    as_text = value.isoformat() if isinstance(value, date) else str(value)
    return {"decimal": Decimal, "float": float, "text": lambda _v: as_text}.get(kind, lambda v: v)(value)


@pytest.fixture(scope="module")
def states():
    """Versions of one table, each made of the one before by changing, dropping, doubling and adding rows."""
    chance = random.Random(11)
    rows = [_row(chance, n) for n in range(60)]
    made = []
    for n, types in enumerate(STATES):
        rows = [row for row in rows if chance.random() > 0.1]
        rows = [row | ({"height": chance.choice([1, 2, None])} if chance.random() < 0.2 else {}) for row in rows]
        rows += [dict(chance.choice(rows)) for _n in range(4)] + [_row(chance, chance.randrange(70)) for _n in range(5)]
        chance.shuffle(rows)
        stored = [{name: cast(kind, row[name]) for name, kind in types.items()} for row in rows]
        data = write_parquet({name: (kind, [row[name] for row in stored]) for name, kind in types.items()})
        with store().open(f"tables/compared-{n}.parquet", "wb") as file:
            file.write(data)
        made.append(stored)
    return made


def _row(chance, number):
    return {
        "id": chance.choice([number, number, number, None]),
        "part": chance.choice(["a", "b", "c", None]),
        "height": chance.choice([1, 2, 30, None]),
        "planted": chance.choice([date(2001, 3, 9), date(2020, 12, 31), None]),
        "note": chance.choice(["oak", "oaks", "O'Neil", "橡树", "", None]),
        "crown": chance.choice([3, 4]),
        "seen": date(2026, 1, chance.randrange(1, 9)),
    }


def side(state, columns, where):
    types = STATES[state]
    kept = {name: mask for name, mask in columns.items() if name in types}
    kept = {name: None if types[name] != FIRST.get(name) else mask for name, mask in kept.items()}
    return Side(TableTerms(kept or dict.fromkeys(types), oracle.text_of(where) if where else ""), types, KEY)


def ask(pair, sides, named, **asked):
    """One page of changes, the order keys of its rows, and the plan."""
    asked = Comparison(table="main", since=1, **asked)
    key = [key_under(named, one.terms, one.types) for one in sides]
    made = compare(asked, *sides, key[1] if all(key) else [], about="test")
    first, second = ((f"tables/compared-{n}.parquet", f"compared-{n}") for n in pair)
    found, places = [], []
    for batch in Run(made, *second, since=first).batches():
        found += made.dicts(batch)
        places += [list(row.values())[-2:] for row in batch.to_pylist()]
    return found, places, made


def wanted(states, pair, sides, named):
    """What the plain evaluator gives."""
    key = [key_under(named, one.terms, one.types) for one in sides]
    lent = []
    for n, one in zip(pair, sides, strict=True):
        condition = next((where for where in WHERE if where and oracle.text_of(where) == one.terms.where), None)
        lent.append(oracle.let_out(states[n], one.terms.columns, condition, KEY))
    kinds = [{name: _out(one, name) for name in one.terms.columns} for one in sides]

    def form(name, value, _is_after):
        both = {kinds[0][name], kinds[1][name]}
        if value is None or len(both) == 1 or both <= {"integer", "decimal", "float"}:
            return value
        if isinstance(value, Decimal):
            return f"{value:.4f}"
        return value.isoformat() if isinstance(value, date) else str(value)

    return oracle.changes(*lent, key[1] if all(key) else [], form)


def _out(one, name):
    mask = one.terms.columns[name]
    return "text" if mask and mask.split(":")[0] in {"hash", "first"} else one.types[name]


@st.composite
def cases(draw):
    """Two states, a basis over each, and the columns that the steward named as the key."""
    pair = tuple(draw(st.sampled_from(range(len(STATES)))) for _side in range(2))
    names = draw(st.lists(st.sampled_from(sorted(MASKS)), min_size=2, unique=True))
    columns = {name: draw(st.sampled_from(masks)) for name, masks in MASKS.items() if name in names}
    where = draw(st.sampled_from(WHERE))
    wheres = [where if "part" in STATES[n] else None for n in pair]
    named = draw(st.sampled_from([["id"], ["id", "part"], ["part"], []]))
    return pair, [side(n, columns, one) for n, one in zip(pair, wheres, strict=True)], named


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases(), limit=st.sampled_from([1, 7, 50]), kind=st.sampled_from(KINDS))
def test_it_compares_like_a_plain_evaluator(states, case, limit, kind):
    pair, sides, named = case
    right = wanted(states, pair, sides, named)
    whole, _places, _made = ask(pair, sides, named, limit=10_000)
    assert whole == right

    paged, after = [], ""
    while True:
        page, places, made = ask(pair, sides, named, limit=limit, after=after)
        paged += page[:limit]
        if len(page) <= limit or len(paged) > 6 * limit:
            break
        after = write_cursor(made.about, places[limit - 1])
    assert paged == right[: len(paged)]

    counts, _places, _made = ask(pair, sides, named, counted=True)
    assert counts == [{one: sum(change["change"] == one for change in right) for one in KINDS}]
    found, _places, _made = ask(pair, sides, named, change=kind, limit=10_000)
    assert found == [change for change in right if change["change"] == kind]


def test_the_examples_hold_every_kind_of_change(states):
    found = set()
    for pair in itertools.combinations(range(len(STATES)), 2):
        sides = [side(n, dict.fromkeys(MASKS), None) for n in pair]
        found |= {one["change"] for one in wanted(states, pair, sides, ["id"])}
    assert found == set(KINDS)


def test_equal_versions_do_not_differ(states):
    sides = [side(0, dict.fromkeys(MASKS), None)] * 2
    assert ask((0, 0), sides, ["id"])[0] == []
    assert ask((0, 0), sides, [])[0] == []


def test_a_kind_of_change_that_is_none_is_refused():
    with pytest.raises(QueryError):
        Comparison(table="main", since=1, change="moved")
