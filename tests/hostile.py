"""Servers on loopback that do what no honest one does: each is a function that is given the connection."""

import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress

CAPABILITIES = 0x00CFF7FF & ~0x800  # all of MySQL 8 but TLS


@contextmanager
def hostile(act):
    """The port of a server that does this with whoever comes, and what it was told."""
    listener, told = socket.create_server(("127.0.0.1", 0)), bytearray()

    def serve():
        with suppress(OSError):
            while True:
                client, _address = listener.accept()
                threading.Thread(target=one, args=[client], daemon=True).start()

    def one(client):
        with suppress(OSError, IndexError), client:
            client.settimeout(20)
            act(client, lambda: hear(client))

    def hear(client):
        said = client.recv(65_536)
        told.extend(said)
        if not said:
            raise OSError
        return said

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1], told
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def drips(begin: bytes):
    """A byte now and then, for ever."""

    def act(client, _hear):
        client.sendall(begin)
        while True:
            time.sleep(0.1)
            client.sendall(b"a")

    return act


def floods(begin: bytes, piece: bytes):
    """As much as goes through, for ever."""

    def act(client, _hear):
        client.sendall(begin)
        while True:
            client.sendall(piece)

    return act


def says(words: bytes):
    """This once; then it waits until the other goes."""

    def act(client, hear):
        client.sendall(words)
        while True:
            hear()

    return act


def packet(number: int, payload: bytes) -> bytes:
    """One packet of MySQL's protocol."""
    return struct.pack("<I", len(payload))[:3] + bytes([number]) + payload


def greeting(plugin: bytes = b"mysql_native_password") -> bytes:
    """How a MySQL server begins."""
    low, high = CAPABILITIES & 0xFFFF, CAPABILITIES >> 16
    payload = b"\x0a8.0.1\0" + struct.pack("<I", 7) + b"saltsalt\0" + struct.pack("<HBHH", low, 45, 2, high)
    return packet(0, payload + bytes([21]) + bytes(10) + b"saltsaltsalt\0" + plugin + b"\0")


def asks_for(plugin: bytes):
    """A MySQL server that wants the password in another way."""

    def act(client, hear):
        client.sendall(greeting())
        hear()
        client.sendall(packet(2, b"\xfe" + plugin + b"\0" + b"saltsaltsaltsaltsalt\0"))
        hear()
        client.sendall(packet(4, b"\x01\x04"))
        hear()

    return act


def answers(payload: bytes):
    """A MySQL server that lets everybody in and answers everything with this."""

    def act(client, hear):
        client.sendall(greeting())
        hear()
        client.sendall(packet(2, b"\0\0\0\2\0\0\0"))
        while True:
            hear()
            client.sendall(packet(1, payload))

    return act


def postgres_message(kind: bytes, payload: bytes) -> bytes:
    """One message of PostgreSQL's protocol."""
    return kind + struct.pack(">I", len(payload) + 4) + payload


def postgres(first: bytes, after: bytes = b""):
    """A PostgreSQL server without TLS that says this to a login, and this without end to a query."""

    def act(client, hear):
        if len(hear()) == 8:  # does it speak TLS?
            client.sendall(b"N")
            hear()
        client.sendall(first)
        hear()
        while after:
            client.sendall(after)

    return act


SETTINGS = {b"server_version": b"17.0", b"client_encoding": b"UTF8", b"standard_conforming_strings": b"on"}
SAID = b"".join(postgres_message(b"S", name + b"\0" + value + b"\0") for name, value in SETTINGS.items())
LET_IN = postgres_message(b"R", bytes(4)) + SAID + postgres_message(b"Z", b"I")
ASKS_FOR_PASSWORD = postgres_message(b"R", struct.pack(">I", 3))
ROW = postgres_message(b"T", struct.pack(">H", 1) + b"a\0" + struct.pack(">IHIhih", 0, 0, 25, -1, -1, 0))
ROWS = postgres_message(b"D", struct.pack(">HI", 1, 60_000) + b"x" * 60_000) * 8
