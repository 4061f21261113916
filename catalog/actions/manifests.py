"""What a version holds becomes the dataset's state, or goes: the bare steps of the actions on versions."""

import uuid

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog import uploads
from catalog.models import Column, Dataset, Document, Extent, Table, Version
from catalog.rows.serving import forget
from catalog.states import VERSION


def make_current(version: Version, dataset: Dataset, *, by: Actor) -> Version:
    """The bare confirmation, for actions that have checked and locked: `confirm_version`, a load, new documents."""
    check_built_on_current(version, dataset)
    carry_documents(dataset.current, version)
    source, version.source_path = version.source_path, ""
    version.state = VERSION.after(version.state, "confirm")
    version.confirmed_at, version.confirmed_by = timezone.now(), by.user
    version.save(update_fields=["state", "confirmed_at", "confirmed_by", "source_path"])

    dataset.current, dataset.updated_at = version, version.confirmed_at
    dataset.reading = version.report.get("asked", dataset.reading)
    dataset.save(update_fields=["current", "updated_at", "reading"])

    record(
        "version.confirmed",
        by=by,
        on=version,
        department=dataset.department,
        dataset=dataset,
        facts={"version": version.number, "sha256": version.identity, "rows": rows_of(version)},
    )
    if source:
        transaction.on_commit(lambda: uploads.release_source(source), robust=True)
    return version


def check_built_on_current(version: Version, dataset: Dataset) -> None:
    """What was added to a version that is no longer current would take away what came since."""
    if version.base_id is None or version.base_id == dataset.current_id:
        return
    if dataset.current is None:
        words = _("Its rows were added to version %(base)s, which is gone. Discard it and upload its file again.")
        raise ValidationError(words, params={"base": version.base.number})
    held = set(dataset.current.tables.values_list("name", "sha256"))
    if held != set(version.base.tables.values_list("name", "sha256")):
        raise ValidationError(
            _("Its rows were added to version %(base)s, and version %(number)s is current now. Discard it and upload "
              "its file again."),
            params={"base": version.base.number, "number": dataset.current.number},
        )  # fmt: skip


def drop(version: Version, dataset: Dataset, *, by: Actor, reason: str) -> Version:
    """The bare end of a proposed version, for actions that have checked and locked."""
    files = files_of(version)
    copies = list(version.tables.values_list("sha256", flat=True))
    source, version.source_path = version.source_path, ""
    version.state = VERSION.after(version.state, "discard")
    version.save(update_fields=["state", "source_path"])
    for kind in (Table, Document, Extent):
        kind.objects.filter(version=version).delete()
    forget_columns(dataset)

    record(
        "version.discarded",
        by=by,
        on=version,
        department=dataset.department,
        dataset=dataset,
        facts={"version": version.number, "reason": reason},
    )
    transaction.on_commit(lambda: remove_files(files, copies, source), robust=True)
    return version


def files_of(version: Version) -> list[str]:
    """Every stored file that the version names, shared or not."""
    files = [path for pair in version.tables.values_list("path", "bad_cells_path") for path in pair if path]
    files += [path for own in version.tables.values_list("part_paths", flat=True) for path in own]
    return [*files, *version.documents.values_list("path", flat=True)]


def carry_documents(earlier: Version | None, version: Version) -> None:
    """The version holds the documents of the earlier one too, except those it has itself by the same name."""
    if earlier is None:
        return
    own = set(version.documents.values_list("name", flat=True))
    carried = [document for document in earlier.documents.all() if document.name not in own]
    for document in carried:
        document.pk, document.version = uuid.uuid4(), version
    Document.objects.bulk_create(carried)


def next_number(dataset: Dataset) -> int:
    """The number that the next version of a locked dataset gets."""
    return (dataset.versions.values_list("number", flat=True).first() or 0) + 1


def rows_of(version: Version) -> int:
    """The rows of all its tables."""
    return version.tables.aggregate(rows=Sum("rows"))["rows"] or 0


def forget_columns(dataset: Dataset) -> None:
    """The dictionary loses the columns that no version of the dataset has: they came from a wrong reading."""
    tables = Table.objects.filter(version__dataset=dataset).values_list("name", "schema")
    known = {(table, column["name"]) for table, schema in tables for column in schema}
    lost = [column.pk for column in dataset.columns.all() if (column.table, column.name) not in known]
    Column.objects.filter(pk__in=lost).delete()


def remove_files(paths: list[str], copies: list[str], source: str) -> None:
    """Removes the files and serving copies that no version holds any more, and the source where nobody reads it."""
    uploads.remove_loose(paths)
    held = set(Table.objects.filter(sha256__in=copies).values_list("sha256", flat=True))
    for sha256 in set(copies) - held:
        forget(sha256)
    if source:
        uploads.release_source(source)
