"""More time: the owner's approver asks for it, the authority consents or does not; once."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from sharing.actions.moving import held, move_request
from sharing.models import Extension, Request
from sharing.permissions import check_may_answer_request, check_may_consent
from sharing.policies.texts import check_said
from sharing.states import REQUEST


@transaction.atomic
def extend_request(request: Request, *, by: Actor, reason: str) -> Request:
    """More time is asked for. The clock runs on until the authority has consented."""
    request = held(request)
    check_may_answer_request(by, request)

    check_said(reason)
    REQUEST.after(request.state, "extend")
    if Extension.objects.filter(request=request).exists():
        raise ValidationError(_("More time was asked for already. It is given once at most."))

    Extension.objects.create(request=request, asked_by=by.user, reason=reason.strip())
    record(
        "request.extension_asked",
        by=by,
        on=request,
        department=request.department,
        dataset=request.dataset,
        facts={"reference": request.reference, "reason": reason.strip()},
    )
    return request


@transaction.atomic
def consent_extension(request: Request, *, by: Actor) -> Request:
    """The authority consents: the owner's time to reply is longer, and the requester is told."""
    request = held(request)
    extension = _open(request)
    check_may_consent(by, request, extension)

    extension.answered_at, extension.answered_by, extension.is_given = timezone.now(), by.user, True
    extension.save(update_fields=["answered_at", "answered_by", "is_given"])
    return move_request(request, "extend", by=by, reason=extension.reason)


@transaction.atomic
def deny_extension(request: Request, *, by: Actor, reason: str) -> Request:
    """The authority does not consent: the clock runs on as it does."""
    request = held(request)
    extension = _open(request)
    check_may_consent(by, request, extension)

    check_said(reason)
    extension.answered_at, extension.answered_by, extension.answer = timezone.now(), by.user, reason.strip()
    extension.save(update_fields=["answered_at", "answered_by", "answer"])
    record(
        "request.extension_denied",
        by=by,
        on=request,
        department=request.department,
        dataset=request.dataset,
        facts={"reference": request.reference, "reason": reason.strip()},
    )
    return request


def _open(request: Request) -> Extension:
    """The wish for more time that nobody has answered."""
    REQUEST.after(request.state, "extend")
    found = Extension.objects.filter(request=request, answered_at=None).first()
    if found is None:
        raise ValidationError(_("Nobody has asked for more time for this request, or it was answered already."))
    return found
