"""What one approver lends without a request goes to no department of their own, and is no personal data in bulk."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from audit.actor import Actor
from catalog.actions import memberships
from catalog.actions.acting import name_acting
from catalog.models import Basis, Role
from sharing.actions.grants import make_grant, resume_grant, revoke_grant, suspend_grant
from sharing.actions.renewals import renew_grant
from tests import world
from tests.sharing import requests as made

pytestmark = pytest.mark.django_db
TEST = Actor(service="test")


@pytest.fixture
def cast():
    return made.people()


def later(days: int):
    return timezone.now() + timedelta(days=days)


def lend(cast, who=None, **changes) -> Basis:
    wanted = {
        "recipient": cast.health, "columns": {"district": None}, "purpose": "Screening", "legal_basis": "Article 21",
        "valid_until": later(90), **changes,
    }  # fmt: skip
    return make_grant(cast.dataset, by=world.by(who or cast.approver), **wanted)


def refused_to(cast, grant: Basis, who, match: str) -> None:
    """This person makes, resumes and renews nothing for Health, and still takes back what is lent."""
    with pytest.raises(PermissionDenied, match=match):
        lend(cast, who)
    with pytest.raises(PermissionDenied, match=match):
        renew_grant(grant, by=world.by(who), valid_until=later(200))
    suspend_grant(grant, by=world.by(who), reason="A complaint")
    with pytest.raises(PermissionDenied, match=match):
        resume_grant(grant, by=world.by(who))
    resume_grant(grant, by=world.by(cast.second))


def test_nobody_lends_to_a_department_of_their_own(cast):
    grant = lend(cast)
    given = memberships.begin(cast.approver, cast.health, Role.REQUESTER, by=TEST)
    refused_to(cast, grant, cast.approver, "You belong to Health")
    memberships.finish(given, by=TEST, reason="x")
    refused_to(cast, grant, cast.approver, "until lately")
    with pytest.raises(PermissionDenied):
        lend(cast, cast.stranger)
    renewed = renew_grant(grant, by=world.by(cast.second), valid_until=later(200))
    revoke_grant(renewed, by=world.by(cast.approver), reason="No longer needed")


def test_a_second_account_there_counts(cast):
    grant = lend(cast)
    twin = world.person("Twin", cast.health, Role.REQUESTER)
    twin.email = "anton+health@causeway.example"
    twin.save(update_fields=["email"])
    refused_to(cast, grant, cast.approver, "You belong to Health")


def test_who_acts_for_somebody_there_lends_nothing_to_it(cast):
    grant = lend(cast)
    memberships.begin(cast.approver, cast.health, Role.REQUESTER, by=TEST)
    world.prove(cast.owner)
    today = timezone.localdate()
    name_acting(cast.owner, cast.parks, today, today + timedelta(days=7), by=world.by(cast.approver))
    refused_to(cast, grant, cast.owner, "You act for Anton")


@pytest.mark.parametrize(
    ("columns", "where", "rows"),
    [
        ({"person": None}, "", 10_000),
        ({"born": None, "district": None}, "", 10_000),
        ({"born": "year"}, "", 3),
        ({"district": None}, "born > '1980-01-01'", 10_000),
    ],
)
def test_personal_data_in_bulk_is_asked_for(cast, settings, columns, where, rows):
    settings.BULK_ROWS = rows
    with pytest.raises(ValidationError, match="two approvers must agree"):
        lend(cast, columns=columns, where=where)
    assert not Basis.objects.filter(kind="grant").exists()


def test_what_was_lent_so_before_is_not_renewed_so(cast):
    grant = lend(cast)
    made.mark(cast, "district", sensitivity="personal")
    with pytest.raises(ValidationError, match="two approvers must agree"):
        renew_grant(grant, by=world.by(cast.approver), valid_until=later(200))


def test_less_than_bulk_is_lent_at_once(cast):
    assert lend(cast, columns={"person": "hash", "born": "year", "district": None}).state == "active"
