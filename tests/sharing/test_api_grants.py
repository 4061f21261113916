"""Lending by program, as each of the cast's keys may."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from catalog.models import Basis
from tests import world
from tests.api import caller

pytestmark = pytest.mark.django_db(transaction=True)

COLUMNS = {
    "code": ("text", ["a1", "b2"]),
    "district": ("text", ["North", "South"]),
    "born": ("date", [date(1980, 1, 1), date(1990, 1, 1)]),
}
URL = "/api/v1/grants"


@pytest.fixture
def cast():
    people = world.cast()
    people.dataset = world.dataset(people.owner, people.parks, opening_class="closed")
    people.version = world.version(people.dataset, COLUMNS)
    return people


def body(cast, **changes) -> dict:
    return {
        "dataset": str(cast.dataset.pk),
        "recipient": "health",
        "columns": {"district": None, "born": "year"},
        "where": "district = 'North'",
        "purpose": "Screening by age",
        "legal_basis": "Article 21",
        "valid_until": (timezone.localdate() + timedelta(days=30)).isoformat(),
        **changes,
    }


def post(client, address, data=None, **headers):
    return client.post(address, data if data is not None else {}, content_type="application/json", headers=headers)


def lend(cast, **changes) -> dict:
    made = post(caller(cast.approver), URL, body(cast, **changes))
    assert made.status_code == 201, made.content
    return made.json()


def test_it_lends_and_the_recipient_reads_just_that(cast):
    made = lend(cast)

    assert made["state"] == "active"
    assert made["recipient"]["code"] == "health"
    assert made["columns"] == {"district": None, "born": "year"}
    assert made["valid_until"].startswith((timezone.localdate() + timedelta(days=30)).isoformat())
    rows = caller(cast.requester).get(made["rows_url"]).json()["results"]
    assert rows == [{"district": "North", "born": 1980}]
    assert caller(cast.stranger).get(made["rows_url"]).status_code in {403, 404}


def test_it_takes_the_recipient_by_its_identifier_too(cast):
    assert lend(cast, recipient=str(cast.health.pk))["recipient"]["code"] == "health"


def test_it_moves_through_its_states(cast):
    made, anton = lend(cast), caller(cast.approver)

    for verb, state in {"suspend": "suspended", "resume": "active", "revoke": "revoked"}.items():
        answer = post(anton, f"{URL}/{made['id']}/{verb}", {"reason": "So it is"})
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    refused = post(anton, f"{URL}/{made['id']}/resume")
    assert refused.status_code == 409
    assert "revoked" in refused.json()["detail"]
    assert caller(cast.requester).get(made["rows_url"]).status_code == 403


def test_it_is_listed_for_both_sides_and_nobody_else(cast):
    made = lend(cast)

    for person in (cast.approver, cast.owner, cast.requester):
        assert [one["id"] for one in caller(person).get(URL).json()["results"]] == [made["id"]]
        assert caller(person).get(f"{URL}/{made['id']}").status_code == 200
    for person in (cast.stranger, cast.citizen, cast.auditor):
        assert caller(person).get(URL).json()["results"] == []
        assert caller(person).get(f"{URL}/{made['id']}").status_code == 404
        assert post(caller(person), f"{URL}/{made['id']}/revoke").status_code == 404
    assert caller().get(URL).status_code == 401


def test_it_is_hidden_from_a_key_for_other_datasets(cast):
    made = lend(cast)
    other = world.dataset(cast.owner, cast.parks, title="Benches")
    narrow = caller(cast.approver, datasets=[other])

    assert narrow.get(URL).json()["results"] == []
    assert narrow.get(f"{URL}/{made['id']}").status_code == 404


def test_it_refuses_those_who_do_not_decide(cast):
    made = lend(cast)

    assert post(caller(cast.owner), URL, body(cast)).status_code == 403
    assert post(caller(cast.stranger), URL, body(cast)).status_code == 403
    assert post(caller(cast.citizen), URL, body(cast)).status_code == 404
    assert post(caller(), URL, body(cast)).status_code == 401
    assert post(caller(cast.approver, "read"), URL, body(cast)).json()["type"].endswith("/scope-missing/")
    assert post(caller(cast.requester), f"{URL}/{made['id']}/revoke").status_code == 403
    assert Basis.objects.filter(kind="grant").count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": {"nothing": None}},
        {"columns": {}},
        {"columns": {"born": "first:2"}},
        {"columns": ["district"]},
        {"recipient": "nowhere"},
        {"recipient": "parks"},
        {"where": "nothing = 1"},
        {"valid_until": "2001-01-01"},
        {"valid_until": "2030-02-31"},
        {"valid_until": "soon"},
        {"purpose": ""},
        {"legal_basis": None},
        {"version": 9},
        {"version": 2**40},
        {"table": "other"},
    ],
)
def test_it_says_what_is_wrong(cast, changes):
    refused = post(caller(cast.approver), URL, body(cast, **changes))

    assert refused.status_code == 400
    assert refused.json()["errors"]
    assert not Basis.objects.filter(kind="grant").exists()


def test_it_is_the_same_for_a_hidden_dataset_and_none(cast):
    hidden = world.dataset(cast.owner, cast.parks, title="Secret", state="draft")
    caller_of_schools = caller(cast.stranger)
    answers = [
        post(caller_of_schools, URL, body(cast, dataset=pk))
        for pk in (str(hidden.pk), "00000000-0000-0000-0000-000000000000")
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


def test_it_lends_once_for_the_same_idempotency_key(cast):
    anton = caller(cast.approver)
    first = post(anton, URL, body(cast), **{"Idempotency-Key": "one"})
    again = post(anton, URL, body(cast), **{"Idempotency-Key": "one"})

    assert first.json()["id"] == again.json()["id"]
    assert Basis.objects.filter(kind="grant").count() == 1


def test_it_pages(cast):
    made = [lend(cast)["id"] for _number in range(3)]
    client = caller(cast.approver)

    first = client.get(URL + "?limit=2").json()
    second = client.get(URL + f"?limit=2&after={first['next']}").json()

    assert [one["id"] for one in first["results"] + second["results"]] == made[::-1]
    assert second["next"] is None


def test_it_stays_with_its_version_where_pinned(cast):
    made = lend(cast, version=1)
    world.version(cast.dataset, {**COLUMNS, "district": ("text", ["North", "North"])})

    assert len(caller(cast.requester).get(made["rows_url"]).json()["results"]) == 1
    assert made["version"] == 1
