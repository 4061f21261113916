"""Asking: a request is sent, submitted by the head of the own department, answered, withdrawn."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.actor import Actor
from sharing.actions.arriving import submit
from sharing.actions.moving import held, move_request
from sharing.asked import asked_sha256
from sharing.models import Request
from sharing.permissions import (
    check_may_answer_questions,
    check_may_edit,
    check_may_review,
    check_may_withdraw,
)
from sharing.policies.answering import check_all_answered, check_unedited
from sharing.policies.columns import is_of_enterprise
from sharing.policies.requests import check_may_be_asked, check_sendable
from sharing.policies.texts import check_said
from sharing.states import REQUEST


@transaction.atomic
def send_request(request: Request, *, by: Actor) -> Request:
    """What the draft says is declared; it goes to the head of the own department, or on where none reviews."""
    request = held(request)
    check_may_edit(by, request)

    REQUEST.after(request.state, "send")
    check_sendable(request)

    request.declared_at, request.declared_by = timezone.now(), by.user
    request.asked_sha256 = asked_sha256(request)
    request.save(update_fields=["declared_at", "declared_by", "asked_sha256"])

    if settings.INTERNAL_REVIEW and not is_of_enterprise(request):
        return move_request(request, "send", by=by, asked_sha256=request.asked_sha256)
    return submit(request, by=by)


@transaction.atomic
def review_request(request: Request, *, by: Actor) -> Request:
    """The head of the own department submits: the owner's clock starts."""
    request = held(request)
    check_may_review(by, request)

    REQUEST.after(request.state, "send back")  # from the review alone: a draft is submitted by being sent
    check_unedited(request)
    check_may_be_asked(request.dataset, request.department)

    request.reviewed_at, request.reviewed_by = timezone.now(), by.user
    request.save(update_fields=["reviewed_at", "reviewed_by"])
    return submit(request, by=by)


@transaction.atomic
def send_back(request: Request, *, by: Actor, reason: str) -> Request:
    """The head of the own department returns it to its drafter, who may change it."""
    request = held(request)
    check_may_review(by, request)

    check_said(reason)
    request = move_request(request, "send back", by=by, reason=reason)
    request.declared_at, request.declared_by, request.asked_sha256 = None, None, ""
    request.save(update_fields=["declared_at", "declared_by", "asked_sha256"])
    return request


@transaction.atomic
def answer_questions(request: Request, answers: dict[int, str], *, by: Actor) -> Request:
    """All open questions are answered at once: it goes back to whoever asked, and the clock runs on."""
    request = held(request)
    check_may_answer_questions(by, request)

    REQUEST.after(request.state, "answer")
    questions = list(request.questions.all())
    check_all_answered(questions, answers)

    for question in questions:
        question.answer, question.answered_at, question.answered_by = answers[question.pk], timezone.now(), by.user
        question.save(update_fields=["answer", "answered_at", "answered_by"])
    returned = request.moves.filter(verb="return").latest("id")
    verb = "answer the check" if returned.before == Request.State.COMPLIANCE_CHECK else "answer"
    return move_request(request, verb, by=by, count=len(questions))


@transaction.atomic
def withdraw_request(request: Request, *, by: Actor, reason: str) -> Request:
    """The requester no longer asks. Of a draft nobody else has heard: it needs no reason."""
    request = held(request)
    check_may_withdraw(by, request)

    if request.state != Request.State.DRAFT:
        check_said(reason)
    return move_request(request, "withdraw", by=by, reason=reason)
