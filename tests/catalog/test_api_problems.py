"""Errors of the API: one shape whatever happens, and never more than one may know."""

import json
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client

from catalog.api.problem_types import BY_STATUS, PROBLEM_TYPES
from catalog.api.problems import as_problem
from catalog.states import GRANT
from sharing.actions.grants import revoke_grant
from tests import world
from tests.api import caller, dataset_url, token_of
from tests.problems import assert_problem
from tests.server import until

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path",
    ["/api/", "/api/v1/nonsense", "/api/v2/datasets", "/api/v1/datasets/x", "/api/v1/datasets/", "/api/v1/jobs/1"],
)
def test_it_answers_an_unknown_address(path):
    for method in ("get", "post", "put", "delete"):
        assert_problem(getattr(Client(), method)(path), 404, "not-found")


@pytest.mark.parametrize(
    "path",
    ["/api/v1/datasets?q=%00", "/api/v1/datasets?q=%ff", "/api/v1/departments?after=%00",
     "/api/v1/datasets/3f0c4a52-7d0e-4a7c-9c3b-6b1f0e6f8a11/tables/%00/rows",
     "/api/v1/datasets?theme=%00", "/api/v1/%00", "/api/v1/datasets?q=" + "x" * 20_000],
)  # fmt: skip
def test_it_refuses_addresses_that_are_no_text(path):
    assert_problem(Client().get(path), 400, "malformed-request")


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"null", b'{"a": NaN}', b'{"a": 1, "a": 2}', b'{"a": "\\u0000"}', b'{"a": "\\ud800"}', b"\xff{}",
     b"[" * 100_000, b'{"title_en": ' + b'"x"' * 2 + b"}", '{"a": 1}'.encode("utf-16")],
)  # fmt: skip
def test_it_refuses_bodies_that_are_no_json(body):
    people = world.cast()
    answer = caller(people.owner).post("/api/v1/datasets", body, content_type="application/json")
    assert_problem(answer, 400, "malformed-request")


def test_it_refuses_a_body_that_is_too_large_or_of_another_kind(settings):
    people = world.cast()
    client = caller(people.owner)
    big = json.dumps({"title_en": "x" * 3_000_000})
    assert_problem(client.post("/api/v1/datasets", big, content_type="application/json"), 413, "too-large")
    assert_problem(client.post("/api/v1/datasets", "a=1", content_type="text/plain"), 415, "unsupported-media-type")
    settings.UPLOAD_MAX_BYTES = -(1024**2)
    assert_problem(client.post("/api/v1/datasets", "{}", content_type="application/json"), 413, "too-large")


def test_it_answers_a_method_that_is_not_taken():
    answer = Client().delete("/api/v1/datasets")
    assert_problem(answer, 405, "method-not-allowed")
    assert "GET" in answer["Allow"]


def test_it_answers_a_form_that_it_cannot_give():
    answer = Client().get("/api/v1/datasets", headers={"Accept": "application/x-nonsense"})
    assert_problem(answer, 406, "not-acceptable")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer cw_nonsense", "Basic YTpi", "Bearer ключ", "x" * 5000]
)
def test_it_never_takes_a_bad_key_for_the_public(header):
    answer = Client().get("/api/v1/datasets", headers={"Authorization": header})
    assert_problem(answer, 401, "key-invalid")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_it_refuses_a_key_once_it_was_revoked_or_its_person_left():
    people = world.cast()
    for end in ("revoke", "leave"):
        token = token_of(people.owner)
        client = Client(headers={"Authorization": f"Bearer {token}"})
        assert client.get("/api/v1/datasets").status_code == 200
        if end == "revoke":
            mine = client.get("/api/v1/keys").json()["results"][0]
            assert client.delete(f"/api/v1/keys/{mine['id']}").status_code == 204
        else:
            people.owner.is_active = False
            people.owner.save()
        assert_problem(client.get("/api/v1/datasets"), 401, "key-invalid")


def test_it_tells_nothing_of_what_failed_within(monkeypatch):
    # The failure itself is planted: the view's own parts are real.
    def break_down(*args, **kwargs):
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("catalog.api.views.lists.visible_datasets", break_down)
    answer = Client(raise_request_exception=False).get("/api/v1/themes")
    assert_problem(answer, 500, "internal-error")
    assert b"hunter2" not in answer.content


def test_it_wants_the_token_of_our_pages_from_a_browser():
    people = world.cast()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(people.owner, backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get("/api/v1/keys").status_code == 200
    answer = browser.post("/api/v1/datasets", {}, content_type="application/json")
    assert_problem(answer, 403, "csrf-failed")


def test_it_lets_a_key_speak_for_itself_beside_a_session():
    people = world.cast()
    client = caller(people.stranger)
    client.force_login(people.owner, backend="django.contrib.auth.backends.ModelBackend")
    draft = world.dataset(people.owner, people.parks, state="draft")
    assert_problem(client.get(dataset_url(draft)), 404, "not-found")


def test_it_lets_pages_of_other_sites_read_and_no_more():
    answer = Client().get("/api/v1/themes", headers={"Origin": "https://elsewhere.example"})
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer
    assert {"ETag", "Link", "RateLimit", "Content-Range", "X-Request-Id"} <= set(
        answer["Access-Control-Expose-Headers"].split(", ")
    )
    preflight = Client().options("/api/v1/themes", headers={"Access-Control-Request-Method": "GET"})
    assert preflight.status_code == 204
    assert "POST" not in preflight["Access-Control-Allow-Methods"]
    assert "Authorization" not in preflight["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in Client().post("/api/v1/themes")


def test_it_has_words_for_each_problem():
    assert set(BY_STATUS.values()) <= PROBLEM_TYPES.keys()
    for code, kind in PROBLEM_TYPES.items():
        assert kind.code == code and kind.title and kind.meaning and kind.advice
        assert kind.address.endswith(f"/problems/{code}/")


def test_it_speaks_the_readers_language():
    chinese = Client().get("/api/v1/nonsense", headers={"Accept-Language": "zh-CN"})
    assert chinese["Content-Language"] == "zh-hans"


def test_what_went_into_another_state_since_it_was_looked_at_is_a_conflict_that_says_which():
    with pytest.raises(ValidationError) as refusal:
        GRANT.after("revoked", "resume")
    problem = as_problem(refusal.value, None)
    assert (problem.status_code, problem.members) == (409, {"state": "revoked"})
    assert problem.detail == GRANT.refusals["revoked"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_move_a_thing_at_once_the_second_is_told_of_a_conflict():
    people = world.cast()
    version = world.version(world.dataset(people.owner, people.parks), {"id": ("integer", [1])})
    grant = world.basis("grant", version, {"id": None}, to=people.health)
    client, answers = caller(people.approver), []
    second = threading.Thread(target=lambda: answers.append(revoked_by(client, grant)))
    with transaction.atomic():
        revoke_grant(grant, by=world.by(people.approver), reason="First")
        second.start()
        until(waits_for_a_lock)
    second.join()
    assert answers[0].json()["state"] == "revoked"
    assert_problem(answers[0], 409, "conflict")


def revoked_by(client, grant):
    """The answer, of a connection of its own."""
    try:
        return client.post(f"/api/v1/grants/{grant.pk}/revoke", {"reason": "x"}, content_type="application/json")
    finally:
        connection.close()


def waits_for_a_lock() -> bool:
    """True while another connection stands before a row that this one holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0
