"""The pages of opening: proposing a dataset, reviewing it, clearing or returning it, taking it back."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe

from catalog.forms import PlainForm, ReasonForm
from catalog.lists import listed, next_address
from catalog.models import Basis, Version
from catalog.permissions import bases_open_to, can, check_may_keep, check_may_review, visible_datasets
from catalog.preview import first_rows
from catalog.terms import Terms
from catalog.wording import terms_in_words
from opendata.actions import clear, return_submission, submit, withdraw_release, withdraw_submission
from opendata.differences import differences, last_release
from opendata.forms import SubmitForm, TakeBackForm, WithdrawForm
from opendata.models import Submission
from opendata.permissions import check_may_decide_on, check_may_withdraw, visible_submissions
from opendata.policies import why_not_submitted

ROWS = 50
WAITING = Submission.State.SUBMITTED


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A steward chooses what everybody may see of the current version, and submits it."""
    datasets = visible_datasets(request.actor).select_related("department", "current")
    dataset = get_object_or_404(datasets, pk=pk)
    check_may_keep(request.actor, dataset)
    shown = {"section": "desk", "dataset": dataset}
    if refusal := why_not_submitted(dataset):
        return render(request, "opendata/not_submitted.html", shown | {"refusal": refusal})

    version, last = _version(dataset, request), last_release(dataset)
    form = SubmitForm(
        version, Terms.from_json(last.terms) if last else None, request.POST if request.method == "POST" else None
    )
    if request.method == "POST" and form.act(
        lambda: submit(dataset, version=version, terms=form.terms(), note=form.cleaned_data["note"], by=request.actor)
    ):
        messages.success(request, _("Submitted. A reviewer looks at it now; until it is cleared nothing is open."))
        return redirect("submission", pk=form.result.pk)
    protected = [words.name for words in form.words if words.is_protected]
    shown |= {"form": form, "version": version, "last": last, "protected": protected}
    return render(request, "opendata/submit.html", shown)


def _version(dataset, request: HttpRequest) -> Version:
    """The version that the form was made for: a newer one that arrives meanwhile is not submitted unseen."""
    named = request.POST.get("version")
    if named is None:
        return dataset.current
    if not named.isascii() or not named.isdigit():
        raise Http404
    return get_object_or_404(dataset.versions.filter(state=Version.State.KEPT), number=int(named[:9]))


@require_safe
@login_required
@never_cache
def submissions(request: HttpRequest) -> HttpResponse:
    """What waits for review, and what was decided: all to reviewers, their own to owners."""
    found = visible_submissions(request.actor)
    chosen = "decided" if request.GET.get("list") == "decided" else "waiting"
    found = found.exclude(state=WAITING) if chosen == "decided" else found.filter(state=WAITING)
    page = listed(found, request, order=("-made_at", "-id"), about=f"submissions {chosen}")
    tabs = [
        {"label": label, "url": f"?list={name}", "current": name == chosen}
        for name, label in {"waiting": _("Waiting for review"), "decided": _("Decided")}.items()
    ]
    shown = {
        "section": "desk",
        "tabs": tabs,
        "submissions": page.items,
        "chosen": chosen,
        "may_review": can(check_may_review, request.actor),
        "older": next_address(request, page),
        "newer": f"?list={chosen}" if "after" in request.GET else "",
    }
    return render(request, "opendata/submissions.html", shown)


@login_required
@cache_control(private=True, no_store=True)
@require_http_methods(["GET", "HEAD", "POST"])
def submission(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One submission: what would be open, just as the public would see it, and the decision."""
    found = get_object_or_404(visible_submissions(request.actor), pk=pk)
    form = PlainForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(lambda: clear(found, by=request.actor)):
        messages.success(request, _("Cleared. It is open to everybody from this moment; its files are being built."))
        return redirect("submission", pk=found.pk)
    return render(request, "opendata/submission.html", _shown(found, request, form))


def _shown(found: Submission, request: HttpRequest, form: PlainForm) -> dict:
    terms = Terms.from_json(found.terms)
    tables = {table.name: table.types for table in found.version.tables.all()}
    last = last_release(found.dataset)
    waits = found.state == WAITING
    return {
        "section": "desk",
        "submission": found,
        "dataset": found.dataset,
        "form": form,
        "terms": terms,
        "words": terms_in_words(terms, found.dataset, tables),
        "documents": list(found.version.documents.all()[:ROWS]) if terms.documents else [],
        "last": last,
        "differences": differences(Terms.from_json(last.terms), terms) if last and waits else [],
        "may_decide": waits and can(check_may_decide_on, request.actor, found),
        "is_own": found.made_by_id == request.actor.user_id,
        "may_withdraw": waits and can(check_may_keep, request.actor, found.dataset),
        **_looked_at(found, terms, request),
    }


def _looked_at(found: Submission, terms: Terms, request: HttpRequest) -> dict:
    """The rows, for whoever the reviewers' duty lets in."""
    table = request.GET.get("table") or next(iter(terms.tables), "")
    if not table or not bases_open_to(request.actor).filter(pk=found.duty_id).exists():
        return {}
    if table not in terms.tables:
        raise Http404
    tabs = [{"label": name, "url": f"?table={name}#rows", "current": name == table} for name in terms.tables]
    preview = first_rows(table, found.version, found.duty, limit=ROWS, by=request.actor)
    return {"preview": preview, "tabs": tabs if len(tabs) > 1 else []}


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def give_back(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A reviewer returns it with what has to change."""
    found = get_object_or_404(visible_submissions(request.actor), pk=pk)
    check_may_decide_on(request.actor, found)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(
        lambda: return_submission(found, reason=form.cleaned_data["reason"], by=request.actor)
    ):
        messages.success(request, _("Returned. The owner reads your reason."))
        return redirect("submissions")
    return _ask(request, found, form, _("Return this submission"), _("Return it"))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The owner no longer wishes it."""
    found = get_object_or_404(visible_submissions(request.actor), pk=pk)
    check_may_keep(request.actor, found.dataset)
    form = TakeBackForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(
        lambda: withdraw_submission(found, reason=form.cleaned_data["reason"], by=request.actor)
    ):
        messages.success(request, _("Taken back. The reviewers no longer see its rows."))
        return redirect("submission", pk=found.pk)
    return _ask(request, found, form, _("Take this submission back"), _("Take it back"))


def _ask(request: HttpRequest, found: Submission, form, title: str, label: str) -> HttpResponse:
    shown = {"section": "desk", "submission": found, "form": form, "title": title, "label": label}
    return render(request, "opendata/ask.html", shown)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The owner or a reviewer closes what is open, at once."""
    dataset = get_object_or_404(visible_datasets(request.actor).select_related("department"), pk=pk)
    check_may_withdraw(request.actor, dataset)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(
        lambda: withdraw_release(dataset, reason=form.cleaned_data["reason"], by=request.actor)
    ):
        messages.success(request, _("Withdrawn. Nothing of it is open any more."))
        return redirect("desk")
    releases = dataset.bases.releases().filter(state=Basis.State.ACTIVE).select_related("version")
    shown = {
        "section": "desk",
        "dataset": dataset,
        "form": form,
        "releases": releases.order_by("-version__number")[:20],
    }
    return render(request, "opendata/withdraw.html", shown)
