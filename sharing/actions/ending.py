"""The end: a request follows its grant, and closes when the requester has attested what became of the data."""

import logging

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.models import Event
from catalog.models import Basis
from sharing.actions.moving import held, move_request
from sharing.actions.returns import attest_grant, return_grant
from sharing.models import Grant, Request
from sharing.permissions import PLATFORM, check_is_platform, check_may_attest, check_may_end
from sharing.policies.texts import check_said
from sharing.states import REQUEST
from sharing.usage import has_been_used

log = logging.getLogger(__name__)
AT_ONCE = 200


@transaction.atomic
def deliver_request(request: Request, *, by: Actor) -> Request:
    """The first rows or the first file left: what was agreed is delivered."""
    check_is_platform(by)

    request = held(request)
    REQUEST.after(request.state, "deliver")
    if not has_been_used(request.grant):
        raise ValidationError(_("Nothing has left under this grant yet."))
    return move_request(request, "deliver", by=by)


def note_deliveries(*, by: Actor) -> int:
    """Requests under whose grant something has left by now are active; how many became so."""
    read = Event.objects.filter(basis=OuterRef("grant"), kind="disclosure.opened")
    waiting = Request.objects.filter(Exists(read), state=Request.State.DELIVERY_DUE).order_by("state_at")[:AT_ONCE]
    return sum(_is_delivered(request, by=by) for request in waiting)


def _is_delivered(request: Request, *, by: Actor) -> bool:
    """False for one that fails: the next run tries it again, and the others do not wait for it."""
    try:
        deliver_request(request, by=by)
    except Exception:
        log.exception("The delivery of request %s could not be noted.", request.reference)
        return False
    return True


def follow_grant(grant: Basis, *, by: Actor) -> None:
    """A grant that has ended takes its request along; where it did so before, nothing is left to do."""
    lent = (Request.State.DELIVERY_DUE, Request.State.ACTIVE)
    if request := Request.objects.filter(grant=grant, state__in=lent).first():
        end_request(request, by=by, reason=grant.state_reason or _("The last day of its grant has passed."))


@transaction.atomic
def end_request(request: Request, *, by: Actor, reason: str) -> Request:
    """The grant has ended, by its date or because it was revoked: the disposal of what was received is due.

    The people who asked end it sooner: what is in force is given back with it.
    """
    request = held(request)
    check_may_end(by, request)

    check_said(reason)
    REQUEST.after(request.state, "end")
    in_force = request.grant.state in {Basis.State.ACTIVE, Basis.State.SUSPENDED}
    if in_force and by.service != PLATFORM:
        return_grant(request.grant, by=by, reason=reason)
    elif in_force:
        raise ValidationError(_("Its grant is in force. It ends on its last day, or when the owner revokes it."))
    return move_request(request, "end", by=by, reason=reason)


@transaction.atomic
def attest_disposal(request: Request, *, by: Actor, how: str) -> Request:
    """The requester says what became of the data: the request is closed, and its grant with it."""
    request = held(request)
    check_may_attest(by, request)

    check_said(how, ask=_("Say how the data was disposed of, and how that is proved."))
    REQUEST.after(request.state, "attest")
    if request.grant.state != Basis.State.ENDED:
        attest_grant(request.grant, by=by, how=how)
    return move_request(request, "attest", by=by, reason=how, how=how.strip())


@transaction.atomic
def close_with_grant(grant: Basis, *, by: Actor) -> None:
    """The disposal of what was received under a grant was attested there: its request is closed too, if it is not."""
    check_is_platform(by)

    follow_grant(grant, by=by)
    if request := Request.objects.filter(grant=grant, state=Request.State.DISPOSAL_DUE).first():
        own = Grant.objects.get(basis=grant)
        move_request(request, "attest", by=by, reason=own.disposal, how=own.disposal)
