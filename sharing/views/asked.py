"""The pages of requests for those who asked: the list, one request, and each act upon it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from audit.actor import Actor
from catalog.forms import PlainForm, ReasonForm
from catalog.lists import listed, next_address
from catalog.permissions import can, departments_of
from sharing.actions.drafting import add_column, copy_request
from sharing.actions.ending import attest_disposal, end_request
from sharing.actions.requests import answer_questions, review_request, send_back, withdraw_request
from sharing.answers import answers_of
from sharing.calendar import city_calendar
from sharing.forms.asked import AnswersForm, ColumnForm, DisposalForm
from sharing.inbox import inbox_of
from sharing.models import Request
from sharing.permissions import (
    READERS,
    check_may_answer_questions,
    check_may_attest,
    check_may_copy,
    check_may_edit,
    check_may_end,
    check_may_review,
    check_may_withdraw,
    visible_requests,
)
from sharing.standing import FILTERS, badge_of, clock_words, name_of, next_words
from sharing.states import REQUEST
from sharing.told import decisions_told, steps_told
from sharing.views.asking import asked_or_404

LENT = ("delivery-due", "active")
FIRST = {"review", "answer", "attest"}  # what the request waits for


@dataclass(frozen=True)
class Act:
    """One act of a requester: who may, in which states, by which form, and what is done."""

    check: Callable
    states: tuple[str, ...]
    title: str
    label: str
    lead: str
    form: Callable[[Request], type | Callable]
    do: Callable
    is_loss: bool = False
    shows_answers: bool = False


def _plain(form_class: type) -> Callable:
    return lambda _asked: form_class


def _answers(asked: Request) -> Callable:
    return lambda data: AnswersForm(list(asked.questions.filter(answered_at=None)), data)


def _in(verb: str) -> tuple[str, ...]:
    return tuple(state for state in Request.State.values if REQUEST.allows(state, verb))


ACTS = {
    "review": Act(
        check_may_review, ("internal-review",), gettext_lazy("Submit this request"), gettext_lazy("Submit"),
        gettext_lazy("You answer for it with who drafted it. The owner’s clock starts."),
        _plain(PlainForm), lambda asked, form, by: review_request(asked, by=by), shows_answers=True,
    ),
    "send-back": Act(
        check_may_review, ("internal-review",), gettext_lazy("Send it back"), gettext_lazy("Send back"),
        gettext_lazy("Say what is to be changed. The drafter reads it."),
        _plain(ReasonForm), lambda asked, form, by: send_back(asked, by=by, reason=form.cleaned_data["reason"]),
    ),
    "answer": Act(
        check_may_answer_questions, ("incomplete",), gettext_lazy("Answer the questions"), gettext_lazy("Send answers"),
        gettext_lazy("All at once: the clock runs on when every question is answered."),
        _answers, lambda asked, form, by: answer_questions(asked, form.answered(), by=by),
    ),
    "end": Act(
        check_may_end, LENT, gettext_lazy("Give back what was granted"), gettext_lazy("Give back for good"),
        gettext_lazy("Nothing leaves under the grant any more, for good. Then say what became of what you received."),
        _plain(ReasonForm), lambda asked, form, by: end_request(asked, by=by, reason=form.cleaned_data["reason"]),
        is_loss=True,
    ),
    "attest": Act(
        check_may_attest, ("disposal-due",), gettext_lazy("Attest the disposal"), gettext_lazy("Attest"),
        gettext_lazy("You answer for it that nothing of the data is left with your department."),
        _plain(DisposalForm), lambda asked, form, by: attest_disposal(asked, by=by, how=form.cleaned_data["how"]),
    ),
    "column": Act(
        check_may_copy, LENT, gettext_lazy("Add a column"), gettext_lazy("Begin the request"),
        gettext_lazy("A new request is begun that asks for what was granted and one column more."),
        lambda asked: lambda data: ColumnForm(asked, data),
        lambda asked, form, by: add_column(asked, form.cleaned_data["name"], form.cleaned_data["need"], by=by),
    ),
    "copy": Act(
        check_may_copy, tuple(Request.State.values), gettext_lazy("Copy as a new request"), gettext_lazy("Copy"),
        gettext_lazy("A new draft is begun with the same answers. You check and declare them anew."),
        _plain(PlainForm), lambda asked, form, by: copy_request(asked, by=by),
    ),
    "withdraw": Act(
        check_may_withdraw, _in("withdraw"), gettext_lazy("Withdraw this request"), gettext_lazy("Withdraw"),
        gettext_lazy("It is asked for no longer. It can be copied as a new one."),
        _plain(ReasonForm), lambda asked, form, by: withdraw_request(asked, by=by, reason=form.cleaned_data["reason"]),
        is_loss=True,
    ),
}  # fmt: skip


@login_required
@never_cache
@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """What my departments asked for, newest first."""
    chosen = request.GET.get("state", "")
    chosen = chosen if chosen in FILTERS else ""
    found = _asked_by(request.actor).filter(state__in=FILTERS[chosen][1])
    page = listed(found, request, order=("-drafted_at", "-id"), about=f"requests {chosen}")
    calendar = city_calendar()
    tabs = [
        {"label": label, "url": f"?state={name}" if name else "?", "current": name == chosen}
        for name, (label, _states) in FILTERS.items()
    ]
    shown = {
        "section": "desk",
        "tabs": tabs,
        "chosen": {"label": FILTERS[chosen][0] if chosen else ""},
        "lines": [
            {
                "request": one,
                "name": name_of(one),
                "badge": badge_of(one),
                "clock": clock_words(one, calendar),
                "url": _page_of(one, request),
            }
            for one in page.items
        ],
        "older": next_address(request, page),
        "newer": f"?state={chosen}" if "after" in request.GET else "",
    }
    return render(request, "sharing/asking/requests.html", shown)


def _asked_by(by: Actor) -> QuerySet[Request]:
    """What this person's own departments ask for."""
    return visible_requests(by).filter(department__in=departments_of(by, *READERS))


