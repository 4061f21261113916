"""The public manifest of a release: its files with their digests, its columns and counts, nothing of what is hidden.

It lies beside the released files, so that a bucket and a cache in front of it can serve the open part alone.
"""

import hashlib
import json

from django.db import transaction

from audit.actor import Actor
from catalog.codes import Licence
from catalog.extents import extent
from catalog.manifests import folder_of, stands
from catalog.models import Basis, Column, Format
from catalog.store import store
from catalog.terms import Terms
from opendata.models import Release

FORM = "causeway-release-manifest/1"
NAME = "manifest.json"


def manifest_path(release: Basis) -> str:
    """Where its manifest is kept: beside them."""
    return f"{folder_of(release)}/{NAME}"


def manifest_of(release: Basis, *, by: Actor) -> bytes:
    """The manifest as of the files that stand: their paths are relative to it, counts and types are of what leaves."""
    dataset, version = release.dataset, release.version
    said = {
        "form": FORM,
        "dataset": str(dataset.pk),
        "title_en": dataset.title_en,
        "title_zh": dataset.title_zh,
        "licence": dataset.licence,
        "licence_url": Licence(dataset.licence).address,
        "release": str(release.pk),
        "version": version.number,
        "released_at": release.valid_from.isoformat(),
        "tables": _tables(release, by=by),
        "files": [
            {
                "table": file.table,
                "format": file.format,
                "media_type": Format(file.format).media_type,
                "path": file.path.rsplit("/", 1)[-1],
                "name": file.name,
                "bytes": file.bytes,
                "rows": file.rows,
                "sha256": file.sha256,
            }
            for file in release.distributions.order_by("table", "format")
        ],
    }
    return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()


def write_manifest(release: Basis, *, by: Actor) -> None:
    """The manifest stands beside the files, unless the release was withdrawn meanwhile: then it goes."""
    data = manifest_of(release, by=by)
    if not stands(manifest_path(release), data):
        store().write(manifest_path(release), data)
    with transaction.atomic():
        if Basis.objects.select_for_update().live().filter(pk=release.pk).exists():
            digest = hashlib.sha256(data).hexdigest()
            Release.objects.filter(pk=release.pk).update(manifest_bytes=len(data), manifest_sha256=digest)
        else:
            store().remove(manifest_path(release))


def _tables(release: Basis, *, by: Actor) -> list[dict]:
    terms, found = Terms.from_json(release.terms), []
    words = {(column.table, column.name): column for column in Column.objects.filter(dataset=release.dataset_id)}
    for table in release.version.tables.all():
        if of_table := terms.of_table(table.name, table.types):
            counted = extent(release.version, release, table.name, by=by)
            columns = [
                _column(item, of_table.columns[item["name"]], words.get((table.name, item["name"])))
                for item in counted.profile
            ]
            found.append({"name": table.name, "rows": counted.rows, "columns": columns})
    return found


def _column(item: dict, mask: str | None, known: Column | None) -> dict:
    said = {"name": item["name"], "type": item["type"], "mask": mask or None}
    if known is not None:
        said |= {"title_en": known.title_en, "title_zh": known.title_zh, "unit": known.unit}
    return said
