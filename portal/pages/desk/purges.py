"""Destruction by law on pages: asked for, shown with what it takes, decided by a second person, carried out."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.actions.purges import ask_purge, decide_purge, refuse_purge, withdraw_purge
from catalog.models import Dataset, Purge, Version
from catalog.permissions import can, check_may_ask_purge, check_may_decide_purge, visible_datasets, visible_purges
from catalog.purges import Shared, named, progress_of, shared
from catalog.versions import HELD
from portal.accounts.pages import signed_in
from portal.pages.desk.purge_forms import AnswerForm, DecideForm, PurgeForm
from portal.paging import page_of


@signed_in
@require_safe
def purges(request: HttpRequest) -> HttpResponse:
    """All that this person may know of, newest first."""
    page = page_of(visible_purges(request.actor), request, order=("-asked_at", "-id"))
    return render(request, "desk/purges.html", {"section": "desk", "page": page})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Asks for one. Where other versions hold files of those that are named, it says so and offers to name them too."""
    dataset = visible_datasets(request.actor).select_related("department").filter(pk=pk).first()
    if dataset is None:
        raise Http404
    check_may_ask_purge(request.actor, dataset)
    held = sorted(dataset.versions.filter(state__in=HELD).values_list("number", flat=True))
    form = PurgeForm(request.POST or None, held=held)
    found = _shared(dataset, form) if request.method == "POST" else []
    choice = request.POST.get("shared", "")
    if request.method == "POST" and (not found or choice) and form.act(
        lambda: _ask(dataset, form, found if choice == "add" else [], request)
    ):  # fmt: skip
        messages.success(request, _("It waits for a second person. Nothing is destroyed until then."))
        return redirect("purge", pk=form.result.pk)
    context = {"section": "desk", "dataset": dataset, "form": form, "shared": found, "held": held}
    return render(request, "desk/purge_new.html", context)


@signed_in
@require_safe
def purge(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One of them: the order, who asked and decided, what it takes, and how far it is."""
    found = get_object_or_404(visible_purges(request.actor), pk=pk)
    waits = found.state == Purge.State.ASKED
    context = {
        "section": "desk",
        "purge": found,
        "shared": shared(named(found.dataset, found.numbers)) if waits else [],
        "counts": progress_of(found),
        "page": page_of(found.files.all(), request, order=("pk",)),
        "may_decide": waits and can(check_may_decide_purge, request.actor, found),
        "may_withdraw": waits and can(check_may_ask_purge, request.actor, found.dataset),
    }
    return render(request, "desk/purge.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The second person decides."""
    found = get_object_or_404(visible_purges(request.actor), pk=pk)
    check_may_decide_purge(request.actor, found)
    form = DecideForm(request.POST or None, asks_current=_takes_current(found))
    if request.method == "POST" and form.act(
        lambda: decide_purge(found, keep_current=form.cleaned_data.get("keep_current", False), by=request.actor)
    ):
        messages.success(request, _("It is decided. From now on nothing of these versions leaves; their files go now."))
        return redirect("purge", pk=pk)
    shares = shared(named(found.dataset, found.numbers))
    return render(
        request, "desk/purge_decide.html", {"section": "desk", "purge": found, "form": form, "shared": shares}
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def refuse(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The second person says no."""
    found = get_object_or_404(visible_purges(request.actor), pk=pk)
    check_may_decide_purge(request.actor, found)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.act(lambda: refuse_purge(found, **form.cleaned_data, by=request.actor)):
        messages.success(request, _("It is refused. Nothing was destroyed."))
        return redirect("purge", pk=pk)
    return render(request, "desk/purge_answer.html", {"section": "desk", "purge": found, "form": form, "refuses": True})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """It is no longer asked for."""
    found = get_object_or_404(visible_purges(request.actor), pk=pk)
    check_may_ask_purge(request.actor, found.dataset)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.act(lambda: withdraw_purge(found, **form.cleaned_data, by=request.actor)):
        messages.success(request, _("It is withdrawn. Nothing was destroyed."))
        return redirect("purge", pk=pk)
    return render(request, "desk/purge_answer.html", {"section": "desk", "purge": found, "form": form})


def _ask(dataset: Dataset, form: PurgeForm, too: list[Shared], request: HttpRequest) -> Purge:
    fields = {name: form.cleaned_data[name] for name in ("law", "article", "reason")}
    numbers = [*form.cleaned_data["numbers"], *(one.number for one in too)]
    return ask_purge(dataset, numbers=numbers, **fields, by=request.actor)


def _shared(dataset: Dataset, form: PurgeForm) -> list[Shared]:
    return shared(named(dataset, form.cleaned_data["numbers"])) if form.is_valid() else []


def _takes_current(found: Purge) -> bool:
    """True where the current version is named and another one stays that could take its place."""
    current = found.dataset.current
    stays = found.dataset.versions.filter(state=Version.State.KEPT).exclude(number__in=found.numbers)
    return current is not None and current.number in found.numbers and stays.exists()
