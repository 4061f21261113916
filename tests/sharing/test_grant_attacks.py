"""What somebody with bad intent would try with a grant, and what becomes of it."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from audit.models import Event
from catalog.actions.memberships import move_person
from catalog.gate import LOOK_AGAIN, BasisEnded, open_rows
from catalog.metering import LimitReached
from catalog.models import Basis
from catalog.rows.errors import QueryError, Stopped
from catalog.rows.query import RowQuery
from sharing.actions.grants import make_grant, revoke_grant
from sharing.limits import Limits
from tests import world

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 6


@pytest.fixture
def cast():
    people = world.cast()
    people.dataset = world.dataset(people.owner, people.parks, "Residents", opening_class="closed")
    columns = {
        "name": ("text", [f"person {number}" for number in range(400)]),
        "income": ("integer", [number * 37 % 1000 for number in range(400)]),
        "ill": ("boolean", [number == 123 for number in range(400)]),
    }
    people.version = world.version(people.dataset, columns)
    return people


def lend(cast, columns, **terms) -> Basis:
    return make_grant(
        cast.dataset, recipient=cast.health, columns=columns, purpose="Planning", legal_basis="Article 21",
        valid_until=timezone.now() + timedelta(days=30), by=world.by(cast.approver), **terms,
    )  # fmt: skip


def opened(cast, grant, **query):
    return open_rows(RowQuery(**query), over=[(cast.version, grant)], by=world.by(cast.requester))


def test_whoever_is_moved_in_the_middle_of_a_download_gets_no_further_row(cast):
    rows = opened(cast, lend(cast, {"income": None}), limit=None)
    batches = rows.batches()
    next(batches)
    rows.exit.gone(10, 100)

    move_person(cast.requester, cast.schools, "requester", by=world.by(cast.administrator), reason="A new post")
    time.sleep(LOOK_AGAIN + 0.05)

    with pytest.raises(Stopped):
        rows.exit.gone(10, 100)
    rows.close()
    assert '"rows":10' in Event.objects.get(kind="disclosure.closed").body


def test_no_process_goes_by_what_it_knew_before_the_revocation(cast):
    """Each thread has asked before, so whatever it keeps is warm; after the commit none gets a row."""
    grant = lend(cast, {"income": None})
    warm, revoked, got = threading.Barrier(THREADS + 1), threading.Event(), []

    def reads():
        try:
            list(opened(cast, grant, limit=1).dicts())
            warm.wait(60)
            revoked.wait(60)
            try:
                got.append(len(list(opened(cast, grant, limit=1).dicts())))
            except BasisEnded:
                got.append(None)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=reads) for _one in range(THREADS)]
    for thread in threads:
        thread.start()
    warm.wait(60)
    revoke_grant(grant, by=world.by(cast.approver), reason="Over")
    revoked.set()
    for thread in threads:
        thread.join()

    assert got == [None] * THREADS


@pytest.mark.parametrize(
    "query",
    [
        {"where": "ill = true"},
        {"order_by": "ill"},
        {"select": "max(ill) as m"},
        {"group_by": "ill", "select": "count(*) as n"},
        {"where": "income > 0 or ill is null"},
        {"where": "cast(ill as integer) = 1"},
        {"where": "not (ill = false)"},
    ],
)
def test_a_column_that_was_not_lent_answers_like_one_that_never_was(cast, query):
    grant = lend(cast, {"name": "hash", "income": "band:100"})
    never = {part: text.replace("ill", "xyz") for part, text in query.items()}

    refusals = []
    for asked in (query, never):
        with pytest.raises(QueryError) as refused:
            opened(cast, grant, **asked)
        refusals.append((refused.value.code, str(refused.value.sentence).replace("ill", "xyz")))

    assert refusals[0] == refusals[1]
    assert not Event.objects.filter(kind="disclosure.opened").exists()


def test_a_filter_never_reaches_beyond_the_rows_that_were_lent(cast):
    grant = lend(cast, {"income": None}, where="income < 100")
    within = {income for number in range(400) if (income := number * 37 % 1000) < 100}

    def found(where):
        return {row["income"] for row in opened(cast, grant, where=where).dicts()}

    assert found("income >= 0 or income < 100") == within
    assert found("income is null or income is not null") == within
    assert found("not (income < 100)") == set()
    for where in ("income is null or true", "1 = 1"):  # what is true of nothing lent is no condition
        with pytest.raises(QueryError):
            found(where)


def test_somebody_is_not_singled_out_by_narrow_filters_under_a_budget_of_readings(cast):
    """By halves it takes nine counts to find one of 400: the budget ends the search, and each step is in the log."""
    grant = lend(cast, {"name": "hash", "income": "band:10"}, limits=Limits(readings_most=5, readings_span="day"))
    low, high, asked = 0, 1000, 0

    with pytest.raises(LimitReached):
        while high - low > 10:
            middle = (low + high) // 2
            counted = opened(cast, grant, select="count(*) as n", where=f"income >= {low} and income < {middle}")
            asked += 1
            low, high = (low, middle) if next(iter(counted.dicts()))["n"] else (middle, high)

    assert asked == 5
    assert high - low > 10
    assert Event.objects.filter(kind="disclosure.opened", basis=grant.pk).count() == 5
