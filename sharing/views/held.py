"""The page "What we hold": grants lent to us, when each was used and by whom, what ends, what is to be disposed of."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.lists import listed, next_address
from sharing.holdings import LISTS, holdings, lines_of

LABELS = {
    "in-force": _("In force"),
    "ending": _("Ends within 30 days"),
    "unused": _("Not used for 60 days"),
    "disposal": _("To be disposed of"),
    "over": _("Over"),
}


@login_required
@never_cache
@require_safe
def held(request: HttpRequest) -> HttpResponse:
    """One of the lists, a page at a time."""
    chosen = request.GET.get("list", "")
    chosen = chosen if chosen in LISTS else "in-force"
    found = LISTS[chosen](holdings(request.actor), timezone.now())
    page = listed(found, request, order=("-made_at", "-id"), about=f"held {chosen}")
    shown = {
        "section": "desk",
        "tabs": [{"label": label, "url": f"?list={name}", "current": name == chosen} for name, label in LABELS.items()],
        "lines": lines_of(page.items),
        "older": next_address(request, page),
        "newer": f"?list={chosen}" if "after" in request.GET else "",
    }
    return render(request, "sharing/packages/held.html", shown)
