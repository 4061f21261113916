"""Our witness as real processes, each with its key and its database."""

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from audit.signing import Signer, write_key
from audit.verify import COSIGNATURE
from tests.server import ROOT, end, environment, free_port, wait_for


class Ours:
    """`manage.py witness` on a port of its own; `start` and `stop` at will."""

    def __init__(self, folder: Path, name: str, *vkeys: str):
        self.folder, self.name, self.vkeys, self.port = folder, name, vkeys, free_port()
        self.process: subprocess.Popen | None = None
        self.signer = Signer.new(name, COSIGNATURE)
        self.folder.mkdir()
        write_key(self.signer, folder / "key")

    @property
    def key(self):
        return self.signer.key

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        return self.folder / "witness.sqlite"

    def start(self) -> "Ours":
        """Runs it, and waits until it answers. It gets no address of a database that exists."""
        command = [sys.executable, ROOT / "manage.py", "witness", "--key-file", self.folder / "key"]
        command += ["--database", self.database, "--listen", f"127.0.0.1:{self.port}"]
        command += [word for vkey in self.vkeys for word in ("--log", vkey)]
        nowhere = dict.fromkeys(("DATABASE_URL", "DATABASE_OWNER_URL"), "postgres://nobody@127.0.0.1:9/none")
        nowhere |= dict.fromkeys(("CACHE_URL", "BROKER_URL"), "redis://127.0.0.1:9/0")
        with (self.folder / "out").open("ab") as out:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=environment() | nowhere, stdout=out, stderr=out, start_new_session=True
            )
        wait_for(self.url, self.process)
        return self

    def stop(self) -> None:
        """Ends it; what it saw stays."""
        if self.process is not None:
            end(self.process)
            self.process = None


@contextmanager
def witnesses(folder: Path, *vkeys: str, count: int = 1):
    """So many running witnesses for these logs."""
    ours = [Ours(folder / f"w{i}", f"witness.example/w{i}", *vkeys) for i in range(count)]
    try:
        for one in ours:
            one.start()
        yield ours
    finally:
        for one in ours:
            one.stop()


def policy(folder: Path, needed: int, *members) -> Path:
    """A policy file: so many of these must cosign. Each member has a key and an address."""
    names = [f"w{i}" for i in range(len(members))]
    lines = [f"witness {name} {one.key} {one.url}" for name, one in zip(names, members, strict=True)]
    path = folder / "policy"
    path.write_text("\n".join([*lines, f"group enough {needed} {' '.join(names)}", "quorum enough", ""]))
    return path
