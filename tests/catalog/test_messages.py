"""Messages to the owner: sent by whoever sees the dataset, answered by its stewards, told by e-mail."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from audit.models import Event
from catalog.actions import messages
from catalog.models import Message
from tests import world
from tests.world import by

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return world.cast()


@pytest.fixture
def trees(people):
    trees = world.dataset(people.owner, people.parks, contact_email="trees@parks.example")
    world.basis("release", world.version(trees, {"height": ("integer", [1])}), {"height": None})
    return trees


def send(trees, person=None, **fields):
    defaults = {"topic": "error", "text": "The oak in North Street is gone.", "email": "reader@mail.example"}
    return messages.send_message(trees, {**defaults, **fields}, by=by(person))


def test_anybody_writes_about_what_is_open_and_the_owner_is_told(people, trees, mailoutbox):
    message = send(trees)
    world.settle()
    told = next(mail for mail in mailoutbox if mail.to == ["trees@parks.example"])
    assert "The oak in North Street is gone." in told.body
    assert f"/desk/messages/{message.pk}/" in told.body
    assert "reader@mail.example" not in Event.objects.get(kind="message.sent").body


def test_the_department_is_told_where_the_dataset_names_nobody(people, trees, mailoutbox):
    trees.contact_email = ""
    trees.save()
    people.parks.contact_email = "desk@parks.example"
    people.parks.save()
    send(trees)
    world.settle()
    assert [mail.to for mail in mailoutbox] == [["desk@parks.example"]]


def test_nobody_writes_about_what_is_hidden_from_them(people):
    draft = world.dataset(people.owner, people.parks, state="draft")
    for person in (people.stranger, people.citizen, None):
        with pytest.raises(PermissionDenied):
            send(draft, person)
    assert not Message.objects.exists()


@pytest.mark.parametrize(("field", "value"), [("text", ""), ("topic", "spam"), ("email", "nobody")])
def test_it_names_the_faulty_field(trees, field, value):
    with pytest.raises(ValidationError) as refusal:
        send(trees, **{field: value})
    assert field in refusal.value.message_dict


def test_a_steward_answers_once_and_the_sender_is_told(people, trees, mailoutbox):
    message = send(trees)
    with pytest.raises(PermissionDenied):
        messages.answer_message(message, "Mine", by=by(people.stranger))
    messages.answer_message(message, "We have taken it out.", by=by(people.owner))
    world.settle()
    assert any(mail.to == ["reader@mail.example"] and "taken it out" in mail.body for mail in mailoutbox)
    with pytest.raises(ValidationError, match="already"):
        messages.answer_message(message, "Again", by=by(people.owner))


def test_it_keeps_nothing_when_the_event_cannot_be_written(people, trees, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("the log is away")

    message = send(trees)
    monkeypatch.setattr(messages, "record", broken)
    with pytest.raises(RuntimeError):
        send(trees)
    with pytest.raises(RuntimeError):
        messages.answer_message(message, "Gone", by=by(people.owner))
    assert list(Message.objects.values_list("answer", flat=True)) == [""]
