"""Who runs Causeway in a folder: at most one `up`, and what it says of itself in `up.json`."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from portal.engines.home import CannotStart
from portal.supervisor import end_marked

MARK = "CAUSEWAY_UP"  # in the environment of every process that an `up` starts
A_MOMENT, UNTIL_STOPPED = 1.0, 25.0


@contextmanager
def only_here(var: Path) -> Iterator[None]:
    """Hold the folder; what an earlier `up` left when it was killed is ended first."""
    with (var / "up.lock").open("a") as lock:
        _hold(lock, var)
        end_marked(mark(var))
        yield


def mark(var: Path) -> str:
    """What the environment of our processes says."""
    return f"{MARK}={var}"


def note(var: Path, state: str, address: str) -> None:
    """Write down what this process is doing, for the next one that wants to start here."""
    draft = var / f"up.json.{os.getpid()}"
    draft.write_text(json.dumps({"process": os.getpid(), "state": state, "address": address}))
    draft.replace(var / "up.json")


def read(var: Path) -> dict[str, str]:
    """What the latest `up` wrote down."""
    with suppress(OSError, ValueError):
        return json.loads((var / "up.json").read_text())
    return {}


def _hold(lock, var: Path) -> None:
    """Take the lock; one that is just stopping is waited for."""
    began = time.monotonic()
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = read(var)
        waited = time.monotonic() - began
        if waited > (UNTIL_STOPPED if other.get("state") == "stopping" else A_MOMENT):
            raise CannotStart(
                f"Causeway already runs from {var} (process {other.get('process')}) at {other.get('address')}; "
                "stop it first, or start this one from another checkout or with another VAR."
            )
        time.sleep(0.1)
