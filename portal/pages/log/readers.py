"""Who may read the entries of the log themselves, the bundles: everybody where the city says so, else auditors."""

from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from audit.actor import Actor
from catalog.api.authentication import KeyAuthentication
from catalog.permissions import can, check_may_audit
from portal.pages.log.actions import view_entries


def may_read_entries(request: HttpRequest) -> bool:
    """True for whom the bundles are, by session or by key (`settings.LOG_ENTRY_READERS`).

    Where entries are for auditors alone, that one reads them is written down before this returns.
    """
    if settings.LOG_ENTRIES_PUBLIC:
        return True
    by = caller(request)
    if not can(check_may_audit, by):
        return False
    view_entries(request.path, by=by)
    return True


def caller(request: HttpRequest) -> Actor:
    """Whoever is signed in or sends a key; a header that holds no live key is nobody, never the session's person."""
    try:
        KeyAuthentication().authenticate(Request(request))
    except AuthenticationFailed:
        return Actor(request_id=request.id)
    return request.actor
