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
from sharing.models import Grant
from sharing.permissions import readers_in
from sharing.policies import check_may_be_lent, check_may_receive, check_not_over, check_reasons, check_until


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
) -> Basis:
    """The recipient may read these columns under these masks of the rows that match, until the date.

    Without `version` the grant follows the dataset's current one; `table` may be left out where there is only one.
    """
    check_may_decide(by, dataset)

    dataset = locked(dataset)
    terms = check_grant(
        dataset, recipient=recipient, columns=columns, purpose=purpose, legal_basis=legal_basis,
        valid_until=valid_until, table=table, where=where, version=version,
    )  # fmt: skip

    basis = Basis.objects.create(
        kind=Basis.Kind.GRANT,
        dataset=dataset,
        version=version,
        terms=terms.to_json(),
        recipient=Basis.Recipient.DEPARTMENT,
        department=recipient,
        roles=readers_in(recipient),
        purpose=purpose.strip(),
        legal_basis=legal_basis.strip(),
        valid_until=valid_until,
        made_by=by.user,
    )
    Grant.objects.create(basis=basis, note=note.strip())

    record(
        "grant.made",
        by=by,
        on=basis,
        department=dataset.department,
        dataset=dataset,
        basis=basis,
        facts={
            "terms_sha256": terms.sha256,
            "purpose": basis.purpose,
            "legal_basis": basis.legal_basis,
            "until": valid_until,
            "recipient": {"id": recipient.pk, "code": recipient.code, "name": recipient.name_en or recipient.name_zh},
            "version": version.number if version else None,
        },
    )
    return basis


def check_grant(
    dataset: Dataset, *, recipient: Department, columns, purpose, legal_basis, valid_until, table="", where="",
    version=None,
) -> Terms:  # fmt: skip
    """The terms that such a grant would have, if it may be made now; otherwise the sentence that says why not."""
    version_lent = version or dataset.current
    check_may_be_lent(dataset, version_lent)
    check_may_receive(recipient, dataset)
    check_reasons(purpose, legal_basis)
    check_until(valid_until)
    terms = Terms(tables={table or only_table(version_lent): TableTerms(columns=dict(columns), where=where.strip())})
    check_terms(terms, version_lent)
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
    """Rows leave under the grant again."""
    check_may_decide(by, grant.dataset)

    check_not_over(grant)
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
