"""The board of a department: how it keeps the clocks as an owner, each figure with the list behind it."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from catalog.lists import listed, next_address
from catalog.models import Department
from portal.accounts.pages import signed_in
from portal.charts import BarChart
from sharing.board import MOST_DAYS, PERIODS, TILES, Board, board_of, departments_on_board, figures_of, requests_behind
from sharing.models import Decision

NOTHING = "–"
LEAST_DAYS = 10  # bars of the picture, so that one reply alone does not fill it
LISTS = {
    "replied": gettext_lazy("Replies given"),
    "in-time": gettext_lazy("Replies in time"),
    "late": gettext_lazy("Late replies"),
    "waiting": gettext_lazy("Waiting for us"),
    "overdue": gettext_lazy("Overdue now"),
    "returned": gettext_lazy("Returned with questions"),
    "refused": gettext_lazy("Refused"),
}


@signed_in
@require_safe
def boards(request: HttpRequest) -> HttpResponse:
    """The departments whose board one may read, each with its first figures."""
    found = departments_on_board(request.actor)
    if not found.exists():
        raise Http404
    days = _days(request)
    page = listed(found, request, order=("code", "pk"), about="boards")
    rows = [
        {**row, "share": _percent(row["share"]), "median": _number(row["median"]),
         "url": f"{reverse('board', args=[row['department'].pk])}?days={days}"}
        for row in figures_of(page.items, days=days)
    ]  # fmt: skip
    shown = {"rows": rows, "older": next_address(request, page), "newer": "?" if "after" in request.GET else ""}
    return render(request, "portal/boards.html", shown | {"section": "desk", "periods": _periods(days), "days": days})


@signed_in
@require_safe
def board(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One department: its tiles, its replies by working days as a picture, and its refusals by reason."""
    department, days = _department(request, pk), _days(request)
    found = board_of(department, days=days)
    codes = dict(Decision.Code.choices)
    refusals = [
        {"label": codes.get(code, code), "count": count, "url": f"{_list(found, 'refused')}&code={code}"}
        for code, count in found.refused.items()
    ]
    shown = {
        "section": "desk",
        "department": department,
        "periods": _periods(days),
        "stats": _tiles(found),
        "chart": _picture(found),
        "refusals": refusals,
        "has_others": departments_on_board(request.actor)[:2].count() > 1,
    }
    return render(request, "portal/board.html", shown)


@signed_in
@require_safe
def behind(request: HttpRequest, pk: uuid.UUID, tile: str) -> HttpResponse:
    """The requests that a figure counts."""
    department, days = _department(request, pk), _days(request)
    if tile not in TILES:
        raise Http404
    code = request.GET.get("code", "")
    code = code if code in Decision.Code.values else ""
    found = requests_behind(tile, department, days=days, by=request.actor, code=code)
    page = listed(found, request, order=("-drafted_at", "-id"), about=f"board {tile} {department.pk} {days} {code}")
    here = f"?days={days}" + (f"&code={code}" if code else "")
    shown = {
        "section": "desk",
        "department": department,
        "title": LISTS[tile],
        "code": dict(Decision.Code.choices).get(code, ""),
        "requests": page.items,
        "older": next_address(request, page),
        "newer": here if "after" in request.GET else "",
        "back": f"{reverse('board', args=[department.pk])}?days={days}",
    }
    return render(request, "portal/board_list.html", shown)


def _department(request: HttpRequest, pk: uuid.UUID) -> Department:
    return get_object_or_404(departments_on_board(request.actor), pk=pk)


def _days(request: HttpRequest) -> int:
    wanted = request.GET.get("days", "")
    return next((days for days in PERIODS if str(days) == wanted), PERIODS[-1])


def _periods(chosen: int) -> list[dict]:
    return [
        {
            "label": ngettext("Last %(n)s day", "Last %(n)s days", days) % {"n": days},
            "url": f"?days={days}",
            "current": days == chosen,
        }
        for days in PERIODS
    ]


def _tiles(found: Board) -> list[dict]:
    """Each figure with the list that it counts."""
    figures = {
        "in-time": (_("Replies in time"), _percent(found.share)),
        "replied": (_("Working days to a reply, median"), _number(found.median)),
        "late": (_("Late replies"), found.late),
        "overdue": (_("Overdue now"), found.overdue),
        "waiting": (_("Waiting for us"), found.waiting),
        "returned": (_("Returned with questions"), found.returned),
        "refused": (_("Refused"), sum(found.refused.values())),
    }
    return [
        {"label": label, "value": value, "url": _list(found, tile)} for tile, (label, value) in figures.items()
    ]  # fmt: skip


def _list(found: Board, tile: str) -> str:
    return f"{reverse('board-list', args=[found.department.pk, tile])}?days={found.days}"


def _picture(found: Board) -> BarChart:
    shown = found.by_days + [(day, 0) for day in range(len(found.by_days), LEAST_DAYS + 1) if found.by_days]
    values = [(f"{day}+" if day == MOST_DAYS else str(day), count) for day, count in shown]
    return BarChart(_("Replies by working days that they took"), _("Working days"), _("Replies"), values)


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{number_format(share, 0)} %"


def _number(value: float | None) -> str:
    return NOTHING if value is None else number_format(value, 0 if value == int(value) else 1)
