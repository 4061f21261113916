"""Answers that leave piece by piece: rows in a format, or a built file with ranges, under a watch on the socket."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.utils.http import content_disposition_header

from catalog import sealing, watch
from catalog.exports import kind_named
from catalog.gate import Exit, Rows, open_document, open_export, open_file, read_file
from catalog.models import Basis, Distribution, Document, Export, Format
from catalog.rows.formats import Streamed, encode
from catalog.store import store

SEND_BUFFER = 256 * 1024  # what the kernel may hold unsent: little, so that an ended basis leaves little behind
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def stream(request, rows: Rows, kind: Format | Streamed, name: str, *, zone: str = "") -> StreamingHttpResponse:
    """All rows as a file that is made while it is read; moments are shown in the zone where one is given."""
    watch_reader(request, rows.exit)
    response = StreamingHttpResponse(
        _ending(request, _closing(encode(rows, kind, zone=zone), rows), rows.exit), content_type=kind.media_type
    )
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.{kind.suffix}")
    response["X-Accel-Buffering"] = "no"
    response["Cache-Control"] = _caching(rows.exit.basis)
    return response


@dataclass(frozen=True)
class _Sent:
    """What an answer says of a file."""

    name: str
    media_type: str
    bytes: int
    sha256: str
    shared: bool = True  # with everybody whom its basis lets in; else it is one reader's


def send_file(request, distribution: Distribution, *, by) -> HttpResponse:
    """A built file with its length, a strong ETag, and ranges, so that a broken download goes on where it stopped."""
    media_type = Format(distribution.format).media_type
    file = _Sent(distribution.name, media_type, distribution.bytes, distribution.sha256)
    return _send(request, file, *open_file(distribution, by=by))


def send_described(request, file: Distribution, media_type: str, *, by) -> HttpResponse:
    """A file that is none of a table's formats, such as a manifest, in the same way; it is not entered as one."""
    sent = _Sent(file.name, media_type, file.bytes, file.sha256)
    return _send(request, sent, *open_file(file, by=by))


def send_document(request, document: Document, basis: Basis, *, by) -> HttpResponse:
    """A document of a version in the same way, under a basis that includes documents."""
    file = _Sent(document.name, document.media_type, document.bytes, document.sha256)
    return _send(request, file, *open_document(document, basis, by=by))


def send_export(request, export: Export, *, by) -> HttpResponse:
    """A file that this reader had made, in the same way; no cache keeps it, whatever it was made of."""
    media_type = sealing.MEDIA_TYPE if export.sealed_to else kind_named(export.format).media_type
    file = _Sent(export.name, media_type, export.bytes, export.sha256, shared=False)
    return _send(request, file, *open_export(export, by=by))


def _send(request, file: _Sent, exit_: Exit, path: str) -> HttpResponse:
    """RFC 9110: If-None-Match, Range and If-Range."""
    etag = f'"{file.sha256}"'
    if etag in request.headers.get("If-None-Match", ""):
        exit_.close("not modified")
        return _described(HttpResponseNotModified(), file, exit_.basis)
    start, end = _range(request, file.bytes, etag)
    if start is None:
        exit_.close("no such range")
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{file.bytes}"
        return _described(response, file, exit_.basis)
    length = end - start + 1
    if request.method == "HEAD":
        exit_.close("head only")
        response = HttpResponse()
    elif settings.ACCEL_PREFIX and _is_public(exit_.basis, file) and store().local(path):
        exit_.close("handed to the web server")
        response = HttpResponse()
        response["X-Accel-Redirect"] = f"{settings.ACCEL_PREFIX}{quote(path)}"
    else:
        watch_reader(request, exit_)
        response = StreamingHttpResponse(_ending(request, read_file(exit_, path, start=start, length=length), exit_))
        if length < file.bytes:
            response.status_code = 206
            response["Content-Range"] = f"bytes {start}-{end}/{file.bytes}"
    if "X-Accel-Redirect" not in response:
        response["Content-Length"] = str(length)
    return _described(response, file, exit_.basis)


def _described(response: HttpResponse, file: _Sent, basis: Basis) -> HttpResponse:
    response["ETag"] = f'"{file.sha256}"'
    response["Accept-Ranges"] = "bytes"
    response["Content-Type"] = file.media_type
    response["Content-Disposition"] = content_disposition_header(True, file.name)
    response["Cache-Control"] = _caching(basis, file)
    return response


def _caching(basis: Basis, file: _Sent | None = None) -> str:
    return "public, no-cache" if _is_public(basis, file) else "private, no-store"


def _is_public(basis: Basis, file: _Sent | None) -> bool:
    """True where everybody gets the same."""
    return basis.kind == Basis.Kind.RELEASE and (file is None or file.shared)


def _range(request, size: int, etag: str) -> tuple[int | None, int]:
    """The first and last byte asked for; the whole where nothing valid was; None where it lies outside."""
    match = RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if not match or request.headers.get("If-Range", etag) != etag or not any(match.groups()):
        return 0, size - 1
    first, last = match.groups()
    if not first:
        return (max(0, size - int(last)), size - 1) if int(last) else (None, 0)
    if last and int(last) < int(first):
        return 0, size - 1
    if int(first) >= size:
        return None, 0
    return int(first), min(int(last or size), size - 1)


def _closing(pieces: Iterator[bytes], rows: Rows) -> Iterator[bytes]:
    """The pieces; the exit is closed as complete only when the last one was taken."""
    outcome = "broken"
    try:
        yield from map(rows.exit.left, pieces)
        outcome = "complete"
    except GeneratorExit:
        outcome = "reader left"
        raise
    finally:
        rows.close(outcome)


def _ending(request, pieces: Iterator[bytes], exit_: Exit) -> Iterator[bytes]:
    """The pieces; where the basis ended in the middle, the connection is broken off with what the kernel still holds.

    The watcher does so too. But the one who hands over pieces may notice first, and then the watcher sees nothing more.
    """
    try:
        yield from pieces
    finally:
        sock = request.META.get("gunicorn.socket")
        if sock is not None and exit_.reason not in {"", "reader left"}:
            watch.break_off(sock)


def watch_reader(request, exit_: Exit) -> None:
    """From now on the exit is stopped when the reader of this request hangs up."""
    sock = request.META.get("gunicorn.socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        watch.over_socket(exit_, sock)
