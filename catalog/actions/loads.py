"""Taking a file in: the same action for the page, the API and the command, and what is said when it fails."""

import uuid
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.actor import Actor, service
from audit.log import record
from catalog import jobs, uploads
from catalog.actions.datasets import locked
from catalog.models import Dataset, Job, Mode
from catalog.permissions import check_may_keep
from catalog.policies import check_has_keys, check_not_destroyed, check_not_retired
from catalog.reading_settings import check_reading

LOADER = service("loader")


def start_load(
    dataset: Dataset,
    stream: BinaryIO,
    *,
    name: str,
    by: Actor,
    reading: dict | None = None,
    confirm: bool = False,
    mode: str = Mode.REPLACE,
) -> Job:
    """Keeps the file and asks a worker to read it. With `confirm` the version is made current when nothing is open.

    `reading` states how to read the file; without it, it is read as the last one was, and the rest is detected. `mode`
    says whether its rows replace those of the current version, come after them, or take their places by key.
    """
    check_may_keep(by, dataset)
    check_not_retired(dataset)
    check_reading(reading or {})

    job_id = uuid.uuid4()
    path = uploads.source_path(job_id)
    digest, size = uploads.keep_file(stream, path, limit=settings.UPLOAD_MAX_BYTES)
    try:
        job = Job(id=job_id, source_name=plain_name(name), source_path=path, source_sha256=digest, source_bytes=size)
        job.reading, job.confirm, job.mode = reading or {}, confirm, Mode(mode)
        return _begin(dataset, job, by=by)
    except BaseException:
        uploads.remove(path)
        raise


@transaction.atomic
def _begin(dataset: Dataset, job: Job, *, by: Actor) -> Job:
    job.dataset = locked(dataset)
    check_not_retired(job.dataset)
    check_not_destroyed(job.dataset, [job.source_sha256])
    if job.mode == Mode.UPSERT:
        check_has_keys(job.dataset)
    return begin(job, by=by)


def begin(job: Job, *, by: Actor) -> Job:
    """The bare start of a job, inside the transaction of an action that has checked."""
    job.created_by, job.key = by.user, by.key
    job.save(force_insert=True)

    record(
        "load.started",
        by=by,
        on=job,
        department=job.dataset.department,
        dataset=job.dataset,
        facts={"file_sha256": job.source_sha256, "bytes": job.source_bytes},
    )
    return job


@transaction.atomic
def fail_load(job: Job, error: dict) -> None:
    """The job ends with this error ({code, params, sentence, row, column}), and its upload is gone."""
    _fail(jobs.hold_to_write(job), error)


@transaction.atomic
def give_up(job: Job) -> None:
    """Ends a job whose workers died again and again; nothing happens where one spoke up in the meantime."""
    silent = jobs.abandoned().select_for_update(of=("self",)).filter(pk=job.pk, fence=job.fence).first()
    if silent is not None:
        silent.fence += 1
        _fail(silent, {"code": "worker-died", "params": {}, "sentence": "", "row": None, "column": None})


def _fail(mine: Job, error: dict) -> None:
    mine.state, mine.error, mine.stage = Job.State.FAILED, error, ""
    mine.ended_at, mine.lease_until = timezone.now(), None
    mine.save(update_fields=["state", "error", "stage", "ended_at", "lease_until", "fence"])

    record(
        "load.failed",
        by=LOADER,
        on=mine,
        department=mine.dataset.department,
        dataset=mine.dataset,
        facts={"code": error["code"]},
    )
    transaction.on_commit(lambda: uploads.tidy(mine), robust=True)


def asked_by(job: Job) -> Actor:
    """Whoever asked for the load, as the actor of what the worker does for them."""
    return Actor(user=job.created_by, key=job.key, service=LOADER.service, request_id=f"job-{job.pk}")


def plain_name(name: str) -> str:
    """The last part of a file's name, without what could not be shown, in at most 255 characters."""
    shown = "".join(letter for letter in name.replace("\\", "/").rsplit("/", 1)[-1] if letter.isprintable())
    return shown.strip()[-255:] or "upload"
