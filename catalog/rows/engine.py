"""Runs one plan on the row engine: a place at the engine, a time budget to the first rows, Arrow batches, a stop."""

import contextlib
import logging
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait

import duckdb
import pyarrow as pa
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from catalog.rows.budget import Budget, online
from catalog.rows.errors import EngineBusy, QueryError, Stopped, TooCostly
from catalog.rows.plan import Plan
from catalog.rows.serving import cursor_alone, cursor_over, cursor_over_two

log = logging.getLogger(__name__)
# Of a few rows, which we hold as one batch anyway; the engine means results of any size.
warnings.filterwarnings("ignore", "Arrow output on a DB-API result makes an extra copy", UserWarning)
NOT_COMPUTED = (duckdb.OutOfRangeException, duckdb.ConversionException)
BATCH, WIDE_BATCH = 4_096, 256  # rows at once
WIDE = 16_384  # bytes that a row of a wide table may have
WAIT = 30.0
LONG = 1.0  # seconds of work, from which on the operator's log tells of a query
TICK, IDLE = 0.05, 5.0  # seconds between two looks at what is at work; and without any, until nobody looks
_places = threading.BoundedSemaphore(settings.ENGINE_AT_ONCE)
_beside = ThreadPoolExecutor(settings.ENGINE_AT_ONCE, thread_name_prefix="engine")
_at_work: dict["Run", float] = {}  # until when each may work
_lock = threading.Lock()
_timekeeper: threading.Thread | None = None


def running() -> int:
    """How many queries the engine of this process is working on at this moment."""
    return len(_at_work)


def rows_at_once(schema: list[dict]) -> int:
    """How many rows of a table are handed over together: fewer where its longest texts make rows wide."""
    return BATCH if sum(column.get("longest") or 0 for column in schema) <= WIDE else WIDE_BATCH


class Run:
    """One running plan. `batches` yields what comes; `stop` may be called from any thread and ends it.

    `since` is path and digest of an earlier state of the table, for a plan that compares the two. With a budget of its
    own the plan runs in an engine of its own. Rows are handed over `at_once`; `most` are all that the plan gives.
    """

    def __init__(
        self,
        plan: Plan,
        path: str,
        sha256: str,
        *,
        since: tuple[str, str] | None = None,
        budget: Budget | None = None,
        at_once: int = BATCH,
        most: int | None = None,
    ):
        self.plan, self._at_once = plan, at_once
        self._is_short = most is not None and most <= at_once
        self._seconds = (budget or online()).query_ms / 1000
        self._stack = contextlib.ExitStack()
        if budget is not None:
            over = cursor_alone((path, sha256), budget)
        else:
            over = cursor_over(path, sha256) if since is None else cursor_over_two(since, (path, sha256))
        self._cursor = self._stack.enter_context(over)
        self._reader = self._ahead = None
        self._stopped = self._late = self._told = False
        self._worked = 0.0

    def begin(self) -> None:
        """Looks for the first rows at once, beside what else is done before anybody may have them."""
        self._ahead = _beside.submit(self._next)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Arrow batches, in order, in constant memory."""
        try:
            batch = self._ahead.result() if self._ahead else self._next()
            while batch is not None:
                if batch.num_rows:
                    yield batch
                batch = self._next()
        finally:
            self.close()

    def stop(self) -> None:
        """Interrupts the engine; the thread that reads gets `Stopped`."""
        self._stopped = True
        with contextlib.suppress(duckdb.Error):
            self._cursor.interrupt()

    def close(self) -> None:
        """Frees the engine."""
        if self._ahead is not None and not self._ahead.cancel() and not self._ahead.done():
            self.stop()
            wait([self._ahead])
        self._reader = None
        self._stack.close()
        if self._worked > LONG and not self._told:
            self._told = True
            how = "too costly" if self._late else "stopped" if self._stopped else "done"
            log.info("A row query worked for %.1f s (%s): %s. %d are running.", self._worked, self.plan.about, how,
                     running())  # fmt: skip

    def _take_place(self) -> None:
        """Waits for a place at the engine; who hung up meanwhile waits no longer."""
        until = time.monotonic() + WAIT
        while not _places.acquire(timeout=0.2):
            if self._stopped:
                raise Stopped
            if time.monotonic() > until:
                raise EngineBusy

    def _found(self):
        """A relation streams, where `execute` first holds every row; but it looks at the statement twice."""
        if self._is_short:
            return self._cursor.execute(self.plan.sql, self.plan.params or None)
        return self._cursor.sql(self.plan.sql, params=self.plan.params or None)

    def _next(self) -> pa.RecordBatch | None:
        self._take_place()
        began = time.monotonic()
        _at_work[self] = began + self._seconds
        _keep_time()
        try:
            if self._stopped:
                raise Stopped
            if self._reader is None:
                self._reader = self._found().to_arrow_reader(self._at_once)
            return self._reader.read_next_batch()
        except StopIteration:
            return None
        except (duckdb.Error, pa.ArrowException, OSError) as reason:
            if self._late:
                raise TooCostly("time") from reason
            if self._stopped:
                raise Stopped from reason
            if isinstance(reason, duckdb.OutOfMemoryException) or "Out of Memory" in str(reason):
                raise TooCostly("memory") from reason
            if isinstance(reason, NOT_COMPUTED):
                raise QueryError(
                    "bad-select", _("What is computed from sums here grows too large."), "select"
                ) from reason
            raise
        finally:
            self._worked += time.monotonic() - began
            del _at_work[self]
            _places.release()

    def give_up(self) -> None:
        """Its time is over: interrupts the engine, which may need to hear it again if it had not begun yet."""
        self._late = True
        with contextlib.suppress(duckdb.Error):
            self._cursor.interrupt()


def _keep_time() -> None:
    """Somebody looks at the time while anything is at work: one thread for all, because one for each batch is dear."""
    global _timekeeper
    with _lock:
        if _timekeeper is None or not _timekeeper.is_alive():
            _timekeeper = threading.Thread(target=_look_at_the_time, name="engine time", daemon=True)
            _timekeeper.start()


def _look_at_the_time() -> None:
    global _timekeeper
    idle_since = time.monotonic()
    while True:
        time.sleep(TICK)
        now = time.monotonic()
        for run, until in list(_at_work.items()):
            idle_since = now
            if now > until:
                run.give_up()
        with _lock:
            if not _at_work and now - idle_since > IDLE:
                _timekeeper = None
                return
