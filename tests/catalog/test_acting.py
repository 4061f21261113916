"""An acting approver decides in another's place for a time, and is nobody's second self."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from catalog.actions import memberships
from catalog.actions.acting import LONGEST, colleagues_of, end_acting, name_acting
from catalog.models import Membership, Role
from catalog.permissions import can, check_may_decide
from sharing.actions.decisions import approve_request, second_request
from tests import world
from tests.sharing import requests as made

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    cast = made.people()
    cast.colleague = world.person("Paula", cast.parks, Role.STEWARD)
    return cast


def day(count: int):
    return timezone.localdate() + timedelta(days=count)


def named(cast, first=0, last=7, colleague=None, by=None, department=None) -> Membership:
    by = world.by(by or cast.approver)
    return name_acting(colleague or cast.colleague, department or cast.parks, day(first), day(last), by=by)


def may_decide(cast, user) -> bool:
    return can(check_may_decide, world.by(user), cast.dataset)


def signed_in(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_colleague_decides_in_those_days_and_the_log_says_for_whom(cast):
    assert not may_decide(cast, cast.colleague)
    held = named(cast)
    assert may_decide(cast, cast.colleague)
    facts = json.loads(Event.objects.filter(kind="membership.given").latest("id").body)["facts"]
    assert facts["acting_for"] == str(cast.approver.pk) and facts["member"] == str(cast.colleague.pk)
    end_acting(held, by=world.by(cast.approver), reason="Back again")
    assert not may_decide(cast, cast.colleague)
    assert Event.objects.filter(kind="membership.ended").count() == 1


def test_it_begins_on_its_first_day_and_ends_with_its_last(cast):
    named(cast, first=3)
    assert not may_decide(cast, cast.colleague)
    Membership.objects.filter(acting_for=cast.approver).update(starts_at=timezone.now() - timedelta(days=9))
    assert may_decide(cast, cast.colleague)
    Membership.objects.filter(acting_for=cast.approver).update(ends_at=timezone.now())
    assert not may_decide(cast, cast.colleague)


def test_nobody_else_names_and_no_key_does(cast):
    for person in (cast.owner, cast.requester, cast.authority, cast.administrator, cast.stranger, cast.head):
        with pytest.raises(PermissionDenied):
            named(cast, by=person)
    with pytest.raises(PermissionDenied):
        name_acting(cast.colleague, cast.parks, day(0), day(1), by=world.by(cast.approver, key=object()))


def test_there_are_no_chains(cast):
    named(cast)
    other = world.person("Pia", cast.parks, Role.STEWARD)
    with pytest.raises(PermissionDenied, match="You act for another approver"):
        named(cast, colleague=other, by=cast.colleague)


@pytest.mark.parametrize(("first", "last"), [(-1, 3), (4, 3), (0, LONGEST), (400, 401)])
def test_the_days_are_to_come_and_at_most_two_months(cast, first, last):
    with pytest.raises(ValidationError):
        named(cast, first=first, last=last)
    named(cast, first=0, last=LONGEST - 1)


def test_only_somebody_of_the_department_who_is_no_approver_is_named(cast):
    for wrong in (cast.stranger, cast.requester, cast.approver, cast.second, cast.citizen):
        with pytest.raises(ValidationError):
            named(cast, colleague=wrong)
    assert {user.name for user in colleagues_of(world.by(cast.approver), cast.parks)} == {"Olga", "Paula"}
    named(cast)
    with pytest.raises(ValidationError, match="already"):
        named(cast, by=cast.second)


def test_it_ends_with_the_role_that_it_stands_in_for(cast):
    named(cast)
    own = Membership.objects.get(user=cast.approver, role=Role.APPROVER)
    memberships.end_role(own, by=world.by(cast.administrator), reason="Moved away")
    assert not may_decide(cast, cast.colleague)
    assert Membership.objects.filter(acting_for=cast.approver, ended_at=None).count() == 0


@pytest.mark.parametrize("first", [0, 5])
def test_it_ends_with_the_role_that_made_them_a_colleague(cast, first):
    held = named(cast, first=first)
    own = Membership.objects.get(user=cast.colleague, role=Role.STEWARD)
    memberships.end_role(own, by=world.by(cast.administrator), reason="Moved away")
    held.refresh_from_db()
    assert held.ended_at is not None and not may_decide(cast, cast.colleague)


def test_who_holds_another_role_there_acts_on(cast):
    named(cast)
    memberships.begin(cast.colleague, cast.parks, Role.REQUESTER, by=world.by(cast.administrator))
    own = Membership.objects.get(user=cast.colleague, role=Role.STEWARD)
    memberships.end_role(own, by=world.by(cast.administrator), reason="Asks for data now")
    assert may_decide(cast, cast.colleague)


def test_who_moves_leaves_the_seat_behind_and_it_ends_once(cast):
    named(cast)
    cast.administrator.refresh_from_db()
    memberships.move_person(
        cast.colleague, cast.health, Role.STEWARD, by=world.by(cast.administrator), reason="Moved away"
    )
    assert not may_decide(cast, cast.colleague)
    assert Event.objects.filter(kind="membership.ended").count() == 2


def test_both_count_as_one_where_two_must_agree(cast):
    named(cast)
    world.prove(cast.colleague)
    asked = made.brought_to(cast, "second-approval")
    with pytest.raises(PermissionDenied, match="count as one"):
        second_request(asked, by=world.by(cast.colleague))
    assert second_request(asked, by=world.by(cast.second)).state == "delivery-due"


def test_what_the_acting_one_decided_is_not_seconded_by_who_named_them(cast):
    named(cast)
    sent = made.bulk(cast)
    for step in made.REPLY:
        made.STEPS[step](cast, sent)
    waiting = approve_request(sent, by=world.by(cast.colleague))
    assert waiting.state == "second-approval"
    with pytest.raises(PermissionDenied, match="count as one"):
        second_request(waiting, by=world.by(cast.approver))


def test_the_database_holds_that_it_ends_and_is_for_another(cast):
    held = named(cast)
    for wrong in ({"ends_at": None}, {"acting_for": cast.colleague}, {"role": Role.STEWARD}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Membership.objects.filter(pk=held.pk).update(**wrong)


def test_half_of_it_is_never_done(cast, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("lost")

    monkeypatch.setattr("catalog.actions.acting.record", broken)
    with pytest.raises(RuntimeError), transaction.atomic():
        named(cast)
    assert not may_decide(cast, cast.colleague)


def test_the_page_names_and_ends(cast, client):
    signed_in(client, cast.approver)
    page = client.get(reverse("acting")).content.decode()
    assert "Paula (Parks)" in page and "Nobody acts" in page
    key = f"{cast.parks.pk} {cast.colleague.pk}"
    answer = client.post(reverse("acting"), {"colleague": key, "first": day(0), "last": day(90)})
    assert "At most 60 days" in answer.content.decode()
    assert client.post(reverse("acting"), {"colleague": key, "first": day(0), "last": day(9)}).status_code == 302
    held = Membership.objects.get(acting_for=cast.approver)
    assert client.post(reverse("acting-end", args=[held.pk]), {"reason": " "}).status_code == 200
    assert client.post(reverse("acting-end", args=[held.pk]), {"reason": "Back again"}).status_code == 302
    held.refresh_from_db()
    assert held.ended_at is not None
    assert client.get(reverse("acting-end", args=[held.pk])).status_code == 404


def test_to_others_there_is_no_such_page(cast, client):
    held = named(cast)
    for person in (cast.owner, cast.stranger, cast.administrator):
        signed_in(client, person)
        assert client.get(reverse("acting")).status_code == 404
        assert client.get(reverse("acting-end", args=[held.pk])).status_code == 404
    signed_in(client, cast.head)
    assert client.get(reverse("acting-end", args=[held.pk])).status_code == 404
    world.prove(cast.colleague)
    signed_in(client, cast.colleague)
    assert "Only that person names somebody else" in client.get(reverse("acting")).content.decode()
    assert client.get(reverse("acting-end", args=[held.pk])).status_code == 403
