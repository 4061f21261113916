"""One client, a process of its own: `python -m tests.benchmarks.client <what> <seconds> ...`; tells how often a second.

It says `ready`, waits for a line, and works for so many seconds.
"""

import sys
import time
import uuid

import django

django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from audit.actor import Actor  # noqa: E402
from audit.log import COLUMNS, MARKS  # noqa: E402
from audit.models import Event  # noqa: E402
from catalog.gate import open_rows  # noqa: E402
from catalog.models import Basis, Key, Version  # noqa: E402
from catalog.rows.query import RowQuery  # noqa: E402
from tests.benchmarks.measure import asked  # noqa: E402

INSERT = f"INSERT INTO audit_event ({', '.join(COLUMNS)}) VALUES ({MARKS}) RETURNING id"
DETAIL = 'INSERT INTO audit_eventdetail (event_id, "values") VALUES (%s, %s::jsonb)'


def through_the_gate(version: str, grant: str, key: str):
    """A disclosure: opened and closed, with all that is checked and recorded, and no row read."""
    over = [(Version.objects.get(pk=version), Basis.objects.get(pk=grant))]
    held = Key.objects.select_related("user").get(pk=key)
    by = Actor(user=held.user, key=held, request_id=uuid.uuid4().hex)
    return lambda: open_rows(RowQuery(), over=over, by=by).close()


def plain_inserts(version: str, grant: str, key: str):
    """The rows that a disclosure leaves, in its two transactions, by the bare driver."""
    disclose = through_the_gate(version, grant, key)
    disclose()
    newest = list(Event.objects.filter(basis=grant).order_by("-id")[:2])[::-1]
    rows = [[getattr(event, column) for column in COLUMNS] for event in newest]
    connection.ensure_connection()
    driver = connection.connection
    cursor = driver.cursor()
    cursor.execute('SELECT "values"::text FROM audit_eventdetail WHERE event_id = ANY(%s) ORDER BY event_id',
                   [[event.pk for event in newest]])  # fmt: skip
    details = [text for (text,) in cursor.fetchall()]
    driver.autocommit = False

    def insert():
        for row, detail in zip(rows, details, strict=True):
            cursor.execute(INSERT, [uuid.uuid4(), timezone.now(), *row[2:]])
            cursor.execute(DETAIL, [cursor.fetchone()[0], detail])
            driver.commit()

    return insert


def over_http(address: str, path: str, token: str = ""):
    """One GET, on a connection of its own."""
    return lambda: asked(address, path, token)


KINDS = {"gate": through_the_gate, "plain": plain_inserts, "http": over_http}

if __name__ == "__main__":
    act = KINDS[sys.argv[1]](*sys.argv[3:])
    for _warm in range(10):
        act()
    print("ready", flush=True)
    sys.stdin.readline()
    began, done = time.monotonic(), 0
    while time.monotonic() - began < float(sys.argv[2]):
        act()
        done += 1
    print(done / (time.monotonic() - began), flush=True)
