"""Making, describing, activating, retiring and restoring a dataset, on pages."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from catalog.actions import datasets as actions
from catalog.forms import ActionForm
from catalog.models import Dataset, Role
from catalog.permissions import check_may_keep, departments_of
from portal.accounts.pages import signed_in
from portal.pages.desk.forms import DatasetForm, NewDatasetForm, RetireForm
from portal.pages.desk.kept import kept_or_404

WAYS = ["GET", "HEAD", "POST"]


@signed_in
@require_http_methods(WAYS)
def new(request: HttpRequest) -> HttpResponse:
    """A new dataset of one of my departments, as a draft."""
    mine = departments_of(request.actor, Role.STEWARD)
    first = mine.first()
    if first is None:
        raise PermissionDenied(_("Only stewards create datasets. Ask the administrator for that role."))
    form = NewDatasetForm(request.POST or None, departments=mine, initial={"department": first.pk})

    def create() -> Dataset:
        fields = dict(form.cleaned_data)
        return actions.create_dataset(fields.pop("department"), fields, by=request.actor)

    if request.method == "POST" and form.act(create):
        messages.success(request, _("The draft is here. Load a file into it next."))
        return redirect("dataset-desk", pk=form.result.pk)
    return render(request, "desk/dataset_form.html", {"form": form, "section": "desk"})


@signed_in
@require_http_methods(WAYS)
def edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The description; each change is kept."""
    dataset = _to_keep(request, pk)
    form = DatasetForm(request.POST or None, instance=dataset)
    if request.method == "POST" and form.act(
        lambda: actions.change_dataset(dataset, form.cleaned_data, by=request.actor)
    ):
        messages.success(request, _("The description is changed; the history keeps what it was."))
        return redirect("dataset-desk", pk=pk)
    return render(request, "desk/dataset_form.html", {"form": form, "dataset": dataset, "section": "desk"})


@signed_in
@require_http_methods(WAYS)
def activate(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Puts a draft into the catalogue."""
    dataset = _to_keep(request, pk)
    form = ActionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(lambda: actions.activate_dataset(dataset, by=request.actor)):
        messages.success(request, _("The dataset is in the catalogue."))
        return redirect("dataset-desk", pk=pk)
    return render(request, "desk/activate.html", {"form": form, "dataset": dataset, "section": "desk"})


@signed_in
@require_http_methods(WAYS)
def retire(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ends a dataset with a reason; its page and history stay."""
    dataset = _to_keep(request, pk)
    form = RetireForm(request.POST or None)
    if request.method == "POST" and form.act(
        lambda: actions.retire_dataset(dataset, reason=form.cleaned_data["reason"], by=request.actor)
    ):
        messages.success(request, _("The dataset is retired."))
        return redirect("dataset-desk", pk=pk)
    return render(request, "desk/retire.html", {"form": form, "dataset": dataset, "section": "desk"})


@signed_in
@require_http_methods(WAYS)
def restore(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Makes a retired dataset active again."""
    dataset = _to_keep(request, pk)
    form = ActionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(lambda: actions.restore_dataset(dataset, by=request.actor)):
        messages.success(request, _("The dataset is active again."))
        return redirect("dataset-desk", pk=pk)
    return render(request, "desk/restore.html", {"form": form, "dataset": dataset, "section": "desk"})


def _to_keep(request: HttpRequest, pk: uuid.UUID) -> Dataset:
    dataset = kept_or_404(request, pk)
    check_may_keep(request.actor, dataset)
    return dataset
