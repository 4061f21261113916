"""Sources by API: what opens them goes in and never out, and they are the stewards' alone."""

import pytest

from catalog.models import Source
from catalog.sources import keys
from tests import loads, world
from tests.api import caller, dataset_url
from tests.problems import assert_problem
from tests.sources import HOST, department_database

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def city(settings):
    settings.SOURCE_HOSTS = [HOST]
    loads.empty_store()
    with department_database() as made:
        yield made


@pytest.fixture
def people():
    cast = world.cast()
    cast.trees = world.dataset(cast.owner, cast.parks, "Trees")
    return cast


def put(client, dataset, fields):
    return client.put(dataset_url(dataset, "/source"), fields, content_type="application/json")


def post(client, dataset, verb, **fields):
    return client.post(dataset_url(dataset, f"/source/{verb}"), fields, content_type="application/json")


def test_a_program_sets_tries_and_runs_a_source(people, city):
    client = caller(people.owner, "write")
    assert client.get(dataset_url(people.trees, "/source")).status_code == 404
    made = put(client, people.trees, city.fields())
    assert made.status_code == 200, made.content
    assert made.json()["has_password"] and "kite" not in made.content.decode() and "secret" not in made.json()

    seen = post(client, people.trees, "test")
    assert seen.status_code == 200, seen.content
    assert len(seen.json()["rows"]) == 10 and seen.json()["columns"][0] == "code"

    started = post(client, people.trees, "run")
    assert started.status_code == 202 and "/api/v1/jobs/" in started["Location"]
    assert_problem(post(client, people.trees, "run"), 400, "validation-failed")
    loads.run(Source.objects.get().running)
    told = client.get(started["Location"]).json()
    assert (told["state"], told["version"], told["version_state"]) == ("done", 1, "kept")

    assert post(client, people.trees, "pause", reason="Works in the house").json()["state"] == "paused"
    assert post(client, people.trees, "resume").json()["state"] == "active"


def test_a_program_removes_a_source(people, city):
    client = caller(people.owner, "write")
    put(client, people.trees, city.fields())

    assert client.delete(dataset_url(people.trees, "/source")).status_code == 204
    assert client.get(dataset_url(people.trees, "/source")).status_code == 404
    assert Source.objects.get().secret == ""


def test_a_refusal_says_what_to_do(people, city):
    client = caller(people.owner, "write")
    put(client, people.trees, city.fields(what="nothing"))

    answer = post(client, people.trees, "test")
    assert "public_trees" in assert_problem(answer, 400, "validation-failed")["detail"]
    assert put(client, people.trees, {"kind": "oracle", "what": "x"}).status_code == 400


def test_it_is_closed_to_everybody_else(people, city):
    put(caller(people.owner, "write"), people.trees, city.fields())
    for who in (people.stranger, people.approver, people.requester):
        client = caller(who, "read", "write", "grant")
        assert client.get(dataset_url(people.trees, "/source")).status_code == 403
        verbs = ("test", "key", "run", "pause", "resume")
        assert {post(client, people.trees, verb).status_code for verb in verbs} == {403}
        assert client.delete(dataset_url(people.trees, "/source")).status_code == 403
    reader = caller(people.owner, "read")
    assert reader.get(dataset_url(people.trees, "/source")).status_code == 403
    assert caller().get(dataset_url(people.trees, "/source")).status_code == 401


def test_a_program_has_a_key_made_and_gets_its_public_half_alone(people):
    client = caller(people.owner, "write")
    fields = {"kind": "sftp", "host": "files.parks.example", "username": "causeway", "what": "/out/*.csv"}
    made = put(client, people.trees, {**fields, "sign_in": "made-key"}).json()
    assert made["public_key"].startswith("ssh-ed25519 ") and made["sign_in"] == "made-key" and not made["has_password"]
    assert "private_key" not in made and "passphrase" not in made and "secret" not in made
    renewed = post(client, people.trees, "key").json()
    assert renewed["public_key"].startswith("ssh-ed25519 ") and renewed["public_key"] != made["public_key"]

    pair = keys.make("x")
    own = put(client, people.trees, {**fields, "sign_in": "own-key", "private_key": pair.private})
    assert own.status_code == 200 and own.json()["public_key"].split()[1] == pair.public.split()[1]
    assert pair.private.split("\n")[2] not in own.content.decode()
    assert_problem(post(client, people.trees, "key"), 400, "validation-failed")
    wrong = put(client, people.trees, {**fields, "sign_in": "own-key", "private_key": pair.public})
    assert "public half" in wrong.content.decode()
