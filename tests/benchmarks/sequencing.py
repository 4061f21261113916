"""The log: entries a second into the tree, the time from an event to its receipt, tiles read over HTTP."""

import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from audit.log import record
from audit.models import Event
from audit.receipts import receipt
from audit.sequencer import Sequencer
from tests.benchmarks.measure import Figure, Sizes, at_once, percentile
from tests.benchmarks.scene import Scene
from tests.server import ROOT, collect_static, end, environment, until, web_server

TILE = "/log/tile/0/000"
TILE_BYTES = 8192
COPY = """
INSERT INTO audit_event (uuid, time, kind, body, actor, department, dataset, basis, subject)
SELECT fresh, now(), kind, replace(body, uuid::text, fresh::text), actor, department, dataset, basis, subject
  FROM audit_event, LATERAL (SELECT gen_random_uuid() AS fresh, n FROM generate_series(1, %s) AS n) AS many
 WHERE id = %s
"""


def measure(scene: Scene, sizes: Sizes) -> list[Figure]:
    """In this order, for tiles must be full before they are read."""
    return [_throughput(scene, sizes), *_receipts(scene, sizes), *_tiles(sizes)]


def _throughput(scene: Scene, sizes: Sizes) -> Figure:
    """Events of a disclosure's size, put into the tree in rounds: numbered, hashed, written, signed, published."""
    event = _happen(scene)
    with connection.cursor() as cursor:
        cursor.execute(COPY, [sizes.events, event.pk])
    sequencer, added = Sequencer.begin(), 0
    began = time.monotonic()
    while more := sequencer.round():
        added += more
    return Figure("events put into the tree, signed and published", added / (time.monotonic() - began), "a second")


def _receipts(scene: Scene, sizes: Sizes) -> list[Figure]:
    """From the commit of an event until its receipt is there, with `manage.py sequencer` at its usual pace."""
    command = [sys.executable, "manage.py", "sequencer"]
    sequencer = subprocess.Popen(command, cwd=ROOT, env=environment(), start_new_session=True)
    try:
        first = _happen(scene)
        until(lambda: receipt(first))
        waited = []
        for number in range(sizes.receipts):
            time.sleep(number % 10 / 10)  # at every moment of the sequencer's second
            event = _happen(scene)
            began = time.monotonic()
            until(lambda event=event: receipt(event), every=0.005)
            waited.append(time.monotonic() - began)
    finally:
        end(sequencer)
    middle, late = percentile(waited, 0.5), percentile(waited, 0.99)
    return [
        Figure("from event to receipt, p50", middle, "s"),
        Figure("from event to receipt, p99", late, "s", "≤ 2 s", late <= 2),
    ]


def _tiles(sizes: Sizes) -> list[Figure]:
    """A full tile from the log's view, beside a static file of the same size from the same server."""
    collect_static()
    Path(settings.STATIC_ROOT, "as-large-as-a-tile.bin").write_bytes(bytes(TILE_BYTES))
    clients = max(sizes.clients) // 2
    with web_server(workers=2) as address:
        tiles = at_once("http", clients, sizes.seconds, address, TILE)
        files = at_once("http", clients, sizes.seconds, address, "/static/as-large-as-a-tile.bin")
    return [
        Figure(f"tiles over HTTP, {clients} clients", tiles, "a second"),
        Figure("static files of the same size by the same server", files, "a second"),
        Figure("tiles beside static files", 100 * tiles / files, "%"),
    ]


def _happen(scene: Scene) -> Event:
    """An event of the usual size."""
    facts = {"exit": "rows", "purpose": "to test", "legal_basis": "article 1", "version": scene.version.pk,
             "table": "main", "columns": ["n", "district", "born", "income"], "query": {"select": "", "where": False},
             "query_sha256": "0" * 64, "ceiling": 100}  # fmt: skip
    about = {"on": scene.grant, "basis": scene.grant, "dataset": scene.version.dataset}
    with transaction.atomic():
        return record("disclosure.opened", by=scene.by, facts=facts, **about)
