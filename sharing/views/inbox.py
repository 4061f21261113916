"""The inbox: what waits for me, what waits for others, what was answered."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.lists import listed, next_address
from sharing.bridging import bridges_waiting
from sharing.forms.inbox import InboxFilter
from sharing.inbox import BY_CLOCK, NEWEST, answered, by_clock, lines_of, others_wait, renewals_waiting, waiting_for

FEW = 20
LISTS = {"mine": waiting_for, "others": others_wait, "answered": answered}


@login_required
@never_cache
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """One of the three lists, a page at a time."""
    chosen = request.GET.get("list", "")
    chosen = chosen if chosen in LISTS else "mine"
    form = InboxFilter(request.GET)
    found = form.narrow(by_clock(LISTS[chosen](request.actor)))
    order = NEWEST if chosen == "answered" else BY_CLOCK
    page = listed(found, request, order=order, about=f"inbox {chosen}")
    kept = {name: value for name in ("q", "sharing", "personal") if (value := request.GET.get(name))}
    shown = {
        "section": "desk",
        "tabs": _tabs(chosen, kept),
        "chosen": chosen,
        "form": form,
        "narrowed": bool(kept),
        "lines": lines_of(page.items),
        "renewals": renewals_waiting(request.actor)[:FEW] if chosen == "mine" else (),
        "bridges": bridges_waiting(request.actor).count() if chosen == "mine" else 0,
        "older": next_address(request, page),
        "newer": f"?{urlencode({'list': chosen, **kept})}" if "after" in request.GET else "",
    }
    return render(request, "sharing/deciding/inbox.html", shown)


def _tabs(chosen: str, kept: dict) -> list[dict]:
    labels = {"mine": _("Waits for me"), "others": _("Waits for others"), "answered": _("Answered")}
    return [
        {"label": label, "url": f"?{urlencode({'list': name, **kept})}", "current": name == chosen}
        for name, label in labels.items()
    ]
