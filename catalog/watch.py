"""Watches open exits: ends them when their basis does, and frees the engine when the reader hangs up.

One thread for each process, awake only while something is leaving. It does not wait for the reader: a slow one is cut
off even while the web server is blocked in sending.
"""

import ctypes
import logging
import os
import select
import socket
import struct
import threading
import time
import weakref

from django.db import connection

log = logging.getLogger(__name__)
EVERY = 0.2
_exits: weakref.WeakSet = weakref.WeakSet()  # one that nobody holds any more lets nothing out
_sockets: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
_lock = threading.Lock()
_thread: threading.Thread | None = None
_pid = 0
_libc = ctypes.CDLL(None, use_errno=True)


def begin(exit_) -> None:
    """Watches this exit until `end`."""
    global _thread, _pid
    with _lock:
        if _pid != os.getpid():
            _exits.clear()
            _sockets.clear()
            _thread, _pid = None, os.getpid()
        _exits.add(exit_)
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_work, name="exits", daemon=True)
            _thread.start()


def over_socket(exit_, sock: socket.socket) -> None:
    """From now on this exit goes over that connection, which is broken off when the exit is stopped."""
    with _lock:
        _sockets[exit_] = sock


def end(exit_) -> None:
    """Watches it no more."""
    with _lock:
        _exits.discard(exit_)
        _sockets.pop(exit_, None)


def _work() -> None:
    global _thread
    idle_since = None
    while True:
        time.sleep(EVERY)
        if _look_at_all():
            idle_since = None
        elif idle_since is None:
            idle_since = time.monotonic()
            connection.close()
        with _lock:
            if not _exits and idle_since is not None and time.monotonic() - idle_since > 5:
                _thread = None
                return


def _look_at_all() -> bool:
    """Looks at each exit once; true where there was one."""
    with _lock:
        exits = list(_exits)
    for exit_ in exits:
        _look_at(exit_)
    return bool(exits)


def _look_at(exit_) -> None:
    sock = _sockets.get(exit_)
    try:
        if sock is not None and _hung_up(sock):
            exit_.stop("reader left")
        elif exit_.look():
            return
    except Exception:  # what cannot be checked is not let out
        log.exception("A basis could not be looked at; its exit is ended.")
        connection.close()
        exit_.stop("unchecked")
    if sock is not None:
        break_off(sock)


def _hung_up(sock: socket.socket) -> bool:
    poll = select.poll()
    try:
        poll.register(sock, select.POLLRDHUP)
        return any(events & (select.POLLRDHUP | select.POLLHUP | select.POLLERR) for _fd, events in poll.poll(0))
    except (OSError, ValueError):
        return True


def break_off(sock: socket.socket) -> None:
    """Resets the connection and throws away what the kernel has not sent yet (connect to AF_UNSPEC, tcp(7)).

    A Unix socket cannot be reset so: there the reader still gets what was queued. Serve over TCP, as docs/operator.md
    shows.
    """
    nowhere = struct.pack("=H14x", socket.AF_UNSPEC)
    try:
        if _libc.connect(sock.fileno(), nowhere, len(nowhere)) == 0:
            return
        log.warning("A connection could not be reset (%s); it is shut down.", os.strerror(ctypes.get_errno()))
        sock.shutdown(socket.SHUT_RDWR)
    except OSError as reason:
        log.warning("A connection could not be broken off: %s", reason)
