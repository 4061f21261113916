"""The city's calendar: the days that the authority has set, for every officer to read and the authority to change."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from catalog.lists import listed, next_address
from catalog.permissions import can, is_officer
from sharing.actions.calendar import clear_days, set_days
from sharing.calendar import warning
from sharing.forms.calendar import ClearDaysForm, DaysForm
from sharing.models import CalendarDay
from sharing.permissions import check_may_set_calendar

COUNTRIES = {"china": gettext_lazy("China’s working days"), "weekdays": gettext_lazy("Monday to Friday")}


@require_safe
@login_required
@never_cache
def calendar(request: HttpRequest) -> HttpResponse:
    """The days that were set, those to come or with `?list=past` those of before."""
    if not is_officer(request.actor):
        raise PermissionDenied(_("The city’s calendar is for officers of its departments."))
    past = request.GET.get("list") == "past"
    days = CalendarDay.objects.select_related("set_by")
    today = timezone.localdate()
    days = days.filter(day__lt=today) if past else days.filter(day__gte=today)
    page = listed(days, request, order=("-day",) if past else ("day",), about=f"calendar {past}")
    tabs = [
        {"label": _("To come"), "url": "?", "current": not past},
        {"label": _("Past"), "url": "?list=past", "current": past},
    ]
    shown = {
        "section": "desk",
        "tabs": tabs,
        "days": page.items,
        "past": past,
        "older": next_address(request, page),
        "newer": f"?list={'past' if past else ''}" if "after" in request.GET else "",
        "country": COUNTRIES[settings.WORKING_CALENDAR],
        "warning": warning(),
        "may_set": can(check_may_set_calendar, request.actor),
    }
    return render(request, "sharing/calendar.html", shown)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def set_some(request: HttpRequest) -> HttpResponse:
    """Days are worked, or free."""
    return _changed(request, DaysForm, set_days, clear=False)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def clear_some(request: HttpRequest) -> HttpResponse:
    """Days are again what the country's calendar says."""
    return _changed(request, ClearDaysForm, clear_days, clear=True)


def _changed(request: HttpRequest, form_class, action, *, clear: bool) -> HttpResponse:
    check_may_set_calendar(request.actor)
    form = form_class(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(lambda: action(**form.wanted(), by=request.actor)):
        messages.success(request, _("The calendar is changed. The clocks follow within a few minutes."))
        return redirect("calendar")
    return render(request, "sharing/calendar_set.html", {"section": "desk", "form": form, "clear": clear})
