"""Acting approvers: who decides in an approver's place, for how long, and naming one."""

import uuid

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from audit.actor import Actor
from catalog.actions.acting import LONGEST, colleagues_of, end_acting, name_acting
from catalog.forms import ActionForm
from catalog.models import Department, Membership, Role
from catalog.permissions import can, check_may_end_acting, check_may_name_acting, departments_of
from portal.accounts.forms import ReasonForm
from portal.accounts.pages import signed_in

MOST = 100


class ActingForm(ActionForm):
    """Which colleague, of which of one's departments, from when to when."""

    colleague = forms.ChoiceField(label=gettext_lazy("Who acts for you"))
    first = forms.DateField(label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=gettext_lazy("Last day"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, found: list[tuple[Department, list]], data=None):
        super().__init__(data)
        self.people = {f"{place.pk} {user.pk}": (user, place) for place, users in found for user in users}
        self.fields["colleague"].choices = [
            (key, f"{user.name} ({place.name})") for key, (user, place) in self.people.items()
        ]
        self.fields["last"].help_text = _("At most %(most)s days.") % {"most": LONGEST}

    def name(self, by: Actor) -> Membership:
        """Does what the form asks for."""
        colleague, place = self.people[self.cleaned_data["colleague"]]
        return name_acting(colleague, place, self.cleaned_data["first"], self.cleaned_data["last"], by=by)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def acting(request: HttpRequest) -> HttpResponse:
    """Those who act, or will, in the departments that one is an approver of; and a form to name one."""
    places = list(departments_of(request.actor, Role.APPROVER))
    if not places:
        raise Http404
    own = [place for place in places if can(check_may_name_acting, request.actor, place)]
    form = ActingForm(
        [(place, colleagues_of(request.actor, place)) for place in own],
        request.POST if request.method == "POST" else None,
    )
    if request.method == "POST" and not own:
        check_may_name_acting(request.actor, places[0])
    if request.method == "POST" and form.act(lambda: form.name(request.actor)):
        messages.success(request, _("Named. They sign in with a second step, and decide in those days."))
        return redirect("acting")
    shown = {"section": "desk", "form": form, "may_name": bool(own), "rows": _rows(places, request.actor)}
    return render(request, "desk/acting.html", shown)


def _rows(places: list[Department], by: Actor) -> list[dict]:
    found = Membership.objects.filter(department__in=places, acting_for__isnull=False, ended_at=None)
    found = found.select_related("user", "department", "acting_for").order_by("starts_at", "pk")[:MOST]
    return [{"held": held, "may_end": can(check_may_end_acting, by, held)} for held in found]


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One of them acts no more."""
    places = departments_of(request.actor, Role.APPROVER)
    found = Membership.objects.filter(department__in=places, acting_for__isnull=False, ended_at=None)
    held = get_object_or_404(found.select_related("user", "department", "acting_for"), pk=pk)
    check_may_end_acting(request.actor, held)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(lambda: end_acting(held, by=request.actor, **form.cleaned_data)):
        messages.success(request, _("It has ended. They decide no more in your place."))
        return redirect("acting")
    return render(request, "desk/acting_end.html", {"section": "desk", "form": form, "held": held})
