"""The witness as a process: kept connections, races, kill -9, restarts, and the command's own refusals."""

import concurrent.futures
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading

import pytest
import urllib3

from audit.verify import Checkpoint
from audit.witness.memory import Memory
from tests.server import ROOT, environment
from tests.witness.logs import Log
from tests.witness.processes import Ours, witnesses


def post(url: str, body: bytes, pool=None) -> tuple[int, str]:
    answer = (pool or urllib3.PoolManager()).request("POST", f"{url}/add-checkpoint", body=body, retries=False)
    return answer.status, answer.data.decode()


def size_in(witness: Ours) -> int:
    with sqlite3.connect(witness.database) as database:
        found = database.execute("SELECT size FROM latest").fetchone()
    return found[0] if found else 0


def command(*words, cwd) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", "witness", *words],
        cwd=cwd, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_it_answers_over_one_kept_connection_and_remembers_after_a_restart(tmp_path):
    log = Log().add(9)
    with witnesses(tmp_path, log.vkey) as [witness]:
        pool = urllib3.HTTPConnectionPool("127.0.0.1", witness.port, maxsize=1)
        for old, size in [(0, 3), (3, 4), (4, 6)]:
            answer = pool.request("POST", "/add-checkpoint", body=log.submission(old, size), retries=False)
            assert answer.status == 200
            assert Checkpoint.parse(log.note(size) + answer.data.decode()).note.signed_by(witness.key)
        assert pool.num_connections == 1

        witness.stop()
        witness.start()
        assert post(witness.url, log.submission(0, 9)) == (409, "6\n")
        assert post(witness.url, log.submission(6, 9))[0] == 200
        assert post(witness.url, b"x" * 200_000)[0] == 413


@pytest.mark.alone
@pytest.mark.slow
def test_it_never_goes_back_however_many_write_at_once(tmp_path):
    """Two processes on one memory, eight writers that each race with their own next sizes, and two forks."""
    log = Log().add(120)
    fork = log.fork(60)
    with witnesses(tmp_path, log.vkey) as [first]:
        second = Ours(tmp_path / "second", "witness.example/second", log.vkey)
        second.folder = first.folder  # the same key and the same database
        second.signer = first.signer
        second.start()
        cosigned: list[tuple[int, bytes]] = []
        seen: list[int] = []
        over = threading.Event()

        def watch():
            while not over.is_set():
                seen.append(size_in(first))

        def write(number: int):
            chance, pool = random.Random(number), urllib3.PoolManager()
            known, mine = 0, fork if number % 4 == 3 else log
            for _ in range(60):
                size = min(120, known + chance.randint(0, 6))
                url = chance.choice([first, second]).url
                status, text = post(url, mine.submission(known, size), pool)
                assert status in {200, 409, 422}
                if status == 200:
                    cosigned.append((size, mine.root(size)))
                    known = size
                elif status == 409:
                    known = int(text)
                else:
                    mine = log

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            with concurrent.futures.ThreadPoolExecutor(8) as writers:
                list(writers.map(write, range(8)))
        finally:
            over.set()
            watcher.join()
            second.stop()

        assert seen == sorted(seen)
        assert len({root for size, root in cosigned if size >= 61}) == len(
            {size for size, _root in cosigned if size >= 61}
        )
        roots = dict(cosigned)
        assert len(roots) > 10
        whose = {mine for mine in (log, fork) if all(mine.root(size) == root for size, root in roots.items())}
        assert whose, "it cosigned states of which one does not follow from the other"


@pytest.mark.alone
@pytest.mark.slow
def test_it_never_forgets_what_it_cosigned_when_it_is_killed(tmp_path):
    """kill -9 in the midst of a stream of requests: whatever was answered is remembered, and a retry gets on."""
    log = Log().add()
    witness = Ours(tmp_path / "w", "witness.example/w", log.vkey)
    known = 0
    for life in range(6):
        witness.start()
        group = witness.process.pid
        killer = threading.Timer(0.15 + 0.07 * life, lambda group=group: os.killpg(group, signal.SIGKILL))
        killer.start()
        try:
            while True:
                status, text = post(witness.url, log.add().submission(known, known + 1))
                known = known + 1 if status == 200 else int(text)
        except urllib3.exceptions.HTTPError:
            pass
        killer.join()
        witness.process.wait(10)
        kept = size_in(witness)
        assert kept in {known, known + 1}, "answered and forgotten, or more than was asked"
    witness.start()
    try:
        status, text = post(witness.url, log.submission(known, known + 1))
        assert status == 200 or (status, text) == (409, f"{known + 1}\n")  # it was kept, and its answer was lost
        assert post(witness.url, log.add(9).fork(0).submission(size_in(witness)))[0] == 422
    finally:
        witness.stop()


