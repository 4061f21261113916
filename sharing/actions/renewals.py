"""Renewing: the same terms until a later day, as a new grant; the old one is superseded and lets nothing out.

What two approvers agreed to takes two again: one proposes the renewal, and another agrees to it or declines it.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog.actions.bases import move_basis
from catalog.actions.datasets import locked
from catalog.models import Basis
from catalog.permissions import check_may_decide
from catalog.terms import Terms
from sharing.actions.lending import Origin, Said, write_grant
from sharing.limits import Limits
from sharing.models import Bridge, Grant, Renewal, Request
from sharing.permissions import check_may_lend, check_may_second_renewal
from sharing.policies.renewing import check_may_be_renewed, check_none_proposed, takes_two
from sharing.policies.texts import check_said
from sharing.promised import Promised
from sharing.states import RENEWAL
from sharing.usage import Use, use_since_made


@transaction.atomic
def renew_grant(grant: Basis, *, by: Actor, valid_until: datetime, bridge: Bridge | None = None) -> Basis:
    """A new grant of the old one's terms until this day; the log says what was used under the old one.

    Its pseudonyms are those of the old one, or under an approved bridge those of the bridge. Its request follows it.
    Where two approvers agreed to the old one this proposes it, and gives the old one, which stands as it is.
    """
    check_may_lend(by, grant.dataset, grant.department)

    used = use_since_made(grant)  # before the lock: it goes through what the log says of the grant
    grant, bridge = _locked(grant, bridge)
    check_may_be_renewed(grant, valid_until, bridge)
    if takes_two(grant):
        return _propose(grant, by=by, valid_until=valid_until, bridge=bridge)
    return _renew(grant, by=by, valid_until=valid_until, bridge=bridge, used=used)


@transaction.atomic
def second_renewal(renewal: Renewal, *, by: Actor) -> Basis:
    """Another approver agrees to just what was proposed, and the grant is renewed."""
    check_may_second_renewal(by, renewal)

    used = use_since_made(renewal.grant)
    grant, bridge = _locked(renewal.grant, renewal.bridge)
    renewal = _move(renewal, "agree", by=by)
    check_may_be_renewed(grant, renewal.valid_until, bridge)

    return _renew(
        grant, by=by, valid_until=renewal.valid_until, bridge=bridge, used=used, proposed_by=renewal.proposed_by
    )


@transaction.atomic
def decline_renewal(renewal: Renewal, *, by: Actor, reason: str) -> Basis:
    """An approver does not agree, or takes back what they proposed: the grant stands as it is."""
    check_may_decide(by, renewal.grant.dataset)

    check_said(reason)
    renewal = _move(renewal, "decline", by=by)

    grant = renewal.grant
    _record("grant.renewal_declined", grant, by=by, facts={"until": renewal.valid_until, "reason": reason.strip()})
    return grant


def _propose(grant: Basis, *, by: Actor, valid_until: datetime, bridge: Bridge | None) -> Basis:
    check_none_proposed(grant)
    Renewal.objects.create(grant=grant, valid_until=valid_until, bridge=bridge, proposed_by=by.user)

    facts = {"until": valid_until, "bridge": bridge.pk if bridge else None}
    _record("grant.renewal_proposed", grant, by=by, facts=facts)
    return grant


def _renew(
    grant: Basis, *, by: Actor, valid_until: datetime, bridge: Bridge | None, used: Use, proposed_by=None
) -> Basis:  # fmt: skip
    day = valid_until.date().isoformat()
    move_basis(grant, "supersede", reason=_("It was renewed until %(day)s.") % {"day": day})

    own = Grant.objects.select_related("asked").get(basis=grant)
    said = Said(
        grant.department, grant.purpose, grant.legal_basis, valid_until, Limits.of(grant), Promised.of(grant), own.note
    )
    domain = grant.pseudonym_domain if bridge is None else bridge.domain
    origin = Origin(request=own.asked, renews=grant, domain=domain, proposed_by=proposed_by)
    dataset, terms = grant.dataset, Terms.from_json(grant.terms)
    made = write_grant(dataset, terms, said, by=by, version=grant.version, origin=origin)
    Request.objects.filter(grant=grant).update(grant=made)

    facts = {"renewed_by": made.pk, "until": valid_until, "readings": used.exits, "rows": used.rows}
    _record("grant.superseded", grant, by=by, facts=facts)
    return made


def _record(kind: str, grant: Basis, *, by: Actor, facts: dict) -> None:
    dataset = grant.dataset
    record(kind, by=by, on=grant, department=dataset.department, dataset=dataset, basis=grant, facts=facts)


def _move(renewal: Renewal, verb: str, *, by: Actor) -> Renewal:
    held = Renewal.objects.select_for_update(of=("self",)).select_related(
        "grant__dataset__department", "grant__department", "proposed_by"
    )  # fmt: skip
    renewal = held.get(pk=renewal.pk)
    renewal.state = RENEWAL.after(renewal.state, verb)
    renewal.decided_at, renewal.decided_by = timezone.now(), by.user
    renewal.save(update_fields=["state", "decided_at", "decided_by"])
    return renewal


def _locked(grant: Basis, bridge: Bridge | None) -> tuple[Basis, Bridge | None]:
    """The grant as it is now, with its dataset and its bridge, none of which changes until the renewal is done."""
    dataset = locked(grant.dataset)
    grant = Basis.objects.select_related("department", "version").get(pk=grant.pk)
    grant.dataset = dataset
    return grant, _held(grant, bridge)


def _held(grant: Basis, bridge: Bridge | None) -> Bridge | None:
    """The bridge as it is now; it, or the one that the grant is under, does not end until the renewal is done."""
    under = bridge or Bridge.of_domain(grant.domain)
    held = Bridge.objects.select_for_update().get(pk=under.pk) if under else None
    return held if bridge else None
