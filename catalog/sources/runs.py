"""A worker's part in a run: bring what the source holds as the file of the job, and look twice at what was read."""

import hashlib
import time
from pathlib import Path

from django.conf import settings
from django.db import transaction

from catalog import jobs
from catalog.actions.proposals import Found
from catalog.actions.source_runs import end_unchanged, last_done
from catalog.models import Dataset, Job, Source
from catalog.sources import fetching
from catalog.sources.errors import SourceError, note_of
from catalog.sources.parts import Brought
from catalog.store import store

LEAST_SHARE = 0.5


def bring(job: Job, scratch: Path, lease: jobs.Lease) -> bool:
    """Fetches the file of the job into the store; false where nothing is new, and the job is done with that."""
    source = Source.objects.get(pk=job.origin_id)
    if source.state == Source.State.REMOVED:
        raise SourceError("source-removed")
    before = last_done(source)
    marks = before.brought if before else {}
    until = time.monotonic() + settings.SOURCE_RUN_SECONDS

    def progress(rows: int = 0, done: int = 0, total: int = 0) -> None:
        lease.check()
        if time.monotonic() > until:
            raise SourceError("source-slow", host=source.host or source.what)
        lease.report("fetching", rows=rows, done=done, total=total)

    progress()
    known = marks if _led_here(marks, source) else {}
    if _adds(job, source, before, known):
        known = {**known, "since": known["watermark"]}
    brought = fetching.fetch(source, scratch, known, progress)
    lease.check()
    fingerprint = fetching.fingerprint(source, brought.content)
    if brought.unchanged or (before is not None and fingerprint == marks.get("fingerprint")):
        end_unchanged(job, marks | brought.marks)
        return False
    _keep(job, scratch / brought.file, brought, source, fingerprint)
    return True


def _led_here(marks: dict, source: Source) -> bool:
    """Whether the last run fetched from the same place, by the same column."""
    return marks.get("place") == fetching.fingerprint(source, "") and marks.get("column") == source.watermark


def _adds(job: Job, source: Source, before: Job | None, known: dict) -> bool:
    """Whether the run brings only what is new: where the current version is what the last run left.

    The job remembers it, for whoever makes the version of it.
    """
    current = Dataset.objects.filter(pk=job.dataset_id).values_list("current", flat=True).get()
    stands = before is not None and before.version_id is not None and before.version_id == current
    adds = source.taking != Source.Taking.WHOLE and bool(known.get("watermark")) and stands
    if source.taking == Source.Taking.UPSERT and not job.dataset.columns.filter(row_key=True).exists():
        adds = False
    job.mode = source.taking if adds else Source.Taking.WHOLE
    jobs.held(job).update(mode=job.mode)
    return adds


def look_twice(job: Job, found: Found) -> None:
    """Says what most rows or whole columns went missing of; such a version waits for its steward."""
    current = job.dataset.current
    if current is None:
        return
    new = {table.name: table for table in found.tables}
    lost = []
    for table in current.tables.all():
        same = new.get(table.name)
        rows = same.rows if same else 0
        gone = [name for name in table.types if same is None or name not in same.types]
        if rows < table.rows * LEAST_SHARE:
            lost.append(note_of("lost-rows", table=table.name, before=table.rows, now=rows))
        if gone:
            lost.append(note_of("lost-columns", table=table.name, columns=", ".join(gone[:20])))
    if lost:
        found.report["notes"] = [*lost, *found.report["notes"]]
        found.report["stopped"] = True
        jobs.held(job).update(confirm=False)


def _keep(job: Job, file: Path, brought: Brought, source: Source, fingerprint: str) -> None:
    """The fetched file is the job's, under its fence: a worker that lost the job puts nothing into its place."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    with transaction.atomic():
        mine = jobs.hold_to_write(job)
        store().put(str(file), job.source_path)
        mine.source_name, mine.source_sha256, mine.source_bytes = brought.name, digest, file.stat().st_size
        about = {"fingerprint": fingerprint, "place": fetching.fingerprint(source, ""), "column": source.watermark}
        mine.brought = {**brought.marks, **about}
        mine.save(update_fields=["source_name", "source_sha256", "source_bytes", "brought"])
    for name in ("source_name", "source_sha256", "source_bytes", "brought"):
        setattr(job, name, getattr(mine, name))
    file.unlink()
