"""The log's files. Tiles never change and hold hashes alone; bundles of entries are for those who may read them."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from audit.signing import log_keys
from audit.tiles import CHECKPOINT, log_store
from audit.verify import TILE, read_cut

FOR_EVER = "max-age=31536000, immutable"
TEXT, BYTES = "text/plain; charset=utf-8", "application/octet-stream"


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest published checkpoint; 404 while the log is empty."""
    data = log_store().read(CHECKPOINT)
    if data is None:
        raise Http404
    return _public(HttpResponse(data, content_type=TEXT), "no-cache")


@require_safe
def vkey(request: HttpRequest) -> HttpResponse:
    """The log's verifier keys, a line each, the current one first; 404 where the log has no key."""
    keys = log_keys()
    if not keys:
        raise Http404
    return _public(HttpResponse("".join(f"{key}\n" for key in keys), content_type=TEXT), "no-cache")


@require_safe
def tile(request: HttpRequest, level: str, number: str, width: str | None = None) -> HttpResponse:
    """The hashes of a tile."""
    if level != str(int(level)) or int(level) > 63:
        raise Http404
    return _public(_file(int(level), number, width), f"public, {FOR_EVER}")


@require_safe
@gzip_page
def entries(request: HttpRequest, number: str, width: str | None = None) -> HttpResponse:
    """A bundle of entries, to whom the city lets read them; to all others it is not there."""
    if not import_string(settings.LOG_ENTRY_READERS)(request):
        raise Http404
    response = _file("entries", number, width)
    if settings.LOG_ENTRIES_PUBLIC:
        return _public(response, f"public, {FOR_EVER}")
    response["Cache-Control"] = f"private, {FOR_EVER}"
    return response


def _file(level: int | str, number: str, width: str | None = None) -> HttpResponse:
    parts = number.replace("x", "").split("/")
    wide = int(width or TILE)
    if wide > TILE or (wide == TILE and width) or (len(parts) > 1 and parts[0] == "000"):
        raise Http404
    data = read_cut(log_store().read, level, int("".join(parts)), wide)
    if data is None:
        raise Http404
    return HttpResponse(data, content_type=BYTES)


def _public(response: HttpResponse, caching: str) -> HttpResponse:
    """Anybody may read it, from any page, without saying who they are."""
    response["Cache-Control"] = caching
    response["Access-Control-Allow-Origin"] = "*"
    return response
