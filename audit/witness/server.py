"""Serves the witness by gunicorn, with one process and several threads."""

import socket
import struct

from gunicorn.app.base import BaseApplication

from audit.witness.web import application
from audit.witness.witness import Witness

SLOWEST_SECONDS = 5  # between two parts of a request


class Server(BaseApplication):
    """The web server of one witness."""

    def __init__(self, witness: Witness, listen: str):
        self.witness = witness
        self.listen = listen
        super().__init__()

    def load_config(self) -> None:
        """Threads, and connections that are kept: a log asks each second."""
        for name, value in {
            "bind": self.listen,
            "worker_class": "gthread",
            "workers": 1,
            "threads": 8,
            "keepalive": 75,
            "timeout": 30,
            "graceful_timeout": 1,  # connections that are kept are idle; who is cut off asks again
            "control_socket_disable": True,
            "proc_name": "causeway-witness",
            "when_ready": bound_reading,
            "loglevel": "warning",
        }.items():
            self.cfg.set(name, value)

    def load(self):
        """The WSGI application."""
        return application(self.witness)


def bound_reading(server) -> None:
    """Whoever sends half a request does not keep a thread: the kernel ends the wait, on each new connection."""
    seconds = struct.pack("ll", SLOWEST_SECONDS, 0)
    for listener in server.LISTENERS:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, option, seconds)
