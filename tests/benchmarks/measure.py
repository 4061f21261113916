"""What every benchmark needs: numbers with names, percentiles, and clients that are processes of their own."""

import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass

from tests.server import ROOT, end, environment


@dataclass(frozen=True)
class Sizes:
    """How much is measured: the whole by `make bench`, little by the test that the benchmarks run."""

    rows: int = 5_000_000
    seconds: float = 8.0
    events: int = 50_000
    receipts: int = 60
    entries: int = 1_000_000
    pages: int = 60
    clients: tuple[int, ...] = (1, 8)


TINY = Sizes(rows=2_000, seconds=0.2, events=600, receipts=1, entries=600, pages=2, clients=(2,))


@dataclass(frozen=True)
class Figure:
    """One number: what it is, in which unit, and where the design sets a budget, what that is and whether it holds."""

    name: str
    value: float
    unit: str
    budget: str = ""
    holds: bool | None = None


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def at_once(what: str, clients: int, seconds: float, *about: str) -> float:
    """How often a second so many clients together did something; each is a process with its own connection."""
    command = [sys.executable, "-m", "tests.benchmarks.client", what, str(seconds), *about]
    with ExitStack() as stack:
        running = []
        for _client in range(clients):
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment(), text=True, start_new_session=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
            stack.callback(end, process)
            running.append(process)
        for process in running:
            if process.stdout.readline() != "ready\n":
                raise RuntimeError(f"A client for “{what}” did not start.")
        for process in running:
            process.stdin.write("go\n")
            process.stdin.flush()
        return sum(float(process.stdout.readline()) for process in running)
