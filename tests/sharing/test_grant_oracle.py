"""What a grant lets out is what a plain evaluator lets out of the same rows: by API, file, preview and count."""

import io
import math
import random
from collections import Counter
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from catalog import exporter
from catalog.actions.exports import ask_export
from catalog.gate import BasisEnded
from catalog.models import Format
from catalog.preview import LONGEST, first_rows
from catalog.rows.query import RowQuery
from catalog.store import store
from sharing.actions.grants import make_grant
from sharing.limits import NO_LIMITS, Limits
from tests import oracle, world
from tests.api import caller, dataset_url
from tests.catalog.asking import Asker
from tests.catalog.random_tables import TYPES, basis, table
from tests.oracle.bases import masked_kind
from tests.oracle.counts import may_be_said, must_be_said

pytestmark = pytest.mark.django_db(transaction=True)
ANY_KEY = b"k" * 32  # pseudonyms are held together by which of them are the same


class Lent:
    """A grant of random terms over random rows, and what it must let out."""

    def __init__(self, cast, chance: random.Random, limits: Limits = NO_LIMITS):
        self.cast, self.columns = cast, basis(chance)
        self.where = Asker(chance, TYPES).condition(1) if chance.random() < 0.7 else None
        self.kinds = {name: masked_kind(TYPES[name], mask) for name, mask in self.columns.items()}
        self.pseudonyms = {}
        self.rows = oracle.let_out(cast.rows, self.columns, self.where, ANY_KEY)
        self.grant = make_grant(
            cast.dataset,
            recipient=cast.health,
            columns=self.columns,
            where=oracle.text_of(self.where) if self.where else "",
            purpose="Screening",
            legal_basis="article 21",
            valid_until=timezone.now() + timedelta(days=9),
            limits=limits,
            by=world.by(cast.approver),
        )

    @property
    def plain(self) -> dict[str, str]:
        """The columns that a reader can ask about by value."""
        return {name: kind for name, kind in self.kinds.items() if self.columns[name] != "hash"}

    def assert_same(self, found: list[dict], wanted: list[dict], same) -> None:
        """The same rows in the same order, cell by cell; pseudonyms are the same where they must be, and only there."""
        assert [list(row) for row in found] == [list(self.columns)] * len(wanted)
        for row, other in zip(found, wanted, strict=True):
            for name, kind in self.kinds.items():
                if self.columns[name] == "hash" and other[name] is not None:
                    assert self.pseudonyms.setdefault((name, other[name]), row[name]) == row[name]
                else:
                    assert same(row[name], other[name], kind), (name, row[name], other[name])
        for column in self.columns:
            given = [text for (name, _value), text in self.pseudonyms.items() if name == column]
            assert len(set(given)) == len(given) and all(len(text) == 32 for text in given)


@pytest.fixture
def cast():
    people = world.cast()
    people.dataset = world.dataset(people.owner, people.parks)
    return people


def keep(cast, rows: list[dict]) -> None:
    """These rows are the dataset's."""
    cast.rows = rows
    cast.version = world.version(
        cast.dataset, {name: (kind, [row[name] for row in rows]) for name, kind in TYPES.items()}
    )


def same(one, other, kind: str) -> bool:
    """Two values of a kind, floating numbers but for their last digits."""
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) if kind == "float" else one == other


def same_in_json(one, other, kind: str) -> bool:
    """A value as JSON has it: numbers that a double does not hold exactly are texts there, and so are moments."""
    if one is None or other is None:
        return one is other
    readers = {
        "integer": int, "decimal": lambda value: Decimal(str(value)), "float": float, "date": date.fromisoformat,
        "time": time.fromisoformat, "timestamp": datetime.fromisoformat, "timestamptz": datetime.fromisoformat,
    }  # fmt: skip
    return same(readers.get(kind, lambda value: value)(one), other, kind)


def same_as_text(one, other, kind: str) -> bool:
    """A value as a page shows it."""
    if kind in {"text", "geometry"} and other is not None:
        return one == (other if len(other) <= LONGEST else other[: LONGEST - 1] + "…")
    return same_in_json({"yes": True, "no": False}.get(one, one), other, kind)


def by_file(lent: Lent, by=None) -> list[dict]:
    """All rows of a prepared file."""
    over, by = (lent.cast.version, lent.grant), by or world.by(lent.cast.requester)
    export = ask_export(RowQuery(limit=None), Format.PARQUET, over=over, name="rows", by=by)
    exporter.run(export.pk)
    export.refresh_from_db()
    with store().open(export.path) as file:
        found = pq.read_table(io.BytesIO(file.read()))
    return found.to_pylist() if found.num_rows else []


def by_api(lent: Lent, client, **params) -> list[dict]:
    """All rows, page by page."""
    found, after = [], ""
    while after is not None:
        page = asked(lent, client, limit=7, after=after, **params)
        found, after = found + page["results"], page["next"]
    return found


