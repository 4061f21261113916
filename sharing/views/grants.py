"""The pages of grants: what was lent by us and to us, lending, and the page of one grant."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from catalog.actions.grant_keys import check_may_have_keys
from catalog.gate import open_rows
from catalog.gone import check_shown, why_gone
from catalog.lists import listed, next_address
from catalog.models import Basis, Dataset, Format, Key, Table, Version, Way
from catalog.permissions import can, check_may_decide, visible_datasets
from catalog.preview import first_rows
from catalog.rows.query import RowQuery
from catalog.streams import stream
from catalog.terms import Terms
from catalog.versions import latest_under
from catalog.wording import TableWords, terms_in_words
from sharing.actions.grants import check_grant, make_grant
from sharing.bridging import bridges_of, sides_of
from sharing.calls import calls
from sharing.forms.counting import CountForm
from sharing.forms.grants import GrantForm
from sharing.limit_words import limits_in_words, terms_of
from sharing.permissions import check_may_ask_bridge, grants_lent_by, grants_lent_to, visible_grants
from sharing.policies.grants import check_filter_fits, check_lets_out, why_closed, why_not_lent
from sharing.policies.renewing import proposed_renewals
from sharing.usage import DAYS, events_of, newest_of, told, use_of
from sharing.views.grant_moves import asking_anew, moves_of

ROWS = 20


@require_safe
@login_required
@never_cache
def grants(request: HttpRequest) -> HttpResponse:
    """The grants lent to us, and those lent by us."""
    chosen = "made" if request.GET.get("list") == "made" else "received"
    found = {"made": grants_lent_by, "received": grants_lent_to}[chosen](request.actor)
    page = listed(found, request, order=("-made_at", "-id"), about=f"grants {chosen}")
    tabs = [
        {"label": label, "url": f"?list={name}", "current": name == chosen}
        for name, label in {"received": _("Lent to us"), "made": _("Lent by us")}.items()
    ]
    shown = {
        "section": "desk",
        "tabs": tabs,
        "grants": page.items,
        "lent_by_us": chosen == "made",
        "older": next_address(request, page),
        "newer": f"?list={chosen}" if "after" in request.GET else "",
    }
    return render(request, "sharing/grants.html", shown)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Lending: one form in parts, then the answers to check, then the grant."""
    datasets = visible_datasets(request.actor).select_related("department", "current")
    dataset = get_object_or_404(datasets, pk=pk)
    check_may_decide(request.actor, dataset)
    shown = {"section": "desk", "dataset": dataset}
    if refusal := why_not_lent(dataset):
        return render(request, "sharing/not_lent.html", shown | {"refusal": refusal})

    table = _table_of(dataset, request.GET.get("table", ""))
    form = GrantForm(dataset, table, request.POST if request.method == "POST" else None)
    step = request.POST.get("step", "")
    if step == "send" and form.act(
        lambda: make_grant(dataset, by=request.actor, note=form.cleaned_data["note"], **form.wanted())
    ):
        messages.success(request, _("Lent. The recipient's people see it on their page from now on."))
        return redirect("grant", pk=form.result.pk)
    shown |= {"form": form, "table": table, "tables": list(dataset.current.tables.all())}
    if step == "check" and form.act(lambda: check_grant(dataset, **form.wanted())):
        return render(request, "sharing/check.html", shown | _answers(form, dataset))
    return render(request, "sharing/new.html", shown)


def _table_of(dataset: Dataset, name: str) -> Table:
    tables = dataset.current.tables.all()
    found = tables.filter(name=name).first() if name else tables.first()
    if found is None:
        raise Http404
    return found


def _answers(form: GrantForm, dataset: Dataset) -> dict:
    wanted = form.wanted()
    types = {form.table.name: form.table.types}
    words = terms_in_words(form.result, dataset, types)
    note, limits = form.cleaned_data["note"], terms_of(wanted["limits"])
    return {"wanted": wanted, "words": words, "note": note, "limits": limits}


