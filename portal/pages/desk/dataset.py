"""The desk of one dataset: where it stands, and what to do next."""

import uuid

from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.actor import Actor
from catalog.freshness import freshness
from catalog.models import Basis, Dataset, Version
from catalog.permissions import can, check_may_decide, check_may_keep, visible_purges
from catalog.version_lines import lines, ways_to
from portal.accounts.pages import signed_in
from portal.pages.change_words import change_words
from portal.pages.desk.kept import kept_or_404

SHOWN = 8


@signed_in
@require_safe
def dataset(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Description, versions, loads, submissions, grants, messages and history of one dataset."""
    found = kept_or_404(request, pk)
    keeps = can(check_may_keep, request.actor, found)
    versions = found.versions.exclude(state=Version.State.DISCARDED).select_related("created_by", "purge")
    grants = Basis.objects.filter(dataset=found, kind=Basis.Kind.GRANT).select_related("dataset", "department")
    context = {
        "section": "desk",
        "destructions": visible_purges(request.actor).filter(dataset=found)[:SHOWN],
        "dataset": found,
        "freshness": freshness(found.frequency, found.current.confirmed_at if found.current else None),
        "keeps": keeps,
        "decides": can(check_may_decide, request.actor, found),
        "tasks": _tasks(found) if keeps and found.state != Dataset.State.RETIRED else [],
        "summary": _summary(found, keeps),
        "versions": _versions(found, versions, request.actor),
        "jobs": found.jobs.order_by("-created_at")[:SHOWN],
        "submissions": found.submissions.select_related("version", "made_by").order_by("-made_at")[:SHOWN],
        "grants": grants.order_by("state", "-made_at")[:SHOWN],
        "waiting": found.messages.filter(answered_at=None).order_by("-sent_at")[:SHOWN],
    }
    return render(request, "desk/dataset.html", context)


def _versions(found: Dataset, versions: QuerySet[Version], by: Actor) -> list[Version]:
    """The newest versions, each with what changed in it as far as a duty of this person lets out both."""
    shown = list(versions.annotate(rows=Sum("tables__rows")).order_by("-number")[: SHOWN + 1])
    opened = [(version, basis) for version, basis in ways_to(shown, found, by) if basis.kind == Basis.Kind.DUTY]
    told = {line.version.pk: line for line in lines(opened, shown=SHOWN)}
    for version in shown:
        version.line = told.get(version.pk)
        version.words = change_words(version.line) if version.line else []
    return shown[:SHOWN]


def _tasks(found: Dataset) -> list[dict]:
    """The way from a draft to an open dataset, each step with its state."""
    has_rows = found.current_id is not None
    here = {"pk": found.pk}
    described = bool(found.description_en or found.description_zh)
    tasks = [
        _task(_("Describe it"), reverse("dataset-edit", kwargs=here), "done" if described else "todo"),
        _task(_("Load a file"), reverse("load", kwargs=here), "done" if has_rows or found.proposed else "todo"),
    ]
    if found.proposed:
        tasks.append(_task(_("Check how it was read"), reverse("version-check", args=[found.proposed]), "todo"))
    state = "done" if found.state == Dataset.State.ACTIVE else "todo"
    tasks.append(_task(_("Put it into the catalogue"), reverse("dataset-activate", kwargs=here), state))
    if found.opening_class == "open" and not found.is_open:
        waits = found.submission_state == "submitted"
        ready = has_rows and found.state == Dataset.State.ACTIVE
        hint = _("Waiting for review") if waits else ""
        state = "done" if waits else "todo" if ready else "blocked"
        tasks.append(_task(_("Submit it for release"), reverse("submit", kwargs=here), state, hint))
    return [] if all(task["state"] == "done" for task in tasks) else tasks


def _task(label: str, url: str, state: str, hint: str = "") -> dict:
    return {"label": label, "url": url if state == "todo" else "", "state": state, "hint": hint}


def _summary(found: Dataset, keeps: bool) -> list[dict]:
    change = reverse("dataset-edit", kwargs={"pk": found.pk}) if keeps and found.state != "retired" else ""
    fields = [
        (_("Title in English"), found.title_en, "title_en"),
        (_("Title in Chinese"), found.title_zh, "title_zh"),
        (_("Theme"), found.get_theme_display(), "theme"),
        (_("Promised update"), found.get_frequency_display(), "frequency"),
        (_("Sharing"), found.get_sharing_class_display(), "sharing_class_0"),
        (_("Opening"), found.get_opening_class_display(), "opening_class_0"),
        (_("Licence"), found.get_licence_display(), "licence"),
        (_("Legal basis"), found.legal_basis, "legal_basis"),
        (_("Contact"), found.contact_email or found.department.contact_email, "contact_email"),
    ]
    return [
        {"label": label, "value": value, "change": f"{change}#id_{field}" if change else ""}
        for label, value, field in fields
    ]
