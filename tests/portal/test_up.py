"""`manage.py up` as a person meets it: real processes, real signals, a bare environment."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

import pytest

from portal.engines import home, postgres, valkey

pytestmark = [pytest.mark.slow, pytest.mark.alone]
CHECKOUT = Path(__file__).resolve().parents[2]
BARE = {"HOME": "/nowhere", "PATH": os.defpath, "DEMO": "0", "WEB_WORKERS": "2"}


@pytest.fixture
def outside():
    """A folder that everybody may enter; nothing of what is kept below it stays."""
    yield from passing_folder()


@pytest.fixture(scope="module")
def settled():
    """What a first start, from nothing, leaves behind; the tests that begin later begin with a copy."""
    for folder in passing_folder():
        Up(folder / "var").await_start().stop()
        yield folder / "var"


def passing_folder():
    folder = Path(tempfile.mkdtemp(prefix="causeway up "))
    folder.chmod(0o755)
    yield folder
    for up in Up.started:
        up.process.kill()
        up.process.wait()
    Up.started.clear()
    for var in filter(Path.is_dir, folder.iterdir()):
        for process in marked(var):
            os.kill(process, signal.SIGKILL)
        valkey.stop(var)
        postgres.stop(var)
        home.forget(var)
    shutil.rmtree(folder)


def copy(settled: Path, var: Path) -> Path:
    subprocess.run(["cp", "-a", settled, var], check=True)
    return var


class Up:
    """One `up` of a folder."""

    started: list["Up"] = []

    def __init__(
        self, var: Path, *arguments: str, environment: dict[str, str] = BARE, port: int | None = None, **as_whom
    ):
        self.var, self.port = var, port or free_port()
        self.started.append(self)
        command = [sys.executable, "manage.py", "up", "--with-parent", "--port", str(self.port), *arguments]
        self.process = subprocess.Popen(
            command, cwd=CHECKOUT, env={**environment, "VAR": str(var)}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **as_whom,
        )  # fmt: skip

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()

    def await_start(self) -> "Up":
        assert eventually(lambda: state(self.var) == ("running", self.process.pid) or self.ended, seconds=180)
        assert not self.ended, self.words
        return self

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    @property
    def words(self) -> str:
        return self.process.communicate(timeout=60)[0]

    def stop(self, number: int = signal.SIGTERM) -> str:
        self.process.send_signal(number)
        return self.words


def state(var: Path) -> tuple:
    with suppress(OSError, ValueError):
        noted = json.loads((var / "up.json").read_text())
        return noted["state"], noted["process"]
    return None, None


def eventually(true, *, seconds: float) -> bool:
    return home.wait_until(lambda: bool(suppressed(true)), seconds=seconds, pause=0.1)


def suppressed(true):
    with suppress(OSError):
        return true()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def marked(var: Path) -> list[int]:
    """The living processes that an `up` of this folder started."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"CAUSEWAY_UP={var.resolve()}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found


def keep_something(var: Path) -> None:
    with closing(postgres.connect(var, postgres.DATABASE, postgres.OWNER)) as connection:
        connection.cursor().execute("CREATE TABLE kept AS SELECT 42 AS n")


