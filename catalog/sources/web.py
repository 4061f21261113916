"""The one client that fetches from addresses which people enter: over HTTPS, to servers that may be connected to.

At each redirect the next address is checked anew, on the address that is connected to. Size and time are bounded;
a login goes to the host that it was entered for and to no other.
"""

import base64
import errno
import hashlib
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import urllib3
from django.conf import settings
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

from catalog.models import Source
from catalog.sources import guard, vault
from catalog.sources.errors import SourceError
from catalog.sources.parts import Brought, Progress, Sample
from catalog.sources.texts import first_lines

CHUNK = 256 * 1024
MOST_REDIRECTS, MOST_DIGITS, MOST_MARK = 5, 19, 500
SAMPLE_BYTES, SAMPLE_SECONDS = 64 * 1024, 20
REDIRECTS = frozenset({301, 302, 303, 307, 308})
UNSAFE = re.compile(r"[^\w.\-()\[\] ]+")


class _Connection(HTTPSConnection):
    """A connection that asks the guard where it may lead, and that is cut when its time is over, whoever waits."""

    def __init__(self, *args, until: float, **kwargs):
        super().__init__(*args, **kwargs)
        self._until, self._cutter, self._twin = until, None, None

    def _new_conn(self):
        sock = guard.connect(self.host, self.port)
        self._twin = sock.dup()
        self._cutter = threading.Timer(max(self._until - time.monotonic(), 0), _cut, [self._twin])
        self._cutter.daemon = True
        self._cutter.start()
        return sock

    def close(self):
        super().close()
        if self._cutter is not None:
            self._cutter.cancel()
            self._twin.close()


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


def sample(source: Source) -> Sample:
    """The first lines of the file at the address."""
    with _answer(source, {}, seconds=SAMPLE_SECONDS) as answer:
        head = b"".join(_pieces(answer, source, limit=SAMPLE_BYTES))
    return first_lines(head, name=_name(source))


def fetch(source: Source, to: Path, before: dict, progress: Progress) -> Brought:
    """The file at the address, unless its server says that it is the one that the last run got."""
    asked = {"If-None-Match": before.get("etag"), "If-Modified-Since": before.get("modified")}
    conditions = {name: value for name, value in asked.items() if value}
    with _answer(source, conditions, seconds=settings.SOURCE_RUN_SECONDS) as answer:
        if answer.status == 304:
            return Brought(unchanged=True)
        digest, done, total = hashlib.sha256(), 0, _length(answer) or 0
        with (to / "fetched").open("wb") as file:
            for piece in _pieces(answer, source, limit=settings.UPLOAD_MAX_BYTES + 1):
                digest.update(piece)
                file.write(piece)
                done += len(piece)
                progress(done=done, total=total)
        if done > settings.UPLOAD_MAX_BYTES:
            raise SourceError("source-too-large", host=source.host, limit=f"{settings.UPLOAD_MAX_BYTES / 1024**3:.3g}")
        marks = {"etag": _mark(answer, "ETag"), "modified": _mark(answer, "Last-Modified")}
    return Brought(name=_name(source), file="fetched", content=digest.hexdigest(), marks=marks)


@contextmanager
def _answer(source: Source, headers: dict, *, seconds: float) -> Iterator[urllib3.BaseHTTPResponse]:
    """The answer at the end of the redirects: 200, or 304 where a condition was sent."""
    url, until = source.what, time.monotonic() + seconds
    for _hop in range(MOST_REDIRECTS + 1):
        with _asked(source, url, headers, until=until) as answer:
            if answer.status in REDIRECTS and answer.headers.get("Location"):
                url = _next(url, answer.headers["Location"])
                continue
            if answer.status == 200 or (answer.status == 304 and headers):
                yield answer
                return
            raise SourceError("source-answer", host=source.host, status=answer.status)
    raise SourceError("source-redirects", host=source.host)


def _next(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise SourceError("source-bad-address") from None


@contextmanager
def _asked(source: Source, url: str, headers: dict, *, until: float) -> Iterator[urllib3.BaseHTTPResponse]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError:
        raise SourceError("source-bad-address") from None
    if parts.scheme != "https" or not host or parts.username is not None:
        raise SourceError("source-bad-address")
    sent = {"User-Agent": "Causeway", "Accept-Encoding": "identity", **headers, **_login(source, host, port)}
    context = ssl.create_default_context(cafile=settings.SOURCE_CA_FILE or None)
    patience = min(settings.SOURCE_STATEMENT_SECONDS, max(until - time.monotonic(), 0.1))
    pool = _Pool(host, port, ssl_context=context, timeout=patience, retries=False, maxsize=1, until=until)
    try:
        path = urllib3.util.Url(path=parts.path or "/", query=parts.query or None).url
        answer = pool.urlopen("GET", path, headers=sent, redirect=False, preload_content=False, decode_content=False)
        try:
            _check_time(source, until)
            yield answer
            _check_time(source, until)
        finally:
            answer.close()
    except urllib3.exceptions.SSLError:
        raise SourceError("source-no-tls", host=host) from None
    except (urllib3.exceptions.TimeoutError, TimeoutError):
        raise SourceError("source-slow", host=host) from None
    except (urllib3.exceptions.HTTPError, OSError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:  # ours, not theirs
            raise
        raise SourceError("source-broke-off", host=host) from None
    finally:
        pool.close()


def _check_time(source: Source, until: float) -> None:
    """A connection that was cut looks like one that came to its end: the clock tells them apart."""
    if time.monotonic() > until:
        raise SourceError("source-slow", host=source.host)


def _cut(sock: socket.socket) -> None:
    """Ends a connection whose time is over, in whatever it waits for."""
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _login(source: Source, host: str, port: int) -> dict:
    """Name and password, or a bearer's word where there is no name; to the very host of the source alone."""
    if host != source.host or port != (source.port or 443):
        return {}
    password = vault.unseal(source)
    if source.username:
        return {"Authorization": "Basic " + base64.b64encode(f"{source.username}:{password}".encode()).decode()}
    return {"Authorization": f"Bearer {password}"} if password else {}


def _pieces(answer: urllib3.BaseHTTPResponse, source: Source, *, limit: int) -> Iterator[bytes]:
    """The body as it comes, until the limit; one that ends before its length is told as broken off."""
    left, length = limit, _length(answer)
    while left > 0 and (piece := answer.read(min(CHUNK, left))):
        left -= len(piece)
        yield piece
    if left > 0 and length is not None and limit - left < length:
        raise SourceError("source-broke-off", host=source.host)


def _length(answer: urllib3.BaseHTTPResponse) -> int | None:
    """How long the body is to be, where the server says that in plain digits."""
    said = answer.headers.get("Content-Length", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < MOST_DIGITS else None


def _mark(answer: urllib3.BaseHTTPResponse, name: str) -> str:
    """What the server wants to be reminded of; empty where that is more, or other, than servers say."""
    said = answer.headers.get(name, "")
    return said if said.isprintable() and said.isascii() and len(said) <= MOST_MARK else ""


def _name(source: Source) -> str:
    """The last part of the address's path, as a file's name."""
    last = urlsplit(source.what).path.rstrip("/").rpartition("/")[2]
    return UNSAFE.sub("-", last)[-200:] or "file"
