"""Keys for machines under a grant: they open it and nothing else, end with it, and nobody takes one along."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from audit.models import Event
from catalog.actions import exports
from catalog.actions.grant_keys import make_grant_key, rotate_key
from catalog.actions.keys import find_key
from catalog.actions.memberships import end_role, give_role, move_person
from catalog.gate import BasisEnded, open_rows
from catalog.models import Basis, Format, Key
from catalog.permissions import bases_open_to, departments_of, exports_of, readable_events, visible_datasets
from catalog.rows.query import RowQuery
from sharing.actions.grants import make_grant, revoke_grant, suspend_grant
from sharing.actions.renewals import renew_grant
from sharing.permissions import visible_grants
from tests import world
from tests.api import caller

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast():
    people = world.cast()
    people.dataset = world.dataset(people.owner, people.parks, "Residents", opening_class="closed")
    people.version = world.version(people.dataset, {"district": ("text", ["North", "South"])})
    return people


def lend(cast, dataset=None, days=90) -> Basis:
    return make_grant(
        dataset or cast.dataset, recipient=cast.health, columns={"district": None}, purpose="Screening",
        legal_basis="Article 21", valid_until=in_days(days), by=world.by(cast.approver),
    )  # fmt: skip


def in_days(days: int):
    return timezone.now() + timedelta(days=days)


def made(cast, grant, who=None, days=30) -> tuple[Key, str]:
    return make_grant_key(grant, name="nightly", until=in_days(days), by=world.by(who or cast.requester))


def with_key(cast, key, who=None):
    return world.by(who or cast.requester, Key.objects.get(pk=key.pk))


def status(cast, token, grant) -> int:
    address = f"/api/v1/datasets/{cast.dataset.pk}/rows?basis={grant.pk}"
    client = caller(None)
    return client.get(address, headers={"authorization": f"Bearer {token}"}).status_code


def test_it_opens_its_grant_and_nothing_else_that_its_maker_may(cast):
    other = world.dataset(cast.owner, cast.parks, "Permits", opening_class="closed")
    world.version(other, {"district": ("text", ["North"])})
    grant, twin, elsewhere = lend(cast), lend(cast), lend(cast, other)
    key, token = made(cast, grant)

    by = with_key(cast, key)
    assert list(bases_open_to(by)) == [grant]
    assert list(visible_grants(by)) == [grant]
    assert list(visible_datasets(by)) == [cast.dataset]
    assert not departments_of(by).exists()
    assert set(readable_events(by).values_list("basis", flat=True)) == {grant.pk}
    assert [status(cast, token, one) for one in (grant, twin)] == [200, 404]
    for basis in (grant, twin):
        exports.ask_export(RowQuery(), Format.CSV, over=[cast.version, basis], name="rows", by=world.by(cast.requester))
    assert [export.basis for export in exports_of(by)] == [grant]
    for basis in (twin, elsewhere):
        with pytest.raises(BasisEnded):
            open_rows(RowQuery(), over=[(basis.dataset.current, basis)], by=by)


def test_it_ends_no_later_than_its_grant(cast):
    grant = lend(cast, days=30)

    with pytest.raises(ValidationError, match="no later than the grant"):
        made(cast, grant, days=31)
    assert made(cast, grant, days=29)[0].expires_at < grant.valid_until


@pytest.mark.parametrize("who", ["stranger", "owner", "approver", "authority", "citizen"])
def test_nobody_but_its_readers_makes_one(cast, who):
    grant = lend(cast)

    with pytest.raises(PermissionDenied):
        made(cast, grant, getattr(cast, who))


def test_no_key_makes_a_key_and_none_is_made_under_what_is_suspended(cast):
    grant = lend(cast)
    key, _token = made(cast, grant)

    with pytest.raises(PermissionDenied, match="No key"):
        make_grant_key(grant, name="more", until=in_days(5), by=with_key(cast, key))
    with pytest.raises(PermissionDenied, match="No key"):
        rotate_key(key, by=with_key(cast, key))
    suspend_grant(grant, by=world.by(cast.approver), reason="Wait")
    with pytest.raises(PermissionDenied, match="read under this grant now"):
        made(cast, grant)


def test_it_passes_on_to_a_new_one_within_seven_days(cast):
    grant = lend(cast)
    key, old = made(cast, grant)

    with pytest.raises(ValidationError, match="seven days"):
        rotate_key(key, overlap=timedelta(days=8), by=world.by(cast.requester))
    newer, new = rotate_key(key, overlap=timedelta(days=7), by=world.by(cast.requester))

    key.refresh_from_db()
    assert key.expires_at <= in_days(7) and newer.expires_at > in_days(29)
    assert [status(cast, token, grant) for token in (old, new)] == [200, 200]
    with pytest.MonkeyPatch.context() as clock:
        later = in_days(8)
        clock.setattr(timezone, "now", lambda: later)
        assert find_key(old) is None and find_key(new) == newer
    assert Event.objects.get(kind="key.rotated").basis == grant.pk


def test_it_is_passed_on_by_its_maker_alone(cast):
    grant = lend(cast)
    key, _token = made(cast, grant)
    colleague = world.person("Rolf", cast.health, "requester")

    for person in (colleague, cast.stranger, cast.approver):
        with pytest.raises(PermissionDenied):
            rotate_key(key, by=world.by(person))


@pytest.mark.parametrize("end", ["revoke", "renew"])
def test_it_ends_with_its_grant(cast, end):
    grant = lend(cast)
    _key, token = made(cast, grant)

    if end == "revoke":
        revoke_grant(grant, by=world.by(cast.approver), reason="Over")
    else:
        renew_grant(grant, by=world.by(cast.approver), valid_until=in_days(120))

    assert find_key(token) is None
    assert status(cast, token, grant) == 401


def test_it_says_why_while_its_grant_is_suspended(cast):
    grant = lend(cast)
    _key, token = made(cast, grant)
    suspend_grant(grant, by=world.by(cast.approver), reason="A complaint is being looked at")

    address = f"/api/v1/datasets/{cast.dataset.pk}/rows?basis={grant.pk}"
    refused = caller(None).get(address, headers={"authorization": f"Bearer {token}"})

    assert refused.status_code == 403
    assert "A complaint is being looked at" in refused.json()["detail"]


def test_whoever_leaves_takes_nothing_along_and_gets_nothing_back_by_returning(cast):
    grant = lend(cast)
    key, token = made(cast, grant)
    ada = world.by(cast.administrator)

    move_person(cast.requester, cast.schools, "requester", by=ada, reason="A new post")
    assert find_key(token) is None
    assert not bases_open_to(with_key(cast, key)).exists()

    give_role(cast.requester, cast.health, "requester", by=ada)
    assert find_key(token) is None


def test_it_stays_while_its_maker_holds_another_role_there(cast):
    grant = lend(cast)
    _key, token = made(cast, grant)
    ada = world.by(cast.administrator)
    give_role(cast.requester, cast.health, "steward", by=ada)

    end_role(cast.requester.memberships.get(role="requester"), by=ada, reason="Another task")
    assert status(cast, token, grant) == 200
    end_role(cast.requester.memberships.get(role="steward"), by=ada, reason="Gone")
    assert status(cast, token, grant) == 401
