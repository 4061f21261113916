"""A worker's part in a load: take the job up, have its file read in a child process, keep the tables, propose.

Whatever ends it (a bad file, a killed child, a lost lease, a database that went away), the job either ends in one
version or one sentence, or it waits for the next worker; nothing of a try that came to nothing stays behind.
"""

import logging
import shutil
import time

from django.core.exceptions import ValidationError
from django.db import Error, connection

from catalog import jobs, uploads
from catalog.actions.loads import asked_by, fail_load
from catalog.actions.proposals import Found, Overtaken, propose_version
from catalog.endings import code_of, end_badly, tidy
from catalog.ingest.errors import ReadingError
from catalog.models import Job, Version
from catalog.reader import Watch, plain, read_source
from catalog.rows.serving import build
from catalog.sources import runs

log = logging.getLogger(__name__)

WAIT_FOR_DATABASE = 60


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
        end_badly(job, reason, _told(reason), fail=fail_load)
    finally:
        shutil.rmtree(uploads.scratch_of(job), ignore_errors=True)
        tidy(job, _remove_own_try)
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


def _told(reason: Exception) -> dict:
    if isinstance(reason, ReadingError):
        return plain(reason.as_dict())
    code = code_of(reason)
    if isinstance(reason, ValidationError):
        code = "not-now"
    elif isinstance(reason, FileNotFoundError):
        code = "source-lost"
    elif isinstance(reason, Overtaken):
        code = "overtaken"
    sentence = " ".join(reason.messages) if isinstance(reason, ValidationError) else ""
    return {"code": code, "params": {}, "sentence": sentence, "row": None, "column": None}


def _remove_own_try(job: Job) -> None:
    uploads.remove_unheld(uploads.try_folder(job))


def _serve(version: Version) -> None:
    """Makes the serving copies ready. They are a cache: where that fails, they are made when first asked for."""
    for table in version.tables.all():
        try:
            build(table.path, table.sha256)
        except Exception:
            log.exception("No serving copy of table %s of %s yet.", table.name, version)
