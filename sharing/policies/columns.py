"""What the asked columns tell of persons, and what follows: how a request is treated, and how many must agree."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog.codes import SharingClass
from catalog.models import Column, Dataset, Department, Version
from catalog.rows.letting import columns_named
from catalog.terms import TableTerms, Terms
from sharing.asked import columns_of_condition
from sharing.models import Level, Request
from sharing.policies.agreeing import Agreed, types_of


def asked_columns(request: Request) -> list[Column]:
    """The dictionary's entries of the asked columns."""
    return _entries(request, list(request.columns.values_list("name", flat=True)))


def picking_columns(request: Request) -> list[Column]:
    """The dictionary's entries of the columns by which the condition picks rows: who is picked is told by them too."""
    return _entries(request, _picking(request))


def _picking(request: Request) -> list[str]:
    return columns_of_condition(request, types_of(request)) if request.where.strip() else []


def _entries(request: Request, names: list[str]) -> list[Column]:
    return list(Column.objects.filter(dataset=request.dataset_id, table=request.table, name__in=names))


def is_of_enterprise(request: Request) -> bool:
    """True where an enterprise asks."""
    return request.department.kind == Department.Kind.ENTERPRISE


def class_of(request: Request) -> SharingClass:
    """How the request is treated: what is unconditional is so only for public and internal columns, and departments.

    A column that the condition names is told of every row that leaves: it counts as one that is asked for.
    """
    given = SharingClass(request.dataset.sharing_class)
    if given != SharingClass.UNCONDITIONAL:
        return given
    names = {*request.columns.values_list("name", flat=True), *_picking(request)}
    columns = _entries(request, list(names))
    plain = len(columns) == len(names) and not any(column.is_protected for column in columns)
    return given if plain and not is_of_enterprise(request) else SharingClass.CONDITIONAL


def needs_second(request: Request, agreed: Agreed, rows: int) -> bool:
    """True for personal data in bulk, and for any at the level that names persons."""
    lent, types = TableTerms(columns=agreed.columns, where=agreed.where), types_of(request)
    if bulk_columns(request.dataset, request.table, lent, types, rows):
        return True
    shown = _entries(request, list(agreed.columns))
    return request.level == Level.IDENTIFIED and any(column.is_protected for column in shown)


def bulk_columns(dataset: Dataset, table: str, lent: TableTerms, types: dict[str, str], rows: int) -> list[str]:
    """The columns by which this is personal data in bulk: bare, or masked but of many rows; none where it is not.

    What picks the rows is bare: whoever gets them knows what is true of each, whatever the columns show.
    """
    picking = columns_named(lent.where, types) if lent.where else []
    names = [*lent.columns, *picking]
    found = Column.objects.filter(dataset=dataset.pk, table=table, name__in=names).order_by("position", "pk")
    many = rows >= settings.BULK_ROWS
    return [
        column.name
        for column in found
        if column.is_protected
        and (many or column.name in picking or column.is_bare(lent.columns[column.name], types[column.name]))
    ]


def check_not_bulk(version: Version, terms: Terms) -> None:
    """What one approver lends without a request is no personal data in bulk: that takes two."""
    tables = {table.name: table for table in version.tables.all()}
    for name, lent in terms.tables.items():
        if bulk := bulk_columns(version.dataset, name, lent, tables[name].types, tables[name].rows):
            raise ValidationError(
                _("This is personal data in bulk (%(columns)s): two approvers must agree to it. Let the recipient ask "
                  "for it by a request."), params={"columns": ", ".join(bulk)}
            )  # fmt: skip
