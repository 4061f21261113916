"""Signing in and out."""

from urllib.parse import urlencode

from axes.helpers import get_cool_off
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.actions import sessions
from portal.accounts.forms import SignInForm
from portal.accounts.second_step import is_short_of_it
from portal.models import User


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Address and password; then the code if the account has one, and on to the page that was asked for."""
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.act(lambda: sessions.sign_in(request, **form.cleaned_data)):
        return with_language(request, redirect(_next(request, form.result)), form.result)
    if request.account.is_authenticated and request.method != "POST":
        return redirect(place_after(request) if request.user.is_authenticated else "authenticator")
    return render(request, "accounts/sign_in.html", {"form": form, "next": request.GET.get("next", "")})


def _next(request: HttpRequest, user: User) -> str:
    if user.authenticator is not None:
        return f"{reverse('second-step')}?{urlencode({'next': request.POST.get('next', '')})}"
    return reverse("authenticator") if is_short_of_it(user) else place_after(request)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """The session is over."""
    sessions.sign_out(request)
    messages.success(request, _("You are signed out."))
    return redirect("home")


def locked_out(request: HttpRequest, _response=None, _credentials=None) -> HttpResponse:
    """Says when to try again, whether the address has an account or not."""
    wait = get_cool_off(request)
    response = render(request, "accounts/locked.html", {"again": timezone.now() + wait}, status=429)
    response["Retry-After"] = str(int(wait.total_seconds()))
    return response


def place_after(request: HttpRequest) -> str:
    """The page that was asked for before signing in, if it is one of ours; else the desk."""
    place = request.POST.get("next") or request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(place, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return place if safe else resolve_url(settings.LOGIN_REDIRECT_URL)


def with_language(request: HttpRequest, response: HttpResponse, user) -> HttpResponse:
    """The person's own language, unless this browser chose one already."""
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        set_language(response, user.language)
    return response


def set_language(response: HttpResponse, language: str) -> None:
    """This browser reads in this language from the next page on."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
