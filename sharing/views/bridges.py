"""The pages of bridges: asked for on a grant, agreed to by both owners, refused, taken back and ended."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from audit.actor import Actor
from catalog.forms import PlainForm, ReasonForm
from catalog.lists import listed, next_address
from catalog.models import Basis
from catalog.permissions import can
from catalog.states import GRANT
from sharing.actions.bridges import approve_bridge, ask_bridge, end_bridge, refuse_bridge, withdraw_bridge
from sharing.bridging import awaited, bridgeable_with, bridges_waiting, sides_of
from sharing.forms.bridges import BridgeForm
from sharing.models import Bridge
from sharing.permissions import (
    check_may_ask_bridge,
    check_may_decide_bridge,
    check_may_end_bridge,
    check_may_lend,
    check_may_withdraw_bridge,
    visible_bridges,
    visible_grants,
)
from sharing.states import BRIDGE
from sharing.views.steps import Step

STEPS = {
    "agree": Step(
        "agree", check_may_decide_bridge, approve_bridge, PlainForm,
        gettext_lazy("Agree to this bridge"), gettext_lazy("Agree"),
        gettext_lazy("When two approvers have agreed, either grant can be renewed under it, and joins from then on."),
    ),
    "refuse": Step(
        "refuse", check_may_decide_bridge, refuse_bridge, ReasonForm,
        gettext_lazy("Refuse this bridge"), gettext_lazy("Refuse"),
        gettext_lazy("What is lent under the two grants stays apart."), True,
    ),
    "withdraw": Step(
        "withdraw", check_may_withdraw_bridge, withdraw_bridge, ReasonForm,
        gettext_lazy("Withdraw this bridge"), gettext_lazy("Withdraw"),
        gettext_lazy("It is needed no more, and nobody decides about it."), True,
    ),
    "end": Step(
        "end", check_may_end_bridge, end_bridge, ReasonForm,
        gettext_lazy("End this bridge"), gettext_lazy("End for good"),
        gettext_lazy("The grants that were made under it are suspended within a second, and are not resumed."), True,
    ),
}  # fmt: skip


@login_required
@never_cache
@require_safe
def bridges(request: HttpRequest) -> HttpResponse:
    """The bridges that wait for me, or all that I know of."""
    chosen = "all" if request.GET.get("list") == "all" else "mine"
    found = bridges_waiting(request.actor) if chosen == "mine" else visible_bridges(request.actor)
    page = listed(found, request, order=("-asked_at", "-id"), about=f"bridges {chosen}")
    sides = sides_of(page.items, by=request.actor)
    tabs = [
        {"label": label, "url": f"?list={name}", "current": name == chosen}
        for name, label in {"mine": _("Waits for me"), "all": _("All")}.items()
    ]
    shown = {
        "section": "desk",
        "tabs": tabs,
        "waiting": chosen == "mine",
        "lines": [{"bridge": bridge, "sides": sides[bridge.pk]} for bridge in page.items],
        "older": next_address(request, page),
        "newer": f"?list={chosen}" if "after" in request.GET else "",
    }
    return render(request, "sharing/bridges/bridges.html", shown)


@login_required
@never_cache
@require_safe
def bridge(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One bridge: what it joins, for what, until when, who agreed, and what may be done now."""
    found = get_object_or_404(visible_bridges(request.actor), pk=pk)
    shown = {
        "section": "desk",
        "bridge": found,
        "moves": _moves_of(found, by=request.actor),
        "awaited": awaited(found) if found.state == Bridge.State.ASKED else (),
        "renewable": _renewable(found, by=request.actor),
    }
    return render(request, "sharing/bridges/bridge.html", shown | _sides(found, by=request.actor))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A bridge from this grant to another one is asked for."""
    grant = get_object_or_404(visible_grants(request.actor), pk=pk)
    check_may_ask_bridge(request.actor, grant, grant)
    form = BridgeForm(bridgeable_with(grant, by=request.actor), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(lambda: ask_bridge(grant, by=request.actor, **form.cleaned_data)):
        messages.success(request, _("Asked. Nothing joins before an approver of each owner has agreed."))
        return redirect("bridge", pk=form.result.pk)
    return render(request, "sharing/bridges/new.html", {"section": "desk", "grant": grant, "form": form})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, pk: uuid.UUID, verb: str) -> HttpResponse:
    """One move, with what has to be said of it."""
    found = get_object_or_404(visible_bridges(request.actor), pk=pk)
    step = STEPS[verb]
    step.check(request.actor, found)
    form = step.form(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(lambda: step.act(found, by=request.actor, **form.cleaned_data)):
        messages.success(request, _("Done. It holds from this moment."))
        return redirect("bridge", pk=found.pk)
    shown = {"section": "desk", "bridge": found, "form": form, "step": step}
    return render(request, "sharing/bridges/move.html", shown | _sides(found, by=request.actor))


def _sides(found: Bridge, *, by: Actor) -> dict:
    return {"sides": sides_of([found], by=by)[found.pk]}


def _renewable(found: Bridge, *, by: Actor) -> list[Basis]:
    """The grants that this person may renew under the bridge now."""
    grants = found.grants if found.is_live else ()
    return [
        one for one in grants
        if GRANT.allows(one.state, "supersede") and can(check_may_lend, by, one.dataset, one.department)
    ]  # fmt: skip


def _moves_of(found: Bridge, *, by: Actor) -> list[dict]:
    """The moves that this person may make of the bridge now."""
    return [
        {"url": f"bridge-{verb}", "label": step.label, "danger": step.danger}
        for verb, step in STEPS.items()
        if BRIDGE.allows(found.state, step.move) and can(step.check, by, found)
    ]
