"""Loads under fire: workers, readers, the database are killed or put to sleep. One version comes of it, no orphan."""

import io
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from audit.models import Event
from catalog import sweeps, uploads
from catalog.actions.loads import start_load
from catalog.models import Job, Version
from catalog.store import store
from tests import world
from tests.loads import empty_store, files_in_scratch, files_in_store, run
from tests.server import ROOT, end, environment, until, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.alone]
ROWS = 400_000
MANY_ROWS = 1_000_000
LEASE = "3"
BUSY = ("typing", "writing", "profiling")


@pytest.fixture
def city():
    empty_store()
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks)
    return people


@pytest.fixture
def short_lease(settings):
    settings.JOB_LEASE_SECONDS = int(LEASE)


def begin(city, rows: int = ROWS, extra: bytes = b"", confirm: bool = False) -> Job:
    lines = io.BytesIO()
    lines.write(b"id,kind,height,planted\n")
    lines.write(b"".join(b"%07d,Oak or Ash,%d.5,2024-05-%02d\n" % (n, n % 40, n % 28 + 1) for n in range(rows)) + extra)
    lines.seek(0)
    return start_load(city.trees, lines, name="trees.csv", by=world.by(city.owner), confirm=confirm)


@contextmanager
def runner(job: Job, how: str = "", **settings):
    """One worker's try, in a process of its own."""
    command = [sys.executable, "-m", "tests.faults.runner", str(job.pk), how]
    env = environment(JOB_LEASE_SECONDS=LEASE, **settings)
    process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True)
    try:
        yield process
    finally:
        end(process)


def now(job: Job) -> Job:
    return Job.objects.select_related("version").get(pk=job.pk)


def busy(job: Job) -> bool:
    return now(job).stage in BUSY


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"


def check_one_version(job: Job, rows: int = ROWS, kept: bool = False) -> None:
    """Exactly one version, whole; nothing else in the store, nothing in the scratch folder."""
    version = Version.objects.get()
    assert now(job).version == version
    table = version.tables.get()
    assert (table.rows, version.state, version.number) == (rows, "kept" if kept else "proposed", 1)
    assert files_in_store() == sorted([table.path] if kept else [table.path, version.source_path])
    assert files_in_scratch() == []
    assert Event.objects.filter(kind="version.proposed").count() == 1
    assert not Event.objects.filter(kind="load.failed").exists()


def test_it_survives_the_killing_of_the_worker(city):
    with worker(JOB_LEASE_SECONDS=LEASE) as first:
        job = begin(city, rows=MANY_ROWS)
        until(lambda: busy(job), seconds=40)
        os.killpg(first.pid, signal.SIGKILL)
    killed = time.monotonic()
    assert now(job).state == "running" and not Version.objects.exists()
    with worker(JOB_LEASE_SECONDS=LEASE):
        until(lambda: now(job).fence > 1, seconds=60)
        assert time.monotonic() - killed < 60
        until(lambda: now(job).is_over, seconds=60)
        until(lambda: not files_in_scratch())
    check_one_version(job, rows=MANY_ROWS)
    assert now(job).tries == 2


def test_it_survives_the_killing_of_the_reader(city, short_lease):
    job = begin(city)
    with runner(job) as process:
        until(lambda: busy(job), seconds=40)
        (reader,) = children(process.pid)
        os.kill(reader, signal.SIGKILL)
        assert process.wait(20) == 0
    assert now(job).state == "waiting"
    assert sweeps.left_alone() == [str(job.pk)]
    run(job)
    check_one_version(job)


STAGES = ("fetching", "unpacking", "decoding", "reading", "typing", "writing", "profiling", "storing", "finishing")


@pytest.mark.parametrize("stage", [*STAGES, "confirming"])
def test_it_survives_a_killing_in_each_stage(city, short_lease, stage):
    """`reading` is the careful way alone: rows that lack cells bring a text there."""
    extra = b"9,Oak\n" * (60_000 if stage == "reading" else 0)
    confirm = stage == "confirming"
    job = begin(city, rows=1000, extra=extra, confirm=confirm)
    with runner(job, f"die-in-{stage}") as process:
        assert process.wait(60) == -signal.SIGKILL
    assert (now(job).state, now(job).version) == ("running", None)
    assert not Version.objects.exists()
    until(sweeps.left_alone, seconds=15)
    assert run(job).state == "done"
    check_one_version(job, rows=1000 + extra.count(b"9,"), kept=confirm)


