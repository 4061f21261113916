"""The files of a release: each table in each format that holds it, built once, gone when the release is withdrawn."""

import hashlib
import tempfile
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from audit.actor import Actor
from audit.lists import spelled_out, stated
from audit.log import record
from catalog.extents import extent
from catalog.gate import open_rows
from catalog.manifests import folder_of
from catalog.models import Basis, Distribution, Format
from catalog.rows.formats import check_fits, encode
from catalog.rows.plan import OutColumn
from catalog.rows.query import RowQuery
from catalog.store import store
from catalog.terms import Terms
from opendata.manifests import manifest_path, write_manifest
from opendata.models import Release


def build_files(release: Basis, *, by: Actor) -> None:
    """Every table that the release lets out stands as a file in every format that can hold it.

    May run twice and may be cut off anywhere: what is built is kept, what is missing is built.
    """
    terms = Terms.from_json(release.terms)
    tables = [table for table in release.version.tables.all() if terms.of_table(table.name, table.types)]
    built = set(release.distributions.values_list("table", "format"))
    for table in tables:
        for kind in Format:
            if (table.name, kind.value) in built or not fits(kind, table.name, release, by=by):
                continue
            if not build(kind, table.name, release, by=by, alone=len(tables) == 1):
                return
    write_manifest(release, by=by)
    tidy(release)
    finish(release, by=by)


def fits(kind: Format, table: str, release: Basis, *, by: Actor) -> bool:
    """True where the format can hold what the release lets out of the table."""
    counted = extent(release.version, release, table, by=by)
    try:
        check_fits(kind, counted.rows, [OutColumn(item["name"], item["type"]) for item in counted.profile])
    except ValidationError:
        return False
    return True


def build(kind: Format, table: str, release: Basis, *, by: Actor, alone: bool) -> bool:
    """One file: written aside while it is hashed, put into the store whole, then entered. False once withdrawn."""
    rows = open_rows(RowQuery(table=table, limit=None), over=[(release.version, release)], by=by)
    settings.SCRATCH_DIR.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR, prefix="build-") as folder:
        scratch = Path(folder, "file")
        with closing(rows), scratch.open("wb") as file:
            for piece in encode(rows, kind):
                digest.update(piece)
                size += file.write(piece)
            rows.close("complete")
        path = f"{folder_of(release)}/{table}.{kind.suffix}"
        store().put(str(scratch), path)
    entry = {
        "path": path,
        "name": file_name(release, table if not alone else "", kind),
        "bytes": size,
        "rows": rows.exit.rows,
        "sha256": digest.hexdigest(),
    }
    return enter(kind, table, release, entry)


@transaction.atomic
def enter(kind: Format, table: str, release: Basis, entry: dict) -> bool:
    """The file is offered, unless the release was withdrawn while it was built: then its bytes go too."""
    held = Basis.objects.select_for_update().live().filter(pk=release.pk).first()
    if held is None:
        store().remove(entry["path"])
        return False
    Distribution.objects.update_or_create(
        basis=release, version=release.version, table=table, format=kind, defaults=entry
    )
    return True


def tidy(release: Basis) -> None:
    """What builds that were cut off left beside the files is gone. One build of a release runs at a time."""
    entered = {*release.distributions.values_list("path", flat=True), manifest_path(release)}
    for path in store().names(folder_of(release)):
        if path not in entered:
            store().remove(path)


@transaction.atomic
def finish(release: Basis, *, by: Actor) -> None:
    """It is written down once that the files stand, and what they are."""
    row = Release.objects.select_for_update().get(pk=release.pk)
    if row.built_at is not None:
        return
    row.built_at = timezone.now()
    row.save(update_fields=["built_at"])

    files = {file.path.rsplit("/", 1)[-1]: file.sha256 for file in release.distributions.all()}
    record(
        "release.files_built",
        by=by,
        on=release,
        department=release.dataset.department,
        dataset=release.dataset,
        basis=release,
        facts={"files": stated(files)},
        private=spelled_out("files", files),
    )


def remove_files(release: Basis) -> None:
    """The bytes of a withdrawn release are gone. Its entries stay, so that each address says for ever: withdrawn."""
    for path in store().names(folder_of(release)):
        store().remove(path)


def file_name(release: Basis, table: str, kind: Format) -> str:
    """The name that a download is given: title, table where there are several, version, format."""
    title = slugify(release.dataset.title_en) or slugify(release.dataset.title_zh, allow_unicode=True)
    parts = [title[:80] or str(release.dataset_id), table, f"v{release.version.number}"]
    return "-".join(part for part in parts if part) + f".{kind.suffix}"
