"""What two approvers agreed to is renewed by two: proposed by one, agreed to or declined by another."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from sharing.actions.bridges import approve_bridge, ask_bridge
from sharing.actions.decisions import second_request
from sharing.actions.grants import revoke_grant
from sharing.actions.renewals import decline_renewal, renew_grant, second_renewal
from sharing.models import Renewal
from sharing.policies.renewing import proposed_renewals
from tests import world
from tests.api import caller
from tests.sharing import requests as made
from tests.sharing.test_grant_endings import fresh, in_days, lend

pytestmark = pytest.mark.django_db(transaction=True)
BRIDGE_WORDS = {"purpose": "One count of those screened at school", "legal_basis": "Health rules, article 30"}


@pytest.fixture
def cast():
    return made.people()


@pytest.fixture
def by_two(cast):
    """A grant that Anton and Anna agreed to."""
    return second_request(made.brought_to(cast, "second-approval"), by=world.by(cast.second)).grant


def proposed(grant) -> Renewal:
    return proposed_renewals(grant).get()


def test_what_two_approvers_agreed_to_is_renewed_by_two(cast, by_two):
    until = in_days(200)
    assert renew_grant(by_two, by=world.by(cast.approver), valid_until=until) == by_two
    assert fresh(by_two).state == "active" and not by_two.renewals.exists()
    for person in (cast.approver, cast.requester, cast.stranger, cast.owner):
        with pytest.raises(PermissionDenied):
            second_renewal(proposed(by_two), by=world.by(person))
    with pytest.raises(ValidationError, match="already"):
        renew_grant(by_two, by=world.by(cast.second), valid_until=until)

    renewed = fresh(second_renewal(proposed(by_two), by=world.by(cast.second)))

    assert (renewed.grant.approved_by, renewed.grant.seconded_by) == (cast.approver, cast.second)
    assert (renewed.valid_until, renewed.domain) == (until, by_two.pseudonym_domain)
    assert fresh(by_two).state == "superseded"
    kinds = Event.objects.filter(basis=by_two.pk).values_list("kind", flat=True)
    assert {"grant.renewal_proposed", "grant.superseded"} <= set(kinds)
    again = renew_grant(renewed, by=world.by(cast.approver), valid_until=in_days(300))  # nor is that one by one alone
    assert again == renewed and proposed(renewed).proposed_by == cast.approver


def test_a_renewal_by_two_is_declined_or_taken_back_and_the_grant_stands(cast, by_two):
    for person in (cast.second, cast.approver):
        renew_grant(by_two, by=world.by(cast.approver), valid_until=in_days(200))
        waiting = proposed(by_two)
        with pytest.raises(PermissionDenied):
            decline_renewal(waiting, by=world.by(cast.requester), reason="No")
        assert decline_renewal(waiting, by=world.by(person), reason="Not needed") == by_two
        with pytest.raises(ValidationError, match="was declined"):
            second_renewal(waiting, by=world.by(cast.second))
    assert fresh(by_two).state == "active" and not by_two.renewals.exists()
    assert Event.objects.filter(kind="grant.renewal_declined", basis=by_two.pk).count() == 2


def test_a_renewal_that_was_proposed_is_checked_again_when_another_agrees(cast, by_two):
    renew_grant(by_two, by=world.by(cast.approver), valid_until=in_days(200))
    waiting = proposed(by_two)
    revoke_grant(by_two, by=world.by(cast.second), reason="Over")
    with pytest.raises(ValidationError, match="was revoked"):
        second_renewal(waiting, by=world.by(cast.second))
    waiting.refresh_from_db()
    assert waiting.state == "proposed"  # nothing half done


def test_who_proposed_and_who_agrees_are_two_persons_in_the_database_too(cast, by_two):
    renew_grant(by_two, by=world.by(cast.approver), valid_until=in_days(200))
    alone = {"state": "agreed", "decided_by": cast.approver, "decided_at": timezone.now()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Renewal.objects.filter(pk=proposed(by_two).pk).update(**alone)


def test_what_two_agreed_to_is_renewed_under_a_bridge_by_two(cast, by_two):
    other = lend(cast, purpose="Another purpose")
    bridge = ask_bridge(by_two, other, ends_at=in_days(40), by=world.by(cast.approver), **BRIDGE_WORDS)
    bridge = approve_bridge(bridge, by=world.by(cast.second))
    renew_grant(by_two, by=world.by(cast.second), valid_until=in_days(30), bridge=bridge)

    renewed = second_renewal(proposed(by_two), by=world.by(cast.approver))

    assert renewed.domain == bridge.domain


def test_the_pages_and_the_api_lead_a_second_approver_through_it(cast, by_two, client):
    def page(who, name, **said):
        client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
        address = reverse(name, args=[by_two.pk])
        answer = client.post(address, said, follow=True) if said else client.get(address)
        return answer.content.decode()

    day = {"valid_until": in_days(200).date().isoformat()}
    assert "another approver must agree" in page(cast.approver, "grant-renew")
    assert "The grant is renewed when another approver agrees" in page(cast.approver, "grant-renew", **day)
    assert "Agree, and renew it" not in page(cast.approver, "grant")
    assert "proposed to renew this grant" in page(cast.second, "grant")
    client.force_login(cast.second, backend="django.contrib.auth.backends.ModelBackend")
    assert "Anton proposed to renew the grant of" in client.get(reverse("inbox")).content.decode()
    asked = caller(cast.second).get(f"/api/v1/grants/{by_two.pk}").json()
    assert asked["renewal"]["valid_until"]
    address = f"/api/v1/grants/{by_two.pk}/agree-renewal"
    assert caller(cast.approver).post(address, "{}", content_type="application/json").status_code == 403
    assert caller(cast.stranger).post(address, "{}", content_type="application/json").status_code == 404
    answer = caller(cast.second).post(address, "{}", content_type="application/json")
    assert (answer.status_code, answer.json()["renews"], answer.json()["renewal"]) == (200, str(by_two.pk), None)
    assert caller(cast.second).post(address, "{}", content_type="application/json").status_code in {404, 409}