def is_kept(var: Path) -> bool:
    with closing(postgres.connect(var, postgres.DATABASE, postgres.OWNER)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT n FROM kept")
        return cursor.fetchall() == [(42,)]


def test_it_serves_and_a_signal_stops_all_of_it_within_seconds(outside, settled):
    up = Up(copy(settled, outside / "var")).await_start()
    assert up.get("/healthz") == (200, "ok\n")
    status, body = up.get("/readyz")
    assert status == 200, body
    assert set(json.loads(body)["checks"].values()) == {"ok"}
    # The web server and its workers, the worker and its pool, the scheduler.
    assert eventually(lambda: len(marked(up.var)) >= (1 + 2) + (1 + 2) + 1, seconds=20)
    keep_something(up.var)

    began = time.monotonic()
    words = up.stop()

    assert time.monotonic() - began < 15
    assert up.process.returncode == 0
    assert f"Open http://127.0.0.1:{up.port}/" in words
    assert "Everything is stopped." in words
    assert marked(up.var) == []
    assert not postgres.answers(up.var) and not valkey.answers(up.var)

    again = Up(outside / "var").await_start()  # Ctrl-C this time, and the data is still there
    assert is_kept(up.var)
    assert "Everything is stopped." in again.stop(signal.SIGINT)


def test_it_comes_back_with_its_data_after_everything_was_killed(outside, settled):
    first = Up(copy(settled, outside / "var")).await_start()
    keep_something(first.var)

    first.process.kill()
    first.process.wait()
    second = Up(outside / "var", port=first.port).await_start()

    assert second.get("/healthz")[0] == 200
    assert is_kept(second.var)
    assert "Everything is stopped." in second.stop()
    assert marked(second.var) == []


def test_it_starts_again_what_dies_under_it(outside, settled):
    up = Up(copy(settled, outside / "var")).await_start()
    keep_something(up.var)

    os.kill(int((postgres.data_folder(up.var) / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    with closing(valkey.client(up.var)) as client:
        os.kill(client.info("server")["process_id"], signal.SIGKILL)
    for process in children(up.process.pid):
        os.kill(process, signal.SIGKILL)

    assert eventually(lambda: up.get("/readyz")[0] == 200, seconds=60)
    assert is_kept(up.var)
    words = up.stop()
    assert "PostgreSQL ended; starting it again." in words
    assert "Valkey ended; starting it again." in words
    assert "web was ended by signal 9; starting it again." in words
    assert marked(up.var) == []


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_it_runs_side_by_side_with_another_checkout_and_refuses_a_second_of_the_same(outside, settled):
    one = Up(copy(settled, outside / "one"), "--no-worker")
    two = Up(copy(settled, outside / "two"), "--no-worker")
    one.await_start()
    two.await_start()

    refused = Up(outside / "one")

    assert f"Causeway already runs from {outside / 'one'}" in refused.words
    assert refused.process.returncode == 1
    assert one.get("/healthz")[0] == two.get("/healthz")[0] == 200
    one.stop()
    assert two.get("/readyz")[0] == 200
    two.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become an ordinary user")
def test_it_runs_as_an_ordinary_user(outside):
    if not home.reachable(Path(sys.executable).resolve()) or not home.reachable(CHECKOUT / "manage.py"):
        pytest.skip("the checkout or its Python is closed to ordinary users")
    os.chown(outside, 65534, 65534)

    up = Up(outside / "var", "--no-worker", user=65534, group=65534, extra_groups=[]).await_start()

    assert up.get("/readyz")[0] == 200
    assert (outside / "var").stat().st_uid == 65534
    up.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's services run as that user")
def test_it_runs_as_root_in_a_folder_that_is_closed_to_others(outside, settled):
    outside.chmod(0o700)
    (outside / "var").mkdir()
    copy(settled / "static", outside / "var" / "static")

    up = Up(outside / "var", "--no-worker").await_start()

    assert up.get("/readyz")[0] == 200
    up.stop()
    assert outside.stat().st_mode & 0o777 == 0o700


def test_it_says_that_the_port_is_taken(outside):
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        up = Up(outside / "var", port=port)

        assert up.words == f"Port {port} is taken by another program. Choose another one: make run PORT={port + 1}\n"
        assert up.process.returncode == 1


def test_it_says_that_the_folder_cannot_be_written(outside):
    (outside / "file").write_text("")

    up = Up(outside / "file" / "var")

    assert up.words.startswith(f"The folder {outside / 'file' / 'var'} cannot be made: ")
    assert up.process.returncode == 1


def test_it_says_that_the_disk_is_full(outside):
    var = outside / "var"
    var.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(var)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only an account that may mount can try a small disk")
    try:
        up = Up(var)

        assert up.words.startswith(f"The disk of {var} has 8 MB left;")
        assert up.process.returncode == 1
    finally:
        subprocess.run(["umount", str(var)], check=True)


def test_it_says_which_setting_is_missing_where_the_servers_are_somebodys_own(outside):
    up = Up(outside / "var", environment={**BARE, "DATABASE_URL": "postgres://causeway@db.example/causeway"})

    assert "Set SECRET_KEY in the environment." in up.words
    assert up.process.returncode == 1


def test_it_says_that_python_is_too_old(outside):
    shutil.copy(CHECKOUT / "Makefile", outside)
    old = outside / "bin" / "python3"
    old.parent.mkdir()
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n')
    old.chmod(0o755)
    for name in ("make", "sh", "head", "echo"):
        (old.parent / name).symlink_to(shutil.which(name))
    (outside / "requirements.lock").touch()

    made = subprocess.run(
        [old.parent / "make", "run"],
        cwd=outside,
        env={"PATH": str(old.parent)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "Causeway needs Python 3.11 or newer; found Python 3.9.2." in made.stderr
    assert made.returncode != 0
