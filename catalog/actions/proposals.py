"""What a worker read becomes a version in one transaction, or nothing does."""

import hashlib
import unicodedata
import uuid
from dataclasses import dataclass

import rfc8785
from django.db import transaction
from django.utils import timezone

from audit.actor import Actor
from audit.log import record
from catalog import jobs, uploads
from catalog.actions.datasets import locked
from catalog.actions.manifests import drop, make_current, next_number, rows_of
from catalog.models import Column, Dataset, Job, Mode, Purge, Table, Version
from catalog.permissions import can, check_may_keep
from catalog.policies import check_not_destroyed, check_not_retired

# What a reading left out on a guess, or on what somebody said of an earlier file.
WORTH_A_LOOK = frozenset({"added-before", "footer-looks-like-data"})


class Overtaken(Exception):
    """The version that a file was added to is no longer the current one: it must be added again."""


@dataclass(frozen=True)
class Found:
    """What a reading gave: unsaved tables whose files are in the store, and what was noticed (`report`).

    `reading` holds the settings that give the same again, `asked` those among them that a person stated.
    """

    tables: list[Table]
    reading: dict
    asked: dict
    report: dict
    base: Version | None = None

    def identity(self, job: Job) -> str:
        """SHA-256 of the source and the reading settings: the same file read alike is the same version.

        What a source of the dataset brings again after it was otherwise is a new state, and so a new version.
        """
        told = {"source": job.source_sha256, "reading": self.reading}
        if self.base:
            told |= {"former": self.base.identity, "mode": job.mode}
        if job.origin_id:
            told["run"] = str(job.pk)
        return hashlib.sha256(rfc8785.dumps(told)).hexdigest()


@transaction.atomic
def propose_version(job: Job, found: Found, *, by: Actor) -> Version:
    """The version of this load, waiting for its steward or current at once; the job is done.

    Raises `LeaseLost` where the job is no longer this worker's. The same file read alike gives the version that it
    gave before. Files of this try that no version holds are removed on commit.
    """
    mine = jobs.hold_to_write(job)

    dataset = locked(job.dataset)
    check_not_retired(dataset)
    check_not_destroyed(dataset, [job.source_sha256])

    if job.mode != Mode.REPLACE and dataset.current_id != (found.base and found.base.pk):
        raise Overtaken(job.pk)

    identity = found.identity(job)
    version = dataset.versions.exclude(state__in=Version.GONE).filter(identity=identity).first()
    if version is None:
        version = _make(mine, found, identity, dataset, by=by)
    waits = version.state == Version.State.PROPOSED
    if mine.confirm and waits and not _saw_a_destruction(mine, dataset) and _leaves_nothing_open(version, dataset, by):
        make_current(version, dataset, by=by)

    mine.state, mine.stage, mine.version = Job.State.DONE, "", version
    mine.ended_at, mine.lease_until = timezone.now(), None
    mine.save(update_fields=["state", "stage", "version", "ended_at", "lease_until"])
    transaction.on_commit(lambda: uploads.tidy(mine), robust=True)
    return version


def _make(job: Job, found: Found, identity: str, dataset: Dataset, *, by: Actor) -> Version:
    version = Version.objects.create(
        dataset=dataset,
        number=next_number(dataset),
        identity=identity,
        source_name=job.source_name,
        source_sha256=job.source_sha256,
        source_bytes=job.source_bytes,
        source_path=job.source_path,
        mode=job.mode if found.base else Mode.REPLACE,
        base=found.base,
        reading=found.reading,
        report={**found.report, "asked": found.asked},
        created_by=by.user,
    )
    Table.objects.bulk_create([_shared(table, version) for table in found.tables])
    _add_columns(dataset, found.tables)

    record(
        "version.proposed",
        by=by,
        on=version,
        department=dataset.department,
        dataset=dataset,
        facts={
            "version": version.number,
            "sha256": identity,
            "source_sha256": job.source_sha256,
            "rows": rows_of(version),
            **({"mode": version.mode, "added_to": version.base.number} if version.base else {}),
        },
    )
    for other in dataset.versions.filter(source_path=job.source_path, state=Version.State.PROPOSED):
        if other.pk != version.pk:
            drop(other, dataset, by=by, reason=f"Read again with other settings as version {version.number}")
    return version


def _shared(table: Table, version: Version) -> Table:
    """The table of the new version; where an earlier version has the same bytes, it is that file."""
    table.pk, table.version = uuid.uuid4(), version
    twin = Table.objects.filter(version__dataset=version.dataset_id, sha256=table.sha256).first()
    if twin is not None:
        table.path, table.parts, table.part_paths = twin.path, twin.parts, twin.part_paths
    return table


def _add_columns(dataset: Dataset, tables: list[Table]) -> None:
    """The dictionary gets the columns it lacks, each with the header as its title; the words of others stay."""
    known = {(column.table, column.name): column for column in dataset.columns.all()}
    new, moved = [], []
    for table in tables:
        for position, about in enumerate(table.schema):
            column = known.get((table.name, about["name"]))
            if column is None:
                new.append(_column(dataset, table.name, position, about))
            elif column.position != position:
                column.position = position
                moved.append(column)
    Column.objects.bulk_create(new, batch_size=1000)
    Column.objects.bulk_update(moved, ["position"], batch_size=1000)


def _column(dataset: Dataset, table: str, position: int, about: dict) -> Column:
    title = (about.get("title") or about["name"])[:200]
    language = "title_zh" if any("CJK" in unicodedata.name(letter, "") for letter in title) else "title_en"
    return Column(dataset=dataset, table=table, name=about["name"], position=position, **{language: title})


def _saw_a_destruction(job: Job, dataset: Dataset) -> bool:
    """True where one was decided since the load was asked for: a steward looks whether it brings that back."""
    decided = dataset.purges.filter(state__in=[Purge.State.DECIDED, Purge.State.DONE])
    return decided.filter(decided_at__gte=job.created_at).exists()


def _leaves_nothing_open(version: Version, dataset: Dataset, by: Actor) -> bool:
    """True where no bad cell asks and the columns are those of the current version: nobody needs to look."""
    tables = list(version.tables.all())
    before = {table.name: table.types for table in dataset.current.tables.all()} if dataset.current else {}
    unchanged = not before or before == {table.name: table.types for table in tables}
    newest = dataset.current is None or dataset.current.number < version.number
    seen = not any(told["code"] in WORTH_A_LOOK for told in version.report.get("notes", []))
    return (
        newest
        and unchanged
        and seen
        and not any(_asks(t, version) for t in tables)
        and can(check_may_keep, by, dataset)
    )


def _asks(table: Table, version: Version) -> bool:
    """True where cells do not fit in a column of which no steward said that they are to be left empty."""
    said = version.reading.get("tables", {}).get(table.name, {}).get("misfits", {})
    return any(about.get("bad_cells") and said.get(about["name"]) != "empty" for about in table.schema)
