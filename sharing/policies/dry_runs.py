"""When terms may be tried: while somebody is to decide about them."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from sharing.models import Request
from sharing.states import ANSWERABLE, REQUEST

MOST_AN_HOUR = 60  # dry runs of one request


def check_may_be_tried(request: Request) -> None:
    """The request waits for a reply, or for a second approver."""
    state = Request.objects.values_list("state", flat=True).get(pk=request.pk)
    if state not in (*ANSWERABLE, Request.State.SECOND_APPROVAL):
        raise REQUEST.refusal(state)


def check_not_too_often(request: Request) -> None:
    """Each dry run goes through the whole table, so only so many of one request are made in an hour."""
    made = request.dry_runs.filter(made_at__gt=timezone.now() - timedelta(hours=1))
    if made.count() >= MOST_AN_HOUR:
        raise ValidationError(
            _("Terms of this request were tried %(most)s times within an hour. Wait, or decide by what is there."),
            params={"most": MOST_AN_HOUR},
        )
