"""The auditor's desk is for auditors: to everybody else it is not there."""

from functools import wraps

from django.http import Http404

from catalog.permissions import can, check_may_audit
from portal.accounts.pages import signed_in


def for_auditors(view):
    """Sends whoever is not signed in to sign in; whoever is no auditor finds nothing, before anything is looked up."""

    @wraps(view)
    def checked(request, *args, **kwargs):
        if not can(check_may_audit, request.actor):
            raise Http404
        return view(request, *args, **kwargs)

    return signed_in(checked)
