"""Brings what the sample city asks for to where it waits for somebody, by the acts of its people."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from audit.actor import service
from catalog.gate import open_rows
from catalog.models import Basis, Dataset, Department, Membership, Role
from catalog.rows.query import RowQuery
from portal.demo.city import SampleCity, SampleRequest
from portal.demo.people import Cast
from sharing.actions.deadlines import look_at_clocks
from sharing.actions.decisions import receive_request, return_request
from sharing.actions.drafting import save_answers, set_columns, start_requests
from sharing.actions.ending import note_deliveries
from sharing.actions.requests import review_request, send_request
from sharing.models import Request
from sharing.permissions import PLATFORM
from sharing.usage import has_been_used

LASTS = timedelta(days=180)
READINGS = (500, 2_000, 2_000)  # rows, by a program of the recipient


def ask_all(city: SampleCity, cast: Cast) -> int:
    """Every request of the sample about a dataset that is there waits where it shall; how many there are."""
    titles = {one.name: one.title_en for one in city.datasets}
    found = [one for one in city.requests if one.dataset in titles]
    for one in found:
        ask(one, Dataset.objects.get(title_en=titles[one.dataset]), cast)
    look_at_clocks(by=service(PLATFORM))
    return len(found)


def ask(said: SampleRequest, dataset: Dataset, cast: Cast) -> None:
    """It is asked for, up to the state that is said; what was asked for already is left as it is."""
    department = Department.objects.get(code=said.department)
    if Request.objects.filter(dataset=dataset, department=department, aim=said.answers["aim"]).exists():
        return
    with days_ago(said.days_ago), transaction.atomic():
        request = _sent(said, dataset, department, cast)
        if said.state != request.state:
            request = review_request(request, by=cast.who(Role.APPROVER, said.department))
        if said.state != request.state:
            request = receive_request(request, by=cast.who(Role.AUTHORITY))
        if said.state != request.state:
            return_request(request, said.questions, by=cast.who(Role.APPROVER, dataset.department.code))


def _sent(said: SampleRequest, dataset: Dataset, department: Department, cast: Cast) -> Request:
    requester = cast.actor(said.by)
    table = dataset.current.tables.get().name
    (request,) = start_requests([(dataset, table, list(said.columns))], department=department, by=requester)
    save_answers(request, {**said.answers, "valid_until": timezone.localdate() + LASTS}, by=requester)
    set_columns(request, [(name, said.need, mask) for name, mask in said.columns.items()], by=requester)
    return send_request(request, by=requester)


def use_grants(cast: Cast) -> None:
    """What was lent is read a few times, so that its page has something to tell."""
    for grant in Basis.objects.live().filter(kind=Basis.Kind.GRANT).select_related("dataset__current", "department"):
        if has_been_used(grant):
            continue
        reader = cast.who(Role.REQUESTER, grant.department.code)
        table = next(iter(grant.terms["tables"]))
        for limit in READINGS:
            open_rows(RowQuery(table=table, limit=limit), over=[(grant.dataset.current, grant)], by=reader).dicts()
    note_deliveries(by=service(PLATFORM))


@contextmanager
def days_ago(days: int) -> Iterator[None]:
    """What no action can do and a demonstration needs: what is done inside was done so many days ago."""
    if not days:
        yield
        return
    present, gone = timezone.now, timedelta(days=days)
    Membership.objects.filter(starts_at__gt=present() - gone).update(starts_at=present() - 2 * gone)
    timezone.now = lambda: present() - gone
    try:
        yield
    finally:
        timezone.now = present
