"""Each kind of event is a sentence that a person understands, in both languages, whatever the event states."""

import json
import re

import pytest
from django.db import transaction
from django.utils import translation

from audit.actor import PUBLIC, Actor
from audit.kinds import KINDS
from audit.log import record
from audit.models import Event, EventDetail
from audit.sentences import sentence
from audit.wording import GROUPS, SENTENCES
from tests import world
from tests.database import as_superuser

pytestmark = pytest.mark.django_db
FACTS = {
    "ceiling": 20, "rows": 7, "bytes": 1234, "count": 3, "months": 24, "version": 2, "until": "2027-06-30T00:00:00Z",
    "role": "steward", "exit": "rows", "outcome": "reader left", "reason": "Used for another purpose",
    "purpose": "Planning vaccinations", "legal_basis": "Public health act, article 9", "fields": ["title_en", "theme"],
    "recipient": {"id": "1", "code": "health", "name": "Health"}, "filters": {"dataset": "Trees", "who": ""},
    "sentence": "Two checkpoints of one size have different roots.",
}  # fmt: skip
SAID_TOO = {"column": "species", "url": "https://example.org/"}  # what actions state beyond what they must


def recorded(kind: str, by: Actor, scene, **facts) -> Event:
    """A real event of this kind, with every fact that it must state."""
    stated = {name: FACTS.get(name, f"some {name}") for name in KINDS[kind]} | SAID_TOO | facts
    about = {"department": scene.parks, "dataset": scene.trees, "basis": scene.grant}
    return record(kind, by=by, on=scene.grant, facts=stated, private={"member": "Rita"}, **about)


@pytest.fixture
def scene():
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks, "Trees")
    made = world.version(people.trees, {"name": ("text", ["Oak"])})
    people.grant = world.basis("grant", made, {"name": None}, to=people.health)
    return people


def test_every_kind_has_a_sentence_and_a_group():
    assert SENTENCES.keys() == KINDS.keys()
    starts = tuple(start for _label, all_of_them in GROUPS.values() for start in all_of_them)
    assert [kind for kind in KINDS if not kind.startswith(starts)] == []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_it_says_every_kind_in_both_languages(scene, language):
    with translation.override(language):
        for kind in KINDS:
            said = sentence(recorded(kind, world.by(scene.owner), scene))
            assert said and not re.search(r"%\(|\(not stated\)|（未说明）", said), (kind, said)
            assert said[0] == said[0].upper() and len(said) > 6


def test_it_names_who_what_why_and_how_much(scene):
    event = recorded("disclosure.closed", world.by(scene.requester), scene, bytes=12345)
    assert sentence(event) == (
        f"Rita, for Parks, received 7 rows (12,345 bytes) of “Trees” under the grant {str(scene.grant.pk)[:8]}; "
        "the reader hung up before the end."
    )
    said = sentence(recorded("grant.made", world.by(scene.approver), scene))
    assert said.startswith("Anton lent “Trees” of Parks to Health until")
    assert said.endswith("Purpose: “Planning vaccinations”. Legal basis: “Public health act, article 9”.")


def test_it_knows_keys_services_and_the_public(scene):
    class Key:
        pk = "0f3a99c2-1111-4222-8333-123456789abc"

    assert sentence(recorded("account.signed_out", Actor(service="sweep"), scene)).startswith("The service “sweep”")
    assert sentence(recorded("account.reset_asked", PUBLIC, scene)).startswith("Somebody who was not signed in")
    with_key = Actor(user=scene.owner, key=Key())
    assert sentence(recorded("key.revoked", with_key, scene)).startswith("Olga (with the key 0f3a99c2) revoked")


def test_names_are_given_only_where_they_are_asked_for_kept_and_true(scene):
    event = recorded("membership.given", world.by(scene.administrator), scene)
    account = str(scene.administrator.pk)[:8]
    assert sentence(event).startswith("Ada gave Rita the role of steward in Parks")
    assert sentence(event, names=False).startswith(f"Account {account} gave account some mem the role")

    detail = EventDetail.objects.get(event=event)
    detail.values["actor.name"]["value"] = "Mallory"
    event.detail = detail
    assert sentence(event).startswith(f"Account {account} gave Rita")

    with transaction.atomic():
        EventDetail.objects.filter(pk=detail.pk).delete()
    again = Event.objects.get(pk=event.pk)
    assert sentence(again).startswith(f"A person whose name was erased (account {account}) gave a person whose name")


ODD = [None, [], {}, 3.5, True, "x" * 9000, ["a"] * 500, {"count": 3}, [[{}]], {"name": None}]


@pytest.mark.parametrize("odd", ODD)
def test_it_never_fails_over_odd_facts(scene, odd):
    for kind in KINDS:
        event = recorded(kind, world.by(scene.owner), scene)
        body = json.loads(event.body)
        body["facts"] = dict.fromkeys(body["facts"], odd)
        event.body = json.dumps(body)
        assert len(sentence(event)) < 9000
        for name in body:
            event.body = json.dumps(body | {name: odd})
            assert sentence(event)


@pytest.mark.parametrize("body", ["", "no json", "[]", "null", '{"facts": 1, "actor": []}', '{"kind": "x"}'])
def test_it_never_fails_over_a_spoiled_body(scene, body):
    event = recorded("grant.made", world.by(scene.owner), scene)
    event.body = body
    assert sentence(event)
    event.kind = "grant.forged"
    assert sentence(event).endswith("grant.forged.")


@pytest.mark.django_db(transaction=True)
def test_it_reads_an_event_that_was_changed_in_the_database(scene):
    with transaction.atomic():
        event = recorded("disclosure.closed", world.by(scene.requester), scene)
    as_superuser(
        "ALTER TABLE audit_event DISABLE TRIGGER USER",
        f"UPDATE audit_event SET body = replace(body, '\"rows\":7', '\"rows\":1') WHERE id = {event.pk}",
        "ALTER TABLE audit_event ENABLE TRIGGER USER",
    )
    assert "received 1 rows" in sentence(Event.objects.get(pk=event.pk))
