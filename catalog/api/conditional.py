"""ETags: what has not changed is not sent again, and what has changed is not overwritten."""

import hashlib
import json

from django.http import HttpResponse
from django.utils.http import parse_etags
from rest_framework.utils.encoders import JSONEncoder

from catalog.api.problems import Problem

OPEN = "public, no-cache"  # caches ask each time, so a withdrawal is seen at once
CLOSED = "private, no-store"


def etag_of(*parts) -> str:
    """A strong validator over everything that decides what the answer says."""
    text = json.dumps(parts, cls=JSONEncoder, sort_keys=True, ensure_ascii=False)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:40]}"'


def not_modified(request, etag: str, *, public: bool) -> HttpResponse | None:
    """The 304 for whoever has this state already; None where it must be sent."""
    if not _names(request.headers.get("If-None-Match", ""), etag, weak=True):
        return None
    return stamp(HttpResponse(status=304), etag, public=public)


def check_unchanged(request, etag: str) -> None:
    """A change that names the state it was made on is refused where that is no longer the state."""
    given = request.headers.get("If-Match", "")
    if given and not _names(given, etag, weak=False):
        raise Problem("precondition-failed")


def stamp(response: HttpResponse, etag: str, *, public: bool) -> HttpResponse:
    """The answer with its validator and what caches may do with it."""
    response["ETag"] = etag
    response["Cache-Control"] = OPEN if public else CLOSED
    return response


def _names(header: str, etag: str, *, weak: bool) -> bool:
    tags = parse_etags(header)
    if weak:
        tags = [tag.removeprefix("W/") for tag in tags]
    return etag in tags or tags == ["*"]
