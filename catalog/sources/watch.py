"""Ends a connection to another server that takes too long or sends too much at once, whoever waits for it.

Drivers wait in their own ways, and some of them for as long as a byte now and then still comes.
"""

import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from catalog.models import Source
from catalog.sources.errors import SourceError

LOOK_EVERY = 0.2
FILES = "/proc/self/fd"
MOST_AT_ONCE = 256 * 1024**2
BYTES_RECEIVED = 128  # where Linux tells it in its answer to TCP_INFO


class Watch:
    """A look every fifth of a second at the clock, and at how much came since it was last taken in."""

    def __init__(self, source: Source, *, seconds: float, most: int = MOST_AT_ONCE):
        self._source, self._most = source, most
        self._until = time.monotonic() + seconds
        self._sock, self._taken, self._why, self._next = None, 0, "", None
        self._ended = threading.Event()

    def over(self, sock: socket.socket) -> None:
        """Watches this connection from now on; the socket is a twin that is ours to close."""
        self._sock, self._next = sock, None
        threading.Thread(target=self._look, daemon=True).start()

    def over_next(self, address: str, port: int) -> None:
        """Watches the connection that a driver is about to make to there, before it lets anybody have it."""
        known = set(_sockets())
        self._next = lambda: _socket_to(address, port, known=known)
        threading.Thread(target=self._look, daemon=True).start()

    def taken_in(self) -> None:
        """What came so far lies in memory no more."""
        self._taken = self._received()

    @property
    def fault(self) -> SourceError | None:
        """Why the connection was cut, if it was: to whoever waited it looks like one that broke."""
        if self._why == "slow":
            return SourceError("source-slow", host=self._source.host)
        if self._why == "large":
            return SourceError("source-too-large", host=self._source.host, limit=f"{self._most / 1024**3:.3g}")
        return None

    def end(self) -> None:
        """Looks no more."""
        self._ended.set()
        if self._sock is not None:
            self._sock.close()

    def _look(self) -> None:
        while not self._ended.wait(LOOK_EVERY):
            if self._sock is None and self._next is not None:
                self._sock = self._next()
            self._why = "slow" if time.monotonic() > self._until else ""
            if self._received() - self._taken > self._most:
                self._why = "large"
            if self._why and self._sock is not None:
                with suppress(OSError):
                    self._sock.shutdown(socket.SHUT_RDWR)
                return

    def _received(self) -> int:
        """How many bytes have come; 0 where the system does not say."""
        try:
            told = self._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, BYTES_RECEIVED + 8)
            return struct.unpack_from("=Q", told, BYTES_RECEIVED)[0]
        except (OSError, AttributeError, struct.error):
            return 0


def _sockets() -> dict[str, int]:
    """The sockets of this process, where the system lists them: their own names, and the numbers of their files."""
    found = {}
    with suppress(OSError):
        for number in os.listdir(FILES):
            with suppress(OSError):
                found[os.readlink(f"{FILES}/{number}")] = int(number)
    return {name: number for name, number in found.items() if name.startswith("socket:")}


def _socket_to(address: str, port: int, *, known: set[str]) -> socket.socket | None:
    """A twin of the socket that leads there and that is not one of those known before."""
    for name, number in _sockets().items():
        if name in known:
            continue
        with suppress(OSError):
            twin = socket.socket(fileno=os.dup(number))
            if twin.family in (socket.AF_INET, socket.AF_INET6) and twin.getpeername()[:2] == (address, port):
                return twin
            twin.close()
    return None


@contextmanager
def watched(source: Source, *, seconds: float, most: int = MOST_AT_ONCE) -> Iterator[Watch]:
    """A watch that ends with the block."""
    watch = Watch(source, seconds=seconds, most=most)
    try:
        yield watch
    finally:
        watch.end()
