"""Lending: a grant is made, suspended, resumed and revoked by an approver of the department that owns the data."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog.actions.bases import check_reason, check_terms, move_basis
from catalog.actions.datasets import locked
from catalog.models import Basis, Dataset, Department, Version
from catalog.permissions import check_may_decide
from catalog.terms import TableTerms, Terms
from sharing.actions.lending import Origin, Said, write_grant
from sharing.limits import NO_LIMITS, Limits
from sharing.models import Request
from sharing.permissions import check_decided_by, check_may_lend
from sharing.policies.agreeing import check_as_decided, standing_decision
from sharing.policies.answering import check_may_be_granted
from sharing.policies.bridges import check_bridge_stands
from sharing.policies.columns import check_not_bulk
from sharing.policies.grants import check_may_be_lent, check_may_receive, check_not_over, check_reasons, check_until
from sharing.policies.renewing import check_fits
from sharing.promised import NOTHING, Promised


@transaction.atomic
def make_grant(
    dataset: Dataset,
    *,
    recipient: Department,
    columns: dict[str, str | None],
    purpose: str,
    legal_basis: str,
    valid_until,
    by: Actor,
    table: str = "",
    where: str = "",
    version: Version | None = None,
    note: str = "",
    limits: Limits = NO_LIMITS,
    promised: Promised = NOTHING,
    request: Request | None = None,
) -> Basis:
    """The recipient may read these columns under these masks of the rows that match, until the date.

    Without `version` the grant follows the dataset's current one; `table` may be left out where there is only one.
    With a request its decision says who lends what: an approver, the authority, or the platform; how
    much may leave is what was decided, and what is promised what was declared with it.
    """
    decision = standing_decision(request) if request else None
    if decision is None:
        check_may_lend(by, dataset, recipient)
    else:
        check_decided_by(by, decision)

    dataset = locked(dataset)
    if decision is not None:
        limits = Limits(**decision.limits)
        promised = Promised.asked(request).lowered(limits.least)
    elif limits.least and dataset.current is not None:
        limits = limits.answering(dataset, table or only_table(version or dataset.current))
    terms = check_grant(
        dataset, recipient=recipient, columns=columns, purpose=purpose, legal_basis=legal_basis,
        valid_until=valid_until, table=table, where=where, version=version, limits=limits, promised=promised,
        request=request,
    )  # fmt: skip
    if request is not None:
        check_as_decided(request, decision, terms, valid_until)
        check_may_be_granted(request)

    said = Said(recipient, purpose, legal_basis, valid_until, limits, promised, note)
    origin = Origin(request=request, decision=decision)
    return write_grant(dataset, terms, said, by=by, version=version, origin=origin)


def check_grant(
    dataset: Dataset, *, recipient: Department, columns, purpose, legal_basis, valid_until, table="", where="",
    version=None, limits=NO_LIMITS, promised=NOTHING, request=None,
) -> Terms:  # fmt: skip
    """The terms that such a grant would have, if it may be made now; otherwise the sentence that says why not."""
    version_lent = version or dataset.current
    if request is not None and (request.dataset_id, request.department_id) != (dataset.pk, recipient.pk):
        raise ValidationError(_("This request is about another dataset, or of another department."))
    check_may_be_lent(dataset, version_lent, request)
    check_may_receive(recipient, dataset)
    check_reasons(purpose, legal_basis)
    check_until(valid_until)
    limits.check()
    promised.check()
    terms = Terms(tables={table or only_table(version_lent): TableTerms(columns=dict(columns), where=where.strip())})
    check_terms(terms, version_lent)
    if request is None:
        check_not_bulk(version_lent, terms)
    return terms


def only_table(version: Version) -> str:
    """The name of the version's table where there is just one; otherwise the choice."""
    names = list(version.tables.values_list("name", flat=True))
    if not names:
        raise ValidationError(_("This dataset has documents only. There are no rows to lend."))
    if len(names) > 1:
        raise ValidationError(_("Name one table: %(tables)s."), params={"tables": ", ".join(names)})
    return names[0]


@transaction.atomic
def suspend_grant(grant: Basis, *, by: Actor, reason: str) -> Basis:
    """Nothing leaves under the grant until it is resumed."""
    check_may_decide(by, grant.dataset)

    check_reason(reason)
    return _move(grant, "suspend", by=by, reason=reason, kind="grant.suspended")


@transaction.atomic
def resume_grant(grant: Basis, *, by: Actor, reason: str = "") -> Basis:
    """Rows leave under the grant again, where what is lent is still there as it was agreed to."""
    check_may_lend(by, grant.dataset, grant.department)

    check_not_over(grant)
    check_fits(grant)
    check_bridge_stands(grant)
    return _move(grant, "resume", by=by, reason=reason, kind="grant.resumed")


@transaction.atomic
def revoke_grant(grant: Basis, *, by: Actor, reason: str) -> Basis:
    """Nothing leaves under the grant any more, for good; a stream that runs ends within a second."""
    check_may_decide(by, grant.dataset)

    check_reason(reason)
    return _move(grant, "revoke", by=by, reason=reason, kind="grant.revoked")


def _move(grant: Basis, verb: str, *, by: Actor, reason: str, kind: str) -> Basis:
    grant = move_basis(grant, verb, reason=reason)
    record(
        kind,
        by=by,
        on=grant,
        department=grant.dataset.department,
        dataset=grant.dataset,
        basis=grant,
        facts={"reason": grant.state_reason},
    )
    return grant
