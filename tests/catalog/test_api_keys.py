"""Keys by API: one's own are listed and revoked; they are made by a person only."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Key
from tests import world
from tests.api import caller, token_of
from tests.problems import assert_problem, without_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return world.cast()


def wanted(**fields) -> dict:
    until = (timezone.now() + timedelta(days=3)).isoformat()
    return {"name": "laptop", "scopes": ["read"], "expires_at": until, **fields}


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_it_lists_ones_own_keys_without_their_secret(people):
    client = caller(people.owner)
    token_of(people.stranger)
    token = token_of(people.owner)
    answer = client.get("/api/v1/keys")
    assert len(answer.json()["results"]) == 2
    assert answer["Cache-Control"] == "private, no-store"
    assert token not in answer.content.decode()
    assert {key["start"] for key in answer.json()["results"]} >= {token[:11]}


def test_it_hides_the_keys_of_others_like_missing_ones(people):
    token_of(people.stranger)
    theirs = Key.objects.get(user=people.stranger)
    client = caller(people.owner)
    for method in ("get", "delete"):
        hidden = getattr(client, method)(f"/api/v1/keys/{theirs.pk}")
        missing = getattr(client, method)(f"/api/v1/keys/{uuid.uuid4()}")
        assert_problem(hidden, 404, "not-found")
        assert without_id(hidden) == without_id(missing)
    assert_problem(Client().get("/api/v1/keys"), 401, "key-missing")
    assert_problem(Client().get(f"/api/v1/keys/{theirs.pk}"), 401, "key-missing")


def test_it_lets_a_key_revoke_itself_and_no_other(people):
    client = caller(people.owner)
    token_of(people.owner)
    other, own = Key.objects.order_by("-created_at")
    assert_problem(client.delete(f"/api/v1/keys/{other.pk}"), 403, "not-allowed")
    assert signed_in(people.owner).delete(f"/api/v1/keys/{other.pk}").status_code == 204
    assert client.delete(f"/api/v1/keys/{own.pk}").status_code == 204
    assert_problem(client.get("/api/v1/keys"), 401, "key-invalid")


def test_it_makes_a_key_for_a_person_who_signed_in(people):
    answer = signed_in(people.owner).post("/api/v1/keys", wanted(), content_type="application/json")
    assert answer.status_code == 201, answer.content
    client = Client(headers={"Authorization": f"Bearer {answer.json()['key']}"})
    assert client.get("/api/v1/keys").json()["results"][0]["name"] == "laptop"


def test_it_lets_no_key_make_keys(people):
    answer = caller(people.owner).post("/api/v1/keys", wanted(), content_type="application/json")
    assert_problem(answer, 403, "not-allowed")
    assert_problem(Client().post("/api/v1/keys", wanted(), content_type="application/json"), 401, "key-missing")


def test_it_never_widens_a_key_by_leaving_out_what_cannot_be_seen(people):
    draft = world.dataset(people.owner, people.parks, state="draft")
    for dataset in (draft.pk, uuid.uuid4()):
        body = wanted(datasets=[str(dataset)])
        answer = signed_in(people.stranger).post("/api/v1/keys", body, content_type="application/json")
        assert_problem(answer, 400, "validation-failed")
    assert not Key.objects.filter(user=people.stranger).exists()
