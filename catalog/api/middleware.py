"""What holds for every answer under /api/: errors are problem documents, limits are told, any page may read."""

from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from catalog.api.problems import Problem, answer, of_status

PREFIX = "/api/"
READING = frozenset({"GET", "HEAD"})
LONGEST_ADDRESS = 16_000
FORM_AROUND_FILE = 1024**2
EXPOSED = (
    "ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy, Content-Disposition, Content-Range, X-Request-Id"
)


class ApiMiddleware:
    """Wraps the API in its conventions, so that no view can forget one."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        if is_preflight(request):
            return open_to_browsers(preflight(request))

        response = refuse_garbage(request) or self.get_response(request)
        if response.status_code >= 400 and response.get("Content-Type") != "application/problem+json":
            response = retell(request, response)
        patch_vary_headers(response, ["Authorization", "Cookie", "Accept-Language"])
        if spent := getattr(request, "rate_limit", None):
            for name, value in spent.headers().items():
                response[name] = value
        if request.method in READING:
            open_to_browsers(response)
        return response


def refuse_garbage(request: HttpRequest) -> HttpResponse | None:
    """The refusal of an address that is no text: zero bytes or broken UTF-8, which no database can look for."""
    query = request.META.get("QUERY_STRING", "")
    try:
        bad = "\x00" in request.path_info or "\x00" in unquote_to_bytes(query).decode("utf-8")
    except UnicodeDecodeError:
        bad = True
    if _length(request) > settings.UPLOAD_MAX_BYTES + FORM_AROUND_FILE:
        return answer(request, Problem("too-large"))
    if len(query) + len(request.path_info) > LONGEST_ADDRESS:
        words = _("The address is longer than %(most)s characters. Ask in fewer words.") % {"most": LONGEST_ADDRESS}
        return answer(request, Problem("malformed-request", words))
    if "\ufffd" in request.path_info:
        bad = True
    return answer(request, Problem("malformed-request", _("The address is not plain UTF-8."))) if bad else None


def _length(request: HttpRequest) -> int:
    """How long the body says it is."""
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isascii() and text.isdigit() else 0


def retell(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The problem in place of an error page that some layer below made for people."""
    problem = answer(request, of_status(response.status_code))
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if name in response:
            problem[name] = response[name]
    return problem


def is_preflight(request: HttpRequest) -> bool:
    """True where a browser asks whether a page of another site may send a request."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def preflight(request: HttpRequest) -> HttpResponse:
    """Reading what is public is allowed from anywhere; keys and changes are not for other sites' pages."""
    response = HttpResponse(status=204)
    response["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
    response["Access-Control-Allow-Headers"] = "Accept, Accept-Language, If-None-Match, Range, X-Request-Id"
    response["Access-Control-Max-Age"] = "86400"
    return response


def open_to_browsers(response: HttpResponse) -> HttpResponse:
    """Any page may read the answer, but never with the reader's own cookies: no credentials are allowed."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = EXPOSED
    return response
