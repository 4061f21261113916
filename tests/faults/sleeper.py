"""The gate with a bed at each of its steps: a process that gets to the named one stops itself (SIGSTOP) until woken.

`SLEEP_AT` names a file that a test writes a step into; whoever gets there takes it away, and leaves its process number
in the file beside it. Nothing else is changed: the sleeping process is the real one, with all that it holds.
"""

import os
import signal
import time
from pathlib import Path

import catalog.gate

STEPS = ("before the event", "before the first row", "in the middle", "before the closing event")
PIECES = 3  # handed over before the middle


def bed() -> Path:
    """The file that names the step to sleep at."""
    return Path(os.environ["SLEEP_AT"])


def sleep_at(step: str) -> None:
    """Stops this process if this is the step; one process at one step, once."""
    try:
        if bed().read_text() != step:
            return
        bed().rename(bed().with_suffix(".taken"))
    except FileNotFoundError:
        return
    bed().with_suffix(".pid").write_text(str(os.getpid()))
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(0.2)  # another thread may have taken the signal: this one stops a moment later


def make_beds() -> None:
    """Puts the beds into the gate of this process."""
    opened, ended = catalog.gate.record_alone, catalog.gate.record_end
    begin, gone = catalog.gate.watch.begin, catalog.gate.Exit.gone

    def opening(kind, **what):
        sleep_at("before the event")
        return opened(kind, **what)

    def ending(kind, **what):
        sleep_at("before the closing event")
        return ended(kind, **what)

    def beginning(exit_):
        sleep_at("before the first row")
        begin(exit_)

    def going(exit_, rows, size):
        gone(exit_, rows, size)
        exit_.pieces = getattr(exit_, "pieces", 0) + 1
        if exit_.pieces == PIECES:
            sleep_at("in the middle")

    catalog.gate.record_alone, catalog.gate.record_end = opening, ending
    catalog.gate.watch.begin, catalog.gate.Exit.gone = beginning, going
