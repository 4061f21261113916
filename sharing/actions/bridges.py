"""Bridges: two owners, two persons, and an end; what is renewed under one has pseudonyms that join."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actor import Actor, service
from audit.log import record
from catalog.actions.bases import check_reason, suspend_live
from catalog.models import Basis
from sharing.bridging import bridges_to_nowhere
from sharing.models import Bridge
from sharing.permissions import (
    check_may_ask_bridge,
    check_may_decide_bridge,
    check_may_end_bridge,
    check_may_withdraw_bridge,
    speaks_for_either,
)
from sharing.policies.bridges import check_bridgeable, check_no_other
from sharing.policies.texts import check_said
from sharing.states import BRIDGE

AT_ONCE = 500


@transaction.atomic
def ask_bridge(
    one: Basis, other: Basis, *, purpose: str, legal_basis: str, ends_at: datetime, by: Actor
) -> Bridge:  # fmt: skip
    """It is proposed that what is lent under two grants may be joined, until a day.

    An approver of one owner has agreed for that owner by asking; who received both has not.
    """
    check_may_ask_bridge(by, one, other)

    check_bridgeable(one, other, purpose, legal_basis, ends_at)
    check_no_other(one, other)
    asked_at = timezone.now()
    agreed = {"agreed_by": by.user, "agreed_at": asked_at} if speaks_for_either(by, one, other) else {}
    bridge = Bridge.objects.create(
        one=one, other=other, purpose=purpose.strip(), legal_basis=legal_basis.strip(), ends_at=ends_at,
        asked_by=by.user, asked_at=asked_at, **agreed,
    )  # fmt: skip

    facts = {"purpose": bridge.purpose, "legal_basis": bridge.legal_basis, "until": ends_at}
    record("bridge.asked", by=by, on=bridge, **_about(bridge, facts))
    return bridge


@transaction.atomic
def approve_bridge(bridge: Bridge, *, by: Actor) -> Bridge:
    """A person agrees for an owner; as the second does, for the other, either grant may be renewed under it."""
    bridge = _held(bridge)
    check_may_decide_bridge(by, bridge)

    is_second = bridge.agreed_by_id is not None
    _move(bridge, "approve" if is_second else "agree", by=by)
    check_bridgeable(bridge.one, bridge.other, bridge.purpose, bridge.legal_basis, bridge.ends_at)

    kind = "bridge.approved" if is_second else "bridge.agreed"
    record(kind, by=by, on=bridge, **_about(bridge, {"until": bridge.ends_at}))
    return bridge


@transaction.atomic
def refuse_bridge(bridge: Bridge, *, by: Actor, reason: str) -> Bridge:
    """A second person, for the other owner, does not agree."""
    check_may_decide_bridge(by, bridge)

    check_said(reason)
    bridge = _moved(bridge, "refuse", by=by, reason=reason)

    record("bridge.refused", by=by, on=bridge, **_about(bridge, {"reason": bridge.state_reason}))
    return bridge


@transaction.atomic
def withdraw_bridge(bridge: Bridge, *, by: Actor, reason: str) -> Bridge:
    """It is needed no more, and nobody has decided about it."""
    check_may_withdraw_bridge(by, bridge)

    check_said(reason)
    bridge = _moved(bridge, "withdraw", by=by, reason=reason)

    record("bridge.withdrawn", by=by, on=bridge, **_about(bridge, {"reason": bridge.state_reason}))
    return bridge


@transaction.atomic
def end_bridge(bridge: Bridge, *, by: Actor, reason: str) -> Bridge:
    """Nothing more leaves under it: the grants that were made under it are suspended, and are not resumed."""
    check_may_end_bridge(by, bridge)

    check_reason(reason)
    return _end(bridge, by=by, reason=reason)


def end_past_bridges() -> int:
    """Ends the bridges whose day has passed, or of which a grant is over; gives how many. May run twice at once."""
    past = Bridge.objects.filter(state=Bridge.State.ACTIVE, ends_at__lte=timezone.now()).order_by("ends_at")
    found = dict.fromkeys(past.values_list("pk", flat=True)[:AT_ONCE], gettext_noop("Its day has passed."))
    found |= dict.fromkeys(bridges_to_nowhere(AT_ONCE), gettext_noop("One of its grants is over."))
    return sum(_end_by_the_clock(pk, _(reason)) for pk, reason in found.items())


@transaction.atomic
def _end_by_the_clock(pk, reason: str) -> bool:
    found = Bridge.objects.select_for_update(skip_locked=True).filter(pk=pk, state=Bridge.State.ACTIVE)
    bridge = found.first()
    if bridge is None:
        return False
    _end(bridge, by=service("clock"), reason=reason)
    return True


def _end(bridge: Bridge, *, by: Actor, reason: str) -> Bridge:
    bridge = _moved(bridge, "end", by=by, reason=reason)
    under = Basis.objects.filter(domain=bridge.domain)
    suspend_live(under, by=by, reason=_("The bridge that it was made under has ended."))

    record("bridge.ended", by=by, on=bridge, **_about(bridge, {"reason": bridge.state_reason}))
    return bridge


def _held(bridge: Bridge) -> Bridge:
    """The bridge as it stands now, until what is done with it is done."""
    found = Bridge.objects.select_for_update(of=("self",)).select_related(
        "one__dataset__department", "one__department", "other__dataset__department", "other__department",
        "asked_by", "agreed_by",
    )  # fmt: skip
    return found.get(pk=bridge.pk)


def _moved(bridge: Bridge, verb: str, *, by: Actor, reason: str) -> Bridge:
    return _move(_held(bridge), verb, by=by, reason=reason)


def _move(bridge: Bridge, verb: str, *, by: Actor, reason: str = "") -> Bridge:
    """Moves the bridge, which is held."""
    bridge.state = BRIDGE.after(bridge.state, verb)
    bridge.state_at, bridge.state_reason = timezone.now(), reason.strip()
    if verb == "agree":
        bridge.agreed_at, bridge.agreed_by = bridge.state_at, by.user
    if verb in {"approve", "refuse"}:
        bridge.decided_at, bridge.decided_by = bridge.state_at, by.user
    moved = ["state", "state_at", "state_reason", "agreed_at", "agreed_by", "decided_at", "decided_by"]
    bridge.save(update_fields=moved)
    return bridge


def _about(bridge: Bridge, facts: dict) -> dict:
    dataset = bridge.one.dataset
    stated = {"one": bridge.one_id, "other": bridge.other_id, **facts}
    return {"department": dataset.department, "dataset": dataset, "basis": bridge.one, "facts": stated}
