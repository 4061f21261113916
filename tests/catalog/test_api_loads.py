"""Loading by API: the upload is taken by a steward's key, and its job tells how it goes."""

import json
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import Job
from catalog.models.idempotency import KeptAnswer
from tests import loads, world
from tests.api import caller, dataset_url
from tests.problems import assert_problem, without_id

pytestmark = pytest.mark.django_db(transaction=True)
CSV = b"species,height\nOak,12\nAsh,9\n"


@pytest.fixture
def people():
    cast = world.cast()
    cast.trees = world.dataset(cast.owner, cast.parks, "Trees")
    return cast


def upload(client, dataset, data=CSV, headers=None, **fields):
    form = {"file": SimpleUploadedFile("trees.csv", data), **fields}
    return client.post(dataset_url(dataset, "/versions"), form, headers=headers)


def test_it_takes_a_file_and_tells_how_it_goes(people):
    client = caller(people.owner, "write")
    answer = upload(client, people.trees)
    assert answer.status_code == 202, answer.content
    job = Job.objects.get()
    assert answer["Location"].endswith(f"/api/v1/jobs/{job.pk}")
    assert (job.source_name, job.confirm, job.key) == ("trees.csv", True, people.owner.keys.get())
    told = client.get(answer["Location"]).json()
    assert {"state": "waiting", "rows_done": 0, "error": None, "version": None}.items() <= told.items()
    loads.run(job)
    told = client.get(answer["Location"]).json()
    assert (told["state"], told["version"], told["rows_done"]) == ("done", 1, 2)


def test_it_says_in_words_why_a_file_could_not_be_read(people):
    client = caller(people.owner)
    address = upload(client, people.trees, b"\x00\x01\x02")["Location"]
    loads.run(Job.objects.get())
    told = client.get(address).json()
    assert told["state"] == "failed"
    assert told["error"]["code"] and told["error"]["sentence"]


def test_it_takes_a_reading_and_leaves_the_version_to_be_confirmed(people):
    answer = upload(caller(people.owner), people.trees, reading=json.dumps({"delimiter": ","}), confirm="false")
    assert answer.status_code == 202, answer.content
    job = Job.objects.get()
    assert (job.reading, job.confirm) == ({"delimiter": ","}, False)


@pytest.mark.parametrize("fields", [{"reading": "{"}, {"reading": "[]"}, {"confirm": "perhaps"}])
def test_it_refuses_a_form_that_does_not_fit(people, fields):
    problem = assert_problem(upload(caller(people.owner), people.trees, **fields), 400, "validation-failed")
    assert problem["errors"][0]["field"] == next(iter(fields))
    empty = caller(people.owner).post(dataset_url(people.trees, "/versions"), {})
    assert assert_problem(empty, 400, "validation-failed")["errors"][0]["field"] == "file"


def test_it_takes_no_file_from_anybody_else(people):
    assert_problem(upload(caller(people.owner, "read"), people.trees), 403, "scope-missing")
    assert_problem(upload(caller(people.stranger), people.trees), 403, "not-allowed")
    assert_problem(upload(caller(people.citizen), people.trees), 404, "not-found")
    assert_problem(upload(caller(), people.trees), 401, "key-missing")
    other = world.dataset(people.owner, people.parks, "Other")
    assert_problem(upload(caller(people.owner, datasets=[other]), people.trees), 403, "not-allowed")
    assert not Job.objects.exists()


def test_it_hides_the_jobs_of_others_like_missing_ones(people):
    address = upload(caller(people.owner), people.trees)["Location"]
    for who in ("stranger", "citizen", "auditor"):
        client = caller(getattr(people, who))
        hidden, missing = client.get(address), client.get(f"/api/v1/jobs/{uuid.uuid4()}")
        assert_problem(hidden, 404, "not-found")
        assert without_id(hidden) == without_id(missing)
    assert_problem(caller().get(address), 401, "key-missing")


def test_it_takes_the_same_request_once(people):
    client, key = caller(people.owner), {"Idempotency-Key": "monday"}
    first, again = upload(client, people.trees, headers=key), upload(client, people.trees, headers=key)
    assert (again.status_code, again["Location"], again.json()) == (202, first["Location"], first.json())
    assert again["Idempotency-Replayed"] == "true"
    assert Job.objects.count() == 1
    other = upload(client, people.trees, CSV + b"Elm,7\n", headers=key)
    assert_problem(other, 422, "idempotency-conflict")
    assert upload(client, people.trees, headers={"Idempotency-Key": "tuesday"})["Location"] != first["Location"]


def test_it_keeps_answers_apart_by_person(people):
    key = {"Idempotency-Key": "monday"}
    upload(caller(people.owner), people.trees, headers=key)
    assert_problem(upload(caller(people.stranger), people.trees, headers=key), 403, "not-allowed")


def test_it_waits_for_a_request_that_is_under_way(people):
    client, key = caller(people.owner), {"Idempotency-Key": "monday"}
    upload(client, people.trees, headers=key)
    KeptAnswer.objects.update(status=None)
    answer = upload(client, people.trees, headers=key)
    assert_problem(answer, 409, "idempotency-in-flight")
    assert answer["Retry-After"]


def test_it_keeps_no_answer_of_what_was_refused(people):
    client, key = caller(people.owner), {"Idempotency-Key": "monday"}
    assert_problem(upload(client, people.trees, reading="[]", headers=key), 400, "validation-failed")
    assert upload(client, people.trees, headers=key).status_code == 202
    assert_problem(upload(client, people.trees, headers={"Idempotency-Key": "x" * 201}), 400, "bad-parameter")
