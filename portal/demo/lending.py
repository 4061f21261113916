"""Lends what the sample city lends: asked for, checked, and agreed to by as many of its people as that takes."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from catalog.models import Basis, Dataset, Department, Role
from portal.demo.city import SampleGrant
from portal.demo.people import Cast
from sharing.actions.decisions import approve_request, receive_request, second_request
from sharing.actions.drafting import save_answers, set_columns, start_requests
from sharing.actions.requests import review_request, send_request
from sharing.models import Request


@transaction.atomic
def lend(said: SampleGrant, dataset: Dataset, cast: Cast) -> None:
    """The grant is in force, by a request of the recipient's people; one that is there already is left as it is."""
    recipient = Department.objects.get(code=said.recipient)
    if dataset.bases.filter(kind=Basis.Kind.GRANT, department=recipient).exists():
        return
    request = _asked(said, dataset, recipient, cast)
    request = receive_request(request, by=cast.who(Role.AUTHORITY))
    request = approve_request(request, by=cast.actor(said.by))
    if request.state == Request.State.SECOND_APPROVAL:
        second_request(request, by=cast.actor(said.second))


def _asked(said: SampleGrant, dataset: Dataset, recipient: Department, cast: Cast) -> Request:
    requester = cast.who(Role.REQUESTER, said.recipient)
    table = dataset.current.tables.get().name
    (request,) = start_requests([(dataset, table, list(said.columns))], department=recipient, by=requester)
    last = timezone.localdate() + timedelta(days=said.days)
    answers = {**said.answers, "aim": said.purpose, "where": said.where, "valid_until": last}
    save_answers(request, answers, by=requester)
    set_columns(request, [(name, said.need, mask) for name, mask in said.columns.items()], by=requester)
    request = send_request(request, by=requester)
    return review_request(request, by=cast.who(Role.APPROVER, said.recipient))
