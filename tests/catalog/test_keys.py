"""API keys: made at the keyboard, shown once, narrow, and over at their date."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from audit.models import Event
from catalog.actions import keys
from catalog.models import Key
from catalog.permissions import bases_open_to
from tests import world
from tests.world import by

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return world.cast()


def make(user, *, actor=None, **fields):
    defaults = {"name": "nightly", "scopes": ["read"], "until": timezone.now() + timedelta(days=30), "datasets": []}
    return keys.make_key(user, by=actor or by(user), **{**defaults, **fields})


def test_it_keeps_only_the_digest(people):
    key, token = make(people.requester)
    assert keys.TOKEN.fullmatch(token)
    assert token.startswith(key.start)
    assert token not in str(Key.objects.filter(pk=key.pk).values())
    assert not Event.objects.filter(body__contains=token).exists()
    assert keys.find_key(token) == key


def test_it_finds_no_key_by_another_token(people):
    _key, token = make(people.requester)
    for wrong in ("", "cw_", token[:-1], token + "x", token[:-1] + ("a" if token[-1] != "a" else "b")):
        assert keys.find_key(wrong) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scopes", []),
        ("scopes", ["everything"]),
        ("until", timezone.now() - timedelta(minutes=1)),
        ("until", timezone.now() + timedelta(days=400)),
        ("name", " "),
    ],
)
def test_it_refuses_what_makes_no_sense(people, field, value):
    with pytest.raises(ValidationError) as refusal:
        make(people.requester, **{field: value})
    assert field in refusal.value.message_dict


def test_it_names_only_datasets_that_one_sees(people):
    draft = world.dataset(people.owner, people.parks, state="draft")
    with pytest.raises(ValidationError):
        make(people.stranger, datasets=[draft])
    key, _token = make(people.owner, datasets=[draft])
    assert list(key.datasets.all()) == [draft]


def test_it_is_made_by_its_owner_at_the_keyboard(people):
    key, _token = make(people.requester)
    with pytest.raises(PermissionDenied):
        make(people.requester, actor=by(people.stranger))
    with pytest.raises(PermissionDenied):
        make(people.requester, actor=by(people.requester, key))
    with pytest.raises(PermissionDenied):
        make(people.requester, actor=by(None))
    assert Key.objects.count() == 1


def test_it_opens_nothing_once_revoked_or_past_its_date(people):
    key, token = make(people.requester)
    with pytest.raises(PermissionDenied):
        keys.revoke_key(key, by=by(people.stranger))
    keys.revoke_key(key, by=by(people.requester))
    assert keys.find_key(token) is None
    with pytest.raises(ValidationError):
        keys.revoke_key(key, by=by(people.requester))

    late, token = make(people.requester)
    Key.objects.filter(pk=late.pk).update(expires_at=timezone.now())
    assert keys.find_key(token) is None


def test_an_administrator_revokes_anybodys(people):
    key, token = make(people.requester)
    keys.revoke_key(key, by=by(people.administrator), reason="found in a public repository")
    assert keys.find_key(token) is None


def test_it_dies_with_its_account(people):
    _key, token = make(people.requester)
    people.requester.is_active = False
    people.requester.save()
    assert keys.find_key(token) is None


def test_it_notes_its_use_once_a_minute(people, django_assert_num_queries):
    key, token = make(people.requester)
    keys.find_key(token)
    key.refresh_from_db()
    first = key.last_used_at
    assert first is not None
    with django_assert_num_queries(1):
        keys.find_key(token)
    key.refresh_from_db()
    assert key.last_used_at == first


def test_it_makes_nothing_when_the_event_cannot_be_written(people, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("the log is away")

    monkeypatch.setattr(keys, "record", broken)
    with pytest.raises(RuntimeError):
        make(people.requester)
    assert not Key.objects.exists()


def test_a_key_for_one_dataset_opens_no_other(people):
    trees = world.dataset(people.owner, people.parks)
    made = world.version(trees, {"height": ("integer", [1])})
    benches = world.version(world.dataset(people.owner, people.parks, "Benches"), {"place": ("text", ["a"])})
    lent = world.basis("grant", made, {"height": None}, to=people.health)
    other = world.basis("grant", benches, {"place": None}, to=people.health)
    narrow, _token = make(people.requester, datasets=[trees])
    writing, _token = make(people.requester, scopes=["write"])
    assert set(bases_open_to(by(people.requester))) == {lent, other}
    assert set(bases_open_to(by(people.requester, narrow))) == {lent}
    assert not bases_open_to(by(people.requester, writing)).exists()
    assert not bases_open_to(by(people.stranger)).exists()
