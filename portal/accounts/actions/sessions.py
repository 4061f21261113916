"""Signing in and out. The address that was tried is kept as a private commitment only."""

from django.contrib.auth import authenticate, login, logout
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from portal.models import User
from portal.throttle import check_pace

MOST_FAILURES = 100  # an hour from one network address, over all accounts


def sign_in(request: HttpRequest, email: str, password: str) -> User:
    """The person is signed in under a new session. Unknown address and wrong password look and take the same."""
    email = User.objects.normalize(email)
    user = authenticate(request, username=email, password=password)
    if user is None:
        _refuse(request, email)

    with transaction.atomic():
        record("account.signed_in", by=Actor(user=user, request_id=request.id), on=user)
        login(request, user)
    return user


def sign_out(request: HttpRequest) -> None:
    """The session is over, here and on the server."""
    user = request.user
    if not user.is_authenticated:
        return
    with transaction.atomic():
        record("account.signed_out", by=Actor(user=user, request_id=request.id), on=user)
    logout(request)


def _refuse(request: HttpRequest, email: str) -> None:
    account = User.objects.filter(email=email).first()
    with transaction.atomic():
        record(
            "account.sign_in_failed",
            by=Actor(request_id=request.id),
            on=account or User(),
            facts={"known": account is not None, "locked": bool(getattr(request, "axes_locked_out", False))},
            private={"email": email},
        )
    check_pace(request, "sign-in-failed", MOST_FAILURES)
    raise ValidationError(_("This e-mail address and password do not belong together. Check both, and try again."))
