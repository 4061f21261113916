"""The child process: one order on standard input, lines of progress and one answer on standard output."""

import ctypes
import errno
import json
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path

from catalog.ingest.pace import Pace

PR_SET_PDEATHSIG = 1
NICER = 5
TOLD_EVERY_SECONDS = 0.2


def main():
    """Reads the order, binds this process to its limits and its parent, reads the file, and answers."""
    order = json.loads(sys.stdin.readline())
    _end_with_parent(order["parent"])
    _bind(order["limits"])
    from catalog.ingest.errors import ReadingError

    answers = Answers()
    try:
        answers.write({"result": _read(order, answers)})
    except ReadingError as error:
        answers.write({"error": error.as_dict()})
    except Exception as error:
        answers.write({"error": _told(error).as_dict()})
        if _told(error).code == "reader-died":
            raise


def _read(order, answers):
    from catalog.ingest.limits import Limits
    from catalog.ingest.read import read_file

    return read_file(
        Path(order["source"]),
        order["name"],
        work=Path(order["work"]),
        settings=order["settings"],
        limits=Limits(**order["limits"]),
        progress=answers.progress,
    )


def _told(error):
    """An unexpected failure as a sentence: out of memory, out of disk, or a fault of ours."""
    import duckdb

    from catalog.ingest.errors import ReadingError

    if isinstance(error, MemoryError | duckdb.OutOfMemoryException) or "malloc" in str(error):
        return ReadingError("too-much-memory")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        return ReadingError("disk-full")
    if "No space left" in str(error) or "File too large" in str(error):
        return ReadingError("disk-full")
    return ReadingError("reader-died", reason=type(error).__name__)


def _end_with_parent(parent):
    """Dies with the parent, however that ends: by the kernel's signal, and when the order's pipe closes."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)

    def wait_for_end():
        sys.stdin.read()
        os._exit(1)

    threading.Thread(target=wait_for_end, daemon=True).start()


def _bind(limits):
    """Limits of memory, time and file size that hold whatever the file makes our libraries do."""
    os.nice(NICER)
    for kind, value in (
        (resource.RLIMIT_AS, limits["address_space"]),
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


class Answers:
    """Writes lines of JSON, whole, from any thread; progress not more often than somebody can read it."""

    def __init__(self):
        self.lock, self.last, self.stage = threading.Lock(), 0.0, None
        self.out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self.state = {"rows_done": 0, "bytes_done": 0, "bytes_total": None}
        self.pace = Pace()

    def write(self, line):
        with self.lock:
            self.out.write(json.dumps(line) + "\n")
            self.out.flush()

    def progress(self, stage, *, part=None, **done):
        now = time.monotonic()
        self.state.update(done)
        left = self.pace.left(stage, part)
        if stage == self.stage and now - self.last < TOLD_EVERY_SECONDS:
            return
        self.stage, self.last = stage, now
        self.write({"stage": stage, **self.state, "seconds_left": left})


if __name__ == "__main__":
    main()
