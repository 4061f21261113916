"""When a grant may be renewed, and under which bridge."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from catalog.actions.bases import check_terms
from catalog.models import Basis
from catalog.states import GRANT
from catalog.terms import Terms
from sharing.models import Bridge, Decision, Grant, Renewal
from sharing.policies.bridges import check_bridge_carries, check_bridge_stands
from sharing.policies.columns import check_not_bulk
from sharing.policies.grants import check_may_be_lent, check_may_receive, check_not_over, check_until


def check_may_be_renewed(grant: Basis, valid_until: datetime, bridge: Bridge | None = None) -> None:
    """The grant is in force, its terms still fit the dataset, and the day lies ahead; under a bridge, within it."""
    GRANT.after(grant.state, "supersede")
    check_not_over(grant)
    check_until(valid_until)
    if bridge is None and valid_until <= grant.valid_until:
        raise ValidationError({"valid_until": _("Choose a day after the present end. To end it sooner, revoke it.")})
    if bridge is None:
        check_bridge_stands(grant, valid_until)
    else:
        check_bridge_carries(bridge, grant, valid_until)
    own = Grant.objects.select_related("asked", "decision").filter(basis=grant).first()
    check_owner_may_renew(own.decision if own else None)
    check_fits(grant)
    if own is None or own.asked is None:
        check_not_bulk(grant.version or grant.dataset.current, Terms.from_json(grant.terms))


def takes_two(grant: Basis) -> bool:
    """True where two approvers agreed to the grant, who are needed again to prolong it."""
    return Grant.objects.filter(basis=grant, seconded_by__isnull=False).exists()


def check_none_proposed(grant: Basis) -> None:
    """One renewal waits for another approver at a time."""
    if proposed_renewals(grant).exists():
        raise ValidationError(_("A renewal of this grant waits for another approver already. Decline it first."))


def proposed_renewals(grant: Basis) -> QuerySet[Renewal]:
    """The renewal that waits for another approver, where one was proposed."""
    found = Renewal.objects.filter(grant=grant, state=Renewal.State.PROPOSED)
    return found.select_related("grant__dataset__department", "grant__department", "proposed_by", "bridge")


def check_owner_may_renew(decision: Decision | None) -> None:
    """What the authority agreed to is not prolonged by the owner."""
    if decision is not None and decision.request.with_authority:
        raise ValidationError(_("The authority agreed to this grant. It is renewed by a new request, which it sees."))


def check_fits(grant: Basis) -> None:
    """What was lent is still there to be lent, as it was, to somebody who may receive it."""
    dataset, version = grant.dataset, grant.version or grant.dataset.current
    own = Grant.objects.select_related("asked").filter(basis=grant).first()
    check_may_be_lent(dataset, version, own.asked if own else None)
    check_may_receive(grant.department, dataset)
    check_terms(Terms.from_json(grant.terms), version)
