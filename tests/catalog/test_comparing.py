"""Two versions of a table compared: random pairs under random bases give what a plain evaluator gives, page by page."""

import itertools
import random
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from catalog.row_keys import key_under
from catalog.rows.comparing import KINDS, Comparison, Side, compare
from catalog.rows.cursors import write_cursor
from catalog.rows.engine import Run
from catalog.rows.errors import QueryError
from catalog.store import store
from catalog.terms import TableTerms
from tests import oracle
from tests.catalog.random_tables import MASKS
from tests.oracle.bases import masked_kind
from tests.parquet import write_parquet

KEYS = b"k" * 32, b"o" * 32  # two readers' pseudonyms
NUMBERS = {"integer", "decimal", "float"}
FIRST = {"id": "integer", "part": "text", "height": "integer", "planted": "date", "at": "timestamptz", "note": "text"}
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
WHERE = [
    None, None, ("<>", "part", "b"), ("null", "part"), ("in", "part", ["a", "c"]), ("not", ("like", "part", "_")),
    ("or", ("=", "part", "a"), ("null", "part")),
]  # fmt: skip


def cast(kind, value):
    """The value as a column of this type holds it."""
    if value is None:
        return None
    if kind == "text":
        return value.isoformat() if isinstance(value, date) else str(value)
    if kind == "decimal":
        return Decimal(value).quantize(Decimal("0.0001"))
    return float(value) if kind == "float" else value


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
        "at": chance.choice([datetime(2026, 1, 1, 23, 30, tzinfo=UTC), datetime(1850, 6, 7, tzinfo=UTC), None]),
        "note": chance.choice(["oak", "oaks", "O'Neil", "橡树", "", None]),
        "crown": chance.choice([3, 4]),
        "seen": date(2026, 1, chance.randrange(1, 9)),
    }


def side(chance, state, reader=0, masks=0.35):
    """One version as a basis drawn at random lets it out."""
    types = STATES[state]
    names = [name for name in types if chance.random() < 0.85] or list(types)
    columns = {name: chance.choice(MASKS[types[name]]) if chance.random() < masks else None for name in names}
    where = chance.choice(WHERE) if "part" in types else None
    return Side(TableTerms(columns, oracle.text_of(where) if where else ""), types, KEYS[reader]), where


def plain(state):
    """One version as it is."""
    return Side(TableTerms(dict.fromkeys(STATES[state])), STATES[state], KEYS[0]), None


def ask(pair, sides, named, **asked):
    """One page of changes, the order keys of its rows, and the plan."""
    asked = Comparison(table="main", since=1, **asked)
    key = [key_under(named, one.terms, one.types) for one, _where in sides]
    made = compare(asked, *(one for one, _where in sides), key[1] if all(key) else [], about="test")
    first, second = ((f"tables/compared-{n}.parquet", f"compared-{n}") for n in pair)
    found, places = [], []
    for batch in Run(made, *second, since=first).batches():
        found += made.dicts(batch)
        places += [list(row.values())[-2:] for row in batch.to_pylist()]
    return found, places, made


def wanted(states, pair, sides, named):
    """What the plain evaluator gives."""
    lent = [
        oracle.let_out(states[n], one.terms.columns, where, one.pseudonyms)
        for n, (one, where) in zip(pair, sides, strict=True)
    ]
    kinds = [{name: masked_kind(one.types[name], mask) for name, mask in one.terms.columns.items()} for one, _ in sides]

    def form(name, value, _is_after):
        both = {kinds[0][name], kinds[1][name]}
        if value is None or len(both) == 1:
            return value
        if both <= NUMBERS:
            return float(value) if "float" in both else value
        return oracle.as_text(value)

    parts = [(one.terms.columns.get(name, ""), one.types.get(name)) for one, _where in sides for name in named]
    return oracle.changes(*lent, named if all(_names_rows(*part) for part in parts) else [], form)


def _names_rows(mask: str | None, kind: str | None) -> bool:
    """A key is one for a reader who sees its columns, or pseudonyms of them, or roundings that round nothing off."""
    return mask in {None, "hash"} or (kind == "integer" and mask in {"round", "round:1"})


def check(states, seed: int) -> None:
    """A pair of states, a basis over each, and the columns that the steward named as the key."""
    chance = random.Random(seed)
    pair = chance.choices(range(len(STATES)), [4, 4, 3, 3, 3, 3, 1], k=2)
    sides = [side(chance, n, chance.choice([0, 0, 0, 1])) for n in pair]
    if chance.random() < 0.4 and pair[0] == pair[1]:
        sides[1] = sides[0]
    named = chance.choice([["id"], ["id", "part"], ["part"], []])
    limit, kind = chance.choice([7, 50]), chance.choice(KINDS)
    right = wanted(states, pair, sides, named)
    whole, _places, _made = ask(pair, sides, named, limit=10_000)
    assert whole == right

    paged, after = [], ""
    while len(paged) <= 3 * limit:
        page, places, made = ask(pair, sides, named, limit=limit, after=after)
        paged += page[:limit]
        if len(page) <= limit:
            break
        after = write_cursor(made.about, places[limit - 1])
    assert paged == right[: len(paged)]

    counts, _places, _made = ask(pair, sides, named, counted=True)
    assert counts == [{one: sum(change["change"] == one for change in right) for one in KINDS}]
    found, _places, _made = ask(pair, sides, named, change=kind, limit=10_000)
    assert found == [change for change in right if change["change"] == kind]


@pytest.mark.parametrize("seed", range(25))
def test_it_compares_like_a_plain_evaluator(states, seed):
    check(states, seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1_000, 6_000, 1_000))
def test_it_compares_like_a_plain_evaluator_many_times(states, start):
    for seed in range(start, start + 60):
        check(states, seed)


def test_the_examples_hold_every_kind_of_change(states):
    found = set()
    for pair in itertools.combinations(range(len(STATES)), 2):
        sides = [plain(n) for n in pair]
        found |= {one["change"] for one in wanted(states, pair, sides, ["id"])}
    assert found == set(KINDS)


def test_equal_versions_do_not_differ(states):
    sides = [plain(0)] * 2
    assert ask((0, 0), sides, ["id"])[0] == []
    assert ask((0, 0), sides, [])[0] == []


def test_a_kind_of_change_that_is_none_is_refused():
    with pytest.raises(QueryError):
        Comparison(table="main", since=1, change="moved")
