"""Runs one plan on the row engine: a place at the engine, a time budget to the first rows, Arrow batches, a stop."""

import contextlib
import threading
from collections.abc import Iterator

import duckdb
import pyarrow as pa
from django.conf import settings

from catalog.rows.errors import EngineBusy, Stopped, TooCostly
from catalog.rows.plan import Plan
from catalog.rows.serving import cursor_over, cursor_over_two

BATCH = 4_096
WAIT = 30.0
_places = threading.BoundedSemaphore(settings.ENGINE_AT_ONCE)


class Run:
    """One running plan. `batches` yields what comes; `stop` may be called from any thread and ends it.

    `since` is path and digest of an earlier state of the table, for a plan that compares the two.
    """

    def __init__(self, plan: Plan, path: str, sha256: str, *, since: tuple[str, str] | None = None):
        self.plan = plan
        self._stack = contextlib.ExitStack()
        over = cursor_over(path, sha256) if since is None else cursor_over_two(since, (path, sha256))
        self._cursor = self._stack.enter_context(over)
        self._reader = None
        self._stopped = self._late = False

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Arrow batches, in order, in constant memory."""
        try:
            while (batch := self._next()) is not None:
                if batch.num_rows:
                    yield batch
        finally:
            self.close()

    def stop(self) -> None:
        """Interrupts the engine; the thread that reads gets `Stopped`."""
        self._stopped = True
        with contextlib.suppress(duckdb.Error):
            self._cursor.interrupt()

    def close(self) -> None:
        """Frees the engine."""
        self._reader = None
        self._stack.close()

    def _next(self) -> pa.RecordBatch | None:
        if not _places.acquire(timeout=WAIT):
            raise EngineBusy
        timer = threading.Timer(settings.ENGINE_QUERY_MS / 1000, self._give_up)
        timer.daemon = True
        timer.start()
        try:
            if self._stopped:
                raise Stopped
            if self._reader is None:
                # A relation streams; `execute` would first hold every row.
                found = self._cursor.sql(self.plan.sql, params=self.plan.params or None)
                self._reader = found.to_arrow_reader(BATCH)
            return self._reader.read_next_batch()
        except StopIteration:
            return None
        except (duckdb.Error, pa.ArrowException, OSError) as reason:
            if self._late:
                raise TooCostly from reason
            if self._stopped:
                raise Stopped from reason
            if isinstance(reason, duckdb.OutOfMemoryException) or "Out of Memory" in str(reason):
                raise TooCostly from reason
            raise
        finally:
            timer.cancel()
            _places.release()

    def _give_up(self) -> None:
        self._late = True
        with contextlib.suppress(duckdb.Error):
            self._cursor.interrupt()
