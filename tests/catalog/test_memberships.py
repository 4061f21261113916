"""Roles: given, ended, moved, and over by the clock; rights follow at once."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from audit.models import Event
from catalog.actions import memberships
from catalog.models import DepartmentPermission, Membership, Role
from catalog.permissions import bases_open_to, holds, visible_datasets
from catalog.tasks import end_memberships
from tests import world
from tests.world import by

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return world.cast()


@pytest.fixture
def lent(people):
    trees = world.dataset(people.owner, people.parks, sharing_class="withheld", sharing_law="article 9")
    return world.basis("grant", world.version(trees, {"height": ("integer", [1])}), {"height": None}, to=people.health)


def test_it_gives_a_role(people):
    memberships.give_role(people.stranger, people.parks, Role.STEWARD, by=by(people.administrator))
    assert holds(by(people.stranger), Role.STEWARD, people.parks)
    assert Event.objects.filter(kind="membership.given", actor=people.administrator.pk).count() == 1


def test_only_an_administrator_gives_ends_or_moves(people):
    held = people.requester.memberships.get()
    for person in (people.stranger, people.owner, people.authority, people.citizen, None):
        with pytest.raises(PermissionDenied):
            memberships.give_role(people.stranger, people.parks, Role.STEWARD, by=by(person))
        with pytest.raises(PermissionDenied):
            memberships.end_role(held, by=by(person), reason="x")
        with pytest.raises(PermissionDenied):
            memberships.move_person(people.requester, people.parks, Role.STEWARD, by=by(person), reason="x")
    held.refresh_from_db()
    assert held.ended_at is None


def test_city_roles_are_held_in_the_city_alone(people):
    enterprise = world.department("91350100M000100Y43", "Acme", kind="enterprise")
    for department, role in (
        (people.parks, Role.REVIEWER),
        (people.city, Role.STEWARD),
        (enterprise, Role.STEWARD),
        (enterprise, Role.APPROVER),
    ):
        with pytest.raises(ValidationError):
            memberships.give_role(people.stranger, department, role, by=by(people.administrator))


def test_a_moved_person_loses_the_old_rights_at_once(people, lent):
    assert bases_open_to(by(people.requester)).exists()
    assert visible_datasets(by(people.requester)).exists()
    memberships.move_person(
        people.requester, people.schools, Role.REQUESTER, by=by(people.administrator), reason="new post"
    )
    assert not bases_open_to(by(people.requester)).exists()
    assert not visible_datasets(by(people.requester)).exists()
    assert holds(by(people.requester), Role.REQUESTER, people.schools)
    assert not holds(by(people.requester), Role.REQUESTER, people.health)
    rights = DepartmentPermission.objects.filter(user=people.requester)
    assert [right.content_object for right in rights] == [people.schools]


def test_an_ended_role_opens_nothing(people, lent):
    memberships.end_role(people.requester.memberships.get(), by=by(people.administrator), reason="left")
    assert not bases_open_to(by(people.requester)).exists()
    assert not DepartmentPermission.objects.filter(user=people.requester).exists()


def test_a_role_past_its_date_counts_for_nothing_before_the_sweep(people, lent):
    Membership.objects.filter(user=people.requester).update(ends_at=timezone.now())
    assert DepartmentPermission.objects.filter(user=people.requester).exists()
    assert not holds(by(people.requester), Role.REQUESTER, people.health)
    assert not bases_open_to(by(people.requester)).exists()
    assert not visible_datasets(by(people.requester)).exists()


def test_the_clock_ends_what_is_past_and_nothing_else(people):
    Membership.objects.filter(user=people.requester).update(ends_at=timezone.now() - timedelta(seconds=1))
    Membership.objects.filter(user=people.owner).update(ends_at=timezone.now() + timedelta(days=1))
    end_memberships()
    assert memberships.end_past_roles() == 0
    assert people.requester.memberships.get().ended_at is not None
    assert people.owner.memberships.get().ended_at is None
    assert not DepartmentPermission.objects.filter(user=people.requester).exists()
    event = Event.objects.get(kind="membership.ended")
    assert '"service":"clock"' in event.body


def test_it_changes_nothing_when_the_event_cannot_be_written(people, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("the log is away")

    monkeypatch.setattr(memberships, "record", broken)
    for act in (
        lambda: memberships.give_role(people.stranger, people.parks, Role.STEWARD, by=by(people.administrator)),
        lambda: memberships.end_role(people.requester.memberships.get(), by=by(people.administrator), reason="x"),
        lambda: memberships.move_person(
            people.requester, people.parks, Role.STEWARD, by=by(people.administrator), reason="x"
        ),
    ):
        with pytest.raises(RuntimeError):
            act()
    assert holds(by(people.requester), Role.REQUESTER, people.health)
    assert not holds(by(people.stranger), Role.STEWARD, people.parks)
