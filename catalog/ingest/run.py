"""Has a file read in a child process that cannot hurt its parent, and hands over what the child made."""

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict
from pathlib import Path

from catalog.ingest.errors import ReadingError
from catalog.ingest.limits import Limits

ROOT = Path(__file__).resolve().parents[2]
LOOK_EVERY_SECONDS = 0.2
TAIL_BYTES = 2000
DEFAULT = Limits()


def read_in_child(source, name, out, settings, *, on_progress, limits=DEFAULT, should_stop=None):
    """Reads the file into Parquet tables in the folder `out` and returns the result; the file's own name is only shown.

    Calls `on_progress` with each line of progress. Raises ReadingError with a sentence for the steward; then, and when
    `should_stop()` turned true, nothing is left in `out`.
    """
    out = Path(out).resolve()
    out.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".reading-", dir=out))
    try:
        order = {
            "source": str(Path(source).resolve()),
            "name": name,
            "work": str(work),
            "settings": settings,
            "limits": asdict(limits),
            "parent": os.getpid(),
        }
        result = _converse(order, work, on_progress, should_stop or (lambda: False))
        return _hand_over(result, work, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _converse(order, work, on_progress, should_stop):
    """Starts the child, passes its progress on, and returns its result; the child is gone afterwards."""
    with (work / "stderr").open("wb") as errors:
        child = subprocess.Popen(
            [sys.executable, "-s", "-E", "-m", "catalog.ingest"],
            cwd=ROOT,
            env=_environment(work),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    lines = queue.Queue()
    reader = threading.Thread(target=_collect, args=(child.stdout, lines), daemon=True)
    try:
        reader.start()
        child.stdin.write(json.dumps(order).encode() + b"\n")
        child.stdin.flush()
        return _answer(child, lines, work, on_progress, should_stop)
    except BrokenPipeError as error:
        raise _death(child.wait(), work) from error
    finally:
        child.kill()
        child.wait()
        reader.join()
        child.stdout.close()
        _close_quietly(child.stdin)


def _environment(work):
    """The child knows no secret of ours: only where programs and temporary files are."""
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TMPDIR": str(work), "HOME": str(work)}


def _collect(stream, lines):
    for line in stream:
        lines.put(line)
    lines.put(None)


def _answer(child, lines, work, on_progress, should_stop):
    while True:
        if should_stop():
            raise ReadingError("stopped")
        try:
            line = lines.get(timeout=LOOK_EVERY_SECONDS)
        except queue.Empty:
            continue
        if line is None:
            raise _death(child.wait(), work)
        said = json.loads(line)
        if "error" in said:
            raise ReadingError.from_dict(said["error"])
        if "result" in said:
            return said["result"]
        on_progress(said)


def _death(code, work):
    """Why a child ended without an answer."""
    if code == -signal.SIGXCPU:
        return ReadingError("too-much-time")
    tail = (work / "stderr").read_bytes()[-TAIL_BYTES:]
    if (
        b"MemoryError" in tail
        or b"bad_alloc" in tail
        or b"Cannot allocate memory" in tail
        or b"memory allocation of" in tail
    ):
        return ReadingError("too-much-memory")
    reason = signal.Signals(-code).name if code < 0 else f"exit {code}"
    return ReadingError("reader-died", reason=reason)


def _hand_over(result, work, out):
    """Moves the finished files into `out` and names them there by absolute path."""
    for table in result["tables"]:
        for key in ("file", "bad_cells_file"):
            if table[key]:
                table[key] = str((work / table[key]).replace(out / table[key]))
    return result


def _close_quietly(pipe):
    try:
        pipe.close()
    except BrokenPipeError:
        return
