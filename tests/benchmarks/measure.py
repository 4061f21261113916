"""What every benchmark needs: numbers with names, percentiles, and clients that are processes of their own."""

import http.client
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from tests.server import ROOT, end, environment

PIECE = 1024 * 1024
WARM, LEAST = 3, 3


@dataclass(frozen=True)
class Sizes:
    """How much is measured: the whole by `make bench`, little by the test that the benchmarks run."""

    rows: int = 5_000_000
    seconds: float = 8.0
    events: int = 50_000
    receipts: int = 60
    entries: int = 1_000_000
    grants: int = 10_000
    checks: int = 3_000
    pages: int = 60
    large_mb: int = 2_048
    records: int = 10_000
    queries: int = 1_000
    datasets: int = 100_000
    searches: int = 60
    clients: tuple[int, ...] = (1, 8)
    readers: tuple[int, ...] = (1, 4, 16)


TINY = Sizes(
    rows=2_000,
    seconds=0.2,
    events=600,
    receipts=1,
    entries=600,
    grants=200,
    checks=20,
    pages=2,
    large_mb=1,
    records=0,
    queries=0,
    datasets=40,
    searches=2,
    clients=(2,),
    readers=(2,),
)


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


def asked(address: str, path: str, token: str = "") -> None:
    """One GET on a connection of its own, read to the end; anything but 200 is no measurement."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=120)
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
    answer = connection.getresponse()
    while answer.read(PIECE):
        pass
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}")


def p50(act: Callable[[], None], times: int, most: float = 10.0) -> float:
    """Milliseconds, the median of so many times or of as many as fit into the seconds, after three unmeasured ones."""
    taken = []
    until = time.perf_counter() + most
    for number in range(times + WARM):
        began = time.perf_counter()
        act()
        if number >= WARM:
            taken.append(time.perf_counter() - began)
        if len(taken) >= LEAST and time.perf_counter() > until:
            break
    return 1000 * percentile(taken, 0.5)
