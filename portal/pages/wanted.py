"""Whoever finds nothing asks for it here; the authority reads what was looked for and asked for."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from catalog.forms import ActionForm
from catalog.permissions import can, check_may_read_demand
from catalog.search import demand
from portal.accounts.forms import TrapField
from portal.accounts.pages import signed_in
from portal.paging import page_of
from portal.throttle import check_pace
from sharing.permissions import check_may_find

WISHES_AN_HOUR = 20


class WishForm(ActionForm):
    """The words for what is missing, and nothing about who asks."""

    trap = TrapField()
    words = forms.CharField(
        label=gettext_lazy("What data do you look for?"),
        max_length=demand.LONGEST,
        help_text=gettext_lazy("A few words, as you would search for it. Name no person, number or address."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """A wish for data that the catalogue does not have: its words are counted, and nothing of who asked."""
    q = request.GET.get("q", "").replace("\x00", "").strip()
    form = WishForm(request.POST or None, initial={"words": q[: demand.LONGEST]})
    if request.method == "POST" and form.act(lambda: _wish(request, form.cleaned_data["words"])):
        messages.success(request, _("Your wish was counted. The city sees what many look for."))
        return redirect(f"{reverse('datasets')}?{urlencode({'q': form.cleaned_data['words']})}")
    shown = {"section": "data", "form": form, "least": demand.LEAST, "may_find": can(check_may_find, request.actor)}
    return render(request, "portal/wanted.html", shown)


def _wish(request: HttpRequest, words: str) -> None:
    check_pace(request, "wish", WISHES_AN_HOUR)
    if not demand.count_wish(words):
        said = _("Use a few plain words: no numbers, codes or addresses that could point at a person.")
        raise ValidationError({"words": said})


@signed_in
@require_safe
def read(request: HttpRequest) -> HttpResponse:
    """What many looked for and did not find, the most wanted first."""
    check_may_read_demand(request.actor)
    page = page_of(demand.wanted(), request, order=("-both", "words"))
    shown = {"section": "desk", "page": page, "least": demand.LEAST, "days": demand.KEPT_DAYS}
    return render(request, "portal/demand.html", shown)
