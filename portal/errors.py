"""What a reader sees when a page cannot be shown. Hidden and missing look the same."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from catalog.api.problems import answer, of_status

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request itself makes no sense."""
    if request.path.startswith(API):
        return answer(request, of_status(400))
    return render(request, "errors/400.html", status=400)


def denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: one may know of it but not do it; the refusal says why and what to do."""
    reason = str(exception) or _("You may not open this page.")
    return render(request, "errors/403.html", {"reason": reason}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: nothing here, or nothing for this reader."""
    if request.path.startswith(API):
        return answer(request, of_status(404))
    return render(request, "errors/404.html", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """500: our fault. The page needs neither database nor session, for they may be what failed."""
    if request.path.startswith(API):
        return answer(request, of_status(500))
    return render(request, "errors/500.html", status=500)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of a form whose token is missing or old."""
    words = _("This form was open for too long, or cookies are off. Go back, load the page again and send it again.")
    return render(request, "errors/403.html", {"reason": words}, status=403)
