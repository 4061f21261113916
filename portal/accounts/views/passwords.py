"""Passwords: forgotten, invited, changed."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from audit.actor import Actor
from portal.accounts.actions.passwords import ask_reset, reset_password, set_password
from portal.accounts.forms import ChangePasswordForm, EmailForm, NewPasswordForm
from portal.accounts.pages import signed_in
from portal.models import User
from portal.throttle import check_pace

MOST = 10  # an hour from one network address


@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest) -> HttpResponse:
    """Asks for a link; the answer is the same whether the address has an account or not."""
    form = EmailForm(request.POST or None)

    def ask() -> None:
        check_pace(request, "reset", MOST)
        ask_reset(form.cleaned_data["email"], by=request.actor)

    if request.method == "POST" and form.act(ask):
        return redirect("password-reset-sent")
    return render(request, "accounts/password_reset.html", {"form": form})


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Look into your mail."""
    return render(request, "accounts/password_reset_sent.html")


class ChoosePassword(PasswordResetConfirmView):
    """Behind the link of an e-mail: Django checks it and takes it out of the address, then a password is chosen."""

    form_class = NewPasswordForm
    template_name = "accounts/password_choose.html"
    invited = False

    def get_user(self, uidb64: str) -> User | None:
        """The account, if it may be entered."""
        user = super().get_user(uidb64)
        return user if user is not None and user.is_active else None

    def get_context_data(self, **kwargs) -> dict:
        """Whether an invitation led here."""
        return super().get_context_data(**kwargs, invited=self.invited)

    def form_valid(self, form: NewPasswordForm) -> HttpResponse:
        """The password is set; every older link, session and key is over."""
        by = Actor(user=self.user, request_id=self.request.id)
        reset_password(self.user, form.cleaned_data["password"], by=by)
        del self.request.session[INTERNAL_RESET_SESSION_TOKEN]
        messages.success(self.request, _("Your password is set. Sign in with it."))
        return redirect("sign-in")


@signed_in
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest) -> HttpResponse:
    """Another password for whoever knows the present one; other sessions of the account end."""
    form = ChangePasswordForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.act(
        lambda: set_password(request.user, form.cleaned_data["password"], by=request.actor)
    ):
        update_session_auth_hash(request, User.objects.get(pk=request.user.pk))
        messages.success(request, _("Your password is changed. Other places where you were signed in are signed out."))
        return redirect("account")
    return render(request, "accounts/password_change.html", {"form": form, "section": "desk"})
