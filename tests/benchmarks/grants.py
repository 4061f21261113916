"""The check of a grant: asked fresh of the database at each exit, among ten thousand grants to a hundred recipients."""

import random
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from catalog.holding import bases_over, opened_table, still_held
from catalog.metering import reserve, settle
from catalog.models import Basis, Department
from tests import world
from tests.benchmarks.measure import Figure, Sizes, percentile
from tests.benchmarks.scene import Scene

RECIPIENTS, WARM, BUDGET_MS = 100, 50, 2
SEED = 6


def measure(scene: Scene, sizes: Sizes) -> list[Figure]:
    """The whole check before an exit, the look while rows leave, and the choice where none was named."""
    own = _many(scene, sizes.grants)
    limited = _limited(scene)
    chance = random.Random(SEED)
    version, dataset = scene.version, scene.version.dataset_id
    named = f"grant check before an exit, {sizes.grants:,} grants"

    def check():
        if opened_table(chance.choice(own), version, "main", scene.by) is None:
            raise RuntimeError("A grant in force did not hold.")

    def look():
        still_held(chance.choice(own), scene.by)

    def count():
        settle(reserve(limited, 100), 50)

    checks = _times(check, sizes.checks)
    late = percentile(checks, 0.99)
    return [
        Figure(f"{named}, p50", percentile(checks, 0.5), "ms"),
        Figure(f"{named}, p99", late, "ms", f"≤ {BUDGET_MS} ms", late <= BUDGET_MS),
        Figure("the look while rows leave, p99", percentile(_times(look, sizes.checks), 0.99), "ms"),
        Figure("which grants let the reader in, p99", _late(lambda: bases_over(dataset, scene.by), sizes), "ms"),
        Figure("reserving and settling where there is a limit, p99", _late(count, sizes), "ms"),
    ]


def _late(act: Callable[[], object], sizes: Sizes) -> float:
    return percentile(_times(act, sizes.checks), 0.99)


def _times(act: Callable[[], object], times: int) -> list[float]:
    """Milliseconds, each; the first ones are not measured, for they plan the statements."""
    taken = []
    for number in range(times + WARM):
        began = time.perf_counter()
        act()
        if number >= WARM:
            taken.append(1000 * (time.perf_counter() - began))
    return taken


def _many(scene: Scene, grants: int) -> list[Basis]:
    """So many grants over the table; those of the reader's own department are checked."""
    others = [world.department(f"bench-{number}") for number in range(RECIPIENTS - 1)]
    recipients = [scene.grant.department, *others]
    Basis.objects.bulk_create(
        (_grant(scene, recipients[number % RECIPIENTS]) for number in range(grants)), batch_size=1_000
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE catalog_basis")  # as it does by itself a minute later
    return list(
        Basis.objects.filter(kind=Basis.Kind.GRANT, department=scene.grant.department).select_related(
            "dataset__department", "department"
        )
    )


def _grant(scene: Scene, recipient: Department, **limits) -> Basis:
    return Basis(
        kind=Basis.Kind.GRANT,
        dataset=scene.grant.dataset,
        terms=scene.grant.terms,
        recipient=Basis.Recipient.DEPARTMENT,
        department=recipient,
        purpose="to measure",
        legal_basis="article 1",
        valid_until=timezone.now() + timedelta(days=30),
        **limits,
    )


def _limited(scene: Scene) -> Basis:
    made = _grant(scene, scene.grant.department, rows_most=10**9, rows_span="day")
    made.save(force_insert=True)
    return made
