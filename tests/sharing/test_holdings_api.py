"""What a department holds, by program: the same lists as on the page."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.actor import Actor
from catalog.gate import open_rows
from catalog.models import Basis
from catalog.rows.query import RowQuery
from tests import world
from tests.api import caller
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db(transaction=True)
HOLDINGS = "/api/v1/holdings"


@pytest.fixture
def city():
    cast = world.cast()
    cast.dataset = world.dataset(cast.owner, cast.parks, "Residents")
    cast.version = world.version(cast.dataset, {"id": ("integer", [1, 2, 3])})
    return cast


def lend(city, **changes) -> Basis:
    return world.basis("grant", city.version, {"id": None}, to=city.health, roles=["requester"], **changes)


def read(city, grant) -> None:
    open_rows(RowQuery(), over=[(city.version, grant)], by=Actor(user=city.requester)).close("complete")


def held(city, name="", who=None) -> list[str]:
    said = caller(who or city.requester).get(HOLDINGS, {"list": name} if name else {}).json()
    return [one["grant"] for one in said["results"]]


def test_it_says_what_is_held_when_it_was_used_and_by_whom(city):
    now = timezone.now()
    grant = lend(city, valid_until=now + timedelta(days=9), valid_from=now - timedelta(days=90))

    (before,) = caller(city.requester).get(HOLDINGS).json()["results"]
    read(city, grant)
    (after,) = caller(city.requester).get(HOLDINGS).json()["results"]

    assert (before["last_used_at"], before["last_used_by"], before["unused"]) == (None, "", True)
    assert (after["last_used_by"], after["unused"], after["ends_soon"]) == (city.requester.name, False, True)
    assert after["last_used_at"] and after["state"] == "active" and after["disposal_due"] is False
    assert (after["dataset"]["title"], after["owner"]["code"], after["recipient"]["code"]) == (
        "Residents", "parks", "health",
    )  # fmt: skip


def test_each_list_is_told_apart(city):
    now = timezone.now()
    fresh, quiet = lend(city), lend(city, valid_from=now - timedelta(days=90), valid_until=now + timedelta(days=9))
    over = lend(city, valid_from=now - timedelta(days=9), valid_until=now - timedelta(days=1))
    read(city, fresh)
    Basis.objects.filter(pk=fresh.pk).update(state="revoked", state_at=now, state_reason="Enough")

    lists = {name: held(city, name) for name in ("in-force", "ending", "unused", "disposal", "over")}

    assert lists == {
        "in-force": [str(quiet.pk)], "ending": [str(quiet.pk)], "unused": [str(quiet.pk)],
        "disposal": [str(fresh.pk)], "over": [str(over.pk), str(fresh.pk)],
    }  # fmt: skip
    (line, _other) = reversed(caller(city.requester).get(HOLDINGS, {"list": "over"}).json()["results"])
    assert line["disposal_due"] is True and line["state"] == "revoked"
    assert_problem(caller(city.requester).get(HOLDINGS, {"list": "all"}), 400, "bad-parameter")


def test_nobody_else_sees_what_is_held(city):
    lend(city)
    for other in (city.owner, city.approver, city.stranger, city.citizen, city.auditor):
        assert held(city, who=other) == []
    assert caller().get(HOLDINGS).status_code == 401
    assert caller(city.requester, "ask").get(HOLDINGS).status_code == 403


def test_it_comes_in_pages_and_asks_as_often_for_many_as_for_one(city):
    client = caller(city.requester)
    read(city, lend(city))
    client.get(HOLDINGS)
    with CaptureQueriesContext(connection) as one:
        client.get(HOLDINGS)
    for _more in range(4):
        read(city, lend(city))
    with CaptureQueriesContext(connection) as many:
        assert len(client.get(HOLDINGS).json()["results"]) == 5
    assert len(many) == len(one)
    first = client.get(HOLDINGS, {"limit": 3}).json()
    rest = client.get(HOLDINGS, {"limit": 3, "after": first["next"]}).json()
    found = [line["grant"] for line in first["results"] + rest["results"]]
    assert len(set(found)) == 5 and rest["next"] is None
