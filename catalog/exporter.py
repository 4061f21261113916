"""A worker's part in an export: take it up, let the rows out at the gate in the reader's name, keep the file.

Whatever ends it (a basis that ended, a budget, a killed worker, a database that went away), the export either ends with
one whole file or one sentence, or it waits for the next worker, who makes the file anew.
"""

import errno
import hashlib
import logging
import shutil
import time
from contextlib import suppress

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import Error, connection
from django.http import Http404

from audit.actor import Actor
from catalog import exports, jobs
from catalog.actions.exports import fail_export, finish_export
from catalog.exports import Made, kind_named, path_of, scratch_of
from catalog.gate import Rows, open_rows
from catalog.models import Export
from catalog.rows.budget import in_background
from catalog.rows.errors import EngineBusy, Stopped, TooCostly
from catalog.rows.formats import encode
from catalog.rows.query import RowQuery
from catalog.store import AWAY, store

log = logging.getLogger(__name__)

TRANSIENT = frozenset({"storage-away", "busy", "unexpected"})


class TooLarge(Exception):
    """The file grew beyond what one may be."""


def run(export_id) -> bool:
    """Makes one export from its claim to its end; false where there was nothing to claim, or no turn for it."""
    export = exports.take_up(export_id)
    if export is None:
        return False
    try:
        exports.remove_other_tries(export)
        with jobs.Lease(export) as lease:
            made = _make(export, lease)
        finish_export(export, made)
    except jobs.LeaseLost:
        log.warning("Export %s is another worker's now, or was ended; this try (%s) gives nothing.", export.pk,
                    export.fence)  # fmt: skip
    except Error:
        log.exception("The database left export %s alone; its lease ends and another worker makes it.", export.pk)
    except Exception as reason:
        _end_badly(export, reason)
    finally:
        _tidy(export)
    return True


def query_of(export: Export) -> RowQuery:
    """What was asked."""
    return RowQuery(**{**export.query, "filters": tuple(tuple(one) for one in export.query["filters"])})


def asked_by(export: Export) -> Actor:
    """Whoever asked for the file: to them the rows are disclosed, and the log names them."""
    return Actor(user=export.reader, key=export.key, request_id=f"export-{export.pk}")


def _make(export: Export, lease: jobs.Lease) -> Made:
    over = [(export.version, export.basis)]
    rows = open_rows(query_of(export), over=over, by=asked_by(export), budget=in_background())
    lease.on_lost = lambda: rows.exit.stop("reader left")
    outcome = "broken"
    try:
        lease.check()
        made = _write(export, rows, lease)
        outcome = "complete"
    except Stopped:
        lease.check()  # it was ended, or taken over: that is why the rows stopped
        raise
    finally:
        rows.close(outcome)
    lease.report("storing", rows=made.rows, done=made.bytes)
    store().put(str(scratch_of(export) / "file"), made.path)
    lease.check()
    return made


def _write(export: Export, rows: Rows, lease: jobs.Lease) -> Made:
    """The rows in their format, in a file of this machine, while they are hashed and counted."""
    scratch, digest, size, began = scratch_of(export), hashlib.sha256(), 0, time.monotonic()
    scratch.mkdir(parents=True, exist_ok=True)
    lease.report("reading")
    with (scratch / "file").open("wb") as file:
        for piece in encode(rows, kind_named(export.format), zone=export.query["timezone"]):
            digest.update(rows.exit.left(piece))
            size += file.write(piece)
            if size > settings.EXPORT_MAX_BYTES:
                raise TooLarge
            lease.check()
            lease.report("writing", rows=rows.exit.rows, done=size, left=_left(export, rows.exit.rows, began))
    return Made(path_of(export), size, rows.exit.rows, digest.hexdigest())


def _left(export: Export, done: int, began: float) -> int | None:
    """About how many seconds it still takes; None where nothing can be said."""
    spent = time.monotonic() - began
    if not export.rows_expected or not done or spent < 3:
        return None
    return int(spent * max(0, export.rows_expected - done) / done)


def _end_badly(export: Export, reason: Exception) -> None:
    """It ends with a sentence, or waits for another try where that may help."""
    error = _told(reason)
    if error["code"] in TRANSIENT:
        log.error("Export %s, try %s: %s", export.pk, export.tries, reason, exc_info=reason)
    try:
        if error["code"] in TRANSIENT and export.tries < jobs.MOST_TRIES:
            jobs.hand_back(export)
        else:
            fail_export(export, error)
    except jobs.LeaseLost:
        log.warning("Export %s is another worker's now, which tells how it ended.", export.pk)
    except Error:
        log.exception("The database left export %s alone; its lease ends and another worker makes it.", export.pk)


def _told(reason: Exception) -> dict:
    code, sentence = "unexpected", ""
    if isinstance(reason, TooCostly):
        code = f"too-costly-{reason.budget}"
    elif isinstance(reason, TooLarge):
        code = "too-large"
    elif isinstance(reason, Stopped | PermissionDenied | Http404):
        code = "basis-ended"
    elif isinstance(reason, ValidationError):
        code, sentence = "refused", " ".join(reason.messages)
    elif isinstance(reason, EngineBusy):
        code = "busy"
    elif isinstance(reason, AWAY):
        code = "storage-away"
    elif isinstance(reason, OSError) and reason.errno == errno.ENOSPC:
        code = "disk-full"
    return {"code": code, "params": {}, "sentence": sentence}


def _tidy(export: Export) -> None:
    """Removes what this try left and nobody is ready with; where that fails, the clock does it."""
    with suppress(OSError):
        shutil.rmtree(scratch_of(export), ignore_errors=True)
    try:
        exports.remove_own_try(export)
    except Error:
        connection.close()
    except (*AWAY, OSError) as reason:
        log.warning("What try %s of export %s left in the storage is removed later: %s", export.fence, export.pk,
                    reason)  # fmt: skip
