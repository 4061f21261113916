"""The switch of language: remembers the choice and stays on the page."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe


@require_safe
def language(request: HttpRequest, code: str) -> HttpResponse:
    """Sets the reader's language and goes back to the page, with its query, that the reader came from.

    A plain link and no form: so public pages carry no token and stay the same for everybody, and caches can keep them.
    """
    if code not in dict(settings.LANGUAGES):
        raise Http404
    place = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(place, allowed_hosts=None) or not place.startswith("/"):
        place = "/"

    response = redirect(place)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=365 * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    response["Cache-Control"] = "no-store"
    return response
