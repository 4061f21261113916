"""Prepared files on pages: asked for, watched, fetched, ended; and the list of one's own."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.actions.exports import ask_export, end_export
from catalog.export_words import error_words, stage_words
from catalog.models import Export, Format, Version
from catalog.permissions import exports_of, visible_datasets
from catalog.reading_words import left_words
from catalog.rows.query import RowQuery
from catalog.streams import send_export
from portal.accounts.pages import signed_in
from portal.pages.access import access
from portal.pages.entry import Entry, read_entry
from portal.pages.export_form import ExportForm
from portal.paging import page_of


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The rows that the page of a dataset shows, all of them or those that a condition names, in a format."""
    dataset = get_object_or_404(visible_datasets(request.actor).select_related("department", "current"), pk=pk)
    entry = read_entry(dataset, request.GET, by=request.actor)
    if entry.basis is None:
        raise PermissionDenied(access(entry, by=request.actor).sentence)
    if entry.table is None:
        raise Http404

    form = ExportForm(entry, request.POST or None)
    if request.method == "POST" and form.act(lambda: _ask(entry, form, request)):
        return redirect("export", form.result.pk)
    return render(request, "exports/new.html", {"section": "data", "dataset": dataset, "entry": entry, "form": form})


@signed_in
@require_safe
def export(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """How far it is; asks for itself again until it is made."""
    found = _mine(request, pk)
    return render(request, "exports/_export.html" if request.htmx else "exports/export.html", _shown(found))


@signed_in
@require_safe
def file(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The file; where there is none yet, or none any more, the page that says so."""
    found = _mine(request, pk)
    if found.is_open:
        return redirect("export", found.pk)
    if found.state != Export.State.READY or found.version.state in Version.GONE:
        return render(request, "exports/export.html", _shown(found), status=410)
    return send_export(request, found, by=request.actor)


@signed_in
@require_POST
def end(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """It is needed no more."""
    found = _mine(request, pk)
    if found.state not in Export.OVER:
        end_export(found, by=request.actor)
        messages.success(request, _("%(name)s is ended.") % {"name": found.name})
    return redirect("exports")


@signed_in
@require_safe
def exports(request: HttpRequest) -> HttpResponse:
    """My prepared files, newest first."""
    mine = exports_of(request.actor).select_related("basis__dataset")
    page = page_of(mine, request, order=("-created_at", "-id"))
    return render(request, "exports/exports.html", {"section": "desk", "page": page})


def _mine(request: HttpRequest, pk: uuid.UUID) -> Export:
    mine = exports_of(request.actor).select_related("version", "basis__dataset__department")
    return get_object_or_404(mine, pk=pk)


def _ask(entry: Entry, form: ExportForm, request: HttpRequest) -> Export:
    query = RowQuery(table=entry.table.name, select=form.select(), where=form.cleaned_data["where"], limit=None)
    table = entry.table.name if len(entry.tables) > 1 else ""
    parts = [slugify(entry.dataset.title_en)[:60] or str(entry.dataset.pk)[:8], slugify(table)[:40]]
    name = "-".join([*filter(None, parts), f"v{entry.version.number}"])
    kind, over = Format(form.cleaned_data["format"]), (entry.version, entry.basis)
    return ask_export(query, kind, over=over, name=name, by=request.actor)


def _shown(found: Export) -> dict:
    progress = found.progress
    return {
        "section": "data",
        "export": found,
        "dataset": found.basis.dataset,
        "stage": stage_words(found),
        "percent": int(progress * 100) if progress else None,
        "left": left_words(found.seconds_left),
        "error": error_words(found.error or {"code": "version-gone"}),
    }
