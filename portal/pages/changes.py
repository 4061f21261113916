"""What changed between two versions, row by row, as this reader's basis lets out the two."""

import uuid
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.actor import Actor
from catalog.changes import Pair, TablePair, changes_in, kept_changes
from catalog.gate import open_changes
from catalog.gone import check_not_gone, check_there
from catalog.models import Dataset, RowChanges
from catalog.permissions import visible_datasets
from catalog.preview import WIDEST, as_text
from catalog.row_keys import named_keys
from catalog.rows.comparing import ADDED, CHANGED, KINDS, REMOVED, Comparison
from catalog.rows.errors import EngineBusy, QueryError, Stopped, TooCostly
from catalog.versions import numbered, one_before
from portal.pages.caching import revalidated
from portal.pages.entry import Entry, read_entry

ROWS = 25
MOST_TABLES = 100


@dataclass(frozen=True)
class Cell:
    """One cell of a row: as it is, or before and after where it changed."""

    value: str | None
    before: str | None = None
    differs: bool = False


@dataclass(frozen=True)
class ChangedRow:
    """One row that came, went or changed."""

    change: str
    label: str
    kind: str
    cells: list[Cell]


@dataclass(frozen=True)
class ChangePage:
    """A page of changed rows with the columns shown, or the sentence that says why there is none now."""

    columns: list[str] = field(default_factory=list)
    rows: list[ChangedRow] = field(default_factory=list)
    hidden: int = 0
    next: str = ""
    sentence: str = ""


@require_safe
@revalidated
def changes(request: HttpRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    """The rows of a version that differ from an earlier one, a page at a time."""
    dataset: Dataset | None = (
        visible_datasets(request.actor).select_related("department", "current").filter(pk=pk).first()
    )
    if dataset is None:
        raise Http404
    asked = request.GET.copy()
    asked["version"] = str(number)
    entry = read_entry(dataset, asked, by=request.actor)
    pair = _pair(entry, request.GET.get("since", ""), by=request.actor)
    table = pair.tables.get(entry.table.name) if entry.table else None
    if table is None:
        raise Http404
    named = named_keys(dataset).get(table.after.name, [])
    kind = request.GET.get("change", "") if request.GET.get("change", "") in KINDS else ""
    context = {
        "section": "data",
        "dataset": dataset,
        "entry": entry,
        "pair": pair,
        "key": table.key(named),
        "columns": table.columns,
        "page": _page(table, kind, request.GET.get("after", ""), by=request.actor),
        "tables": _tables(request, pair, entry),
        "kinds": _kinds(request, kind, changes_in(kept_changes([pair]), table, named)),
        "first": _address(request, after=None) if request.GET.get("after") else "",
    }
    context["older"] = _address(request, after=context["page"].next) if context["page"].next else ""
    response = render(request, "portal/changes.html", context)
    if not entry.is_open:
        response["Cache-Control"] = "private, no-store"
    return response


def _pair(entry: Entry, since: str, *, by: Actor) -> Pair:
    """The shown version with the earlier one that is named, or with the one before it."""
    if entry.basis is None or (since and not (since.isascii() and since.isdigit() and len(since) < 9)):
        raise Http404
    found = numbered(entry.basis, int(since)) if since else one_before(entry.basis, entry.version)
    if found is None:
        check_not_gone(entry.dataset, by, int(since) if since else None)
        raise Http404
    check_there(found[0])
    return Pair(*found, entry.version, entry.basis)


def _page(table: TablePair, kind: str, after: str, *, by: Actor) -> ChangePage:
    pair = table.pair
    try:
        asked = Comparison(table=table.after.name, since=pair.since.number, change=kind, limit=ROWS, after=after)
        opened = open_changes(asked, older=(pair.since, pair.since_basis), newer=(pair.version, pair.basis), by=by)
        found = opened.dicts()
    except QueryError as reason:
        if reason.code == "bad-cursor":
            return _page(table, kind, "", by=by)
        return ChangePage(sentence=_("One of the versions has not what the row filter needs. Ask the owner."))
    except (EngineBusy, TooCostly, Stopped):
        return ChangePage(sentence=_("The rows cannot be shown at this moment. Load the page again in a minute."))
    names = list(dict.fromkeys([*table.after_terms.columns, *table.before_terms.columns]))
    shown = names[:WIDEST]
    return ChangePage(shown, [_row(change, shown) for change in found], len(names[WIDEST:]), opened.next or "")


def _row(change: dict, names: list[str]) -> ChangedRow:
    label, kind = {
        ADDED: (_("Added"), "good"),
        REMOVED: (_("Removed"), "bad"),
        CHANGED: (_("Changed"), "warn"),
    }[change["change"]]
    before, after, differ = change["before"] or {}, change["after"], set(change["columns"])
    shown = before if after is None else after
    cells = [Cell(as_text(shown.get(name)), as_text(before.get(name)), name in differ) for name in names]
    return ChangedRow(change["change"], label, kind, cells)


def _kinds(request: HttpRequest, chosen: str, counted: RowChanges | None) -> list[dict]:
    labels = {"": _("All changes"), ADDED: _("Added"), REMOVED: _("Removed"), CHANGED: _("Changed")}
    return [
        {
            "label": label,
            "url": _address(request, after=None, change=kind or None),
            "current": kind == chosen,
            "count": getattr(counted, kind) if counted and kind else None,
        }
        for kind, label in labels.items()
    ]


def _tables(request: HttpRequest, pair: Pair, entry: Entry) -> list[dict]:
    if len(pair.tables) < 2:
        return []
    return [
        {"label": name, "url": _address(request, after=None, table=name), "current": name == entry.table.name}
        for name in list(pair.tables)[:MOST_TABLES]
    ]


def _address(request: HttpRequest, **changed: str | None) -> str:
    query = {name: value for name, value in {**request.GET.dict(), **changed}.items() if value}
    return f"?{urlencode(query)}" if query else request.path
