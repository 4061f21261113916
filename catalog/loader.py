"""A worker's part in a load: take the job up, have its file read in a child process, keep the tables, propose.

Whatever ends it (a bad file, a killed child, a lost lease, a database that went away), the job either ends in one
version or one sentence, or it waits for the next worker; nothing of a try that came to nothing stays behind.
"""

import errno
import logging
import math
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import Error, connection

from catalog import jobs, uploads
from catalog.actions.loads import asked_by, fail_load
from catalog.actions.proposals import Found, propose_version
from catalog.ingest.errors import ReadingError
from catalog.ingest.run import read_in_child
from catalog.models import Job, Table, Version
from catalog.rows.serving import build
from catalog.store import store

log = logging.getLogger(__name__)

WAIT_FOR_DATABASE = 60
TRANSIENT = frozenset({"reader-died"})
REMEMBERED_IN_VAIN = frozenset({"unknown-column", "unknown-table", "unknown-sheet", "wrong-encoding", "no-header"})
Watch = Callable[[dict], None]


def run(job_id, *, watch: Watch = lambda said: None) -> bool:
    """Does a job from its claim to its end; false where there was nothing to claim. `watch` hears each progress."""
    job = jobs.claim(job_id)
    if job is None:
        return False
    try:
        uploads.remove_other_tries(job)
        with jobs.Lease(job) as lease:
            version = _load(job, lease, watch)
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


def _load(job: Job, lease: jobs.Lease, watch: Watch) -> Version:
    scratch = uploads.scratch_of(job)
    scratch.mkdir(parents=True, exist_ok=True)
    lease.report("fetching", total=job.source_bytes)
    source = _source(job, scratch)
    asked, result = _read(job, source, scratch / "tables", lease, watch)
    lease.report("storing", rows=sum(table["rows"] for table in result["tables"]))
    found = _store(job, asked, result, lease)
    lease.report("finishing", rows=sum(table.rows for table in found.tables))
    return _propose(job, found)


def _source(job: Job, scratch: Path) -> Path:
    """The uploaded file on this machine."""
    if not store().exists(job.source_path):
        raise FileNotFoundError(job.source_path)
    local = store().local(job.source_path)
    if local:
        return Path(local)
    store().get(job.source_path, str(scratch / "source"))
    return scratch / "source"


def _read(job: Job, source: Path, out: Path, lease: jobs.Lease, watch: Watch) -> tuple[dict, dict]:
    """The settings asked for, and what the reader made of the file with them."""

    def heard(said: dict) -> None:
        lease.report(said["stage"], rows=said["rows_done"], done=said["bytes_done"], total=said["bytes_total"] or 0)
        watch(said)

    def read(settings: dict) -> dict:
        return read_in_child(source, job.source_name, out, settings, on_progress=heard, should_stop=lambda: lease.lost)

    asked = _settings_of(job)
    try:
        return asked, read(asked)
    except ReadingError as error:
        lease.check()
        if job.reading or error.code not in REMEMBERED_IN_VAIN:
            raise
    asked = {"table_name": asked["table_name"]} if "table_name" in asked else {}
    return asked, read(asked)


def _settings_of(job: Job) -> dict:
    """The settings of the job; without any, those of the last file. A dataset's only table keeps its name."""
    dataset = job.dataset
    settings = dict(job.reading or dataset.reading)
    names = list(dataset.current.tables.values_list("name", flat=True)) if dataset.current else []
    if len(names) == 1:
        settings.setdefault("table_name", names[0])
    return settings


def _store(job: Job, asked: dict, result: dict, lease: jobs.Lease) -> Found:
    """Puts the finished files into the store under names of this try."""
    folder, tables, about = uploads.try_folder(job), [], {}
    for position, told in enumerate(result["tables"]):
        lease.check()
        path = f"{folder}/{position}.parquet"
        store().put(told["file"], path)
        bad_cells = f"{folder}/{position}.bad.parquet" if told["bad_cells_file"] else ""
        if bad_cells:
            store().put(told["bad_cells_file"], bad_cells)
        tables.append(
            Table(
                name=told["name"],
                position=position,
                rows=told["rows"],
                path=path,
                bytes=told["bytes"],
                sha256=told["sha256"],
                schema=[_column(column) for column in told["columns"]],
                bad_cells_path=bad_cells,
                bad_cells=told["bad_cells_total"],
            )
        )
        about[told["name"]] = {name: _plain(told[name]) for name in ("title", "detected", "bad_cells")}
    report = {"detected": result["detected"], "notes": _plain(result["notes"]), "tables": about}
    return Found(tables=tables, reading=result["settings"], asked=asked, report=report)


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
    if error["code"] in {"reader-died", "unexpected"}:
        log.error("Job %s, try %s: %s", job.pk, job.tries, reason, exc_info=reason)
    try:
        if error["code"] in {"reader-died", "unexpected"} and job.tries < jobs.MOST_TRIES:
            jobs.hand_back(job)
        else:
            fail_load(job, error)
    except jobs.LeaseLost:
        log.warning("Job %s was taken over by another worker, which tells how it ended.", job.pk)
    except Error:
        log.exception("The database left job %s alone; its lease ends and the sweep finds another worker.", job.pk)


def _told(reason: Exception) -> dict:
    if isinstance(reason, ReadingError):
        return _plain(reason.as_dict())
    code = "unexpected"
    if isinstance(reason, ValidationError):
        code = "not-now"
    elif isinstance(reason, FileNotFoundError):
        code = "source-lost"
    elif isinstance(reason, OSError) and reason.errno == errno.ENOSPC:
        code = "disk-full"
    sentence = " ".join(reason.messages) if isinstance(reason, ValidationError) else ""
    return {"code": code, "params": {}, "sentence": sentence, "row": None, "column": None}


def _remove_own_try(job: Job) -> None:
    """Removes what this try stored and no version holds; where the database is away, `clear_leftovers` does."""
    try:
        uploads.remove_unheld(uploads.try_folder(job))
    except Error:
        connection.close()


def _serve(version: Version) -> None:
    """Makes the serving copies ready. They are a cache: where that fails, they are made when first asked for."""
    for table in version.tables.all():
        try:
            build(table.path, table.sha256)
        except Exception:
            log.exception("No serving copy of table %s of %s yet.", table.name, version)


def _column(told: dict) -> dict:
    """A column as a version keeps it: moments with a zone are a type of their own."""
    zoned = told["type"] == "timestamp" and told.get("zoned")
    return _plain({**told, "type": "timestamptz" if zoned else told["type"]})


def _plain(value):
    """The value as the database keeps JSON: no NUL, no half characters, no number that is none."""
    if isinstance(value, dict):
        return {_plain(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