def asked(lent: Lent, client, **params) -> dict:
    answer = client.get(dataset_url(lent.cast.dataset, "/rows"), {"basis": str(lent.grant.pk), **params})
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.parametrize("seed", range(8))
def test_every_way_out_is_what_a_plain_evaluator_lets_out(cast, seed):
    chance = random.Random(seed)
    keep(cast, table(chance, chance.choice([0, 1, 25, 40])))
    client = caller(cast.requester)
    for _n in range(3):
        lent = Lent(cast, chance)

        lent.assert_same(by_api(lent, client), lent.rows, same_in_json)
        lent.assert_same(by_file(lent), lent.rows, same)
        shown = first_rows("main", cast.version, lent.grant, limit=5, by=world.by(cast.requester))
        cells = [dict(zip(shown.columns, row, strict=True)) for row in shown.rows]
        lent.assert_same(cells, lent.rows[:5], same_as_text)
        assert asked(lent, client, limit=1)["total"] == len(lent.rows)
        assert asked(lent, client, select="count(*) as n")["results"] == [{"n": len(lent.rows)}]


@pytest.mark.parametrize("seed", range(8))
def test_what_is_asked_under_it_is_asked_of_what_it_lets_out(cast, seed):
    chance = random.Random(1000 + seed)
    keep(cast, table(chance, 40))
    client = caller(cast.requester)
    telling = 0
    for _n in range(3):
        lent = Lent(cast, chance)
        for _m in range(2 if lent.plain else 0):
            condition = Asker(chance, lent.plain).condition(1)
            wanted = [row for row in lent.rows if oracle.holds(condition, row) is True]
            telling += 0 < len(wanted) < len(lent.rows)

            lent.assert_same(by_api(lent, client, where=oracle.text_of(condition)), wanted, same_in_json)
            counted = asked(lent, client, select="count(*) as n", where=oracle.text_of(condition))
            assert counted["results"] == [{"n": len(wanted)}]
    assert telling, "no condition told some rows from others: take another seed"


@pytest.mark.parametrize("seed", range(4))
def test_counts_are_those_that_a_plain_evaluator_may_say(cast, seed, settings):
    settings.COUNTS_GROUP = k = 3
    chance = random.Random(2000 + seed)
    keep(cast, table(chance, 40))
    client = caller(cast.requester)
    for _n in range(2):
        lent = Lent(cast, chance, Limits(least="count"))
        assert asked(lent, client, select="count(*) as n")["results"][0]["n"] in may_be_said(len(lent.rows), k)
        refused = client.get(dataset_url(cast.dataset, "/rows"), {"basis": str(lent.grant.pk)})
        assert refused.status_code == 403
        for name in [name for name, kind in lent.plain.items() if kind in {"text", "boolean"}][:3]:
            sizes = Counter(row[name] for row in lent.rows)
            found = asked(lent, client, select=f'"{name}", count(*) as n_rows', group_by=f'"{name}"')["results"]
            told = {row[name]: row["n_rows"] for row in found}
            assert must_be_said(sizes, k) <= set(told)
            assert all(number > 0 and number in may_be_said(sizes[value], k) for value, number in told.items())
        if lent.plain:
            condition = Asker(chance, lent.plain).condition(1)
            wanted = sum(oracle.holds(condition, row) is True for row in lent.rows)
            counted = asked(lent, client, select="count(*) as n", where=oracle.text_of(condition))["results"]
            assert counted[0]["n"] in may_be_said(wanted, k)


@pytest.mark.parametrize("seed", range(2))
def test_yes_is_said_of_enough_rows_alone(cast, seed, settings):
    settings.COUNTS_GROUP = k = 3
    chance = random.Random(3000 + seed)
    keep(cast, table(chance, 25))
    lent = Lent(cast, chance, Limits(least="yes-no"))
    for _n in range(4):
        condition = Asker(chance, lent.plain).condition(1) if lent.plain else None
        wanted = [row for row in lent.rows if condition is None or oracle.holds(condition, row) is True]
        where = oracle.text_of(condition) if condition else ""
        (found,) = asked(lent, caller(cast.requester), select="count(*) as n", where=where)["results"]
        assert found["n"] in {number >= k for number in may_be_said(len(wanted), k)}


def test_the_stranger_gets_nothing_by_any_way(cast):
    keep(cast, table(random.Random(3), 25))
    lent = Lent(cast, random.Random(3))
    address = dataset_url(cast.dataset, "/rows")
    for other in (cast.stranger, cast.citizen, cast.auditor, None):
        assert caller(other).get(address, {"basis": str(lent.grant.pk)}).status_code == 404
    for other in (cast.stranger, None):
        with pytest.raises(BasisEnded):
            first_rows("main", cast.version, lent.grant, limit=5, by=world.by(other))
        with pytest.raises(PermissionDenied):
            by_file(lent, world.by(other))
