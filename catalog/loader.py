"""A worker's part in a load: take the job up, have its file read in a child process, keep the tables, propose.

Whatever ends it (a bad file, a killed child, a lost lease, a database that went away), the job either ends in one
version or one sentence, or it waits for the next worker; nothing of a try that came to nothing stays behind.
"""

import errno
import logging
import shutil
import time

from django.core.exceptions import ValidationError
from django.db import Error, connection

from catalog import jobs, uploads
from catalog.actions.loads import asked_by, fail_load
from catalog.actions.proposals import Found, Overtaken, propose_version
from catalog.ingest.errors import ReadingError
from catalog.models import Job, Version
from catalog.reader import Watch, plain, read_source
from catalog.rows.serving import build
from catalog.sources import runs
from catalog.store import AWAY

log = logging.getLogger(__name__)

WAIT_FOR_DATABASE = 60
TRANSIENT = frozenset({"overtaken", "reader-died", "storage-away", "unexpected"})


def run(job_id, *, watch: Watch = lambda said: None) -> bool:
    """Does a job from its claim to its end; false where there was nothing to claim. `watch` hears each progress."""
    job = jobs.claim(job_id)
    if job is None:
        return False
    try:
        uploads.remove_other_tries(job)
        with jobs.Lease(job) as lease:
            version = _load(job, lease, watch)
        if version is not None:
            _serve(version)
    except jobs.LeaseLost:
        log.warning("Job %s was taken over by another worker; this try (%s) writes nothing.", job.pk, job.fence)
    except Error:
        log.exception("The database left job %s alone; its lease ends and the sweep finds another worker.", job.pk)
    except Exception as reason:
        _end_badly(job, reason)
    finally:
        shutil.rmtree(uploads.scratch_of(job), ignore_errors=True)
        _remove_own_try(job)
    return True


def _load(job: Job, lease: jobs.Lease, watch: Watch) -> Version | None:
    """The version that the job gives; None where its source has nothing new."""
    scratch = uploads.scratch_of(job)
    scratch.mkdir(parents=True, exist_ok=True)
    if job.origin_id and not runs.bring(job, scratch, lease):
        return None
    found = read_source(job, scratch, lease, watch)
    if job.origin_id:
        runs.look_twice(job, found)
    lease.report("finishing", rows=sum(table.rows for table in found.tables))
    return _propose(job, found)


def _propose(job: Job, found: Found) -> Version:
    """Waits for a database that is away: the fence makes a second try harmless."""
    until = time.monotonic() + WAIT_FOR_DATABASE
    while True:
        try:
            return propose_version(job, found, by=asked_by(job))
        except Error:
            if time.monotonic() > until:
                raise
            connection.close()
            time.sleep(1)


def _end_badly(job: Job, reason: Exception) -> None:
    """The job ends with a sentence, or waits for another try where that may help."""
    error = _told(reason)
    if error["code"] in TRANSIENT:
        log.error("Job %s, try %s: %s", job.pk, job.tries, reason, exc_info=reason)
    try:
        if error["code"] in TRANSIENT and job.tries < jobs.MOST_TRIES:
            jobs.hand_back(job)
        else:
            fail_load(job, error)
    except jobs.LeaseLost:
        log.warning("Job %s was taken over by another worker, which tells how it ended.", job.pk)
    except Error:
        log.exception("The database left job %s alone; its lease ends and the sweep finds another worker.", job.pk)


def _told(reason: Exception) -> dict:
    if isinstance(reason, ReadingError):
        return plain(reason.as_dict())
    code = "unexpected"
    if isinstance(reason, ValidationError):
        code = "not-now"
    elif isinstance(reason, FileNotFoundError):
        code = "source-lost"
    elif isinstance(reason, Overtaken):
        code = "overtaken"
    elif isinstance(reason, AWAY):
        code = "storage-away"
    elif isinstance(reason, OSError) and reason.errno == errno.ENOSPC:
        code = "disk-full"
    sentence = " ".join(reason.messages) if isinstance(reason, ValidationError) else ""
    return {"code": code, "params": {}, "sentence": sentence, "row": None, "column": None}


def _remove_own_try(job: Job) -> None:
    """Removes what this try stored and no version holds; where database or storage is away, a later one does."""
    try:
        uploads.remove_unheld(uploads.try_folder(job))
    except Error:
        connection.close()
    except (*AWAY, OSError) as reason:
        log.warning("What try %s of job %s left in the storage is removed later: %s", job.fence, job.pk, reason)


def _serve(version: Version) -> None:
    """Makes the serving copies ready. They are a cache: where that fails, they are made when first asked for."""
    for table in version.tables.all():
        try:
            build(table.path, table.sha256)
        except Exception:
            log.exception("No serving copy of table %s of %s yet.", table.name, version)
