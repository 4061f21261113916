"""Signing up: ask, look into one's mail, choose a password."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.actions import sign_up as actions
from portal.accounts.forms import CitizenForm, EnterpriseForm, NewPasswordForm
from portal.accounts.links import unseal
from portal.models import User
from portal.throttle import check_pace

MOST = 10  # an hour from one network address


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """For whom the account is."""
    return render(request, "accounts/sign_up.html")


@require_http_methods(["GET", "HEAD", "POST"])
def citizen(request: HttpRequest) -> HttpResponse:
    """A person's own account."""
    form = CitizenForm(request.POST or None)

    def ask() -> None:
        check_pace(request, "sign-up", MOST)
        words = form.cleaned_data
        actions.ask_citizen(words["name"], words["email"], language=get_language(), by=request.actor)

    if request.method == "POST" and form.act(ask):
        return redirect("sign-up-sent")
    return render(request, "accounts/sign_up_citizen.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def enterprise(request: HttpRequest) -> HttpResponse:
    """The first account of an enterprise."""
    form = EnterpriseForm(request.POST or None)

    def ask() -> None:
        check_pace(request, "sign-up", MOST)
        words = form.cleaned_data
        actions.ask_enterprise(
            words["name"],
            words["email"],
            code=words["code"],
            enterprise=words["enterprise"],
            language=get_language(),
            by=request.actor,
        )

    if request.method == "POST" and form.act(ask):
        return redirect("sign-up-sent")
    return render(request, "accounts/sign_up_enterprise.html", {"form": form})


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Look into your mail."""
    return render(request, "accounts/sign_up_sent.html")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, sealed: str) -> HttpResponse:
    """The address is right: a password makes the account."""
    words = unseal(sealed)
    if words is None or User.objects.filter(email=words["email"]).exists():
        return render(request, "accounts/link_over.html", {"again": "sign-up"}, status=410)

    asked = User(email=words["email"], name=words["name"])
    form = NewPasswordForm(request.POST or None, user=asked)
    if request.method == "POST" and form.act(
        lambda: actions.confirm_sign_up(words, form.cleaned_data["password"], by=request.actor)
    ):
        messages.success(request, _("Your account is ready. Sign in with your new password."))
        return redirect("sign-in")
    return render(request, "accounts/sign_up_confirm.html", {"form": form, "asked": asked})
