"""The pages of a source: what a steward states, and that nothing of what opens it comes back."""

import pytest
from django.urls import reverse

from catalog.actions import sources
from catalog.models import Source
from catalog.sources import keys
from tests import world
from tests.world import by

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
STATED = {
    "host": "db.parks.example", "database": "parks", "username": "reader", "password": "plain blue kite", "tls": "on",
    "what": "public.trees", "taking": "replace", "schedule": "daily", "at": "04:30", "confirm": "on",
}  # fmt: skip


@pytest.fixture
def people():
    cast = world.cast()
    cast.trees = world.dataset(cast.owner, cast.parks)
    return cast


@pytest.fixture
def steward(client, people):
    client.force_login(people.owner, BACKEND)
    return client


def at(name, people, *more):
    return reverse(name, args=[people.trees.pk, *more])


def test_a_steward_chooses_a_kind_and_states_it(steward, people):
    assert "/source/sftp/" in steward.get(at("source", people)).content.decode()
    answer = steward.post(at("source-set", people, "postgresql"), STATED)
    assert answer.status_code == 302, answer.content.decode()

    made = Source.objects.get()
    assert (made.host, made.what, made.set_by) == ("db.parks.example", "public.trees", people.owner)
    assert made.at.isoformat() == "04:30:00"
    for name, more in (("source", ()), ("source-set", ("postgresql",)), ("source-remove", ())):
        page = steward.get(at(name, people, *more)).content.decode()
        assert "kite" not in page and made.secret not in page


def test_what_is_missing_is_said_beside_its_field(steward, people):
    page = steward.post(at("source-set", people, "postgresql"), {}).content.decode()
    assert page.count("This field is required") >= 8
    page = steward.post(at("source-set", people, "https"), {**STATED, "what": "http://a.example/x"}).content.decode()
    assert "https://server/path" in page and not Source.objects.exists()
    assert steward.get(at("source-set", people, "floppy")).status_code == 404


def test_a_source_that_leads_elsewhere_asks_for_the_password(steward, people):
    steward.post(at("source-set", people, "postgresql"), STATED)
    page = steward.post(at("source-set", people, "postgresql"), {**STATED, "host": "b.example", "password": ""})
    assert "password again" in page.content.decode()
    assert Source.objects.get().host == "db.parks.example"


def test_a_try_that_is_refused_says_why(steward, people, settings):
    steward.post(at("source-set", people, "postgresql"), {**STATED, "host": "127.0.0.1"})
    page = steward.post(at("source-test", people)).content.decode()
    assert "closed to sources" in page and "kite" not in page


def test_it_is_paused_resumed_and_removed(steward, people):
    steward.post(at("source-set", people, "postgresql"), STATED)
    steward.post(at("source-pause", people))
    assert "Resume it" in steward.get(at("source", people)).content.decode()
    assert "Resume it first" in steward.post(at("source-run", people), follow=True).content.decode()
    steward.post(at("source-resume", people))
    steward.post(at("source-remove", people))
    assert Source.objects.get().state == "removed"
    assert steward.post(at("source-run", people)).status_code == 404


def test_a_stranger_finds_nothing(client, people):
    sources.set_source(people.trees, {"kind": "folder", "what": "a.csv"}, by=by(people.owner))
    client.force_login(people.stranger, BACKEND)
    for name in ("source", "source-remove"):
        assert client.get(at(name, people)).status_code == 404
    for verb in ("test", "run", "pause", "resume", "remove", "trust", "key"):
        assert client.post(at(f"source-{verb}", people)).status_code == 404
    client.force_login(people.approver, BACKEND)
    assert client.post(at("source-run", people)).status_code == 403


def test_readers_cannot_write_in_the_systems_name(client, people):
    world.basis("release", world.version(people.trees, {"a": ("integer", [1])}), {"a": None})
    page = client.get(reverse("contact", args=[people.trees.pk])).content.decode()
    assert 'value="question"' in page and 'value="source"' not in page


SFTP = {
    "host": "files.parks.example", "username": "causeway", "what": "/out/trees-*.csv", "schedule": "daily",
    "at": "04:30", "sign_in": "made-key", "confirm": "on",
}  # fmt: skip


def test_a_key_that_is_made_here_is_shown_to_be_given_to_the_servers_keeper(steward, people):
    assert "checked" in steward.get(at("source-set", people, "sftp")).content.decode()
    answer = steward.post(at("source-set", people, "sftp"), SFTP, follow=True)
    made, page = Source.objects.get(), answer.content.decode()
    assert made.public_key in page and "files.parks.example" in page and "Give its public key" in page
    assert "SHA256:" in page and made.secret not in page

    page = steward.post(at("source-key", people), follow=True).content.decode()
    assert made.public_key not in page and Source.objects.get().public_key in page


def test_a_key_that_was_pasted_does_not_come_back(steward, people):
    text = keys.make("x").private
    wrong = {**SFTP, "sign_in": "own-key", "private_key": text, "passphrase": "plain blue kite", "host": ""}
    page = steward.post(at("source-set", people, "sftp"), wrong).content.decode()
    assert "This field is required" in page and text.split("\n")[2] not in page and "kite" not in page
    steward.post(at("source-set", people, "sftp"), {**wrong, "host": "files.parks.example"})
    made = Source.objects.get()
    for name, more in (("source", ()), ("source-set", ("sftp",))):
        page = steward.get(at(name, people, *more)).content.decode()
        assert text.split("\n")[2] not in page and made.secret not in page
    assert "was made here" not in page
    page = steward.post(at("source-set", people, "sftp"), {**SFTP, "sign_in": "own-key", "private_key": "x"})
    assert "no private key" in page.content.decode()
