"""No byte without an event: whatever breaks at whatever step, what left never exceeds what the events say.

The rows are real ones of a real web server, worker or shell; the process is stopped at the step, the fault is done to
it, and it is woken (`tests.faults.sleeper`). Said is what the closing event states, or without one the ceiling.

| what breaks         | before the event | before the first row | in the middle   | before the closing event |
|---------------------|------------------|----------------------|-----------------|--------------------------|
| kill -9             | nothing left     | ceiling, nothing left| ceiling         | ceiling                  |
| full disk           | nothing left     | ceiling              | ceiling         | ceiling                  |
| lost database       | nothing left     | ceiling              | cut off, ceiling| ceiling                  |
| hang-up, broken off | closed           | closed               | closed          | closed                   |
| task killed, retried| two openings, one closing: both tries are counted                                       |

Each for a page, a stream, a built file and a document over HTTP; rows and statistics in `manage.py shell`; rows in a
task. Elsewhere: revocation and hang-ups in time, and the order of event and first byte (`test_leaving.py`); events
refused by the database's rights (`tests/catalog/test_gate.py`).
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.faults.disclosing import MARK, Bed, Reader, Said, full_disk, lending_city, lost_database
from tests.faults.sleeper import STEPS
from tests.server import ROOT, end, environment, until, web_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.alone]
FIRST, SECOND, MIDDLE, LAST = STEPS


@pytest.fixture
def city():
    return lending_city()


@pytest.fixture
def bed(tmp_path):
    return Bed(tmp_path)


def served(bed: Bed, **env: str):
    """The web server, with beds."""
    return web_server(
        workers=1, threads=3, application="tests.faults.served:application", SLEEP_AT=str(bed.file), **env
    )


def left_at_most(body: bytes, said: Said, exit_: str, about: str) -> None:
    """Fails where more left than the events say."""
    rows = body.count(MARK)
    if exit_ in {"a page", "a stream"}:
        assert rows <= said.rows(), about
    if rows:
        assert said.opened(), about
        assert len(body) <= said.bytes() or exit_ == "a page", about


def try_all(city, bed: Bed, fault, *, closes: bool):
    """Does the fault at each step of each exit: yields (exit, step, body, said) after all is over."""
    with served(bed) as address:
        for exit_, path in city.exits.items():
            for step in STEPS:
                said = Said()
                bed.make(step)
                reader = Reader(address, path, city.cookie)
                pid = bed.sleeper()
                with fault(pid, reader) or nullcontext():
                    bed.wake(pid)
                    body = reader.take()
                    if not closes:
                        time.sleep(0.5)  # time for a closing that should not come
                if closes:
                    until(lambda said=said: said.closed(), seconds=10, every=0.02)
                left_at_most(body, said, exit_, f"{exit_}, {step}")
                yield exit_, step, body, said


def test_it_holds_when_the_server_is_killed(city, bed):
    def kill(pid, _reader):
        os.kill(pid, signal.SIGKILL)

    for exit_, step, body, said in try_all(city, bed, kill, closes=False):
        assert len(said.opened()) == (step != FIRST), (exit_, step)
        assert said.closed() == {}
        assert (MARK in body) <= (step in {MIDDLE, LAST}), (exit_, step)


def test_it_holds_when_the_disk_of_the_database_is_full(city, bed):
    for exit_, step, body, said in try_all(city, bed, lambda _pid, _reader: full_disk(), closes=False):
        assert len(said.opened()) == (step != FIRST), (exit_, step)
        assert said.closed() == {}
        assert (MARK in body) == (step != FIRST), (exit_, step)


def test_it_holds_when_the_database_is_lost(city, bed):
    for exit_, step, body, said in try_all(city, bed, lambda _pid, _reader: lost_database(), closes=False):
        assert len(said.opened()) == (step != FIRST), (exit_, step)
        assert said.closed() == {}
        assert (MARK in body) <= (step != FIRST), (exit_, step)


@pytest.mark.parametrize("way", ["hang_up", "break_off"])
def test_it_holds_when_the_reader_goes_away(city, bed, way):
    def go(_pid, reader):
        getattr(reader, way)()

    for exit_, step, _body, said in try_all(city, bed, go, closes=True):
        (facts,) = said.closed().values()
        assert len(said.opened()) == 1, (exit_, step)
        assert facts["outcome"] in {"reader left", "complete"}, (exit_, step)


def test_it_holds_when_the_scratch_disk_is_full(city, bed, tmp_path):
    scratch = tmp_path / "small"
    scratch.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(scratch)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs the rights of root")
    try:
        with served(bed, SCRATCH_DIR=str(scratch)) as address:
            said = Said()
            path = city.exits["a stream"].replace("csv", "xlsx")
            body = Reader(address, path, city.cookie).take()
            (facts,) = until(said.closed).values()
    finally:
        subprocess.run(["umount", "-l", scratch], check=True)
    assert not body.startswith(b"PK")
    assert (facts["rows"], facts["bytes"], facts["outcome"]) == (0, 0, "broken")


def shell(city, bed: Bed, out: Path, what: str = "rows", before: str = "") -> subprocess.Popen:
    """Somebody at the keyboard of the server carries rows away."""
    about = f"'{city.version.pk}', '{city.grant.pk}', '{city.requester.pk}', '{out}', what='{what}'"
    code = f"from tests.faults import carrying, sleeper; sleeper.make_beds(); {before} carrying.carry({about})"
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
    env = environment(SLEEP_AT=str(bed.file))
    return subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, start_new_session=True)


@pytest.mark.parametrize("what", ["rows", "statistics"])
@pytest.mark.parametrize("fault", ["kill", "full disk", "lost database"])
def test_it_holds_in_a_shell(city, bed, tmp_path, what, fault):
    for step in STEPS if what == "rows" else (FIRST, SECOND, LAST):
        said, out = Said(), tmp_path / step
        bed.make(step)
        process = shell(city, bed, out, what)
        try:
            pid = bed.sleeper()
            if fault == "kill":
                os.kill(pid, signal.SIGKILL)
            with {"full disk": full_disk, "lost database": lost_database}.get(fault, nullcontext)():
                bed.wake(pid)
                process.communicate(timeout=60)
        finally:
            end(process)
        left = out.read_bytes()
        assert len(said.opened()) == (step != FIRST), step
        assert said.closed() == {}, step
        assert MARK not in left or step != FIRST, step
        if what == "rows":
            assert left.count(MARK) <= said.rows(), step


def test_it_opens_nothing_inside_a_transaction_that_could_be_taken_back(city, bed, tmp_path):
    said = Said()
    before = "from django.db import transaction; transaction.atomic().__enter__();"
    process = shell(city, bed, tmp_path / "out", before=before)
    _out, error = process.communicate(timeout=60)
    assert process.returncode != 0
    assert b"durable" in error
    assert (tmp_path / "out").read_bytes() == b""
    assert said.opened() == {}


@pytest.mark.parametrize("step", STEPS)
def test_it_counts_both_tries_of_a_task_that_was_killed(city, bed, tmp_path, step):
    from tests.faults.tasks import carry_away

    out = tmp_path / "carried"
    command = [sys.executable, "-m", "celery", "-A", "tests.faults.tasks", "worker", "-c", "1", "-l", "WARNING"]
    env = environment(SLEEP_AT=str(bed.file))
    said = Said()
    bed.make(step)
    worker = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True)
    try:
        carry_away.delay(str(city.version.pk), str(city.grant.pk), str(city.requester.pk), str(out))
        os.kill(bed.sleeper(), signal.SIGKILL)
        until(lambda: Path(f"{out}.done").exists(), seconds=60)
    finally:
        end(worker)
    tries = 2 - (step == FIRST)
    assert (len(said.opened()), len(said.closed())) == (tries, 1)
    assert out.read_bytes().count(MARK) <= said.rows()
