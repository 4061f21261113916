"""A version that asks is looked at, confirmed or discarded by API, and so is said how long versions stay."""

import pytest

from catalog.actions.columns import change_column
from catalog.models import Version
from tests import world
from tests.api import caller, dataset_url
from tests.loads import empty_store, load
from tests.problems import assert_problem, without_id

pytestmark = pytest.mark.django_db(transaction=True)

KINDS = ("Oak", "Ash", "Elm", "Lime")
BEFORE = "id,kind,height\n" + "".join(f"{n:03},{KINDS[n % 4]},{n}.5\n" for n in range(20))
RENAMED = BEFORE.replace("id,kind,height", "id,species,height")
RETYPED = BEFORE.replace("000,Oak,0.5", "000,Oak,tall")


@pytest.fixture
def city():
    empty_store()
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks)
    load(people.trees, BEFORE, by=people.owner, confirm=True)
    return people


def check(client, city, number=2):
    return client.get(dataset_url(city.trees, f"/versions/{number}/check"))


def post(client, city, verb, body=None, number=2):
    address = dataset_url(city.trees, f"/versions/{number}/{verb}")
    return client.post(address, body or {}, content_type="application/json")


def answer(digest, **renames):
    return {"answer": {"digest": digest, "renames": renames}}


def test_a_program_looks_at_the_changes_and_confirms_them_with_a_rename(city):
    change_column(city.trees.columns.get(name="kind"), {"meaning_en": "The genus."}, by=world.by(city.owner))
    world.basis("grant", city.trees.current, {"kind": None}, to=city.health)
    load(city.trees, RENAMED, by=city.owner, confirm=True)
    client = caller(city.owner, "write")
    told = check(client, city).json()
    assert (told["version"], told["state"], told["mode"]) == (2, "proposed", "replace")
    assert told["tables"] == [{"name": "main", "rows": 20, "bad_cells": 0}]
    changes = told["changes"]
    assert (changes["since"], changes["ask"], changes["retyped"]) == (1, True, [])
    (added,), (gone,) = changes["added"], changes["gone"]
    assert (added["table"], added["column"], added["likely"]) == ("main", "species", "kind")
    assert "same place" in added["evidence"]
    assert (gone["column"], len(gone["lost_by"])) == ("kind", 1) and city.health.name in gone["lost_by"][0]

    refused = assert_problem(post(client, city, "confirm"), 400, "validation-failed")
    assert "kind is gone" in refused["detail"] and "digest" in refused["detail"]
    done = post(client, city, "confirm", answer(changes["digest"], main={"species": "kind"}))
    assert done.status_code == 200, done.content
    assert (done.json()["state"], done.json()["changes"]) == ("kept", None)
    assert city.trees.columns.get(name="species").meaning_en == "The genus."
    city.trees.refresh_from_db()
    assert city.trees.current.number == 2


def test_an_answer_to_other_changes_is_refused_in_words(city):
    load(city.trees, RETYPED, by=city.owner)
    client = caller(city.owner, "write")
    changes = check(client, city).json()["changes"]
    assert changes["retyped"] == [{"table": "main", "column": "height", "before": "decimal", "after": "text"}]
    stale = assert_problem(post(client, city, "confirm", answer("0" * 64)), 400, "validation-failed")
    assert "height was “Decimal number” and is “Text”" in stale["detail"]
    wrong = answer(changes["digest"], main={"height": "kind"})
    refused = assert_problem(post(client, city, "confirm", wrong), 400, "validation-failed")
    assert "cannot be the former" in refused["detail"]
    for body in ({"answer": {}}, {"answer": "yes"}, {"answers": {}}, {"answer": {"digest": "x", "renames": [1]}}):
        assert_problem(post(client, city, "confirm", body), 400, "validation-failed")
    assert Version.objects.get(number=2).state == "proposed"
    assert post(client, city, "confirm", answer(changes["digest"])).status_code == 200


def test_what_asks_nothing_is_confirmed_without_an_answer_and_only_once(city):
    load(city.trees, BEFORE + "020,Bay,1.5\n", by=city.owner)
    client = caller(city.owner, "write")
    assert check(client, city).json()["changes"]["ask"] is False
    assert post(client, city, "confirm").status_code == 200
    assert_problem(post(client, city, "confirm"), 409, "conflict")


def test_a_program_discards_a_version_and_says_why(city):
    load(city.trees, RENAMED, by=city.owner)
    client = caller(city.owner, "write")
    assert_problem(post(client, city, "discard"), 400, "validation-failed")
    assert post(client, city, "discard", {"reason": "The file of last year"}).status_code == 204
    assert Version.objects.get(number=2).state == "discarded"
    assert_problem(check(client, city), 404, "not-found")


def test_nobody_but_the_steward_looks_or_answers(city):
    load(city.trees, RENAMED, by=city.owner)
    for who in (city.stranger, city.approver, city.requester):
        client = caller(who)
        assert_problem(check(client, city), 403, "not-allowed")
        assert {post(client, city, verb, {"reason": "x"}).status_code for verb in ("confirm", "discard")} == {403}
    citizen = caller(city.citizen)
    assert without_id(check(citizen, city)) == without_id(check(citizen, city, number=9))
    assert_problem(check(caller(city.owner, "read"), city), 403, "scope-missing")
    assert_problem(post(caller(), city, "confirm"), 401, "key-missing")
    assert_problem(check(caller(city.owner), city, number=9), 404, "not-found")
    assert Version.objects.get(number=2).state == "proposed"


def keep(client, city, **said):
    return client.put(dataset_url(city.trees, "/retention"), said, content_type="application/json")


def test_a_program_says_how_long_versions_are_kept(city):
    client = caller(city.owner, "write")
    assert client.get(dataset_url(city.trees, "/retention")).json() == {"versions": None, "days": None}
    assert keep(client, city, versions=12, days=None).json() == {"versions": 12, "days": None}
    city.trees.refresh_from_db()
    assert (city.trees.keep_versions, city.trees.keep_days) == (12, None)
    problem = assert_problem(keep(client, city, versions=0, days=400), 400, "validation-failed")
    assert problem["errors"] == [{"field": "versions", "detail": "Choose a number from 1 to 10000, or leave it empty."}]
    assert_problem(keep(client, city, versions=3), 400, "validation-failed")
    assert client.get(dataset_url(city.trees, "/retention")).json() == {"versions": 12, "days": None}


def test_how_long_versions_are_kept_is_the_stewards_alone(city):
    for who in (city.stranger, city.approver):
        assert_problem(keep(caller(who), city, versions=1, days=None), 403, "not-allowed")
        assert_problem(caller(who).get(dataset_url(city.trees, "/retention")), 403, "not-allowed")
    assert_problem(keep(caller(city.citizen), city, versions=1, days=None), 404, "not-found")
    assert_problem(keep(caller(city.owner, "read"), city, versions=1, days=None), 403, "scope-missing")
    city.trees.refresh_from_db()
    assert city.trees.keep_versions is None
