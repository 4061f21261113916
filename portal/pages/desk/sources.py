"""Where a dataset's data comes from by itself: set up, tried, run, paused and removed by its steward."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.actions.sources import (
    pause_source,
    remove_source,
    renew_key,
    resume_source,
    run_source,
    set_source,
    source_of,
    test_source,
    trust_key,
)
from catalog.forms import ActionForm
from catalog.models import Basis, Dataset, Source, Version
from catalog.permissions import bases_open_to, check_may_keep
from catalog.reading_words import error_words
from catalog.sources.definition import FIELDS
from catalog.sources.keys import fingerprint
from portal.accounts.pages import signed_in
from portal.pages.desk.kept import kept_or_404
from portal.pages.desk.source_forms import SourceForm

SHOWN = 10


@signed_in
@require_safe
def source(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The dataset's source with its last runs; without one, the kinds to choose from."""
    dataset = _kept(request, pk)
    found = source_of(dataset)
    runs = found.runs.select_related("version").order_by("-created_at")[:SHOWN] if found else []
    context = {
        "section": "desk",
        "dataset": dataset,
        "source": found,
        "summary": _summary(found) if found else [],
        "runs": [_run(job) for job in runs],
        "duty": bases_open_to(request.actor).filter(dataset=dataset, kind=Basis.Kind.DUTY).first(),
        "kinds": [] if found else Source.Kind.choices,
    }
    return render(request, "desk/source.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: uuid.UUID, kind: str) -> HttpResponse:
    """The form of one kind, for a new source or a change of the one there is."""
    dataset = _kept(request, pk)
    if kind not in Source.Kind.values:
        raise Http404
    found = source_of(dataset)
    initial = {name: getattr(found, name) for name in FIELDS} if found and found.kind == kind else None
    form = SourceForm(request.POST if request.method == "POST" else None, kind=kind, initial=initial)
    if request.method == "POST" and form.act(lambda: set_source(dataset, form.stated, by=request.actor)):
        messages.success(request, _set_words(form.result))
        return redirect("source", pk)
    context = {"section": "desk", "dataset": dataset, "form": form, "source": found, "kind": Source.Kind(kind)}
    return render(request, "desk/source_form.html", context)


@signed_in
@require_POST
def test(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The first rows as they are now, or why there are none."""
    dataset, found = _existing(request, pk)
    form = ActionForm({})
    form.act(lambda: test_source(found, by=request.actor))
    context = {"section": "desk", "dataset": dataset, "source": found, "sample": form.result, "form": form}
    return render(request, "desk/source_test.html", context)


@signed_in
@require_POST
def trust(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The key of the server is the right one."""
    _dataset, found = _existing(request, pk)
    return _done(request, found, lambda: trust_key(found, request.POST.get("key", ""), by=request.actor),
                 _("The key is trusted. Try the source again."))  # fmt: skip


@signed_in
@require_POST
def key(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Another pair of keys, made here; its public half is on the page of the source."""
    _dataset, found = _existing(request, pk)
    return _done(request, found, lambda: renew_key(found, by=request.actor),
                 _("There is a new key. Give its public half to the keeper of the server."))  # fmt: skip


@signed_in
@require_POST
def run(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Fetches it now; the page of the job shows how far it is."""
    _dataset, found = _existing(request, pk)
    form = ActionForm({})
    if form.act(lambda: run_source(found, by=request.actor)):
        return redirect("job", form.result.pk)
    return _refused(request, found, form)


@signed_in
@require_POST
def pause(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """It rests until somebody resumes it."""
    _dataset, found = _existing(request, pk)
    return _done(request, found, lambda: pause_source(found, reason="", by=request.actor), _("The source is paused."))


@signed_in
@require_POST
def resume(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """It is fetched again."""
    _dataset, found = _existing(request, pk)
    return _done(request, found, lambda: resume_source(found, by=request.actor), _("The source is active again."))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Asks once more, then forgets the source."""
    dataset, found = _existing(request, pk)
    form = ActionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(lambda: remove_source(found, by=request.actor)):
        messages.success(request, _("The source is removed. The versions that it brought stay."))
        return redirect("source", pk)
    context = {"section": "desk", "dataset": dataset, "source": found, "form": form}
    return render(request, "desk/source_remove.html", context)


def _set_words(found: Source) -> str:
    if found.sign_in == Source.SignIn.MADE:
        return _("The source is set. Give its public key to the keeper of the server, then try it.")
    return _("The source is set. Try it now: the first rows are shown.")


def _kept(request: HttpRequest, pk: uuid.UUID) -> Dataset:
    dataset = kept_or_404(request, pk)
    check_may_keep(request.actor, dataset)
    return dataset


def _existing(request: HttpRequest, pk: uuid.UUID) -> tuple[Dataset, Source]:
    dataset = _kept(request, pk)
    found = source_of(dataset)
    if found is None:
        raise Http404
    return dataset, found


def _done(request: HttpRequest, found: Source, act, words: str) -> HttpResponse:
    form = ActionForm({})
    if not form.act(act):
        return _refused(request, found, form)
    messages.success(request, words)
    return redirect("source", found.dataset_id)


def _refused(request: HttpRequest, found: Source, form: ActionForm) -> HttpResponse:
    messages.error(request, " ".join(form.non_field_errors()))
    return redirect("source", found.dataset_id)


def _summary(found: Source) -> list[dict]:
    timed = found.schedule in {Source.Schedule.DAILY, Source.Schedule.WEEKLY, Source.Schedule.MONTHLY}
    when = f"{found.get_schedule_display()}, {found.at:%H:%M}" if timed else found.get_schedule_display()
    rows = [
        (_("Kind"), found.get_kind_display()),
        (_("Place"), found.place),
        (_("Login name"), found.username),
        *_opens(found),
        (_("How often"), when),
        (_("New versions"), _("Become current by themselves") if found.confirm else _("Wait for a steward")),
    ]
    return [{"label": label, "value": value} for label, value in rows]


def _opens(found: Source) -> list[tuple]:
    if found.sign_in == Source.SignIn.PASSWORD:
        return [(_("Password"), _("Kept sealed") if found.secret else "")]
    words = _("Made here") if found.sign_in == Source.SignIn.MADE else _("Pasted by a steward")
    return [(_("Key"), words), (_("Fingerprint of the key"), fingerprint(found.public_key))]


def _run(job) -> dict:
    why = error_words(job.error) if job.error else ""
    unchanged = job.brought.get("unchanged", False)
    kept = job.version is not None and job.version.state == Version.State.KEPT and job.version.number > 1
    return {"job": job, "unchanged": unchanged, "why": why, "compares": kept and not unchanged}
