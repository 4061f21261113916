"""The pages of the second step: the code at sign-in, the app set up, recovery codes, the reset by an administrator."""

import uuid

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from audit.actor import Actor
from portal.accounts import codes, vault
from portal.accounts.actions import authenticators, sessions
from portal.accounts.code_forms import AuthenticatorForm, ProvenForm, SecondStepForm
from portal.accounts.forms import ReasonForm
from portal.accounts.pages import for_administrators, signed_in
from portal.accounts.second_step import deciding_keys, must_prove
from portal.accounts.views.sessions import place_after, with_language
from portal.models import Authenticator, User

NEW = "authenticator_new"  # in the session, sealed, until its first code was typed


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """After the password: the code. Nobody is signed in before it was right."""
    user = sessions.halfway(request)
    if user is None:
        messages.info(request, _("Sign in again: the code was not typed in time."))
        return redirect("sign-in")

    form = SecondStepForm(request.POST or None)
    if request.method == "POST" and form.act(lambda: sessions.finish_sign_in(request, user, form.cleaned_data["code"])):
        if form.result == "recovery":
            messages.warning(request, _("A recovery code was used. Set up your app again if you lost your phone."))
        return with_language(request, redirect(place_after(request)), user)
    return render(request, "accounts/second_step.html", {"form": form, "next": request.GET.get("next", "")})


@never_cache
@sensitive_post_parameters("code", "password", "present")
@require_http_methods(["GET", "HEAD", "POST"])
def authenticator(request: HttpRequest) -> HttpResponse:
    """An app is set up: scan, type a code, keep the recovery codes. Open also to who may do nothing before it."""
    user = request.account
    if not user.is_authenticated:
        return redirect("sign-in")

    secret = _new_secret(request, user)
    form = AuthenticatorForm(request.POST or None, user=user)
    by = Actor(user=user, request_id=request.id)
    if request.method == "POST" and form.act(
        lambda: authenticators.set_authenticator(secret, form.cleaned_data["code"], by=by, present=form.given())
    ):
        del request.session[NEW]
        request.user = User.objects.get(pk=user.pk)
        update_session_auth_hash(request, request.user)
        return render(request, "accounts/recovery_codes.html", {"codes": form.result, "section": "desk", "first": True})

    address = codes.address_of(secret, user.email)
    groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
    shown = {"form": form, "picture": codes.picture_of(address), "groups": groups, "address": address}
    shown |= {"replaces": user.authenticator is not None, "required": must_prove(user), "section": "desk"}
    shown["ends_keys"] = user.authenticator is None and deciding_keys(user).exists()
    return render(request, "accounts/authenticator_set.html", shown)


@signed_in
@require_http_methods(["GET", "HEAD"])
def ways_in(request: HttpRequest) -> HttpResponse:
    """What my second step is, and how many recovery codes are left."""
    held = Authenticator.objects.filter(pk=request.user.authenticator).first()
    left = held.codes.filter(used_at=None).count() if held else 0
    shown = {"held": held, "left": left, "required": must_prove(request.user), "section": "desk"}
    return render(request, "accounts/second_step_state.html", shown)


@signed_in
@sensitive_post_parameters("password", "present")
@require_http_methods(["GET", "HEAD", "POST"])
def renew_codes(request: HttpRequest) -> HttpResponse:
    """Ten new recovery codes, shown on the answer to this form and never again."""
    form = ProvenForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.act(
        lambda: authenticators.renew_recovery_codes(by=request.actor, present=form.given())
    ):
        return render(request, "accounts/recovery_codes.html", {"codes": form.result, "section": "desk"})
    return render(request, "accounts/recovery_renew.html", {"form": form, "section": "desk"})


@signed_in
@sensitive_post_parameters("password", "present")
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest) -> HttpResponse:
    """Without a second step again, for whoever needs none."""
    form = ProvenForm(request.POST or None, user=request.user)

    def act() -> bool:
        authenticators.remove_authenticator(by=request.actor, present=form.given())
        return True

    if request.method == "POST" and form.act(act):
        update_session_auth_hash(request, User.objects.get(pk=request.user.pk))
        messages.success(request, _("You sign in without a second step from now on."))
        return redirect("second-step-state")
    return render(request, "accounts/authenticator_remove.html", {"form": form, "section": "desk"})


@for_administrators
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Takes somebody's lost app away, with a reason."""
    who = get_object_or_404(User, pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.act(
        lambda: authenticators.reset_authenticator(who, by=request.actor, **form.cleaned_data)
    ):
        messages.success(request, _("The second step of %(name)s is reset.") % {"name": who.name})
        return redirect("person", pk=pk)
    return render(request, "accounts/authenticator_reset.html", {"person": who, "form": form, "section": "desk"})


def _new_secret(request: HttpRequest, user: User) -> str:
    """The secret of this set-up: the same on each look at the page, so that what was scanned stays right."""
    secret = vault.unseal(user, request.session.get(NEW, ""))
    if not secret:
        secret = codes.new_secret()
        request.session[NEW] = vault.seal(user, secret)
    return secret
