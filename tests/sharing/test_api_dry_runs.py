"""Trying terms by program: the same figures as on the page, for whoever decides and for nobody else."""

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sharing.models import DryRun
from sharing.policies import dry_runs
from tests import world
from tests.api import caller
from tests.problems import assert_problem
from tests.sharing import requests as made
from tests.sharing.test_dry_run import asked, city, residents, waiting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast():
    return city(residents(random.Random(7)))


def address(request) -> str:
    return f"/api/v1/requests/{request.pk}/dry-runs"


def try_it(client, request, **terms):
    return client.post(address(request), terms, content_type="application/json")


def test_it_tries_what_was_asked_and_less(cast):
    request, client = asked(cast), caller(cast.approver)

    whole = try_it(client, request).json()
    less = try_it(client, request, columns={"born": "year", "sex": None}, where="district = 'North'").json()

    run = DryRun.objects.get(pk=whole["id"])
    assert whole["proposed"]["unique"] == run.figures["proposed"]["unique"]
    assert whole["columns"] == {"person": "hash", "sex": None, "born": None, "district": None}
    assert (less["columns"], less["where"]) == ({"born": "year", "sex": None}, "district = 'North'")
    assert less["added"]["rows"] < whole["added"]["rows"] and whole["today"] is None
    assert [one["id"] for one in client.get(address(request)).json()["results"]] == [less["id"], whole["id"]]
    assert try_it(client, request).json()["id"] == whole["id"]


def test_it_says_what_cannot_be_tried(cast):
    request, client = waiting(cast, {"born": "year", "sex": ""}), caller(cast.approver)
    for terms in ({"columns": {"born": None}}, {"columns": {"person": "hash"}}, {"telling": ["colour"]},
                  {"columns": "born"}, {"columns": {"sex": "shout"}}, {"where": "colour = 'x'"}):  # fmt: skip
        answer = try_it(client, request, **terms)
        assert answer.status_code == 400, (terms, answer.content)
    assert not DryRun.objects.exists()


def test_nobody_else_tries_or_reads_what_was_tried(cast):
    request = asked(cast)
    try_it(caller(cast.approver), request)
    for other in (cast.stranger, cast.citizen):
        assert_problem(caller(other).get(address(request)), 404, "not-found")
        assert_problem(try_it(caller(other), request), 404, "not-found")
    for other in (cast.requester, cast.owner, cast.head, cast.auditor, cast.authority):
        assert caller(other).get(address(request)).status_code == 403
        assert try_it(caller(other), request).status_code == 403
    assert caller().get(address(request)).status_code == 401
    assert caller(cast.approver, "read").get(address(request)).status_code == 403
    assert try_it(caller(cast.approver, "grant"), asked(cast)).status_code == 403


def test_the_ledger_names_only_what_the_reader_may_know_of(cast):
    keeper = world.person("Kim", cast.schools, "steward")
    pupils = world.dataset(keeper, cast.schools, "Pupils")
    rows = world.version(pupils, {"code": ("text", ["p1", "p2"])})
    pupils.columns.filter(name="code").update(identity_role="person_code")
    grant = world.basis("grant", rows, {"code": None}, to=cast.health, roles=["requester"])
    request, client = waiting(cast, {"person": ""}, level="identified"), caller(cast.approver)

    (entry,) = try_it(client, request).json()["ledger"]
    assert entry["dataset"] == {"id": str(pupils.pk), "title": "Pupils"} and entry["theirs"] == "code"
    pupils.sharing_class, pupils.sharing_law = "withheld", "Schools law"
    pupils.save()
    answer = try_it(client, request)
    (entry,) = answer.json()["ledger"]
    assert (entry["dataset"], entry["theirs"], entry["mine"]) == (None, None, "person")
    assert (entry["role"], entry["why"]) == (None, None)
    assert str(grant.pk) not in answer.content.decode() and str(pupils.pk) not in answer.content.decode()


def test_the_list_asks_as_often_for_many_as_for_one(cast, django_assert_num_queries):
    request, client = asked(cast), caller(cast.approver)
    try_it(client, request)
    client.get(address(request))
    with CaptureQueriesContext(connection) as one:
        client.get(address(request))
    asked_for_one = len(one)
    for day in range(3):
        try_it(client, request, where=f"born <> '200{day}-01-01'")
    with django_assert_num_queries(asked_for_one):
        assert len(client.get(address(request)).json()["results"]) == 4


def test_terms_are_tried_so_many_times_an_hour(cast, monkeypatch):
    monkeypatch.setattr(dry_runs, "MOST_AN_HOUR", 2)
    request, client = asked(cast), caller(cast.approver)
    narrower = [f"born <> '200{day}-01-01'" for day in range(3)]
    assert [try_it(client, request, where=one).status_code for one in narrower] == [200, 200, 400]
    assert try_it(client, request, where=narrower[0]).status_code == 200, "what was tried is there"


def test_a_request_that_is_decided_is_not_tried(cast):
    request = waiting(cast, {"sex": ""})
    made.STEPS["refuse"](cast, request)
    answer = try_it(caller(cast.approver), request)
    assert answer.json()["state"] == "refused" and "was refused" in answer.json()["detail"]
    assert_problem(answer, 409, "conflict")
