"""Uploading a file, watching it being read, and deciding about the version that it gives."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from audit.actor import Actor
from catalog.actions.columns import change_columns
from catalog.actions.loads import start_load
from catalog.actions.versions import confirm_version, discard_version, read_again
from catalog.bad_cells import open_bad_cells
from catalog.forms import ActionForm
from catalog.marks import MarkForm, marks_of
from catalog.models import Format, Job, Mode, Role, Table, Version
from catalog.permissions import can, check_may_keep, departments_of, visible_datasets
from catalog.reading_forms import DiscardForm, LoadForm, ReadingForm
from catalog.reading_words import STAGES, error_words, left_words, stage_number, stage_words
from catalog.schema_changes import SchemaChanges, changes_of, losers_of
from catalog.schema_forms import ConfirmForm
from catalog.streams import stream
from catalog.version_check import COLUMNS, check_of, duty_of, notes_of


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def load(request: HttpRequest, pk) -> HttpResponse:
    """The upload of one file to a dataset."""
    dataset = get_object_or_404(visible_datasets(request.actor).select_related("department", "current"), pk=pk)
    check_may_keep(request.actor, dataset)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = LoadForm(*sent, grows=dataset.current is not None)
    if request.method == "POST" and form.act(lambda: _start(form, dataset, request.actor)):
        return redirect("job", form.result.pk)
    return render(request, "catalog/load.html", {"form": form, "dataset": dataset, "section": "desk"})


@login_required
@never_cache
@require_GET
def job(request: HttpRequest, pk) -> HttpResponse:
    """How far a load is; asks for itself again until it has ended."""
    found = get_object_or_404(_of_own(Job.objects, request.actor).select_related("dataset", "version__dataset"), pk=pk)
    template = "catalog/_job.html" if request.htmx else "catalog/job.html"
    page = {
        "job": found,
        "dataset": found.dataset,
        "stage": stage_words(found.stage),
        "number": stage_number(found.stage) if found.state == Job.State.RUNNING else None,
        "stages": len(STAGES),
        "left": left_words(found.seconds_left),
        "error": error_words(found.error) if found.error else "",
        "known": found.version is not None and found.version.created_at < found.created_at,
        "section": "desk",
    }
    return render(request, template, page)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def version_check(request: HttpRequest, pk) -> HttpResponse:
    """How a version was read: to be confirmed, read otherwise, or discarded."""
    versions = _of_own(Version.objects, request.actor).select_related("dataset__department", "dataset__current")
    version = get_object_or_404(versions, pk=pk)
    names = list(version.tables.values_list("name", flat=True))
    table = get_object_or_404(version.tables, name=request.GET.get("table", names[0])) if names else None
    start = _start_of(request.GET.get("columns", ""), table)
    forms = _forms(request, version, table, start)
    if request.method == "POST" and (done := _decide(request, version, forms)):
        return done
    page = {
        "version": version,
        "dataset": version.dataset,
        "tabs": [_tab(name, table) for name in names],
        "check": check_of(version, table, start, by=request.actor) if table else None,
        "notes": notes_of(version),
        "forms": forms,
        "form": forms[request.POST["act"]] if request.POST.get("act") in forms else None,
        "waiting": version.state == Version.State.PROPOSED,
        "may_decide": can(check_may_keep, request.actor, version.dataset),
        "section": "desk",
    }
    return render(request, "catalog/version_check.html", page)


@login_required
@never_cache
@require_GET
def bad_cells(request: HttpRequest, pk, table: str) -> HttpResponse:
    """All cells of a table that did not fit, as a CSV file: row, column, text, why, version."""
    version = get_object_or_404(_of_own(Version.objects, request.actor).select_related("dataset"), pk=pk)
    found = get_object_or_404(version.tables.select_related("version__dataset"), name=table)
    duty = duty_of(version, request.actor)
    if duty is None:
        raise Http404
    name = f"{table}-{version.number}-bad-cells"
    return stream(request, open_bad_cells(found, duty, by=request.actor), Format.CSV_BOM, name)


def _start(form: LoadForm, dataset, by: Actor) -> Job:
    file, mode = form.cleaned_data["file"], form.cleaned_data.get("mode") or Mode.REPLACE
    return start_load(dataset, file, name=file.name, by=by, confirm=form.cleaned_data["confirm"], mode=mode)


def _of_own(things, by: Actor):
    """Those of datasets that the reader's own department keeps: to everybody else they do not exist."""
    return things.filter(dataset__department__in=departments_of(by, Role.STEWARD, Role.APPROVER))


def _tab(name: str, shown: Table) -> dict:
    return {"label": name, "url": f"?{urlencode({'table': name})}", "current": name == shown.name}


def _start_of(text: str, table: Table | None) -> int:
    """The first column to show: pages of columns start at multiples of their length."""
    start = int(text) if text.isdecimal() and len(text) < 6 else 0
    return start - start % COLUMNS if table and start < len(table.schema) else 0


def _forms(request: HttpRequest, version: Version, table: Table | None, start: int) -> dict[str, ActionForm]:
    """The forms of the page by what they do; the one that was sent is filled in."""
    sent = {request.POST.get("act"): request.POST}
    changes = changes_of(version) if version.state == Version.State.PROPOSED else SchemaChanges()
    confirm = ConfirmForm(sent.get("confirm"), changes=changes, losers=losers_of(version, changes))
    forms = {"confirm": confirm, "discard": DiscardForm(sent.get("discard"))}
    if table is not None:
        columns = table.schema[start : start + COLUMNS]
        forms["again"] = ReadingForm(sent.get("again"), table=table, columns=columns, report=version.report)
        if marks := marks_of(table):
            forms["mark"] = MarkForm(sent.get("mark"), marks=marks)
    return forms


def _decide(request: HttpRequest, version: Version, forms: dict[str, ActionForm]) -> HttpResponse | None:
    by, act = request.actor, request.POST.get("act")
    check_may_keep(by, version.dataset)  # an approver may look
    form = forms.get(act)
    if act == "again" and form and form.act(lambda: read_again(version, reading=form.reading(), by=by)):
        return redirect("job", form.result.pk)
    if act == "mark" and form and form.act(lambda: change_columns(version.dataset, form.changes(), by=by)):
        messages.success(request, _("The dictionary says so now."))
        return redirect(request.get_full_path())
    if act == "discard" and form.act(lambda: discard_version(version, reason=form.cleaned_data["reason"], by=by)):
        messages.success(request, _("Version %(number)s was discarded.") % {"number": version.number})
        return redirect("dataset-desk", version.dataset_id)
    if act == "confirm" and form.act(lambda: confirm_version(version, by=by, answer=form.answer())):
        messages.success(request, _("Version %(number)s is current now.") % {"number": version.number})
        return redirect("dataset-desk", version.dataset_id)
    return None
