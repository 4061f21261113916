"""Keys for machines under a grant: made and passed on by those who read under it, shown once."""

import uuid

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from catalog.actions.grant_keys import check_may_have_keys, make_grant_key, rotate_key
from catalog.models import Basis, Key
from sharing.forms.keys import GrantKeyForm, RotateForm
from sharing.permissions import visible_grants


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def new(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A new key, shown on the answer to this form and never again."""
    found = get_object_or_404(visible_grants(request.actor), pk=pk)
    check_may_have_keys(request.actor, found)
    form = GrantKeyForm(found, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(lambda: make_grant_key(found, **form.cleaned_data, by=request.actor)):
        return _shown(request, found, form.result)
    return render(request, "sharing/key.html", _about(found, form, _("New key for a machine"), _("Make the key")))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def rotate(request: HttpRequest, pk: uuid.UUID, key: uuid.UUID) -> HttpResponse:
    """Another key in the place of one's own, shown once."""
    found = get_object_or_404(visible_grants(request.actor), pk=pk)
    check_may_have_keys(request.actor, found)
    former = get_object_or_404(Key.objects.live().filter(grant=found, user=request.user), pk=key)
    form = RotateForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(
        lambda: rotate_key(former, overlap=form.overlap(), by=request.actor)
    ):  # fmt: skip
        return _shown(request, found, form.result)
    title = _("A new key in the place of “%(name)s”") % {"name": former.name}
    return render(request, "sharing/key.html", _about(found, form, title, _("Make the new key")))


def _about(grant: Basis, form, title: str, label: str) -> dict:
    return {"section": "desk", "grant": grant, "form": form, "title": title, "label": label}


def _shown(request: HttpRequest, grant: Basis, made: tuple[Key, str]) -> HttpResponse:
    key, token = made
    address = f"{settings.ADDRESS.rstrip('/')}/api/v1/datasets/{grant.dataset_id}/rows?basis={grant.pk}"
    curl = f"curl --header 'Authorization: Bearer {token}' '{address}'"
    return render(request, "accounts/key_shown.html", {"key": key, "token": token, "curl": curl, "section": "desk"})
