"""What can be mended: from the database, from the same bytes elsewhere, or by building a released file again.

A file is mended exactly or not at all: what is put in its place has the digest that was written down. Only a released
file is built anew, and its entry, its manifest and the event say what it is now.
"""

import tempfile
from pathlib import Path

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from audit.actor import service
from audit.log import record
from catalog.models import Basis, Distribution, Document, Format, Table
from catalog.rows.serving import forget, remake
from catalog.store import store
from opendata.files import build
from opendata.manifests import write_manifest
from opendata.models import Release
from portal.storekeeping.checks import digest_of
from portal.storekeeping.claims import Claim, dataset_of, version_of

KEEPER = service("storekeeper")
MOST_TWINS = 50


def repair(claim: Claim) -> str:
    """How the file was mended, as the event says it; empty where it could not be."""
    if claim.data is not None:
        how = _write_again(claim)
    elif claim.kind in {"released", "release-manifest"}:
        how = _build_again(claim.of[0])
    else:
        how = _copy(claim) or (_make_again(claim) if claim.kind == "table" else "")
    if how:
        _record(claim, how)
    return how


def _write_again(claim: Claim) -> str:
    store().write(claim.path, claim.data)
    return "written again"


def _build_again(thing: Distribution | Release) -> str:
    """From the rows of the version, by the way that built it first; the manifest says what the files are now."""
    release = Basis.objects.select_related("version", "dataset__department").get(pk=thing.basis_id)
    try:
        if isinstance(thing, Distribution):
            alone = release.distributions.values("table").distinct().count() == 1
            if not build(Format(thing.format), thing.table, release, by=KEEPER, alone=alone):
                return ""
        write_manifest(release, by=KEEPER)
    except (OSError, PermissionDenied):  # the rows themselves are hurt, or it was withdrawn meanwhile
        return ""
    return "built again"


def _copy(claim: Claim) -> str:
    """From a file with the same digest that is kept elsewhere and is whole."""
    if not claim.sha256:
        return ""
    same = Q(sha256=claim.sha256) & ~Q(path=claim.path)
    for kind in (Table, Document):
        for path in kind.objects.filter(same).values_list("path", flat=True).distinct()[:MOST_TWINS]:
            if store().exists(path) and digest_of(path) == claim.sha256:
                with _scratch() as folder:
                    store().get(path, f"{folder}/file")
                    store().put(f"{folder}/file", claim.path)
                _forget_copy(claim)
                return "copied"
    return ""


def _make_again(claim: Claim) -> str:
    """From this machine's serving copy, where that gives the same bytes."""
    with _scratch() as folder:
        made = Path(folder, "rows.parquet")
        if not remake(claim.sha256, made):
            return ""
        store().put(str(made), claim.path)
    return "made again"


def _forget_copy(claim: Claim) -> None:
    """A serving copy may have been built from the damaged bytes."""
    if claim.kind == "table":
        forget(claim.sha256)


def _scratch() -> tempfile.TemporaryDirectory:
    settings.SCRATCH_DIR.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR, prefix="mending-")


def _record(claim: Claim, how: str) -> None:
    thing = claim.of[0]
    dataset = dataset_of(thing)
    with transaction.atomic():
        record(
            "store.repaired",
            by=KEEPER,
            on=version_of(thing) or thing,
            department=dataset.department,
            dataset=dataset,
            facts={"file": claim.path, "sha256": digest_of(claim.path), "how": how},
        )