def test_it_says_so_when_the_disk_of_the_worker_is_full_and_leaves_nothing(city, short_lease, tmp_path):
    job = begin(city)
    with small_disk(tmp_path / "scratch") as scratch, runner(job, SCRATCH_DIR=str(scratch)) as process:
        assert process.wait(90) == 0
        assert list(scratch.glob("*-*")) == []
    check_nothing_of(job, "disk-full")


def test_it_says_so_when_the_disk_of_the_store_is_full_and_leaves_nothing(city, short_lease):
    job = begin(city)
    place = Path(store().root) / Path(uploads.try_folder(job)).parent
    with small_disk(place), runner(job) as process:
        assert process.wait(90) == 0
        assert [path for path in place.rglob("*") if path.is_file()] == []
    check_nothing_of(job, "disk-full")


@contextmanager
def small_disk(folder: Path):
    """A folder with room for half a megabyte."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs the rights of root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def check_nothing_of(job: Job, code: str) -> None:
    """The load failed with a sentence, once; no version, no file."""
    assert (now(job).state, now(job).error["code"]) == ("failed", code)
    assert not Version.objects.exists()
    until(lambda: files_in_store() == [], seconds=10)
    assert files_in_scratch() == []
    assert Event.objects.filter(kind="load.failed").count() == 1


def test_it_leaves_no_reader_behind_when_the_worker_dies(city, short_lease):
    job = begin(city)
    with runner(job) as process:
        until(lambda: busy(job), seconds=40)
        (reader,) = children(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        until(lambda: not Path(f"/proc/{reader}").exists(), seconds=5)
    until(sweeps.left_alone, seconds=10)
    run(job)
    check_one_version(job)


def test_a_worker_that_wakes_up_late_writes_nothing(city, short_lease):
    job = begin(city, rows=1000)
    with runner(job, "stop") as sleeper:
        until(lambda: stopped(sleeper.pid), seconds=30)
        assert len(files_in_store()) == 2  # the source, and the table of a version that is not there yet
        assert until(sweeps.left_alone, seconds=15) == [str(job.pk)]
        assert run(job).state == "done"
        os.kill(sleeper.pid, signal.SIGCONT)
        assert sleeper.wait(20) == 0
    assert now(job).fence == 3
    check_one_version(job, rows=1000)


def test_a_worker_that_wakes_up_in_the_middle_of_reading_writes_nothing(city, short_lease):
    job = begin(city)
    with runner(job) as sleeper:
        until(lambda: busy(job), seconds=40)
        os.kill(sleeper.pid, signal.SIGSTOP)
        until(sweeps.left_alone, seconds=15)
        with runner(job) as second:
            until(lambda: now(job).fence == 3)
            os.kill(sleeper.pid, signal.SIGCONT)
            assert sleeper.wait(20) == 0
            assert second.wait(60) == 0
    check_one_version(job)


def test_a_worker_that_was_slow_but_alive_keeps_its_job(city, short_lease):
    job = begin(city, rows=1000)
    with runner(job, "slow") as process:
        for _ in range(6):
            assert sweeps.left_alone() == []
            time.sleep(0.5)
        assert process.wait(20) == 0
    check_one_version(job, rows=1000)
    assert now(job).fence == 1


def test_two_workers_make_one_version_of_one_job(city, short_lease):
    job = begin(city, rows=20_000)
    with runner(job) as one, runner(job) as other:
        assert sorted([one.wait(40), other.wait(40)]) == [0, 3]
    check_one_version(job, rows=20_000)


def test_two_workers_make_one_version_of_the_same_file_uploaded_twice(city, short_lease):
    first, second = begin(city, rows=20_000), begin(city, rows=20_000)
    with runner(first, "slow") as one, runner(second, "slow") as other:
        assert (one.wait(40), other.wait(40)) == (0, 0)
    assert now(first).version == now(second).version == Version.objects.get()
    assert len(files_in_store()) == 2
    assert files_in_scratch() == []
