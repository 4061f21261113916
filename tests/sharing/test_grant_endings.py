"""How grants end and go on: given back, attested, renewed, bridged, and suspended with what they were over."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone

from audit.models import Event
from catalog.actions.datasets import restore_dataset, retire_dataset
from catalog.actions.schema import settle_columns
from catalog.gate import open_rows
from catalog.models import Basis
from catalog.permissions import bases_open_to
from catalog.rows.query import RowQuery
from catalog.schema_changes import SchemaAnswer, changes_of
from sharing.actions.bridges import (
    approve_bridge,
    ask_bridge,
    end_bridge,
    end_past_bridges,
    refuse_bridge,
    withdraw_bridge,
)
from sharing.actions.decisions import approve_request
from sharing.actions.ending import attest_disposal, end_request
from sharing.actions.grants import make_grant, resume_grant, revoke_grant
from sharing.actions.renewals import renew_grant
from sharing.actions.returns import attest_grant, return_grant
from sharing.limits import Limits
from sharing.models import Request
from sharing.policies.grants import why_closed
from sharing.promised import Promised
from tests import world
from tests.sharing import requests as made

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast():
    return made.people()


def lend(cast, to=None, days=30, **changes) -> Basis:
    wanted = {
        "recipient": to or cast.health,
        "columns": {"person": "hash", "district": None},
        "purpose": "Screening by age",
        "legal_basis": "Health rules, article 21",
        "valid_until": timezone.now() + timedelta(days=days),
        **changes,
    }
    return make_grant(cast.dataset, by=world.by(cast.approver), **wanted)


def fresh(grant: Basis) -> Basis:
    return Basis.objects.select_related("grant", "dataset__department").get(pk=grant.pk)


def in_days(days: int):
    return timezone.now() + timedelta(days=days)


def people_of(cast, grant, who=None) -> set:
    rows = open_rows(RowQuery(select="person"), over=[(cast.version, grant)], by=world.by(who or cast.requester))
    return {row["person"] for row in rows.dicts()}


def test_it_is_given_back_by_the_people_who_received_it(cast):
    grant = lend(cast)

    return_grant(grant, by=world.by(cast.requester), reason="The screening is over")

    grant = fresh(grant)
    assert (grant.state, grant.grant.returned_by) == ("returned", cast.requester)
    assert grant not in bases_open_to(world.by(cast.requester))
    assert "The screening is over" in why_closed(grant)
    assert Event.objects.filter(kind="grant.returned", basis=grant.pk).exists()
    with pytest.raises(ValidationError, match="given back"):
        resume_grant(grant, by=world.by(cast.approver))


@pytest.mark.parametrize("act", [return_grant, attest_grant])
def test_nobody_but_the_recipient_gives_it_back_or_attests(cast, act):
    grant = lend(cast)
    said = {"how": "Deleted"} if act is attest_grant else {"reason": "Because"}

    for person in (cast.stranger, cast.approver, cast.owner, cast.authority, cast.citizen):
        with pytest.raises(PermissionDenied):
            act(grant, by=world.by(person), **said)


def test_what_has_ended_is_attested_once_and_then_nothing_moves_it(cast):
    grant = lend(cast)
    with pytest.raises(ValidationError, match="nothing to attest"):
        attest_grant(grant, by=world.by(cast.requester), how="Deleted")
    revoke_grant(grant, by=world.by(cast.approver), reason="Over")
    with pytest.raises(ValidationError, match="how"):
        attest_grant(grant, by=world.by(cast.requester), how="  ")

    attest_grant(grant, by=world.by(cast.requester), how="Deleted, report 7")

    grant = fresh(grant)
    assert (grant.state, grant.grant.disposal) == ("ended", "Deleted, report 7")
    with pytest.raises(ValidationError, match="disposed of"):
        attest_grant(grant, by=world.by(cast.requester), how="Again")
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        type(grant.grant).objects.filter(pk=grant.pk).update(disposal="Never")


@pytest.mark.parametrize("state", ["revoked", "expired", "superseded", "returned", "ended"])
def test_what_has_ended_never_comes_back_past_the_action(cast, state):
    grant = lend(cast)
    Basis.objects.filter(pk=grant.pk).update(state=state)

    for other in {"active", "suspended", "revoked", "expired", "superseded"} - {state}:
        with pytest.raises(DatabaseError, match="stays ended"), transaction.atomic():
            Basis.objects.filter(pk=grant.pk).update(state=other)


def test_a_release_or_a_duty_is_never_attested(cast):
    release = world.basis("release", cast.version, {"district": None})
    Basis.objects.filter(pk=release.pk).update(state="withdrawn")

    with pytest.raises(DatabaseError, match="stays ended"), transaction.atomic():
        Basis.objects.filter(pk=release.pk).update(state="ended")


def test_a_requester_ends_its_request_and_its_grant_with_it(cast):
    one = made.brought_to(cast, "delivery-due")

    end_request(one, by=world.by(cast.requester), reason="No longer needed")
    world.settle()

    one = Request.objects.select_related("grant").get(pk=one.pk)
    assert (one.state, one.grant.state) == ("disposal-due", "returned")
    attest_disposal(one, by=world.by(cast.requester), how="Deleted, report 7")
    world.settle()
    one = Request.objects.select_related("grant").get(pk=one.pk)
    assert (one.state, one.grant.state) == ("ended", "ended")


def test_a_request_is_closed_where_its_grant_was_attested(cast):
    one = made.brought_to(cast, "delivery-due")
    return_grant(one.grant, by=world.by(cast.requester), reason="Not needed")
    attest_grant(fresh(one.grant), by=world.by(cast.requester), how="Deleted")
    world.settle()

    assert Request.objects.get(pk=one.pk).state == "ended"


def test_it_is_renewed_with_the_same_terms_and_pseudonyms_and_says_what_was_used(cast):
    terms = {"limits": Limits(rows_most=90, rows_span="day"), "promised": Promised(retention_days=30)}
    old = lend(cast, **terms)
    before = people_of(cast, old)

    new = renew_grant(old, by=world.by(cast.approver), valid_until=in_days(60))

    assert fresh(old).state == "superseded"
    assert new.terms == old.terms and Limits.of(new) == Limits.of(old)
    assert (new.grant.renews_id, new.grant.retention_days) == (old.pk, 30)
    assert people_of(cast, new) == before
    assert bases_open_to(world.by(cast.requester)).filter(kind="grant").get() == new
    said = Event.objects.get(kind="grant.superseded").body
    assert '"readings":1' in said and '"rows":3' in said


def test_its_request_follows_to_the_renewed_grant_and_ends_with_that(cast):
    one = made.brought_to(cast, "active")
    old = one.grant

    new = renew_grant(old, by=world.by(cast.approver), valid_until=in_days(200))
    world.settle()

    one = Request.objects.get(pk=one.pk)
    assert (one.state, one.grant_id) == ("active", new.pk)
    revoke_grant(new, by=world.by(cast.approver), reason="Over")
    world.settle()
    assert Request.objects.get(pk=one.pk).state == "disposal-due"


def test_a_request_takes_no_other_grant_than_the_one_that_renewed_its_own(cast):
    one, other = made.brought_to(cast, "delivery-due"), lend(cast)

    with pytest.raises(DatabaseError, match="one grant"), transaction.atomic():
        Request.objects.filter(pk=one.pk).update(grant=other)


def test_it_is_renewed_by_an_approver_of_the_owner_alone_and_only_forwards(cast):
    grant = lend(cast)

    for person in (cast.stranger, cast.requester, cast.owner, cast.authority):
        with pytest.raises(PermissionDenied):
            renew_grant(grant, by=world.by(person), valid_until=in_days(60))
    with pytest.raises(ValidationError, match="after the present end"):
        renew_grant(grant, by=world.by(cast.approver), valid_until=in_days(10))
    renew_grant(grant, by=world.by(cast.approver), valid_until=in_days(60))
    with pytest.raises(ValidationError, match="was renewed"):
        renew_grant(grant, by=world.by(cast.approver), valid_until=in_days(90))


def test_an_approver_sets_limits_and_the_grant_has_what_was_declared(cast):
    one = made.brought_to(cast, "reply-due")
    limits = Limits(way="api", readings_most=10, readings_span="day")

    with pytest.raises(ValidationError, match="way"):
        approve_request(one, by=world.by(cast.approver), limits=Limits(way="file"))
    grant = fresh(approve_request(one, by=world.by(cast.approver), limits=limits).grant)

    assert Limits.of(grant) == limits
    assert Promised.of(grant) == Promised("pseudonymous", "monthly", 90)
    assert grant.grant.asked == one
    assert grant.grant.decision.outcome == "less"


def bridged(cast):
    """Two grants to two recipients, and a bridge between them that two persons agreed to."""
    mine, theirs = lend(cast), lend(cast, to=cast.schools)
    bridge = ask_bridge(
        mine, theirs, purpose="One count of those screened at school", legal_basis="Health rules, article 30",
        ends_at=in_days(20), by=world.by(cast.approver),
    )  # fmt: skip
    return mine, theirs, bridge


def test_a_bridge_makes_the_join_work_for_what_is_renewed_under_it(cast):
    mine, theirs, bridge = bridged(cast)
    assert not people_of(cast, mine) & people_of(cast, theirs, cast.stranger)
    bridge = approve_bridge(bridge, by=world.by(cast.second))

    until = in_days(19)
    before = people_of(cast, mine)
    mine = renew_grant(mine, by=world.by(cast.approver), valid_until=until, bridge=bridge)
    theirs = renew_grant(theirs, by=world.by(cast.approver), valid_until=until, bridge=bridge)

    joined = people_of(cast, mine)
    assert joined == people_of(cast, theirs, cast.stranger) and len(joined) == 3
    assert not joined & before


def test_a_bridge_takes_two_persons_of_the_owners(cast):
    _mine, _theirs, bridge = bridged(cast)

    for person in (cast.approver, cast.owner, cast.requester, cast.stranger, cast.authority):
        with pytest.raises(PermissionDenied):
            approve_bridge(bridge, by=world.by(person))
    with pytest.raises(DatabaseError), transaction.atomic():
        type(bridge).objects.filter(pk=bridge.pk).update(
            state="active", decided_at=timezone.now(), decided_by=cast.approver
        )
    assert approve_bridge(bridge, by=world.by(cast.second)).state == "active"


@pytest.mark.parametrize(("act", "who", "state"), [(refuse_bridge, "second", "refused"),
                                                   (withdraw_bridge, "approver", "withdrawn")])  # fmt: skip
def test_a_bridge_that_nobody_approved_carries_nothing(cast, act, who, state):
    mine, _theirs, bridge = bridged(cast)

    for person in (cast.stranger, cast.requester):
        with pytest.raises(PermissionDenied):
            act(bridge, by=world.by(person), reason="No")
    bridge = act(bridge, by=world.by(getattr(cast, who)), reason="No")

    assert bridge.state == state
    with pytest.raises(ValidationError, match="not in force"):
        renew_grant(mine, by=world.by(cast.approver), valid_until=in_days(10), bridge=bridge)


def test_the_end_of_a_bridge_suspends_what_was_made_under_it(cast):
    mine, theirs, bridge = bridged(cast)
    bridge = approve_bridge(bridge, by=world.by(cast.second))
    with pytest.raises(ValidationError, match="longer than the bridge"):
        renew_grant(mine, by=world.by(cast.approver), valid_until=in_days(60), bridge=bridge)
    mine = renew_grant(mine, by=world.by(cast.approver), valid_until=in_days(10), bridge=bridge)

    end_bridge(bridge, by=world.by(cast.approver), reason="The count is done")

    assert (fresh(mine).state, fresh(theirs).state) == ("suspended", "active")
    with pytest.raises(ValidationError, match="bridge"):
        resume_grant(mine, by=world.by(cast.approver))


def test_a_grant_never_outlives_the_bridge_that_it_was_made_under(cast):
    mine, theirs, bridge = bridged(cast)
    bridge = approve_bridge(bridge, by=world.by(cast.second))
    mine = renew_grant(mine, by=world.by(cast.approver), valid_until=in_days(10), bridge=bridge)
    with pytest.raises(ValidationError, match="longer than the bridge"):
        renew_grant(mine, by=world.by(cast.approver), valid_until=in_days(60))
    mine = renew_grant(mine, by=world.by(cast.approver), valid_until=in_days(19))

    assert end_past_bridges() == 0
    type(bridge).objects.filter(pk=bridge.pk).update(ends_at=timezone.now())
    assert (end_past_bridges(), end_past_bridges()) == (1, 0)

    assert (fresh(mine).state, fresh(theirs).state) == ("suspended", "active")
    bridge.refresh_from_db()
    assert bridge.state == "ended"
    assert Event.objects.get(kind="bridge.ended").actor is None


def test_a_retired_dataset_suspends_its_grants_and_says_why(cast):
    grant, over = lend(cast), lend(cast)
    revoke_grant(over, by=world.by(cast.approver), reason="Over")

    retire_dataset(cast.dataset, reason="Replaced by another register", by=world.by(cast.owner))

    grant = fresh(grant)
    assert grant.state == "suspended" and "Replaced by another register" in why_closed(grant)
    assert fresh(over).state == "revoked"
    assert Event.objects.filter(kind="grant.suspended", basis=grant.pk).exists()
    with pytest.raises(ValidationError, match="retired"):
        resume_grant(grant, by=world.by(cast.approver))
    restore_dataset(cast.dataset, by=world.by(cast.owner))
    assert fresh(grant).state == "suspended"
    resume_grant(fresh(grant), by=world.by(cast.approver))
    assert fresh(grant).state == "active"


def test_what_is_open_is_not_retired_and_its_grants_go_on(cast):
    grant = lend(cast)
    world.basis("release", cast.version, {"district": None})

    with pytest.raises(ValidationError, match="Withdraw its release"):
        retire_dataset(cast.dataset, reason="Replaced", by=world.by(cast.owner))

    assert fresh(grant).state == "active"


@pytest.mark.parametrize(
    ("columns", "where", "suspended"),
    [
        ({"person": "hash"}, "", True),  # gone
        ({"income": None}, "", True),  # of another type
        ({"district": None}, "income > 10", True),  # chosen by it
        ({"district": None}, "", False),
    ],
)
def test_a_column_gone_or_retyped_suspends_whom_it_was_lent_to(cast, columns, where, suspended):
    grant = lend(cast, columns=columns, where=where)
    pinned = lend(cast, columns=columns, where=where, version=cast.version)

    becomes_current(cast, {"district": ("text", ["North"]), "income": ("text", ["10"]), "code": ("text", ["x"])})

    grant = fresh(grant)
    assert (grant.state == "suspended") == suspended
    assert fresh(pinned).state == "active"
    if suspended:
        assert "other columns" in grant.state_reason
    if "person" in columns:
        with pytest.raises(ValidationError, match="no column “person”"):
            resume_grant(grant, by=world.by(cast.approver))


def becomes_current(cast, columns) -> None:
    """A version with these columns takes the place of the current one, as a steward confirms it."""
    former = cast.version
    newest = world.version(cast.dataset, columns)
    cast.dataset.current = former
    cast.dataset.save(update_fields=["current"])
    newest.refresh_from_db()
    changes = changes_of(newest)
    assert changes.ask
    with transaction.atomic():
        settle_columns(newest, changes, SchemaAnswer(seen=changes.digest), by=world.by(cast.owner))
    cast.dataset.current = newest
    cast.dataset.save(update_fields=["current"])
