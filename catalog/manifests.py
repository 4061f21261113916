"""The manifest of a version: what it holds, file by file, with the digest of each, as JSON beside the files.

It is made of what the database says, so the same version always has the same bytes, and a lost one is written again.
"""

import json

from catalog.models import Basis, Table, Version
from catalog.store import store

FORM = "causeway-version-manifest/1"
COLUMN = ("name", "title", "type", "scale")


def manifest_path(version: Version) -> str:
    """Where the manifest is kept: numbers of versions are never given twice."""
    return f"manifests/{version.dataset_id}/{version.number}.json"


def folder_of(basis: Basis) -> str:
    """Where the files of a release are kept: by its identifier, so that a crash leaves none that nobody owns."""
    return f"files/{basis.pk}"


def manifest_of(version: Version) -> bytes:
    """The manifest: where the version came from, how that was read, and each file with its length and SHA-256."""
    said = {
        "form": FORM,
        "dataset": str(version.dataset_id),
        "version": version.number,
        "identity": version.identity,
        "confirmed_at": version.confirmed_at.isoformat() if version.confirmed_at else None,
        "source": {
            "name": version.source_name,
            "bytes": version.source_bytes,
            "sha256": version.source_sha256,
            "reading": version.reading,
            "mode": version.mode,
            "added_to": version.base.number if version.base else None,
        },
        "tables": [_table(table) for table in version.tables.order_by("position", "name")],
        "documents": [
            {"name": one.name, "media_type": one.media_type, **_file(one.path, one.bytes, one.sha256)}
            for one in version.documents.order_by("name")
        ],
    }
    return (json.dumps(said, ensure_ascii=False, indent=1, sort_keys=False) + "\n").encode()


def write_manifest(version: Version) -> bool:
    """The manifest stands in the store as it should be; true where it did not before."""
    path, data = manifest_path(version), manifest_of(version)
    if stands(path, data):
        return False
    store().write(path, data)
    return True


def stands(path: str, data: bytes) -> bool:
    """True where the store holds exactly this under the path."""
    if not store().exists(path) or store().size(path) != len(data):
        return False
    with store().open(path) as file:
        return file.read() == data


def _table(table: Table) -> dict:
    bad = _file(table.bad_cells_path, table.bad_cells_bytes, table.bad_cells_sha256) if table.bad_cells_path else None
    return {
        "name": table.name,
        "rows": table.rows,
        "columns": [{key: column[key] for key in COLUMN if key in column} for column in table.schema],
        "files": table.files,
        "bad_cells": {"count": table.bad_cells, **bad} if bad else None,
    }


def _file(path: str, size: int, sha256: str) -> dict:
    return {"path": path, "bytes": size, "sha256": sha256}
