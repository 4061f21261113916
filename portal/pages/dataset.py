"""The page of a dataset, and the form by which a reader writes to its owner."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.actions.messages import send_message
from catalog.codes import Licence
from catalog.gone import check_release_not_gone
from catalog.models import Basis, Dataset, Distribution, Extent, Message
from catalog.permissions import can, check_may_ask_purge, check_may_keep, visible_datasets, withdrawn_from_public
from catalog.preview import WIDEST, Preview, first_rows
from catalog.rows.formats import SHEET_ROWS
from opendata.models import Usage
from opendata.usage import count
from portal.pages.access import access
from portal.pages.caching import revalidated
from portal.pages.calls import calls
from portal.pages.cite import citations
from portal.pages.dictionary import Head, read_dictionary
from portal.pages.entry import Entry, read_entry
from portal.pages.message_form import MessageForm
from portal.throttle import check_pace
from sharing.permissions import askable_datasets

MOST = 100
ROWS = 50
LONGEST_DICTIONARY = 300
MESSAGES_AN_HOUR = 20


@require_safe
@revalidated
def dataset(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What it is, whose, its rows, columns, files and versions, and why this reader may or may not read it."""
    found = visible_datasets(request.actor).select_related("department", "current").filter(pk=pk).first()
    if found is None:
        return withdrawn(request, pk)

    entry = read_entry(found, request.GET, by=request.actor)
    if entry.is_open:
        count(found.pk, Usage.What.VIEW)
    response = render(request, "portal/dataset.html", _shown(entry, request))
    if entry.basis is not None and not entry.is_open:
        response["Cache-Control"] = "private, no-store"
    return response


def withdrawn(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """410 with when and why, for what was open once; 404 for everything else."""
    last = (
        Basis.objects.releases()
        .filter(dataset__in=withdrawn_from_public().filter(pk=pk))
        .select_related("dataset__department")
        .order_by("-state_at")
        .first()
    )
    if last is None:
        raise Http404
    check_release_not_gone(last.pk)
    return render(request, "portal/withdrawn.html", {"section": "data", "release": last}, status=410)


@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A question or a report of an error, for the owner's desk."""
    found = visible_datasets(request.actor).select_related("department").filter(pk=pk).first()
    if found is None:
        raise Http404

    form = MessageForm(request.POST or None, initial={"topic": request.GET.get("topic", "")})
    if request.method == "POST" and form.act(lambda: _send(found, form, request)):
        messages.success(request, _("Your message is on the desk of %(owner)s.") % {"owner": found.department.name})
        return redirect("dataset", pk=found.pk)
    return render(request, "portal/contact.html", {"section": "data", "dataset": found, "form": form})


def _send(found: Dataset, form: MessageForm, request: HttpRequest) -> Message:
    check_pace(request, "message", MESSAGES_AN_HOUR)
    return send_message(found, form.cleaned_data, by=request.actor)


def _shown(entry: Entry, request: HttpRequest) -> dict:
    dictionary = read_dictionary(entry) if entry.table else []
    preview = _preview(entry, request)
    return {
        "section": "data",
        "dataset": entry.dataset,
        "entry": entry,
        "access": access(entry, by=request.actor),
        "may_ask": entry.basis is None and askable_datasets(request.actor).filter(pk=entry.dataset.pk).exists(),
        "dictionary": dictionary[:LONGEST_DICTIONARY],
        "dictionary_hidden": len(dictionary[LONGEST_DICTIONARY:]),
        "preview": preview,
        "cells": _cells(preview, dictionary) if preview else [],
        "heads": dictionary[:WIDEST],
        "tabs": _tabs(entry, request),
        "rows": _rows(entry),
        "files": _files(entry),
        "too_long": _too_long(entry),
        "documents": _documents(entry),
        "links": entry.dataset.links.all()[:MOST],
        "calls": calls(entry.dataset, table=entry.table.name if len(entry.tables) > 1 else "") if entry.table else [],
        "citations": citations(entry) if entry.is_open else [],
        "licence_address": Licence(entry.dataset.licence).address,
        "may_keep": can(check_may_keep, request.actor, entry.dataset),
        "may_purge": can(check_may_ask_purge, request.actor, entry.dataset),
    }


def _preview(entry: Entry, request: HttpRequest) -> Preview | None:
    if entry.table is None:
        return None
    return first_rows(entry.table.name, entry.version, entry.basis, limit=ROWS, by=request.actor)


def _cells(preview: Preview, heads: list[Head]) -> list[list[tuple[str | None, bool]]]:
    """Each cell with whether its column holds numbers, which stand to the right."""
    numeric = [head.is_number for head in heads[: len(preview.columns)]]
    return [list(zip(row, numeric, strict=True)) for row in preview.rows]


def _tabs(entry: Entry, request: HttpRequest) -> list[dict]:
    if len(entry.tables) < 2:
        return []
    addressed = request.GET.copy()
    found = []
    for table in entry.tables[:MOST]:
        addressed["table"] = table.name
        found.append({"label": table.name, "url": f"?{addressed.urlencode()}#rows", "current": table is entry.table})
    return found


def _too_long(entry: Entry) -> list[str]:
    """The tables that no spreadsheet file is built of, for it could not hold their rows."""
    if not entry.is_open:
        return []
    long = Extent.objects.filter(basis=entry.basis, version=entry.version, rows__gt=SHEET_ROWS)
    return list(long.order_by("table").values_list("table", flat=True)[:MOST])


def _rows(entry: Entry) -> int | None:
    if entry.basis is None:
        return None
    counts = Extent.objects.filter(basis=entry.basis, version=entry.version).values_list("rows", flat=True)
    return sum(counts) if counts else None


def _files(entry: Entry) -> list[dict]:
    if entry.basis is None:
        return []
    built = Distribution.objects.filter(basis=entry.basis, version=entry.version)[: MOST * 10]
    return [
        {
            "mark": file.format.split("-")[0].upper(),
            "name": file.name,
            "format": file.get_format_display(),
            "rows": file.rows,
            "bytes": file.bytes,
            "sha256": file.sha256,
            "built_at": file.built_at,
            "url": reverse("file", args=[file.pk, file.name]),
        }
        for file in built
    ]


def _documents(entry: Entry) -> list[dict]:
    if entry.version is None or not entry.terms.documents:
        return []
    under = "" if entry.is_open else f"?basis={entry.basis.pk}"
    return [
        {
            "mark": document.name.rpartition(".")[2][:6].upper(),
            "name": document.title or document.name,
            "format": document.media_type,
            "rows": None,
            "bytes": document.bytes,
            "sha256": document.sha256,
            "url": reverse("document", args=[document.pk, document.name]) + under,
        }
        for document in entry.version.documents.all()[:MOST]
    ]
