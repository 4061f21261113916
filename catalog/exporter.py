"""A worker's part in an export: take it up, let the rows out at the gate in the reader's name, keep the file.

Whatever ends it (a basis that ended, a budget, a killed worker, a database that went away), the export either ends with
one whole file or one sentence, or it waits for the next worker, who makes the file anew.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import Error, connection
from django.http import Http404

from audit.actor import Actor
from catalog import exports, jobs
from catalog.actions.exports import fail_export, finish_export
from catalog.endings import code_of, end_badly, tidy
from catalog.exports import Made, kind_named, path_of, scratch_of
from catalog.gate import Rows, open_rows
from catalog.metering import Limited
from catalog.models import Export
from catalog.rows.budget import in_background
from catalog.rows.errors import EngineBusy, Stopped, TooCostly
from catalog.rows.formats import encode
from catalog.rows.query import RowQuery
from catalog.sealing import seal
from catalog.store import store

log = logging.getLogger(__name__)


class TooLarge(Exception):
    """The file grew beyond what one may be."""


def run(export_id) -> bool:
    """Makes one export from its claim to its end; false where there was nothing to claim, or it is not its turn."""
    export = exports.take_up(export_id)
    if export is None:
        return False
    try:
        exports.remove_other_tries(export)
        with jobs.Lease(export) as lease, _in_time(export, lease):
            made = _make(export, lease)
        finish_export(export, made)
    except jobs.LeaseLost:
        log.warning("Export %s is another worker's now, or was ended; this try (%s) gives nothing.", export.pk,
                    export.fence)  # fmt: skip
    except Error:
        log.exception("The database left export %s alone; its lease ends and another worker makes it.", export.pk)
    except Exception as reason:
        end_badly(export, reason, _told(reason), fail=fail_export)
    finally:
        tidy(export, exports.remove_own_try)
    return True


@contextmanager
def _in_time(export: Export, lease: jobs.Lease) -> Iterator[None]:
    """Whatever the worker waits for, after so long the export fails, so that the next one has its turn."""
    clock = threading.Timer(settings.EXPORT_SECONDS, _end_late, (export, lease))
    clock.daemon = True
    clock.start()
    try:
        yield
    finally:
        clock.cancel()


def _end_late(export: Export, lease: jobs.Lease) -> None:
    """Ends it from a thread of its own; the worker finds its lease lost as soon as it looks up."""
    log.error("Export %s took longer than %s seconds and was ended.", export.pk, settings.EXPORT_SECONDS)
    try:
        fail_export(export, {"code": "too-long", "params": {}, "sentence": ""})
    except jobs.LeaseLost:
        log.warning("Export %s came to its end in that moment.", export.pk)
    except Error:
        log.exception("The database left export %s alone; its lease ends and another worker makes it.", export.pk)
    finally:
        connection.close()
        lease.lose()


def query_of(export: Export) -> RowQuery:
    """What was asked."""
    return RowQuery(**{**export.query, "filters": tuple(tuple(one) for one in export.query["filters"])})


def asked_by(export: Export) -> Actor:
    """Whoever asked for the file: to them the rows are disclosed, and the log names them."""
    return Actor(user=export.reader, key=export.key, request_id=f"export-{export.pk}")


def _make(export: Export, lease: jobs.Lease) -> Made:
    over = [(export.version, export.basis)]
    rows = open_rows(query_of(export), over=over, by=asked_by(export), budget=in_background(), way=export.way)
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
    """The rows in their format, in a file of this machine, while they are hashed and counted; sealed where they must.

    What is to be sealed is so before it touches a disk, but for a workbook, which is made in this try's own scratch.
    """
    scratch, clear = scratch_of(export), _Digested()
    scratch.mkdir(parents=True, exist_ok=True)
    lease.report("reading")
    with (scratch / "file").open("wb") as opened:
        file = _Digested(opened)
        pieces = _watched(export, rows, lease, clear)
        if export.sealed_to:
            seal(pieces, file, to=export.sealed_to)
        else:
            for piece in pieces:
                file.write(piece)
    made = Made(path_of(export), file.size, rows.exit.rows, file.sha256)
    if not export.sealed_to:
        return made
    columns = tuple({"name": column.name, "type": column.type} for column in rows.columns)
    return replace(made, clear_bytes=clear.size, clear_sha256=clear.sha256, columns=columns)


def _watched(export: Export, rows: Rows, lease: jobs.Lease, clear: "_Digested") -> Iterator[bytes]:
    """The pieces as they leave, while this try holds the work."""
    began = time.monotonic()
    for piece in encode(rows, kind_named(export.format), zone=export.query["timezone"]):
        clear.write(rows.exit.left(piece))
        yield piece
        lease.check()
        lease.report("writing", rows=rows.exit.rows, done=clear.size, left=_left(export, rows.exit.rows, began))


class _Digested:
    """Bytes on their way into a file, or into none: how many, their digest, and no more than one file may hold."""

    def __init__(self, file: BinaryIO | None = None):
        self._file, self._digest, self.size = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        """Writes all of it."""
        self._digest.update(data)
        self.size += len(data)
        if self._file is not None:
            self._file.write(data)
        if self.size > settings.EXPORT_MAX_BYTES:
            raise TooLarge
        return len(data)

    @property
    def sha256(self) -> str:
        """The digest of what was written by now."""
        return self._digest.hexdigest()


def _left(export: Export, done: int, began: float) -> int | None:
    """About how many seconds it still takes; None where nothing can be said."""
    spent = time.monotonic() - began
    if not export.rows_expected or not done or spent < 3:
        return None
    return int(spent * max(0, export.rows_expected - done) / done)


def _told(reason: Exception) -> dict:
    code, sentence = code_of(reason), ""
    if isinstance(reason, TooCostly):
        code = f"too-costly-{reason.budget}"
    elif isinstance(reason, TooLarge):
        code = "too-large"
    elif isinstance(reason, Limited):
        code, sentence = "refused", str(reason)
    elif isinstance(reason, Stopped | PermissionDenied | Http404):
        code = "basis-ended"
    elif isinstance(reason, ValidationError):
        code, sentence = "refused", " ".join(reason.messages)
    elif isinstance(reason, EngineBusy):
        code = "busy"
    return {"code": code, "params": {}, "sentence": sentence}
