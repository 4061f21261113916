"""What every page for signed-in people shares."""

from functools import wraps

from django.contrib.auth.decorators import login_required
from django.views.decorators.cache import never_cache

from catalog.permissions import check_may_administer


def signed_in(view):
    """Sends whoever is not signed in to sign in first, and keeps the page out of every cache."""
    return login_required(never_cache(view))


def for_administrators(view):
    """Refuses everybody else before anything is looked up, so that the refusal tells nothing."""

    @wraps(view)
    def checked(request, *args, **kwargs):
        check_may_administer(request.actor)
        return view(request, *args, **kwargs)

    return signed_in(checked)
