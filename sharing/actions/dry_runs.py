"""Trying terms before agreeing to them: the figures are computed once for equal terms, written down, and kept."""

import hashlib
import time
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audit.actor import Actor
from audit.canonical import canonical
from audit.log import record
from catalog.actions.bases import check_terms
from catalog.terms import Terms
from sharing.actions.moving import held
from sharing.dry_run.counting import count_figures_of
from sharing.dry_run.figures import Look, Proposal, figures_of
from sharing.dry_run.ledger import held_already, ledger_of
from sharing.dry_run.pairs import Held
from sharing.dry_run.proposing import looked_at, proposal_of
from sharing.limits import Limits
from sharing.models import DryRun, Request
from sharing.permissions import check_may_answer_request
from sharing.policies.agreeing import agree
from sharing.policies.dry_runs import check_may_be_tried, check_not_too_often

TRIED_ANEW = timedelta(minutes=10)  # after which figures that took too long are computed again


def make_dry_run(
    request: Request,
    *,
    by: Actor,
    columns: dict[str, str | None] | None = None,
    where: str | None = None,
    telling: list[str] | None = None,
    least: str = "",
) -> DryRun:
    """The figures of a request as asked, or under less: fewer columns, stronger masks, a further condition on rows,
    or no more than counts, or yes or no (`least`).

    `telling` are the columns that together tell people apart, where other ones are meant than the dictionary proposes.
    Must not be called inside a transaction: the figures leave through the gate.
    """
    check_may_answer_request(by, request)

    check_may_be_tried(request)
    agreed = agree(request, columns=columns, where=where, limits=Limits(way="", least=least))
    look = looked_at(request, by=by)
    check_terms(agreed.terms, look.version)
    proposal = proposal_of(request, agreed, look, telling=telling)
    limits = agreed.limits
    held_now = held_already(request) if not limits.least else []  # with counts nothing can be joined
    asked = asked_sha256(look, agreed.terms, proposal, held_now, limits)
    found = made_before(request, asked)
    if found is not None:
        return found
    check_not_too_often(request)

    began = time.monotonic()
    figures = count_figures_of(look, proposal, limits) if limits.least else figures_of(look, proposal)
    columns = proposal.proposed.columns
    figures["ledger"] = ledger_of(request, look, columns, held_now, dictionary=proposal.columns)
    made = DryRun(
        request=request,
        version=look.version,
        terms=agreed.terms.to_json(),
        terms_sha256=agreed.terms.sha256,
        asked_sha256=asked,
        figures=figures,
        is_whole=not figures["unsaid"] and not any(one["unsaid"] for one in figures["ledger"]["entries"]),
        duration_ms=round((time.monotonic() - began) * 1000),
        made_by=by.user,
    )
    return keep_dry_run(made, by=by)


@transaction.atomic
def keep_dry_run(made: DryRun, *, by: Actor) -> DryRun:
    """The bare keeping of figures, for `make_dry_run`, which has checked; of two made at once the first stays."""
    request = held(made.request)
    found = made_before(request, made.asked_sha256)
    if found is not None:
        return found

    made.save(force_insert=True)

    record(
        "request.tried",
        by=by,
        on=request,
        department=request.department,
        dataset=request.dataset,
        facts={
            "reference": request.reference,
            "version": made.version_id,
            "terms_sha256": made.terms_sha256,
            "figures_sha256": hashlib.sha256(canonical(made.figures)).hexdigest(),
        },
    )
    return made


def made_before(request: Request, asked: str) -> DryRun | None:
    """The dry run of just this, if all its figures could be had; if not, for a while, and then they are tried anew."""
    stands = Q(is_whole=True) | Q(made_at__gt=timezone.now() - TRIED_ANEW)
    found = request.dry_runs.filter(stands, asked_sha256=asked).select_related("version", "made_by")
    return found.order_by("-is_whole", "-made_at").first()


def asked_sha256(look: Look, terms: Terms, proposal: Proposal, held_now: list[Held], limits: Limits) -> str:
    """The digest of all that the figures hang on."""
    today = proposal.today
    marks = [[column.name, column.sensitivity, column.identity_role] for column in proposal.columns]
    counts = {"counts": [limits.least, limits.group_least, limits.questions_most, limits.people]}
    return hashlib.sha256(
        canonical(
            {
                "version": str(look.version.pk),
                "terms": terms.sha256,
                "today": [sorted(today.columns.items()), today.where] if today else None,
                "telling": proposal.telling,
                "marks": sorted(marks),
                "held": sorted([str(one.grant.pk), str(one.version.pk), one.table.name] for one in held_now),
                **(counts if limits.least else {}),
            }
        )
    ).hexdigest()
