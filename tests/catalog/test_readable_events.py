"""Who may read which events: auditors all, the parties of a grant those of the grant, everybody their own readings."""

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.actor import PUBLIC
from audit.log import record
from audit.models import Event
from catalog.actions.keys import make_key
from catalog.permissions import can, check_may_audit, readable_events
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks, "Trees")
    made = world.version(people.trees, {"name": ("text", ["Oak"])})
    people.grant = world.basis("grant", made, {"name": None}, to=people.health)
    people.duty = world.basis("duty", made, {"name": None}, to=people.parks)
    about = {"dataset": people.trees, "department": people.parks}
    people.lent = record(
        "grant.suspended", by=world.by(people.approver), on=people.grant, basis=people.grant,
        facts={"reason": "why"}, **about,
    )  # fmt: skip
    people.own = record(
        "disclosure.closed", by=world.by(people.owner), on=people.duty, basis=people.duty,
        facts={"opened": "x", "rows": 1, "bytes": 2, "sha256": "", "outcome": "complete"}, **about,
    )  # fmt: skip
    return people


def key_of(user, scopes=("read",), datasets=()):
    until = timezone.now() + timezone.timedelta(days=2)
    made, _token = make_key(
        user, name="k", scopes=list(scopes), until=until, datasets=list(datasets), by=world.by(user)
    )
    return world.by(user, made)


def read(by) -> set:
    return set(readable_events(by).filter(kind__in=["grant.suspended", "disclosure.closed"]))


def test_an_auditor_reads_all(scene):
    assert readable_events(world.by(scene.auditor)).count() == Event.objects.count()


def test_the_parties_read_their_grant_and_everybody_the_own_readings(scene):
    assert read(world.by(scene.approver)) == {scene.lent}
    assert read(world.by(scene.requester)) == {scene.lent}
    assert read(world.by(scene.owner)) == {scene.lent, scene.own}


def test_strangers_read_nothing(scene):
    for by in (PUBLIC, *map(world.by, (scene.stranger, scene.citizen, scene.reviewer, scene.administrator))):
        assert read(by) == set()


def test_a_key_reads_what_it_was_made_for(scene):
    other = world.dataset(scene.owner, scene.parks, "Benches")
    assert read(key_of(scene.owner)) == {scene.lent, scene.own}
    assert read(key_of(scene.owner, datasets=[scene.trees])) == {scene.lent, scene.own}
    assert read(key_of(scene.owner, datasets=[other])) == set()
    assert read(key_of(scene.owner, scopes=["write"])) == set()


def test_the_log_is_for_auditors_and_for_their_keys_over_all_datasets(scene):
    assert can(check_may_audit, world.by(scene.auditor))
    assert can(check_may_audit, key_of(scene.auditor))
    assert not can(check_may_audit, key_of(scene.auditor, scopes=["write"]))
    for person in (scene.owner, scene.requester, scene.administrator, scene.authority, scene.stranger, scene.citizen):
        with pytest.raises(PermissionDenied, match="Only an auditor"):
            check_may_audit(world.by(person))


def test_an_auditor_whose_role_ended_reads_no_more(scene):
    scene.auditor.memberships.update(ends_at=timezone.now())
    assert not can(check_may_audit, world.by(scene.auditor))
    assert read(world.by(scene.auditor)) == set()
