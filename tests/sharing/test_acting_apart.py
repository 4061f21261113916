"""Who acts for an approver decides no more than that approver may, and is no second person beside them."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.actor import Actor
from catalog.actions import memberships
from catalog.actions.acting import name_acting
from catalog.models import Membership, Role
from sharing.actions.decisions import approve_request, receive_request, refuse_request, second_request
from sharing.actions.requests import review_request, send_request
from sharing.inbox import waiting_for
from sharing.models import Request
from tests import world
from tests.sharing import requests as made

pytestmark = pytest.mark.django_db
WHY = {"code": "not-needed", "article": "Decree 4, article 9", "appeal": "Write to the city within 60 days"}


@pytest.fixture
def cast():
    return made.people()


def waiting(cast, draft=None) -> Request:
    """A request that waits for the owner's reply."""
    sent = send_request(draft or made.draft(cast), by=world.by(cast.requester))
    return receive_request(review_request(sent, by=world.by(cast.head)), by=world.by(cast.authority))


def test_it_is_not_decided_for_an_approver_who_may_not_decide(cast):
    """Anton asked for Health; his colleague Olga acts for him at Parks and may not agree in his place."""
    waits = asked_for_by(cast, cast.approver)
    acting(cast, cast.owner, for_=cast.approver)

    with pytest.raises(PermissionDenied, match="You act for Anton"):
        approve_request(waits, by=world.by(cast.owner))
    with pytest.raises(PermissionDenied):
        approve_request(waits, by=world.by(cast.stranger))
    assert approve_request(waits, by=world.by(cast.second)).state == "delivery-due"


def test_it_is_not_decided_for_an_approver_who_belongs_to_who_asks(cast):
    request = waiting(cast)
    acting(cast, cast.owner, for_=cast.approver)
    memberships.begin(cast.approver, cast.health, "requester", by=Actor(service="test"))
    with pytest.raises(PermissionDenied, match="belongs to Health"):
        refuse_request(request, by=world.by(cast.owner), **WHY)


def test_a_draft_of_the_head_is_not_submitted_in_the_heads_place(cast):
    memberships.begin(cast.head, cast.health, Role.REQUESTER, by=Actor(service="test"))
    sent = send_request(made.draft(cast, who=cast.head), by=world.by(cast.head))
    acting(cast, cast.colleague, for_=cast.head, department=cast.health)
    with pytest.raises(PermissionDenied, match="You act for Heike"):
        review_request(sent, by=world.by(cast.colleague))


def test_two_who_act_for_one_approver_are_one(cast):
    """Neither decided for the other, and still nobody but Anton stands behind both."""
    asked = waiting(cast, made.bulk(cast))
    pia = world.person("Pia", cast.parks, Role.STEWARD)
    acting(cast, cast.owner, for_=cast.approver)
    acting(cast, pia, for_=cast.approver)
    first = approve_request(asked, by=world.by(cast.owner))
    assert first.state == "second-approval"

    assert first not in waiting_for(world.by(pia)) and first in waiting_for(world.by(cast.second))
    with pytest.raises(PermissionDenied, match="count as one"):
        second_request(first, by=world.by(pia))
    assert second_request(first, by=world.by(cast.second)).state == "delivery-due"


def asked_for_by(cast, user) -> Request:
    """A request that this person drafted for Health, while there."""
    given = memberships.begin(user, cast.health, Role.REQUESTER, by=Actor(service="test"))
    drafted = made.draft(cast, who=user)
    sent = send_request(drafted, by=world.by(user))
    memberships.finish(given, by=Actor(service="test"), reason="x")
    return receive_request(review_request(sent, by=world.by(cast.head)), by=world.by(cast.authority))


def acting(cast, user, *, for_, department=None) -> Membership:
    """The colleague acts for the approver from today on."""
    today = timezone.localdate()
    world.prove(user)
    return name_acting(user, department or cast.parks, today, today + timedelta(days=7), by=world.by(for_))
