"""The page of one request for those who check, decide and consent, and each act upon it: a form, a check, done."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from catalog.permissions import can
from catalog.protection import bare_columns
from sharing.answers import answers_of
from sharing.asked import changes_since
from sharing.deciding import ACTS, Act, acts_for, agreed_by, asks_second, words_of
from sharing.forms.deciding import ApproveForm, DecidingForm
from sharing.forms.trying import TryingForm
from sharing.inbox import inbox_of, waits_for
from sharing.models import DryRun, Request
from sharing.permissions import check_may_answer_request, check_may_review
from sharing.policies.agreeing import standing_decision, types_of
from sharing.standing import badge_of, clock_words, is_late, next_words
from sharing.states import REQUEST
from sharing.told import decisions_told, steps_told
from sharing.trying import told_run, tried


@login_required
@never_cache
@require_safe
def asked(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What is asked and where it stands, what was said and decided, and what this person can do."""
    found = _found(request, pk)
    acts = acts_for(found, request.actor)
    shown = {
        **_head(found),
        "next": next_words(found),
        "waits_for": waits_for(found),
        "is_late": is_late(found),
        "changes": changes_since(found),
        "questions": list(found.questions.select_related("asked_by", "answered_by")),
        "wish": getattr(found, "extension", None),
        "decisions": decisions_told(found, by=request.actor),
        "sections": answers_of(found),
        "steps": steps_told(found, by=request.actor),
        "acts": [_linked(found, name, act) for name, act in acts],
        "may_try": REQUEST.allows(found.state, "refuse") and can(check_may_answer_request, request.actor, found),
        "may_review": found.state == Request.State.INTERNAL_REVIEW and can(check_may_review, request.actor, found),
    }
    return render(request, "sharing/deciding/request.html", shown)


def _found(request: HttpRequest, pk: uuid.UUID) -> Request:
    return get_object_or_404(inbox_of(request.actor).select_related("dataset__current", "drafted_by"), pk=pk)


def _head(found: Request) -> dict:
    return {
        "section": "desk",
        "asked": found,
        "name": found.reference or _("Not submitted yet"),
        "badge": badge_of(found),
        "clock": clock_words(found),
    }


def _linked(found: Request, name: str, act: Act) -> dict:
    return {"label": act.title, "url": reverse(f"inbox-{name}", args=[found.pk]), "danger": act.is_loss}


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, pk: uuid.UUID, name: str) -> HttpResponse:
    """One act: what is to be said for it, then the answers to check, then it is done."""
    found, chosen = _found(request, pk), ACTS[name]
    chosen.check(request.actor, found)
    shown = {**_head(found), "act": chosen, "changes": changes_since(found)}
    if refusal := chosen.why_not(found):
        return render(request, "sharing/deciding/not_now.html", shown | {"refusal": refusal})

    form = chosen.form(found, request.actor, request.POST if request.method == "POST" else None)
    step = _step(request, form)
    if step == "send" and form.act(lambda: chosen.do(found, form, request.actor)):
        messages.success(request, _("Done. It is written down, and the requester is told where it concerns them."))
        return redirect("inbox-request", pk=found.pk)
    shown["form"] = form
    if step == "check" and form.act(lambda: _looked_at(form)):
        return render(request, "sharing/deciding/check.html", shown | _answers(form))
    form.look_again()
    if name == "second" and (decision := standing_decision(found)) is not None:
        shown |= told_run(decision.dry_run, by=request.actor)
    if chosen.shows_all:
        shown |= {"sections": answers_of(found), "decisions": decisions_told(found, by=request.actor)}
    return render(request, "sharing/deciding/act.html", shown)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def dry_run(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What the terms as asked would let out, measured; looking at the rows is a reading, and is written down."""
    found = _found(request, pk)
    check_may_answer_request(request.actor, found)
    made = _made_run(request, found)
    form = TryingForm(found, made, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        shown = tried(found, by=request.actor, telling=form.chosen())
        if "dry_run" in shown:
            return redirect(f"{reverse('inbox-try', args=[found.pk])}?run={shown['dry_run'].id}")
    else:
        shown = told_run(made, by=request.actor)
    return render(request, "sharing/deciding/try.html", _head(found) | shown | {"form": form})


def _made_run(request: HttpRequest, found: Request) -> DryRun | None:
    """The dry run that the address names, else the newest."""
    runs = found.dry_runs.select_related("version", "made_by", "request__dataset__department")
    named = request.GET.get("run", "")
    if not named:
        return runs.first()
    try:
        return get_object_or_404(runs, pk=uuid.UUID(named))
    except ValueError:
        raise Http404 from None


def _step(request: HttpRequest, form: DecidingForm) -> str:
    """Where nothing is to be said, there is nothing to check before it is sent."""
    step = request.POST.get("step", "")
    return "send" if request.method == "POST" and not form.fields else step


def _looked_at(form: DecidingForm):
    return agreed_by(form) if isinstance(form, ApproveForm) else None


def _answers(form: DecidingForm) -> dict:
    """What the page of the check shows: the answers, and for an approval what would leave."""
    shown = {"rows": form.told()}
    if isinstance(form, ApproveForm):
        agreed = form.result
        words = words_of(form.request, agreed)
        terms = form.terms()
        tried_by = {name: terms.get(name) for name in ("columns", "where")}
        shown |= tried(form.request, by=form.by, least=agreed.limits.least, **tried_by)
        bare = bare_columns(form.request.dataset, agreed.terms, {form.request.table: types_of(form.request)})
        shown |= {"words": words, "until": agreed.valid_until, "left_out": agreed.refused_columns, "protected": bare,
                  "asks_second": asks_second(form.request, agreed)}  # fmt: skip
    return shown
