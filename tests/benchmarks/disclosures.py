"""Disclosures a second through the gate, beside plain inserts of the same rows by as many clients; bytes an event."""

from django.db import connection

from tests.benchmarks.measure import Figure, Sizes, at_once
from tests.benchmarks.scene import Scene

SHARE = 60  # per cent of plain inserts: the budget
ROUNDS = 4  # in turn, because what a commit on the disk takes differs twofold from one quarter of a minute to the next
BYTES = """
SELECT (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('audit_event')),
       pg_total_relation_size('audit_eventdetail'), (SELECT count(*) FROM audit_event)
"""


def measure(scene: Scene, sizes: Sizes) -> list[Figure]:
    """Opened and closed disclosures, both events with their details written; the rows themselves are not read."""
    about = (str(scene.version.pk), str(scene.grant.pk), str(scene.key.pk))
    figures, before = [], _kept()
    for clients in sizes.clients:
        rounds = [
            [at_once(what, clients, 2 * sizes.seconds / ROUNDS, *about) for what in ("gate", "plain")]
            for _round in range(ROUNDS)
        ]
        gate, plain = (sum(rates) / ROUNDS for rates in zip(*rounds, strict=True))
        share = 100 * gate / plain
        with_ = "1 client" if clients == 1 else f"{clients} clients"
        figures += [
            Figure(f"disclosures, {with_}", gate, "a second"),
            Figure(f"plain inserts of the same rows, {with_}", plain, "a second"),
            Figure(f"disclosures beside plain inserts, {with_}", share, "%", f"≥ {SHARE} %", share >= SHARE),
        ]
    events, details, count = (after - one for after, one in zip(_kept(), before, strict=True))
    return [
        *figures,
        Figure("an event in the database, with its indexes", events / count, "bytes"),
        Figure("its erasable details, with their indexes", details / count, "bytes"),
    ]


def _kept() -> tuple[int, int, int]:
    with connection.cursor() as cursor:
        cursor.execute(BYTES)
        return tuple(map(int, cursor.fetchone()))
