"""Keeps a handful of processes running, and stops them in order."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LONGEST_PAUSE = 30.0
STEADY = 60.0  # a process that lived so long is forgiven its earlier ends
WAYS_TO_END = (signal.SIGTERM, signal.SIGQUIT, signal.SIGKILL)  # a worker gives its tasks back on the second
PATIENCE = 6.0
PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """One process to keep alive."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen | None = None
    began: float = 0.0
    ends: int = 0
    due: float = 0.0

    def start(self, environment: dict[str, str]) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches only the supervisor, and tie its life to ours."""
        keep_short(self.log)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=die_with_parent,  # noqa: PLW1509  (one thread: safe)
            )  # fmt: skip
        self.began = time.monotonic()

    @property
    def runs(self) -> bool:
        """Is it alive?"""
        return self.process is not None and self.process.poll() is None

    def last_words(self, lines: int = 12) -> str:
        """The end of its log."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - 8_000))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


class Supervisor:
    """Starts children, starts again those that end, and stops all of them."""

    def __init__(self, environment: dict[str, str], say: Callable[[str], None], *, patience: float = PATIENCE):
        self.environment = environment
        self.say = say
        self.patience = patience
        self.children: list[Child] = []

    def add(self, child: Child) -> Child:
        """Start one more."""
        child.start(self.environment)
        self.children.append(child)
        return child

    def look_after(self) -> None:
        """Start again what has ended: at once the first time, then after longer and longer pauses."""
        now = time.monotonic()
        for child in self.children:
            if child.runs:
                continue
            if not child.due:
                child.ends = 0 if now - child.began > STEADY else child.ends + 1
                pause = min(LONGEST_PAUSE, 0 if child.ends <= 1 else 2.0 ** (child.ends - 2))
                child.due = now + pause
                why = how_it_ended(child.process.returncode)
                self.say(f"{child.name} {why}; starting it again. {child.last_words(1)}\nMore in {child.log}")
            if now >= child.due:
                child.due = 0.0
                child.start(self.environment)

    def stop(self) -> None:
        """End all children: first by asking, then by insisting."""
        for number in WAYS_TO_END:
            for child in filter(lambda child: child.runs, self.children):
                send(child.process.pid, number, group=number == signal.SIGKILL)
            end = time.monotonic() + self.patience
            while any(child.runs for child in self.children) and time.monotonic() < end:
                time.sleep(0.05)
        for child in self.children:  # what a child left behind in its session
            send(child.process.pid, signal.SIGKILL, group=True)


def how_it_ended(code: int) -> str:
    """In words."""
    return f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"


def send(pid: int, number: int, *, group: bool = False) -> None:
    """Send a signal to a process, or to all of its session, that may be gone already."""
    with suppress(ProcessLookupError):
        (os.killpg if group else os.kill)(pid, number)


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Ask the kernel to send this process a signal when its parent ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def end_marked(mark: str) -> None:
    """End the processes that a killed supervisor left behind, known by a mark in their environment."""
    wanted = mark.encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            marked = wanted in (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if marked and int(process.name) != os.getpid():
            send(int(process.name), signal.SIGKILL)


def keep_short(log: Path) -> None:
    """Set a long log aside; one old one is kept."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > 10_000_000:
        log.replace(log.with_suffix(".log.1"))
