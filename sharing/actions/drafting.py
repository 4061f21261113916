"""Drafting: a request is begun, copied and filled in by its drafter, until it is sent."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.lists import stated
from audit.log import record
from catalog.actions.changes import set_fields
from catalog.models import Dataset, Department
from catalog.permissions import can
from sharing.actions.moving import held
from sharing.asked import DECLARED, SHARED
from sharing.models import Request, RequestedColumn
from sharing.permissions import (
    check_may_ask_for,
    check_may_copy,
    check_may_draft,
    check_may_edit,
)
from sharing.policies.requests import (
    check_answers,
    check_columns_exist,
    check_is_draft,
    check_is_lent,
    check_may_be_asked,
)

MOST_TABLES = 50


@transaction.atomic
def start_requests(items: list[tuple[Dataset, str, list[str]]], *, department: Department, by: Actor) -> list[Request]:
    """A draft for each table, all of one bundle; their drafter fills in the rest."""
    check_may_draft(by, department)

    if not 0 < len(items) <= MOST_TABLES:
        raise ValidationError(_("Choose columns of 1 to %(most)s tables."), params={"most": MOST_TABLES})
    if len({(dataset.pk, table) for dataset, table, _names in items}) != len(items):
        raise ValidationError(_("A table was named twice."))
    bundle = uuid.uuid4()
    return [
        _start(
            Request(dataset=dataset, table=table, department=department, bundle=bundle),
            [RequestedColumn(name=name) for name in names],
            by=by,
        )
        for dataset, table, names in items
    ]


@transaction.atomic
def save_answers(request: Request, answers: dict[str, Any], *, by: Actor) -> Request:
    """The draft says what the answers say; all but those about its table go to the other drafts of the bundle too."""
    _hold_bundle(request)
    request = held(request)
    check_may_edit(by, request)

    check_is_draft(request)
    shared = {name: value for name, value in answers.items() if name in SHARED}
    others = Request.objects.filter(bundle=request.bundle, state=Request.State.DRAFT, drafted_by=by.user)
    for other in others.exclude(pk=request.pk).select_related("dataset__current", "department"):
        if can(check_may_edit, by, other):  # a key may be for some of the datasets alone
            _save(other, shared, by=by)
    return _save(request, answers, by=by)


@transaction.atomic
def set_columns(request: Request, columns: list[tuple[str, str, str]], *, by: Actor) -> Request:
    """The draft asks for these columns and no others: each with its name, what it is needed for, and its mask."""
    request = held(request)
    check_may_edit(by, request)

    check_is_draft(request)
    check_columns_exist(request.dataset, request.table, [(name, mask) for name, _need, mask in columns])
    wanted = [
        RequestedColumn(request=request, name=name, need=need.strip(), mask=mask or "") for name, need, mask in columns
    ]
    for column in wanted:
        column.clean_fields(exclude=["id", "request"])

    request.columns.all().delete()
    RequestedColumn.objects.bulk_create(wanted)
    return _changed(request, ["columns"], by=by)


@transaction.atomic
def copy_request(request: Request, *, by: Actor) -> Request:
    """A new draft that says the same; whoever copies is its drafter, and declares it anew."""
    check_may_copy(by, request)

    check_may_be_asked(request.dataset, request.department)
    return _copy(request, [], by=by)


@transaction.atomic
def add_column(request: Request, name: str, need: str, *, by: Actor) -> Request:
    """A draft that asks for what was granted and one column more: the owner decides about the whole."""
    check_may_copy(by, request)

    check_is_lent(request)
    check_may_be_asked(request.dataset, request.department)
    if request.columns.filter(name=name).exists():
        raise ValidationError(_("This column was asked for already."))
    return _copy(request, [RequestedColumn(name=name, need=need.strip())], by=by)


def _hold_bundle(request: Request) -> None:
    """Holds all requests of the bundle, always in one order: two drafts saved at once never wait for each other."""
    bundle = Request.objects.select_for_update(no_key=True).filter(bundle=request.bundle).order_by("pk")
    list(bundle.values_list("pk", flat=True))


def _copy(request: Request, more: list[RequestedColumn], *, by: Actor) -> Request:
    copied = Request(
        dataset=request.dataset, table=request.table, department=request.department, copied_from=request,
        **{name: getattr(request, name) for name in DECLARED if name != "accepted_terms"},
    )  # fmt: skip
    columns = [RequestedColumn(name=one.name, need=one.need, mask=one.mask) for one in request.columns.all()]
    return _start(copied, columns + more, by=by)


def _start(request: Request, columns: list[RequestedColumn], *, by: Actor) -> Request:
    check_may_ask_for(by, request.dataset)

    check_may_be_asked(request.dataset, request.department)
    check_columns_exist(request.dataset, request.table, [(column.name, column.mask) for column in columns])

    request.drafted_by = by.user
    request.save(force_insert=True)
    for column in columns:
        column.request = request
    RequestedColumn.objects.bulk_create(columns)

    names = [column.name for column in columns]
    record(
        "request.started",
        by=by,
        on=request,
        department=request.department,
        dataset=request.dataset,
        facts={"table": request.table, "columns": stated(names)},
    )
    return request


def _save(request: Request, answers: dict[str, Any], *, by: Actor) -> Request:
    _before, after = set_fields(request, answers, DECLARED)
    check_answers(request, tuple(after))
    if not after:
        return request

    request.save(update_fields=list(after))
    return _changed(request, sorted(after), by=by)


def _changed(request: Request, fields: list[str], *, by: Actor) -> Request:
    record(
        "request.changed",
        by=by,
        on=request,
        department=request.department,
        dataset=request.dataset,
        facts={"fields": fields},
    )
    return request
