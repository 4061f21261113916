"""A whole log read and checked by `audit/verify.py`, as an auditor runs it: every entry, every tile, the signature."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from audit.signing import Signer
from audit.tiles import CHECKPOINT, Edge, TileStore
from audit.verify import Checkpoint
from tests.benchmarks.measure import Figure, Sizes
from tests.benchmarks.scene import Scene
from tests.server import ROOT

BUDGET, MILLION = 10, 1_000_000
ENTRY = b'{"id":"%032d","facts":"' + b"x" * 1_000 + b'"}'


def measure(scene: Scene, sizes: Sizes) -> list[Figure]:
    """A log of so many entries of a kilobyte, in files; the budget is for a million."""
    with tempfile.TemporaryDirectory(prefix="causeway-bench-") as folder:
        signer = Signer.new("bench.example/log")
        _make(Path(folder), signer, sizes.entries)
        command = [sys.executable, str(ROOT / "audit" / "verify.py"), "log", folder, "--key", str(signer.key)]
        began = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds = time.monotonic() - began
    name = f"{sizes.entries:,} entries verified, with {os.cpu_count()} processes"
    if sizes.entries < MILLION:
        return [Figure(name, seconds, "s")]
    return [Figure(name, seconds, "s", f"≤ {BUDGET} s", seconds <= BUDGET)]


def _make(folder: Path, signer: Signer, entries: int) -> None:
    edge = Edge(TileStore(f"file://{folder}"))
    for number in range(entries):
        edge.add(ENTRY % number)
    edge.write()
    text = Checkpoint.text(signer.key.name, edge.size, edge.root())
    (folder / CHECKPOINT).write_text(text + "\n" + signer.sign(text))
