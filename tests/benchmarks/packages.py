"""A grant's rows become a package: read through the gate, written, sealed and kept, beside the engine's own export."""

import shutil
import tempfile
from pathlib import Path

import pyrage
from django.utils import timezone

from catalog import exporter
from catalog.holding import covered_table
from catalog.models import Dataset, Export
from catalog.sealing import fingerprint
from catalog.store import store
from sharing.actions.packages import ask_package, sign_package
from sharing.models import RecipientKey
from tests import world
from tests.benchmarks.files import BARE, bare_export, ratio, seconds
from tests.benchmarks.measure import Figure, Sizes
from tests.benchmarks.scene import Scene
from tests.memory import MB, held

PACKAGE = 2  # times the engine's own export, at most
COLUMNS = ["n", "name", "district", "born", "income"]


def measure(scene: Scene, sizes: Sizes) -> list[Figure]:
    """One time each: these take long."""
    folder = Path(tempfile.mkdtemp(prefix="causeway-packages-"))
    try:
        return _packed(scene, folder)
    finally:
        shutil.rmtree(folder)


def _packed(scene: Scene, folder: Path) -> list[Figure]:
    version = Dataset.objects.get(pk=scene.version.dataset_id).current  # another section may have made a newer one
    grant = world.basis("grant", version, dict.fromkeys(COLUMNS), to=scene.grant.department)
    key_of(scene)
    table = store().local(covered_table(grant, version, "main").path)
    figures = []
    for kind in ("csv", "parquet"):
        package = ask_package(grant, kind, by=scene.by)
        took = seconds(lambda package=package: _make(package))
        select = f"SELECT {', '.join(COLUMNS)} FROM read_parquet('{table}')"
        bare = bare_export(f"COPY ({select}) TO '{folder}/bare.{kind}' {BARE[kind]}")
        figures += [
            Figure(f"all rows as a sealed and signed package of {kind}", took, "s"),
            Figure(f"the engine's bare export to {kind}", bare, "s"),
            ratio(f"a package of {kind} beside the engine", took / bare, PACKAGE),
        ]
    return [*figures, Figure("memory of the worker's process after the packages", held("VmRSS") / MB, "MB")]


def _make(package) -> None:
    exporter.run(package.export_id)
    if not sign_package(package):
        raise RuntimeError(f"The package was not made: {Export.objects.get(pk=package.export_id).error}")


def key_of(scene: Scene) -> None:
    """The recipient's key, whose private half nobody needs here."""
    public = str(pyrage.x25519.Identity.generate().to_public())
    RecipientKey.objects.create(
        department=scene.grant.department,
        name="benchmark",
        public_key=public,
        fingerprint=fingerprint(public),
        registered_by=scene.by.user,
        confirmed_by=scene.by.user,
        confirmed_at=timezone.now(),
    )