@require_safe
@login_required
@cache_control(private=True, no_store=True)
def grant(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One grant: its terms in words, its history, its use; rows and calls for those to whom it was lent."""
    found = get_object_or_404(visible_grants(request.actor), pk=pk)
    version = latest_under(found)
    tables = {table.name: table.types for table in version.tables.all()} if version else {}
    words = terms_in_words(Terms.from_json(found.terms), found.dataset, tables)
    is_recipient = grants_lent_to(request.actor).filter(pk=found.pk).exists()
    closed = why_closed(found) or why_gone(found)
    shown = {
        "section": "desk",
        "grant": found,
        "version": version,
        "words": words,
        "is_recipient": is_recipient,
        "renewed_by": found.renewals.first(),
        "proposed": proposed_renewals(found).first(),
        "closed": closed,
        "moves": moves_of(found, by=request.actor),
        "asking_anew": asking_anew(found, by=request.actor) if is_recipient else "",
        "items": newest_of(found),
        "use": use_of(found),
        "days": DAYS,
        "may_decide": can(check_may_decide, request.actor, found.dataset),
        **_joined(found, request),
    }
    if is_recipient:
        shown |= {
            "keys": Key.objects.live().filter(grant=found).select_related("user")[:ROWS],
            "may_have_keys": can(check_may_have_keys, request.actor, found),
        }
    if is_recipient and not closed and version is not None and found.way != Way.FILE:
        name = words[0].name
        shown |= {"calls": calls(found, name)}
        if found.least:
            shown |= _counted(found, words[0], version, request)
        elif not found.is_limited:  # to look at the page would use up what a program is to read
            shown |= {"preview": first_rows(name, version, found, limit=ROWS, by=request.actor)}
    shown["limits"] = limits_in_words(found)  # after a question, which uses up what is left
    return render(request, "sharing/grant.html", shown)


def _joined(found: Basis, request: HttpRequest) -> dict:
    """The bridges of this grant, each with both sides, and whether another one may be asked for."""
    bridges = bridges_of(found, by=request.actor)
    sides = sides_of(bridges, by=request.actor)
    lines = [{"bridge": one, "sides": [s for s in sides[one.pk] if s.grant.pk != found.pk]} for one in bridges]
    is_open = found.state == Basis.State.ACTIVE and not found.least
    return {"bridges": lines, "may_ask_bridge": is_open and can(check_may_ask_bridge, request.actor, found, found)}


def _counted(found: Basis, table: TableWords, version: Version, request: HttpRequest) -> dict:
    """The form of a question to a grant of counts, and where one was asked its answer."""
    is_asked = "ask" in request.GET
    form = CountForm(found, table, request.GET if is_asked else None)
    return {"asking": form, "answer": form.answer(version, by=request.actor) if is_asked else None}


@require_safe
@login_required
@cache_control(private=True, no_store=True)
def events(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """All events of a grant, newest first, each with its receipt."""
    found = get_object_or_404(visible_grants(request.actor), pk=pk)
    page = listed(events_of(found), request, order=("-time", "-id"), about=f"events of {found.pk}")
    shown = {
        "section": "desk",
        "grant": found,
        "items": [told(event) for event in page.items],
        "older": next_address(request, page),
        "newer": reverse("grant-events", args=[found.pk]) if "after" in request.GET else "",
    }
    return render(request, "sharing/events.html", shown)


@require_GET
@login_required
def rows_csv(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """All rows of the grant as CSV, made while they are read."""
    found = get_object_or_404(visible_grants(request.actor), pk=pk)
    if not grants_lent_to(request.actor).filter(pk=found.pk).exists():
        raise PermissionDenied(
            _("These rows are lent to %(recipient)s, whose people download them. You see the grant's terms.")
            % {"recipient": found.department.name}
        )
    check_lets_out(found)
    version, terms = check_shown(found), Terms.from_json(found.terms)
    table = request.GET.get("table") or next(iter(terms.tables))
    check_filter_fits(found, version, table)
    rows = open_rows(RowQuery(table=table, limit=None), over=[(version, found)], by=request.actor)
    return stream(request, rows, Format.CSV, slugify(found.dataset.title_en) or table)
