"""Documents of a version: files that have no rows."""

import hashlib
import mimetypes
import uuid
from collections.abc import Iterable
from typing import BinaryIO

import rfc8785
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog import uploads
from catalog.actions.datasets import locked
from catalog.actions.loads import plain_name
from catalog.actions.manifests import make_current, next_number
from catalog.models import Dataset, Document, Table, Version
from catalog.permissions import check_may_keep
from catalog.policies import check_not_destroyed, check_not_retired

Titles = tuple[str, str]


def add_documents(dataset: Dataset, files: Iterable[tuple[BinaryIO, str, Titles]], *, by: Actor) -> Version:
    """A new current version: these documents beside the tables and documents of the one before.

    A file is (stream, name, (title in English, title in Chinese)); one of the same name takes the earlier one's place.
    """
    check_may_keep(by, dataset)
    check_not_retired(dataset)

    version = Version(id=uuid.uuid4(), created_by=by.user)
    try:
        documents = [_keep(version, place, *file) for place, file in enumerate(files, start=1)]
        if not documents:
            raise ValidationError(_("Choose at least one file."))
        return _make_version(version, documents, dataset, by=by)
    except BaseException:
        uploads.remove_unheld(f"documents/{version.pk}")
        raise


def _keep(version: Version, place: int, stream: BinaryIO, name: str, titles: Titles) -> Document:
    name = plain_name(name)
    path = f"documents/{version.pk}/{place}"
    digest, size = uploads.keep_file(stream, path, limit=settings.UPLOAD_MAX_BYTES)
    if not size:
        raise ValidationError(_("%(name)s is empty. Choose another file."), params={"name": name})
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Document(
        version=version,
        title_en=titles[0][:200],
        title_zh=titles[1][:200],
        name=name,
        media_type=media_type,
        path=path,
        bytes=size,
        sha256=digest,
    )


@transaction.atomic
def _make_version(version: Version, documents: list[Document], dataset: Dataset, *, by: Actor) -> Version:
    dataset = locked(dataset)
    check_not_retired(dataset)
    check_not_destroyed(dataset, [document.sha256 for document in documents])
    version.dataset, version.number = dataset, next_number(dataset)
    tables = list(dataset.current.tables.all()) if dataset.current else []
    version.identity = _identity(tables, documents, dataset.current)
    if dataset.versions.exclude(state__in=Version.GONE).filter(identity=version.identity).exists():
        raise ValidationError(_("The dataset holds exactly these documents already."))

    version.save(force_insert=True)
    for table in tables:
        table.pk, table.version = uuid.uuid4(), version
    Table.objects.bulk_create(tables)
    Document.objects.bulk_create(documents)

    about = {"by": by, "department": dataset.department, "dataset": dataset}
    for document in documents:
        record("document.added", on=document, facts={"sha256": document.sha256, "bytes": document.bytes}, **about)
    rows = sum(table.rows for table in tables)
    facts = {"version": version.number, "sha256": version.identity, "rows": rows}
    record("version.proposed", on=version, facts=facts, **about)
    return make_current(version, dataset, by=by)


def _identity(tables: list[Table], documents: list[Document], earlier: Version | None) -> str:
    held = {document.name: document.sha256 for document in earlier.documents.all()} if earlier else {}
    held |= {document.name: document.sha256 for document in documents}
    manifest = {"tables": {table.name: table.sha256 for table in tables}, "documents": held}
    return hashlib.sha256(rfc8785.dumps(manifest)).hexdigest()
