"""How much memory processes have: children of this one, this one itself, and those of a web server."""

import os
import threading
from pathlib import Path

MB = 1024 * 1024


class Peak:
    """The most memory, in bytes, that any child of this process had while the block ran, and that this one had."""

    def __enter__(self):
        self.bytes, self.own, self.over = 0, 0, threading.Event()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()
        return self

    def __exit__(self, *_reason):
        self.over.set()
        self.thread.join()

    def _watch(self):
        while not self.over.wait(0.05):
            self.own = max(self.own, held("VmRSS"))
            for task in Path(f"/proc/{os.getpid()}/task").iterdir():
                try:
                    for child in (task / "children").read_text().split():
                        self.bytes = max(self.bytes, held("VmHWM", child))
                except OSError:
                    continue


def held(what: str, process: str = "self") -> int:
    """The memory of a process in bytes: `VmRSS` is what it has now, `VmHWM` the most it ever had; 0 where it ended."""
    status = Path(f"/proc/{process}/status").read_text()
    line = next((line for line in status.splitlines() if line.startswith(what)), None)
    return int(line.split()[1]) * 1024 if line else 0


def most_of_server(address: str) -> int:
    """The most memory in bytes that any process of the web server at this address ever had."""
    mark, peaks = f"ADDRESS={address}".encode(), [0]
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if place.stat().st_uid == os.getuid() and mark in (place / "environ").read_bytes().split(b"\0"):
                peaks.append(held("VmHWM", place.name))
        except OSError:
            continue  # a process that ended meanwhile
    return max(peaks)