@pytest.mark.alone
@pytest.mark.slow
def test_it_is_not_stopped_by_those_who_send_half_a_request(tmp_path):
    log = Log().add(2)
    with witnesses(tmp_path, log.vkey) as [witness]:
        halves = [socket.create_connection(("127.0.0.1", witness.port)) for _ in range(10)]
        for number, one in enumerate(halves):
            body = b" HTTP/1.1\r\nHost: w\r\nContent-Length: 90\r\n\r\nold" if number % 2 else b""
            one.sendall(b"POST /add-checkpoint" + body)
        assert post(witness.url, log.submission(0, 2))[0] == 200
        for one in halves:
            one.close()


BETWEEN = """
import os, pathlib, signal, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
from audit.signing import read_key
from audit.verify import Key
from audit.witness.memory import Memory
from audit.witness.witness import Witness

folder, vkey = pathlib.Path(sys.argv[1]), sys.argv[2]
witness = Witness([read_key(folder / "key")], [Key.parse(vkey)], Memory(folder / "witness.sqlite"))
answer = witness.add_checkpoint(sys.stdin.buffer.read())
os.kill(os.getpid(), signal.SIGKILL) if answer.status == 200 else sys.exit(int(answer.status))
"""


@pytest.mark.slow
def test_it_remembers_what_it_was_killed_before_answering(tmp_path):
    """Persisted, then killed with the answer in hand: the log gets it by asking again from there."""
    log = Log().add(7)
    witness = Ours(tmp_path / "w", "witness.example/w", log.vkey)

    def killed_with_the_answer(old: int, size: int) -> int:
        command = [sys.executable, "-c", BETWEEN, witness.folder, log.vkey]
        return subprocess.run(
            command, input=log.submission(old, size), cwd=ROOT, env=environment(), check=False
        ).returncode

    assert killed_with_the_answer(0, 4) == -signal.SIGKILL
    assert killed_with_the_answer(0, 4) == 409 % 256
    assert killed_with_the_answer(4, 5) == -signal.SIGKILL
    witness.start()
    try:
        assert post(witness.url, log.submission(4, 5)) == (409, "5\n")
        assert post(witness.url, log.submission(5, 5))[0] == 200
        assert post(witness.url, log.fork(1).submission(5, 7))[0] == 422
    finally:
        witness.stop()


def test_it_cosigns_nothing_on_a_full_disk(tmp_path):
    """Files may not grow any more: what cannot be kept is not signed, and what was kept stays."""
    log = Log().add(9)
    witness = Ours(tmp_path / "w", "witness.example/w", log.vkey)
    full = BETWEEN.replace(
        "answer =",
        "import resource; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\nanswer =",
    )
    Memory(witness.database)
    command = [sys.executable, "-c", full, witness.folder, log.vkey]
    done = subprocess.run(
        command, input=log.submission(0, 4), cwd=ROOT, env=environment(), check=False, capture_output=True
    )
    assert done.returncode == 503 % 256, done.stderr
    assert b"cannot be kept" in done.stderr
    assert Memory(witness.database).latest(log.origin) is None


def test_it_makes_a_key_that_only_its_owner_reads_and_no_second_one_over_it(tmp_path):
    made = command("--key-file", "w.key", "--new-key", "witness.example/w", cwd=tmp_path)
    assert made.returncode == 0 and made.stdout.startswith("witness.example/w+")
    assert (tmp_path / "w.key").stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in made.stdout

    again = command("--key-file", "w.key", "--new-key", "witness.example/w", cwd=tmp_path)
    assert again.returncode == 1 and "was not made" in again.stderr
    assert command("--key-file", "w.key", "--show-key", cwd=tmp_path).stdout == made.stdout


@pytest.mark.alone
@pytest.mark.slow
def test_it_refuses_to_start_with_a_sentence(tmp_path):
    log = Log()
    Ours(tmp_path / "w", "witness.example/w")
    key = tmp_path / "w" / "key"
    open_to_all = tmp_path / "open"
    open_to_all.write_text(key.read_text())
    open_to_all.chmod(0o644)
    (tmp_path / "log.key").write_text(f"{log.signer}\n")
    (tmp_path / "log.key").chmod(0o600)
    for words, sentence in [
        (["--key-file", open_to_all, "--log", log.vkey], "chmod 600"),
        (["--key-file", tmp_path / "none", "--log", log.vkey], "cannot be read"),
        (["--key-file", key], "Name the logs"),
        (["--key-file", key, "--log", "nonsense"], "not a verifier key"),
        (["--key-file", tmp_path / "log.key", "--log", log.vkey], "key of its own kind"),
    ]:
        refused = command(*words, cwd=tmp_path)
        assert refused.returncode == 1, refused.stdout
        assert sentence in refused.stderr and "Traceback" not in refused.stderr
