"""The page of notices: what happened to requests, grants and bridges that concern the reader, newest first."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalog.lists import listed, next_address
from sharing.models import Notice
from sharing.notice_words import sentence
from sharing.notices import count_unread, own_departments, page_behind, read_all_notices, read_notice, visible_notices

MOST_DIGITS = 18


@require_safe
@login_required
@never_cache
def notices(request: HttpRequest) -> HttpResponse:
    """All of one's notices, or those not read yet."""
    unread = request.GET.get("list") == "unread"
    found = visible_notices(request.actor)
    found = found.filter(read_at=None) if unread else found
    page = listed(found, request, order=("-at", "-id"), about=f"notices {'unread' if unread else ''}")
    own = own_departments(request.actor)
    tabs = [
        {"label": _("All"), "url": "?", "current": not unread},
        {"label": _("Unread"), "url": "?list=unread", "current": unread, "count": count_unread(request.user)},
    ]
    shown = {
        "section": "desk",
        "tabs": tabs,
        "unread": unread,
        "notices": [{"notice": one, "text": sentence(one), "url": _address(one, own)} for one in page.items],
        "now": timezone.now().isoformat(),
        "older": next_address(request, page),
        "newer": f"?list={'unread' if unread else ''}" if "after" in request.GET else "",
    }
    return render(request, "sharing/notices.html", shown)


def _address(notice: Notice, own: frozenset) -> str:
    name, pk = page_behind(notice, own)
    return reverse(name, args=[pk])


@require_POST
@login_required
@never_cache
def read(request: HttpRequest) -> HttpResponse:
    """One notice is read, or all that the page had."""
    one = request.POST.get("notice", "")
    if one:
        if one.isdecimal() and one.isascii() and len(one) <= MOST_DIGITS:
            read_notice(int(one), by=request.actor)
    else:
        read_all_notices(by=request.actor, until=_moment(request.POST.get("until", "")))
        messages.success(request, _("All notices are marked as read."))
    return redirect(f"{reverse('notices')}{'?list=unread' if request.POST.get('list') == 'unread' else ''}")


def _moment(text: str):
    """When the page was made, so that what came since is not marked unseen; now, where that makes no sense."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    return found if found is not None and timezone.is_aware(found) else timezone.now()
