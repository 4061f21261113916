"""Programs that share no code with ours, built from Go modules that `tests/foreign/go.mod` pins; kept in `var/test`."""

import fcntl
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from base64 import b64decode, b64encode
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from audit.verify import COSIGNATURE, EMPTY_ROOT, Key
from tests.engines import TEST_VAR
from tests.server import end, free_port, wait_for

FOREIGN = Path(__file__).resolve().parent / "foreign"
OLDEST_GO = (1, 24)
LITEWITNESS = "filippo.io/torchwood/cmd/litewitness"


@cache
def built() -> Path:
    """The folder with `foreign`, the reader, and `litewitness`; skips with the reason where they cannot be built."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("go is not installed: programs that are not ours cannot be built")
    found = re.search(r"go(\d+)\.(\d+)", _run(go, "version").stdout)
    if found is None or tuple(map(int, found.groups())) < OLDEST_GO:
        pytest.skip(f"go is older than {OLDEST_GO[0]}.{OLDEST_GO[1]}")
    sources = b"".join(path.read_bytes() for path in sorted(FOREIGN.glob("*.*")) if path.suffix != ".py")
    folder = TEST_VAR / "foreign" / hashlib.sha256(sources).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            fetched = _run(go, "mod", "download")
            if fetched.returncode:
                pytest.skip(f"Go modules cannot be fetched: {fetched.stderr.strip().splitlines()[-1]}")
            made = _run(go, "build", "-o", f"{folder}/", ".", LITEWITNESS)
            assert made.returncode == 0, made.stderr
            (folder / "done").touch()
    return folder


def _run(*command: str) -> subprocess.CompletedProcess:
    env = os.environ | {"CGO_ENABLED": "0"}
    return subprocess.run(command, cwd=FOREIGN, env=env, capture_output=True, text=True, check=False)


def read_log(address: str, vkey: str, *older: Path, entries: bool = False, leaves: Path | None = None, key: str = ""):
    """What Go's own libraries find at a log's address: a dictionary, with `error` where something does not hold."""
    command = [built() / "foreign", "-log", address, "-vkey", vkey]
    command += ["-entries"] if entries else []
    command += ["-leaves", leaves] if leaves else []
    command += ["-authorization", f"Bearer {key}"] if key else []
    done = subprocess.run([*command, *older], capture_output=True, text=True, check=False, timeout=120)
    found = json.loads(done.stdout)
    assert (done.returncode == 0) == ("error" not in found), done.stderr
    return found


class Lite:
    """Another author's witness, with its own key, database and ssh-agent; `start` and `stop` at will."""

    def __init__(self, folder: Path, name: str, *vkeys: str):
        self.folder, self.name, self.port = folder, name, free_port()
        self.process: subprocess.Popen | None = None
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True, capture_output=True
        )
        blob = b64decode((folder / "key.pub").read_text().split()[1])
        self.fingerprint = "SHA256:" + b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
        self.key = Key.of(name, blob[-32:], COSIGNATURE)
        self._trust(*vkeys)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Runs it, and waits until it answers."""
        command = [built() / "litewitness", "-name", self.name, "-key", self.fingerprint, "-db", self.folder / "db"]
        command += ["-ssh-agent", self.folder / "agent", "-listen", f"127.0.0.1:{self.port}"]
        with (self.folder / "out").open("ab") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        wait_for(self.url, self.process)

    def stop(self) -> None:
        """Ends it; what it saw stays."""
        if self.process is not None:
            end(self.process)
            self.process = None

    def _trust(self, *vkeys: str) -> None:
        """Its own tool for this, witnessctl, is made of more modules: here we write the rows that it would write."""
        with sqlite3.connect(self.folder / "db") as database:
            database.executescript(
                "CREATE TABLE log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL, tree_hash TEXT NOT NULL);"
                "CREATE TABLE key (origin TEXT NOT NULL, key TEXT NOT NULL,"
                " FOREIGN KEY(origin) REFERENCES log(origin));"
            )
            for vkey in vkeys:
                origin = Key.parse(vkey).name
                empty = b64encode(EMPTY_ROOT).decode()
                database.execute("INSERT OR IGNORE INTO log VALUES (?, 0, ?)", [origin, empty])
                database.execute("INSERT INTO key VALUES (?, ?)", [origin, vkey])
        database.close()


@contextmanager
def litewitness(*vkeys: str, name: str = "lite.example/w"):
    """A running witness of another author for these logs."""
    built()
    if shutil.which("ssh-agent") is None:
        pytest.skip("ssh-agent is not installed: the other author's witness keeps its key there")
    with tempfile.TemporaryDirectory(prefix="lite-") as folder:
        lite = Lite(Path(folder), name, *vkeys)
        agent = subprocess.Popen(
            ["ssh-agent", "-D", "-a", lite.folder / "agent"], stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            _add_key(lite.folder)
            lite.start()
            yield lite
        finally:
            lite.stop()
            end(agent)


def _add_key(folder: Path) -> None:
    for _attempt in range(50):
        env = os.environ | {"SSH_AUTH_SOCK": str(folder / "agent")}
        added = subprocess.run(["ssh-add", "-q", folder / "key"], env=env, capture_output=True, check=False)
        if added.returncode == 0:
            return
        subprocess.run(["sleep", "0.1"], check=True)
    raise AssertionError(added.stderr.decode())
