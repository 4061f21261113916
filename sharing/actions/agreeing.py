"""Agreeing: the decision is written down, and where one person's word is enough its grant is made."""

from django.db import transaction

from audit.actor import Actor
from sharing.actions.grants import check_grant, make_grant
from sharing.actions.moving import move_request
from sharing.asked import standing_sha256
from sharing.models import Decision, DryRun, Request
from sharing.policies.agreeing import Agreed, legal_basis_of
from sharing.policies.columns import needs_second


@transaction.atomic
def conclude(request: Request, agreed: Agreed, *, by: Actor, note: str = "") -> Request:
    """The decision stands; it is lent at once, or waits for a second approver where it is personal data in bulk."""
    check_grant(request.dataset, request=request, **_lent(request, agreed))
    decision = Decision.objects.create(
        request=request,
        outcome=Decision.Outcome.LESS if agreed.is_less else Decision.Outcome.AGREED,
        decided_by=by.user,
        drafted_by=request.drafted_by,
        reviewed_by=request.reviewed_by,
        terms=agreed.terms.to_json(),
        limits=agreed.limits.to_json(),
        valid_until=agreed.valid_until,
        needs_second=by.user is not None and needs_second(request, agreed, rows_of(request)),
        refused_columns=agreed.refused_columns,
        note=note.strip(),
        dry_run=_dry_run_of(request, agreed),
        asked_sha256=request.asked_sha256,
        standing_sha256=standing_sha256(request),
    )
    if decision.needs_second:
        return move_request(request, "propose", by=by, **stated_of(decision, agreed))
    return lend(request, decision, agreed, by=by)


@transaction.atomic
def lend(request: Request, decision: Decision, agreed: Agreed, *, by: Actor) -> Request:
    """The grant of an agreed request, with the terms that were decided."""
    grant = make_grant(request.dataset, note=decision.note, request=request, by=by, **_lent(request, agreed))
    request.grant = grant
    request.save(update_fields=["grant"])
    return move_request(request, "agree", by=by, **stated_of(decision, agreed))


def _lent(request: Request, agreed: Agreed) -> dict:
    """What the grant would say."""
    return {
        "recipient": request.department,
        "table": request.table,
        "columns": agreed.columns,
        "where": agreed.where,
        "purpose": request.aim,
        "legal_basis": legal_basis_of(request),
        "valid_until": agreed.valid_until,
        "limits": agreed.limits,
    }


def stated_of(decision: Decision, agreed: Agreed) -> dict:
    """What the event says of the decision."""
    return {
        "outcome": decision.outcome,
        "terms_sha256": agreed.terms.sha256,
        "until": agreed.valid_until.isoformat(),
        "asked_sha256": decision.asked_sha256,
        "dry_run": str(decision.dry_run_id) if decision.dry_run_id else None,
        "limits": agreed.limits.to_json(),
    }


def _dry_run_of(request: Request, agreed: Agreed) -> DryRun | None:
    """The newest one of just these terms: of rows for rows, of counts for counts."""
    tried = request.dry_runs.filter(terms_sha256=agreed.terms.sha256)
    if agreed.limits.least:
        return tried.filter(figures__counts__least=agreed.limits.least).first()
    return tried.exclude(figures__has_key="counts").first()


def rows_of(request: Request) -> int:
    """How many rows the table has now: the most that could leave."""
    table = request.dataset.current.tables.filter(name=request.table).first()
    return table.rows if table else 0
