"""The page of what is kept and what is held, for the authority and auditors; to others there is no such page."""

import uuid
from functools import wraps

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from audit.erasure import open_holds, retention
from audit.models import Hold
from catalog.permissions import can, check_may_erase, check_may_hold, check_may_set_retention
from portal.accounts.forms import ReasonForm
from portal.accounts.pages import signed_in
from portal.models import User
from portal.paging import page_of
from portal.retention.actions import NOUNS, erase_details, lift_hold, place_hold, set_retention
from portal.retention.forms import ErasureForm, HoldForm, RetentionForm

ORDER = ("-placed_at", "id")


def for_keepers(check=None):
    """Everybody else finds nothing; whoever is one of them and may not do just this is told so."""

    def guard(view):
        @wraps(view)
        def checked(request, *args, **kwargs):
            if not (can(check_may_set_retention, request.actor) or can(check_may_hold, request.actor)):
                raise Http404
            if check is not None:
                check(request.actor)
            return view(request, *args, **kwargs)

        return signed_in(checked)

    return guard


@for_keepers()
@require_safe
def kept(request: HttpRequest) -> HttpResponse:
    """How long details are kept, and the holds that stand."""
    page = page_of(open_holds(), request, order=ORDER)
    return render(
        request,
        "retention/retention.html",
        {
            "section": "desk",
            "retention": retention(),
            "page": page,
            "holds": _shown(page.items),
            "may_set": can(check_may_set_retention, request.actor),
            "may_erase": can(check_may_erase, request.actor),
            "may_hold": can(check_may_hold, request.actor),
        },
    )


@for_keepers(check_may_set_retention)
@require_http_methods(["GET", "HEAD", "POST"])
def set_months(request: HttpRequest) -> HttpResponse:
    """Sets how long details are kept."""
    form = RetentionForm(request.POST or None)
    if request.method == "POST" and form.act(lambda: set_retention(**form.cleaned_data, by=request.actor)):
        messages.success(request, _("It is set, and the log says so."))
        return redirect("retention")
    return render(request, "retention/set.html", {"form": form, "section": "desk"})


@for_keepers(check_may_hold)
@require_http_methods(["GET", "HEAD", "POST"])
def new_hold(request: HttpRequest) -> HttpResponse:
    """Places a hold."""
    form = HoldForm(request.POST or None)
    if request.method == "POST" and form.act(
        lambda: place_hold(form.cleaned_data["about"], by=request.actor, reason=form.cleaned_data["reason"])
    ):
        messages.success(request, _("The hold stands: nothing about this is erased until it is lifted."))
        return redirect("retention")
    return render(request, "retention/hold.html", {"form": form, "section": "desk"})


@for_keepers(check_may_hold)
@require_http_methods(["GET", "HEAD", "POST"])
def lift(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Lifts a hold."""
    held = get_object_or_404(Hold, pk=pk, lifted_at=None)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.act(lambda: lift_hold(held, by=request.actor, **form.cleaned_data)):
        messages.success(request, _("The hold is lifted."))
        return redirect("retention")
    (shown,) = _shown([held])
    return render(request, "retention/lift.html", {"hold": shown, "form": form, "section": "desk"})


@for_keepers(check_may_erase)
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Erases one person's details."""
    form = ErasureForm(request.POST or None)
    if request.method == "POST" and form.act(
        lambda: erase_details(
            form.cleaned_data["email"],
            by=request.actor,
            reason=form.cleaned_data["reason"],
            article=form.cleaned_data["article"],
        )
    ):
        erased, held = form.result
        messages.success(request, ngettext("Erased in %(n)s event.", "Erased in %(n)s events.", erased) % {"n": erased})
        if held:
            messages.warning(
                request, ngettext("%(n)s event is under a hold.", "%(n)s events are under a hold.", held) % {"n": held}
            )
        return redirect("retention")
    return render(request, "retention/erase.html", {"form": form, "section": "desk"})


def _shown(holds: list[Hold]) -> list[dict]:
    """The holds with what they are about and who placed them, by one question for each kind of thing."""
    people = User.objects.in_bulk({hold.placed_by for hold in holds})
    about = {
        kind: noun.objects.in_bulk({hold.about for hold in holds if hold.kind == kind}) for kind, noun in NOUNS.items()
    }
    return [
        {"hold": hold, "about": about[hold.kind].get(hold.about), "placed_by": people.get(hold.placed_by)}
        for hold in holds
    ]
