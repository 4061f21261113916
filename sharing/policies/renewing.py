"""When a grant may be renewed, and under which bridge."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog.actions.bases import check_terms
from catalog.models import Basis
from catalog.states import GRANT
from catalog.terms import Terms
from sharing.models import Bridge, Decision, Grant
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
    check_one_may_renew(own.decision if own else None)
    check_fits(grant)
    if own is None or own.asked is None:
        check_not_bulk(grant.version or grant.dataset.current, Terms.from_json(grant.terms))


def check_one_may_renew(decision: Decision | None) -> None:
    """What took two persons, or the authority, is not prolonged by one."""
    if decision is not None and decision.needs_second:
        raise ValidationError(_("Two approvers agreed to this grant. It is renewed by a new request, which both see."))
    if decision is not None and decision.request.with_authority:
        raise ValidationError(_("The authority agreed to this grant. It is renewed by a new request, which it sees."))


def check_fits(grant: Basis) -> None:
    """What was lent is still there to be lent, as it was, to somebody who may receive it."""
    dataset, version = grant.dataset, grant.version or grant.dataset.current
    own = Grant.objects.select_related("asked").filter(basis=grant).first()
    check_may_be_lent(dataset, version, own.asked if own else None)
    check_may_receive(grant.department, dataset)
    check_terms(Terms.from_json(grant.terms), version)