def _page_of(one: Request, request: HttpRequest) -> str:
    is_mine = one.state == Request.State.DRAFT and one.drafted_by_id == request.user.pk
    return reverse("request-draft" if is_mine else "request", args=[one.pk])


@login_required
@never_cache
@require_safe
def asked(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One request: where it stands, what it says, what was decided, and what has happened."""
    found = asked_or_404(request, pk)
    if not _asked_by(request.actor).filter(pk=pk).exists() and inbox_of(request.actor).filter(pk=pk).exists():
        return redirect("inbox-request", pk=pk)  # whoever answers for it has a page of their own
    shown = {
        "section": "desk",
        "asked": found,
        "name": name_of(found),
        "badge": badge_of(found),
        "clock": clock_words(found),
        "next": next_words(found),
        "open_questions": list(found.questions.all()),
        "decisions": decisions_told(found, by=request.actor),
        "sections": answers_of(found),
        "steps": steps_told(found, by=request.actor),
        "acts": _acts(found, request.actor),
    }
    return render(request, "sharing/asking/request.html", shown)


def _acts(found: Request, by: Actor) -> list[dict]:
    acts = [
        {
            "label": act.title,
            "url": reverse(f"request-{name}", args=[found.pk]),
            "danger": act.is_loss,
            "first": name in FIRST,
        }
        for name, act in ACTS.items()
        if found.state in act.states and can(act.check, by, found)
    ]
    if found.state == Request.State.DRAFT and can(check_may_edit, by, found):
        address = reverse("request-draft", args=[found.pk])
        acts.insert(0, {"label": _("Go on with the draft"), "url": address, "first": True})
    if found.state in LENT:
        acts.insert(0, {"label": _("Open the grant"), "url": reverse("grant", args=[found.grant_id]), "first": True})
    return acts


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, pk: uuid.UUID, name: str) -> HttpResponse:
    """One act, with what is to be said for it; the action says whether it can be done now."""
    found, chosen = asked_or_404(request, pk), ACTS[name]
    chosen.check(request.actor, found)
    form = chosen.form(found)(request.POST if request.method == "POST" else None)
    if name == "withdraw" and found.state == Request.State.DRAFT:
        form.fields["reason"].required = False
    if request.method == "POST" and form.act(lambda: chosen.do(found, form, request.actor)):
        messages.success(request, _("Done."))
        is_draft = form.result.state == Request.State.DRAFT and name in {"copy", "column"}
        return redirect("request-draft" if is_draft else "request", pk=form.result.pk)
    shown = {
        "section": "desk",
        "asked": found,
        "title": chosen.title,
        "lead": chosen.lead,
        "label": chosen.label,
        "form": form,
        "is_loss": chosen.is_loss,
        "sections": answers_of(found) if chosen.shows_answers else [],
    }
    return render(request, "sharing/asking/act.html", shown)
