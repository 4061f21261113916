"""Signing in and out. The address that was tried is kept as a private commitment only.

`login` is called in one place, when everything that the account asks for was proven.
"""

import time

from django.contrib.auth import authenticate, login, logout
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from portal.accounts.actions.authenticators import prove
from portal.models import User
from portal.throttle import check_pace

MOST_FAILURES = 100  # an hour from one network address, over all accounts
MOST_CODES = 40  # an hour of one account from one network address, right, wrong or while it is locked
HALF = "second_step"  # in the session: whose password was right a moment ago
HALF_LASTS = 600


def sign_in(request: HttpRequest, email: str, password: str) -> User:
    """The person is signed in under a new session, or asked for a code next, if the account has an authenticator.

    Unknown address and wrong password look and take the same.
    """
    email = User.objects.normalize(email)
    user = authenticate(request, username=email, password=password)
    if user is None:
        _refuse(request, email)
    if user.authenticator is None:
        _enter(request, user)
        return user

    request.session.cycle_key()
    held = {"user": str(user.pk), "hash": user.get_session_auth_hash(), "backend": user.backend, "at": time.time()}
    request.session[HALF] = held
    return user


def halfway(request: HttpRequest) -> User | None:
    """Who gave the right password in this session, less than ten minutes ago, and owes the code."""
    held = request.session.get(HALF)
    if held is None or held["at"] < time.time() - HALF_LASTS:
        return None
    user = User.objects.filter(pk=held["user"], is_active=True).exclude(authenticator=None).first()
    if user is None or not constant_time_compare(user.get_session_auth_hash(), held["hash"]):
        return None
    user.backend = held["backend"]
    return user


def finish_sign_in(request: HttpRequest, user: User, code: str) -> str:
    """The code was right: the person is signed in under a new session. Says how it was proven, as `prove` does."""
    check_pace(request, f"second-step:{user.pk}", MOST_CODES)
    way = prove(user, code, by=Actor(request_id=request.id))
    _enter(request, user)
    return way


def _enter(request: HttpRequest, user: User) -> None:
    with transaction.atomic():
        record("account.signed_in", by=Actor(user=user, request_id=request.id), on=user)
        login(request, user)
    request.session.pop(HALF, None)


def sign_out(request: HttpRequest) -> None:
    """The session is over, here and on the server."""
    user = request.account  # also of who must set up a second step before anything else
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
