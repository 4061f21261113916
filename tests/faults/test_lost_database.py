"""The database is killed in the middle of a load, and again when the version is to be written; it comes back."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import pytest

from portal import engines
from portal.engines import home, postgres
from tests.faults.test_loader_faults import stopped
from tests.server import ROOT, end, until

pytestmark = [pytest.mark.slow, pytest.mark.alone]
ROWS = 600_000


@pytest.fixture
def place():
    """A cluster of our own with a city in it: its folder and the environment of its processes."""
    outside = Path(tempfile.mkdtemp(prefix="causeway-apart-"))
    outside.chmod(0o755)
    var = outside / "var"
    postgres.start(var, tests=True)
    env = os.environ | engines.defaults(var) | {"PYTHONPATH": str(ROOT), "JOB_LEASE_SECONDS": "3", "DEMO": "0"}
    env |= {"DJANGO_SETTINGS_MODULE": "portal.settings", "BROKER_URL": os.environ["BROKER_URL"]}
    for command in (["migrate", "--database", "owner", "-v", "0"], ["lockdown", "-v", "0"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True)
    yield var, env
    postgres.stop(var)
    home.forget(var)
    shutil.rmtree(outside)


def kill_database(var: Path) -> None:
    """As a power cut would: no goodbye to anybody."""
    pid = int((postgres.data_folder(var) / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    until(lambda: not postgres.answers(var))


def ask(var: Path, statement: str) -> tuple:
    with closing(postgres.connect(var, postgres.DATABASE)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_it_makes_one_version_although_the_database_was_lost_twice(place, tmp_path):
    var, env = place
    source = tmp_path / "trees.csv"
    source.write_bytes(b"id,kind,height\n" + b"".join(b"%07d,Oak,%d.5\n" % (n, n % 40) for n in range(ROWS)))
    begin = [sys.executable, "-m", "tests.faults.apart", "begin", str(source)]
    job = subprocess.run(begin, cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout.split()[-1]
    runner = [sys.executable, "-m", "tests.faults.runner", job, "stop"]
    process = subprocess.Popen(runner, cwd=ROOT, env=env, start_new_session=True)
    try:
        until(lambda: ask(var, "SELECT stage FROM catalog_job")[0] in ("typing", "writing"), seconds=40, every=0.05)
        kill_database(var)
        time.sleep(2)
        postgres.start(var, tests=True)
        until(lambda: stopped(process.pid), seconds=60)
        kill_database(var)
        os.kill(process.pid, signal.SIGCONT)
        time.sleep(2)
        postgres.start(var, tests=True)
        began = time.monotonic()
        assert process.wait(60) == 0
        assert time.monotonic() - began < 60
    finally:
        end(process)
    state, fence = ask(var, "SELECT state, fence FROM catalog_job")
    assert (state, fence) == ("done", 1)
    assert ask(var, "SELECT count(*), min(state) FROM catalog_version") == (1, "proposed")
    path, rows = ask(var, "SELECT path, rows FROM catalog_table")
    assert rows == ROWS
    assert files(var / "storage") == sorted([path, f"uploads/{job}/source"])
    assert [name for name in files(var / "scratch") if not name.startswith("engine-")] == []
