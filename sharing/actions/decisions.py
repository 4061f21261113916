"""Answering: the authority checks, the owner agrees to all or less, asks, refuses, hands on; always another person."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.lists import stated
from sharing.actions.agreeing import conclude, lend
from sharing.actions.arriving import take_in
from sharing.actions.moving import held, move_request
from sharing.asked import standing_sha256
from sharing.limits import Limits
from sharing.models import Decision, Question, Request
from sharing.permissions import (
    check_may_answer_request,
    check_may_check,
    check_may_escalate,
    check_may_return,
    check_may_second,
    check_may_transfer_to,
)
from sharing.policies.agreeing import agree, agreed_before, standing_decision
from sharing.policies.answering import (
    check_may_be_granted,
    check_not_asked_twice,
    check_questions,
    check_refusal,
    check_seen,
    check_unedited,
)
from sharing.policies.texts import check_said
from sharing.states import REQUEST


@transaction.atomic
def receive_request(request: Request, *, by: Actor) -> Request:
    """The authority found its form right: the owner's clock to reply starts."""
    request = held(request)
    check_may_check(by, request)

    check_unedited(request)
    return take_in(request, by=by)


@transaction.atomic
def return_request(request: Request, questions: list[str], *, by: Actor) -> Request:
    """Back to the requester with all open questions at once; the clock stands until they are answered."""
    request = held(request)
    check_may_return(by, request)

    REQUEST.after(request.state, "return")
    check_not_asked_twice(request)
    texts = [text.strip() for text in questions if text.strip()]
    check_questions(texts)

    Question.objects.bulk_create(Question(request=request, text=text, asked_by=by.user) for text in texts)
    return move_request(request, "return", by=by, count=len(texts))


@transaction.atomic
def approve_request(
    request: Request,
    *,
    by: Actor,
    columns: dict[str, str | None] | None = None,
    where: str | None = None,
    valid_until: datetime | None = None,
    limits: Limits | None = None,
    note: str = "",
    seen_sha256: str = "",
) -> Request:
    """As asked, or less: fewer columns, stronger masks, a further condition on rows, an earlier end; never more.

    `limits` says how often and how much may leave, and by which way; none where nothing is said but what was asked.

    `seen_sha256` is the digest of what stands now, where something changed since the request was submitted.
    """
    request = held(request)
    check_may_answer_request(by, request)

    REQUEST.after(request.state, "propose")
    check_unedited(request)
    check_may_be_granted(request)
    check_seen(request, seen_sha256)
    agreed = agree(request, columns=columns, where=where, valid_until=valid_until, limits=limits)

    return conclude(request, agreed, by=by, note=note)


@transaction.atomic
def second_request(request: Request, *, by: Actor) -> Request:
    """A second person agrees to just what the first did, and it is lent."""
    request = held(request)
    decision = _waiting(request)
    check_may_second(by, request, decision)

    check_unedited(request)
    check_may_be_granted(request)
    if decision.standing_sha256 != standing_sha256(request):
        raise ValidationError(_("The dataset changed since the first approver decided. Disagree, and it is seen anew."))

    decision.second_at, decision.second_by = timezone.now(), by.user
    decision.save(update_fields=["second_at", "second_by"])
    return lend(request, decision, agreed_before(request, decision), by=by)


@transaction.atomic
def disagree_request(request: Request, *, by: Actor, reason: str) -> Request:
    """A second person does not agree: the request waits for a reply as before."""
    request = held(request)
    decision = _waiting(request)
    check_may_second(by, request, decision)

    check_said(reason)
    decision.overturned_at, decision.overturned_by = timezone.now(), by.user
    decision.save(update_fields=["overturned_at", "overturned_by"])
    return move_request(request, "disagree", by=by, reason=reason)


@transaction.atomic
def refuse_request(
    request: Request, *, by: Actor, code: str, article: str, appeal: str, columns=(), note: str = ""
) -> Request:
    """Nothing is lent: for a coded reason, under a rule, with the way to appeal."""
    request = held(request)
    check_may_answer_request(by, request)

    REQUEST.after(request.state, "refuse")
    asked = list(request.columns.values_list("name", flat=True))
    decision = Decision(
        request=request,
        outcome=Decision.Outcome.REFUSED,
        decided_by=by.user,
        drafted_by=request.drafted_by,
        reviewed_by=request.reviewed_by,
        code=code,
        article=article.strip(),
        appeal=appeal.strip(),
        note=note.strip(),
        refused_columns=[name for name in asked if name in columns] or asked,
        asked_sha256=request.asked_sha256,
        standing_sha256=standing_sha256(request),
    )
    check_refusal(decision)

    decision.save(force_insert=True)
    return move_request(
        request, "refuse", by=by, code=code, article=decision.article, columns=stated(decision.refused_columns)
    )


@transaction.atomic
def transfer_request(request: Request, to, *, by: Actor, reason: str) -> Request:
    """Another approver of the same owner is to decide."""
    request = held(request)
    check_may_answer_request(by, request)
    check_may_transfer_to(to, request)

    check_said(reason)
    REQUEST.after(request.state, "transfer")
    request.assigned_to = to
    request.save(update_fields=["assigned_to"])
    return move_request(request, "transfer", by=by, reason=reason, to=str(to.pk))


@transaction.atomic
def escalate_request(request: Request, *, by: Actor, reason: str) -> Request:
    """The authority decides in the owner's place; what waits for a second approver waits no longer, and is not lent."""
    request = held(request)
    check_may_escalate(by, request)

    check_said(reason)
    REQUEST.after(request.state, "escalate")
    if request.with_authority:
        raise ValidationError(_("This request is with the authority already."))
    if (waiting := standing_decision(request)) is not None:
        waiting.overturned_at = timezone.now()
        waiting.save(update_fields=["overturned_at"])
    request.with_authority, request.assigned_to = True, None
    request.save(update_fields=["with_authority", "assigned_to"])
    return move_request(request, "escalate", by=by, reason=reason)


def _waiting(request: Request) -> Decision:
    """The decision that waits for a second approver."""
    REQUEST.after(request.state, "disagree")
    return standing_decision(request)
