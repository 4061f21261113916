"""The dictionary of a dataset, many columns at a time."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from catalog.actions.columns import change_columns
from catalog.codes import ColumnType
from catalog.forms import ActionForm
from catalog.models import Column, Dataset, Table
from catalog.permissions import check_may_keep
from portal.accounts.pages import signed_in
from portal.pages.desk.forms import ColumnForm
from portal.pages.desk.kept import kept_or_404
from portal.paging import page_of

AT_ONCE = 50


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def dictionary(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A row for each column; all rows of the page are saved together or not at all."""
    dataset = kept_or_404(request, pk)
    check_may_keep(request.actor, dataset)
    page = page_of(Column.objects.filter(dataset=dataset), request, order=("table", "position", "id"), size=AT_ONCE)
    sent = request.POST if request.method == "POST" else None
    rows = [ColumnForm(sent, instance=column, prefix=f"column-{column.pk}") for column in page.items]
    whole = ActionForm(sent)

    faulty = [row for row in rows if not row.is_valid()] if sent is not None else []
    if not faulty and whole.act(
        lambda: change_columns(dataset, {row.instance.pk: row.cleaned_data for row in rows}, by=request.actor)
    ):
        messages.success(request, _("The dictionary is saved."))
        return HttpResponseRedirect(request.path + page.older if page.older else reverse("dataset-desk", args=[pk]))
    if faulty:
        whole.add_error(None, _("Nothing is saved yet: correct what is marked, then save again."))
    context = {
        "section": "desk",
        "dataset": dataset,
        "page": page,
        "rows": _with_types(dataset, rows),
        "form": whole,
        "faulty": faulty,
    }
    return render(request, "desk/dictionary.html", context)


def _with_types(dataset: Dataset, rows: list[ColumnForm]) -> list[dict]:
    """Each row with the type that the column has in the newest version."""
    version = dataset.current_id or dataset.proposed
    types = {table.name: table.types for table in Table.objects.filter(version=version)} if version else {}
    several = len({row.instance.table for row in rows}) > 1
    return [{"form": row, "type": _type_of(row.instance, types), "several": several} for row in rows]


def _type_of(column: Column, types: dict[str, dict[str, str]]) -> str:
    kind = types.get(column.table, {}).get(column.name)
    return str(ColumnType(kind).label) if kind else ""
