"""The pages of the public keys of one's departments: registered, confirmed by fingerprint, retired."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from catalog.lists import listed, next_address
from catalog.permissions import can
from sharing.actions.recipient_keys import confirm_key, register_key, retire_key
from sharing.forms.packages import FingerprintForm, RecipientKeyForm, RetireKeyForm
from sharing.models import RecipientKey
from sharing.packages.calls import MAKE_KEYS, SHOW_FINGERPRINT
from sharing.packages.permissions import check_may_keep_keys, key_keepers, visible_keys


@require_safe
@login_required
@never_cache
def keys(request: HttpRequest) -> HttpResponse:
    """The keys of my departments, newest first."""
    page = listed(visible_keys(request.actor), request, order=("-registered_at", "-id"), about="recipient keys")
    shown = {
        "section": "desk",
        "keys": page.items,
        "may_register": key_keepers(request.actor).exists(),
        "older": next_address(request, page),
        "newer": "?" if "after" in request.GET else "",
    }
    return render(request, "sharing/packages/keys.html", shown)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A key is registered; it waits for its fingerprint."""
    departments = key_keepers(request.actor).order_by("code")
    if not departments:
        raise PermissionDenied(_("Only approvers and stewards look after the public key of their department."))
    form = RecipientKeyForm(departments, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(
        lambda: register_key(
            form.cleaned_data["department"],
            form.cleaned_data["public_key"],
            name=form.cleaned_data["name"],
            by=request.actor,
        )
    ):
        messages.success(request, _("Registered. Compare the fingerprint now: nothing is sealed to it before."))
        return redirect("recipient-key", pk=form.result.pk)
    shown = {"section": "desk", "form": form, "make_keys": MAKE_KEYS}
    return render(request, "sharing/packages/key_new.html", shown)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def key(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One key; while it waits, whoever looks after it types the fingerprint computed beside the private key."""
    found = get_object_or_404(visible_keys(request.actor), pk=pk)
    keeps = can(check_may_keep_keys, request.actor, found.department)
    form = FingerprintForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(
        lambda: confirm_key(found, form.cleaned_data["fingerprint"], by=request.actor)
    ):
        messages.success(request, _("Confirmed. Packages are sealed to this key from now on."))
        return redirect("recipient-key", pk=found.pk)
    shown = {
        "section": "desk",
        "key": found,
        "form": form,
        "keeps": keeps,
        "may_retire": keeps and _may_be_retired(found),
        "show_fingerprint": SHOW_FINGERPRINT,
    }
    return render(request, "sharing/packages/key.html", shown)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def retire(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A key that is used no more: what is sealed to it goes."""
    found = get_object_or_404(visible_keys(request.actor), pk=pk)
    check_may_keep_keys(request.actor, found.department)
    form = RetireKeyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(
        lambda: retire_key(found, reason=form.cleaned_data["reason"], by=request.actor)
    ):
        messages.success(request, _("Retired. What was sealed to it is gone."))
        return redirect("recipient-keys")
    return render(request, "sharing/packages/key_retire.html", {"section": "desk", "key": found, "form": form})


def _may_be_retired(key: RecipientKey) -> bool:
    return key.retired_at is None or key.was_replaced
