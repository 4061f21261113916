"""The pages by which a request is drafted: tasks, one page for each question, the answers to check, and sending."""

import re
import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from sharing.actions.requests import send_request
from sharing.answers import answers_of
from sharing.asking import Page, heading_of, is_enterprise, pages_of, task_name, tasks_of
from sharing.earlier import earlier_of
from sharing.forms.asked import DeclarationForm, EnterpriseDeclarationForm
from sharing.models import Request
from sharing.permissions import check_may_edit, visible_requests
from sharing.policies.requests import missing_answers
from sharing.standing import clock_words, next_words

TOGETHER = 50


def asked_or_404(request: HttpRequest, pk: uuid.UUID) -> Request:
    """The request, if this reader may know of it."""
    found = visible_requests(request.actor).select_related("dataset__current", "drafted_by", "copied_from")
    return get_object_or_404(found, pk=pk)


def draft_or_404(request: HttpRequest, pk: uuid.UUID) -> Request:
    """The draft, for its drafter alone; what was sent is no draft any more."""
    found = asked_or_404(request, pk)
    check_may_edit(request.actor, found)
    if found.state != Request.State.DRAFT:
        raise Http404
    return found


@login_required
@never_cache
@require_safe
def draft(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The five tasks with how far each is."""
    found = draft_or_404(request, pk)
    lacking = {one.field for one in missing_answers(found)}
    tasks = [_task(found, task, pages, lacking) for task, pages in tasks_of(pages_of(found)).items()]
    sent_back = found.moves.filter(verb="send back").order_by("-id").values_list("reason", flat=True).first()
    shown = {
        "section": "desk",
        "draft": found,
        "tasks": tasks,
        "done": sum(task["state"] == "done" for task in tasks),
        "is_whole": not lacking,
        "sent_back": sent_back,
        "others": _others(request, found),
    }
    return render(request, "sharing/asking/draft.html", shown)


def _task(found: Request, task: str, pages: list[Page], lacking: set[str]) -> dict:
    waiting = [page for page in pages if lacking.intersection(page.fields)]
    first = (waiting or pages)[0]
    return {
        "label": task_name(found, task),
        "url": reverse("request-page", args=[found.pk, first.slug]),
        "hint": str(waiting[0].title) if waiting else "",
        "state": "todo" if waiting else "done",
    }


def _others(request: HttpRequest, found: Request) -> list[Request]:
    """The other drafts that were begun from the same basket."""
    drafts = visible_requests(request.actor).filter(bundle=found.bundle, state=Request.State.DRAFT)
    return list(drafts.filter(drafted_by=request.user).exclude(pk=found.pk).order_by("id")[:TOGETHER])


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, pk: uuid.UUID, slug: str) -> HttpResponse:
    """One question; its answer is saved, then comes the next."""
    found = draft_or_404(request, pk)
    pages = pages_of(found)
    place = next((number for number, one in enumerate(pages) if one.slug == slug), None)
    if place is None:
        raise Http404
    this = pages[place]
    form = this.form(found, earlier_of(found), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(lambda: form.answer(by=request.actor)):
        return redirect(_after(request, found, pages, place))
    shown = {
        "section": "desk",
        "draft": found,
        "page": this,
        "task": heading_of(found, this.task),
        "form": form,
        "back": _before(request, found, pages, place),
        "duties": _duties(found) if slug == "function" else [],
    }
    return render(request, "sharing/asking/page.html", shown)


def _after(request: HttpRequest, found: Request, pages: list[Page], place: int) -> str:
    if request.GET.get("from") == "check":
        return reverse("request-check", args=[found.pk])
    if place + 1 < len(pages) and pages[place + 1].task == pages[place].task:
        return reverse("request-page", args=[found.pk, pages[place + 1].slug])
    return reverse("request-draft", args=[found.pk])


def _before(request: HttpRequest, found: Request, pages: list[Page], place: int) -> str:
    if request.GET.get("from") == "check":
        return reverse("request-check", args=[found.pk])
    if place and pages[place - 1].task == pages[place].task:
        return reverse("request-page", args=[found.pk, pages[place - 1].slug])
    return reverse("request-draft", args=[found.pk])


def _duties(found: Request) -> list[str]:
    """The duties of the department, one by one, to choose from."""
    return [part.strip() for part in re.split(r"[.;。；]\s*", found.department.duties) if part.strip()]


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """All answers, each to be changed; then the declaration, and the request is sent."""
    found = draft_or_404(request, pk)
    declaration = EnterpriseDeclarationForm if is_enterprise(found) else DeclarationForm
    form = declaration(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(lambda: send_request(found, by=request.actor)):
        return redirect("request-sent", pk=found.pk)
    places = {name: one.slug for one in pages_of(found) for name in one.fields}
    missing = [
        {"sentence": one.sentence, "url": _page_of(found, places.get(one.field))} for one in missing_answers(found)
    ]
    shown = {"section": "desk", "draft": found, "form": form, "missing": missing, "sections": answers_of(found),
             "send": _("Declare and send")}  # fmt: skip
    return render(request, "sharing/asking/check.html", shown)


def _page_of(found: Request, slug: str | None) -> str:
    return f"{reverse('request-page', args=[found.pk, slug])}?from=check" if slug else ""


@login_required
@never_cache
@require_safe
def sent(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Its reference, what happens next, and by when."""
    found = asked_or_404(request, pk)
    if found.state == Request.State.DRAFT:
        return redirect("request-draft", pk=found.pk)
    shown = {"section": "desk", "asked": found, "next": next_words(found), "clock": clock_words(found).sentence,
             "others": _others(request, found)}  # fmt: skip
    return render(request, "sharing/asking/sent.html", shown)
