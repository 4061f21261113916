"""One's own account, and one's keys."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.actions.keys import make_key, revoke_key
from catalog.models import Key
from portal.accounts.actions.people import change_account
from portal.accounts.forms import AccountForm, KeyForm, ReasonForm
from portal.accounts.pages import signed_in
from portal.accounts.views.sessions import set_language
from portal.paging import page_of


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """My name, my language, my roles."""
    mine = {"name": request.user.name, "language": request.user.language}
    form = AccountForm(request.POST or None, initial=mine)
    if request.method == "POST" and form.act(lambda: change_account(**form.cleaned_data, by=request.actor)):
        messages.success(request, _("Your account is changed."))
        response = redirect("account")
        set_language(response, form.cleaned_data["language"])
        return response
    roles = request.user.memberships.live().select_related("department").order_by("starts_at")
    return render(request, "accounts/account.html", {"form": form, "roles": roles, "section": "desk"})


@signed_in
@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """My keys, those that open nothing any more included."""
    found = Key.objects.filter(user=request.user).prefetch_related("datasets")
    page = page_of(found, request, order=("-created_at", "-id"))
    return render(request, "accounts/keys.html", {"page": page, "section": "desk"})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new_key(request: HttpRequest) -> HttpResponse:
    """A new key, shown on the answer to this form and never again: it is in no address, session or log."""
    form = KeyForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and form.act(lambda: make_key(request.user, **form.cleaned_data, by=request.actor)):
        key, token = form.result
        curl = f"curl --header 'Authorization: Bearer {token}' {settings.ADDRESS.rstrip('/')}/api/v1/datasets"
        return render(request, "accounts/key_shown.html", {"key": key, "token": token, "curl": curl, "section": "desk"})
    return render(request, "accounts/key_new.html", {"form": form, "section": "desk"})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def end_key(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Asks once more, then revokes."""
    key = Key.objects.filter(user=request.user, revoked_at=None, pk=pk).first()
    if key is None:
        raise Http404

    form = ReasonForm(request.POST or None)
    form.fields["reason"].required = False
    if request.method == "POST" and form.act(lambda: revoke_key(key, by=request.actor, **form.cleaned_data)):
        messages.success(request, _("The key is revoked: it opens nothing any more."))
        return redirect("keys")
    return render(request, "accounts/key_revoke.html", {"key": key, "form": form, "section": "desk"})
