"""Answers that leave piece by piece: rows in a format, or a built file with ranges, under a watch on the socket."""

import re
import socket
from collections.abc import Iterator

from django.conf import settings
from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.utils.http import content_disposition_header

from catalog import watch
from catalog.gate import Exit, Rows, open_file, read_file
from catalog.models import Basis, Distribution, Format
from catalog.rows.formats import encode
from catalog.store import store

SEND_BUFFER = 256 * 1024  # what the kernel may hold unsent: little, so that an ended basis leaves little behind
RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def stream(request, rows: Rows, kind: Format, name: str) -> StreamingHttpResponse:
    """All rows as a file that is made while it is read."""
    _watch(request, rows.exit)
    response = StreamingHttpResponse(_closing(encode(rows, kind), rows), content_type=kind.media_type)
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.{kind.suffix}")
    response["X-Accel-Buffering"] = "no"
    response["Cache-Control"] = _caching(rows.exit.basis)
    return response


def send_file(request, distribution: Distribution, *, by) -> HttpResponse:
    """A built file with its length, a strong ETag, and ranges, so that a broken download goes on where it stopped.

    RFC 9110: If-None-Match, Range and If-Range.
    """
    kind = Format(distribution.format)
    etag = f'"{distribution.sha256}"'
    exit_, path = open_file(distribution, by=by)
    if etag in request.headers.get("If-None-Match", ""):
        exit_.close("not modified")
        return _described(HttpResponseNotModified(), distribution, kind, etag)
    start, end = _range(request, distribution.bytes, etag)
    if start is None:
        exit_.close("no such range")
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{distribution.bytes}"
        return _described(response, distribution, kind, etag)
    length = end - start + 1
    if request.method == "HEAD":
        exit_.close("head only")
        response = HttpResponse()
    elif settings.ACCEL_PREFIX and exit_.basis.kind == Basis.Kind.RELEASE and store().local(path):
        exit_.close("handed to the web server")
        response = HttpResponse()
        response["X-Accel-Redirect"] = f"{settings.ACCEL_PREFIX}{path}"
    else:
        _watch(request, exit_)
        response = StreamingHttpResponse(read_file(exit_, path, start=start, length=length))
        if length < distribution.bytes:
            response.status_code = 206
            response["Content-Range"] = f"bytes {start}-{end}/{distribution.bytes}"
    if "X-Accel-Redirect" not in response:
        response["Content-Length"] = str(length)
    return _described(response, distribution, kind, etag)


def _described(response: HttpResponse, distribution: Distribution, kind: Format, etag: str) -> HttpResponse:
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["Content-Type"] = kind.media_type
    response["Content-Disposition"] = content_disposition_header(True, distribution.name)
    response["Cache-Control"] = _caching(distribution.basis)
    return response


def _caching(basis: Basis) -> str:
    return "public, no-cache" if basis.kind == Basis.Kind.RELEASE else "private, no-store"


def _range(request, size: int, etag: str) -> tuple[int | None, int]:
    """The first and last byte asked for; the whole where nothing valid was; None where it lies outside."""
    match = RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if not match or request.headers.get("If-Range", etag) != etag or not any(match.groups()):
        return 0, size - 1
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size - 1
    if int(first) >= size:
        return None, 0
    return int(first), min(int(last or size), size - 1)


def _closing(pieces: Iterator[bytes], rows: Rows) -> Iterator[bytes]:
    """The pieces; the exit is closed as complete only when the last one was taken."""
    try:
        yield from pieces
        rows.exit.close()
    finally:
        rows.close()


def _watch(request, exit_: Exit) -> None:
    sock = request.META.get("gunicorn.socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        watch.over_socket(exit_, sock)
