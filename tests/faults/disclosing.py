"""What the tests of leaving rows share: a city that lends, a reader on a socket, a bed, and what the events say."""

import json
import os
import signal
import socket
import struct
import threading
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
from django.db import connections
from django.test import Client
from django.utils import timezone

from audit.models import Event
from catalog.models import Basis, Distribution, Document
from catalog.store import store
from catalog.terms import TableTerms, Terms
from tests import world
from tests.database import as_superuser
from tests.faults.test_loader_faults import stopped
from tests.server import until

ROWS = 40_000
MARK = b"secret"  # once in each row, and in each line of a file


def lending_city():
    """Parks lends many rows, a built file of them and a document to Health; Rita of Health is signed in."""
    people = world.cast()
    dataset = world.dataset(people.owner, people.parks, "Many rows")
    lines = [f"{MARK.decode()} of row {n:06d}, long enough that no buffer takes them all" for n in range(ROWS)]
    people.version = world.version(dataset, {"n": ("integer", range(ROWS)), "words": ("text", pa.array(lines))})
    terms = Terms(tables={"main": TableTerms(columns={"n": None, "words": None})}, documents=True)
    people.grant = Basis.objects.create(
        kind="grant",
        dataset=dataset,
        terms=terms.to_json(),
        recipient="department",
        department=people.health,
        purpose="to test",
        legal_basis="article 1",
        valid_until=timezone.now() + timedelta(days=1),
    )
    kept = {"path": "files/secret.csv", "name": "secret.csv", "bytes": 0, "sha256": "0" * 64}
    with store().open(kept["path"], "wb") as file:
        kept["bytes"] = file.write("\n".join(lines).encode())
    people.file = Distribution.objects.create(
        basis=people.grant, version=people.version, table="main", format="csv", rows=ROWS, **kept
    )
    people.document = Document.objects.create(version=people.version, media_type="text/plain", **kept)
    client = Client()
    client.force_login(people.requester)
    people.cookie = client.cookies.output(header="", attrs=[]).strip()
    people.exits = {
        "a page": f"/api/v1/datasets/{dataset.pk}/rows?limit=10000",
        "a stream": f"/api/v1/datasets/{dataset.pk}/rows?format=csv",
        "a built file": f"/files/{people.file.pk}/",
        "a document": f"/documents/{people.document.pk}/",
    }
    return people


class Reader:
    """One who asks over a socket and takes what comes, as it comes."""

    def __init__(self, address: str, path: str, cookie: str):
        host, port = address.removeprefix("http://").split(":")
        self.sock = socket.create_connection((host, int(port)), timeout=20)
        self.sock.sendall(f"GET {path} HTTP/1.0\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n".encode())
        self.sock.settimeout(0.05)
        self._pieces, self._enough = [], False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def take(self) -> bytes:
        """All of the body that comes until the connection ends."""
        self._thread.join(40)
        self.sock.close()
        return b"".join(self._pieces).partition(b"\r\n\r\n")[2]

    def hang_up(self) -> None:
        """Says goodbye in the middle."""
        self._enough = True
        self._thread.join()
        self.sock.close()

    def break_off(self) -> None:
        """Vanishes without a goodbye: what is on its way is thrown back (RST)."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.hang_up()

    def _read(self) -> None:
        while not self._enough:
            try:
                piece = self.sock.recv(1 << 20)
            except TimeoutError:
                continue
            except OSError:
                return
            if not piece:
                return
            self._pieces.append(piece)


class Bed:
    """Where processes sleep: `make` for a step, `sleeper` once one lies in it, `wake`."""

    def __init__(self, folder: Path):
        self.file = folder / "bed"

    def make(self, step: str) -> None:
        """The next process that gets to this step stops there."""
        self.file.with_suffix(".pid").unlink(missing_ok=True)
        self.file.write_text(step)

    def sleeper(self) -> int:
        """The number of the process that stopped."""
        told = self.file.with_suffix(".pid")
        try:
            pid = int(until(lambda: told.exists() and told.read_text(), seconds=15, every=0.01))
        except AssertionError:
            raise AssertionError(f"nobody got to the step {self.file.read_text()}") from None
        until(lambda: stopped(pid), every=0.01)
        return pid

    @staticmethod
    def wake(pid: int) -> None:
        """It goes on, if it lives."""
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            return


@contextmanager
def full_disk():
    """The database finds no room for an event; said in the words of a real one, for the tests share their disk."""
    as_superuser(
        "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION"
        " 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$",
        "CREATE TRIGGER no_room BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION no_room()",
    )
    try:
        yield
    finally:
        as_superuser("DROP TRIGGER no_room ON audit_event", "DROP FUNCTION no_room()")


@contextmanager
def lost_database():
    """Every session of the application is ended, and no new one is let in."""
    settings = connections["default"].settings_dict
    connections.close_all()
    as_superuser(
        f'ALTER DATABASE "{settings["NAME"]}" CONNECTION LIMIT 0',
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{settings['NAME']}'"
        f" AND usename = '{settings['USER']}'",
    )
    try:
        yield
    finally:
        as_superuser(f'ALTER DATABASE "{settings["NAME"]}" CONNECTION LIMIT -1')


class Said:
    """What the events since a moment say about rows and bytes that left."""

    def __init__(self):
        newest = Event.objects.order_by("-pk").first()
        self.since = newest.pk if newest else 0

    def facts(self, kind: str) -> dict[str, dict]:
        """Identifier of the event to its facts."""
        bodies = Event.objects.filter(kind=kind, pk__gt=self.since).values_list("uuid", "body")
        return {str(identifier): json.loads(body)["facts"] for identifier, body in bodies}

    def opened(self) -> dict[str, dict]:
        """The openings."""
        return self.facts("disclosure.opened")

    def closed(self) -> dict[str, dict]:
        """The closings, by the opening that each is of."""
        return {facts["opened"]: facts for facts in self.facts("disclosure.closed").values()}

    def rows(self) -> int:
        """How many rows left at most: as the closing says, or else the ceiling."""
        closed = self.closed()
        return sum(closed[one]["rows"] if one in closed else facts["ceiling"] for one, facts in self.opened().items())

    def bytes(self) -> float:
        """How many bytes left at most; where rows alone have a ceiling there is none."""
        closed = self.closed()
        return sum(
            closed[one]["bytes"] if one in closed else facts.get("ceiling_bytes", float("inf"))
            for one, facts in self.opened().items()
        )
