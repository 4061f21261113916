"""The page of the basket: what was collected, and the step from there to asking."""

from itertools import groupby

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from catalog.models import Column, Role
from catalog.permissions import departments_of
from catalog.wording import column_words
from sharing.actions.basket import MOST, ask_for_basket, take_from_basket
from sharing.forms.basket import AskForm
from sharing.models import BasketItem
from sharing.permissions import askable_datasets, check_may_find


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def basket(request: HttpRequest) -> HttpResponse:
    """What lies in it, to be taken out or asked for."""
    check_may_find(request.actor)
    departments = departments_of(request.actor, Role.REQUESTER)
    if request.method == "POST" and "remove" in request.POST:
        take_from_basket(_numbers(request.POST["remove"]), by=request.actor)
        messages.success(request, _("Taken out of the basket."))
        return redirect("basket")

    form = AskForm(departments, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(
        lambda: ask_for_basket(department=form.cleaned_data["department"], by=request.actor)
    ):
        return redirect("request-draft", pk=form.result[0].pk)
    groups, identifies = _groups(request)
    shown = {"section": "desk", "groups": groups, "identifies": identifies, "form": form,
             "may_ask": departments.exists()}  # fmt: skip
    return render(request, "sharing/asking/basket.html", shown)


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")[:MOST] if part.isascii() and part.isdigit() and len(part) < 18]


def _groups(request: HttpRequest) -> tuple[list[dict], list[str]]:
    """The columns, table by table, and the names of those that say whom a row is about."""
    found = BasketItem.objects.filter(user=request.user, dataset__in=askable_datasets(request.actor))
    items = list(found.select_related("dataset__department").order_by("dataset_id", "table", "id")[:MOST])
    columns = Column.objects.filter(dataset__in={item.dataset_id for item in items}, name__in=[i.column for i in items])
    known = {(column.dataset_id, column.table, column.name): column for column in columns}
    identifies = []
    for item in items:
        column = known.get((item.dataset_id, item.table, item.column))
        item.words = column_words(item.table, item.column, "", column)
        if column and column.names_persons:
            identifies.append(item.column)
    groups = []
    for (_key, table), each in groupby(items, key=lambda item: (item.dataset_id, item.table)):
        of_table = list(each)
        numbers = ",".join(str(item.pk) for item in of_table)
        groups.append({"dataset": of_table[0].dataset, "table": table, "lines": of_table, "numbers": numbers})
    return groups, identifies
