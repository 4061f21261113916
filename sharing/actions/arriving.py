"""How a request arrives: its reference and clock, the check of form, and the grant at once where its class says so."""

import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit.actor import Actor, service
from catalog.codes import SharingClass
from sharing.actions.agreeing import conclude
from sharing.actions.moving import move_request
from sharing.asked import changes_since, standing_of, standing_sha256
from sharing.models import Request
from sharing.permissions import PLATFORM
from sharing.policies.agreeing import agree
from sharing.policies.answering import check_may_be_granted
from sharing.policies.columns import class_of

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another when copied or read aloud


def submit(request: Request, *, by: Actor) -> Request:
    """The request as submitted: what stands on this day is kept, to see what has changed by the day of the decision."""
    request.submitted_at, request.reference = timezone.now(), _reference()
    request.version, request.standing = request.dataset.current, standing_of(request)
    request.with_authority = request.dataset.sharing_class == SharingClass.WITHHELD
    request.save(update_fields=["submitted_at", "reference", "version", "standing", "with_authority"])

    request = move_request(
        request, "submit", by=by, asked_sha256=request.asked_sha256, standing_sha256=standing_sha256(request)
    )
    return request if settings.COMPLIANCE_CHECK else take_in(request, by=service(PLATFORM))


def take_in(request: Request, *, by: Actor) -> Request:
    """The check is passed: the owner replies, or the platform does at once where all that is asked is unconditional."""
    treated = class_of(request)
    request = move_request(request, "receive", by=by, treated_as=treated.value)
    if treated != SharingClass.UNCONDITIONAL or request.with_authority or changes_since(request):
        return request
    try:
        check_may_be_granted(request)
        with transaction.atomic():
            return conclude(request, agree(request), by=service(PLATFORM))
    except ValidationError:  # it cannot be lent as it is: the owner looks at it
        return request


def _reference() -> str:
    """The year and eight letters by chance: it tells nobody how many requests there are."""
    letters = "".join(secrets.choice(LETTERS) for _place in range(8))
    return f"{timezone.localdate().year}-{letters[:4]}-{letters[4:]}"
