"""The pages of plans of packages: made, taken over, ended."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from sharing.actions.package_plans import end_plan, make_plan, take_over_plan
from sharing.forms.packages import PlanForm
from sharing.models import PackagePlan
from sharing.packages.permissions import plans_of
from sharing.policies.grants import check_lets_out
from sharing.views.packages import lent


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A package in each period, in the name of whoever makes the plan."""
    grant = lent(request, pk)
    check_lets_out(grant)
    form = PlanForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(lambda: _make(form.cleaned_data, grant, request)):
        messages.success(request, _("Planned. The first package is made in a moment."))
        return redirect("packages", pk=grant.pk)
    return render(request, "sharing/packages/plan_new.html", {"section": "desk", "grant": grant, "form": form})


@login_required
@never_cache
@require_POST
def take_over(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """I answer for it from now on."""
    return _act(request, pk, take_over_plan, _("You answer for this plan now."))


@login_required
@never_cache
@require_POST
def end(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """It is needed no more."""
    return _act(request, pk, end_plan, _("The plan has ended. Packages that are there stay for their time."))


def _make(given: dict, grant, request: HttpRequest) -> PackagePlan:
    return make_plan(
        grant, kind=given["format"], every=given["every"], hour=given["hour"], only_new=given["only_new"],
        by=request.actor,
    )  # fmt: skip


def _act(request: HttpRequest, pk: uuid.UUID, action: Callable, done: str) -> HttpResponse:
    plan = get_object_or_404(plans_of(request.actor), pk=pk)
    try:
        action(plan, by=request.actor)
        messages.success(request, done)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect("packages", pk=plan.grant_id)
