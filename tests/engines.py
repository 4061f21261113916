"""The servers that the tests run on: the same embedded engines, in `var/test`, shared by all who test here."""

import atexit
import fcntl
import os
import shutil
import tempfile
from contextlib import closing
from pathlib import Path

from portal.engines import LOG_ORIGIN, PACKAGE_SIGNER, home, log_key, postgres, valkey

TEST_VAR = Path(__file__).resolve().parent.parent / "var" / "test"


def start_engines() -> dict[str, str]:
    """Start the test servers, or join those that run, and give the environment that names them.

    The last one to leave stops them. Tables are safe from each other by database name, queue and cache by number,
    files by a folder for each process.
    """
    TEST_VAR.mkdir(parents=True, exist_ok=True)
    _join()
    postgres.start(TEST_VAR, tests=True)
    valkey.start(TEST_VAR)
    _drop_left_databases()
    number = _claim_number()
    folder = Path(tempfile.mkdtemp(prefix="causeway-test-"))
    (folder / "static").mkdir()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return {
        "DATABASE_URL": postgres.url(TEST_VAR, postgres.APP),
        "DATABASE_OWNER_URL": postgres.url(TEST_VAR, postgres.OWNER),
        "BROKER_URL": valkey.broker_url(TEST_VAR, number),
        "CACHE_URL": valkey.cache_url(TEST_VAR, number + 1),
        "STORAGE_URL": f"file://{folder / 'storage'}",
        "VAR": str(folder),
        "SECRET_KEY": "only-for-tests-" + "0123456789" * 4,
        "PSEUDONYM_SECRET": "only-for-tests-" + "9876543210" * 4,
        "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
        "DEMO": "0",
        "LOG_ORIGIN": LOG_ORIGIN,
        "LOG_KEY_FILE": str(log_key(folder / "log.key")),
        "PACKAGE_KEY_FILE": str(log_key(folder / "package.key", PACKAGE_SIGNER)),
    }


def stop_engines() -> None:
    """Stop the test servers, whoever uses them (`make clean`)."""
    valkey.stop(TEST_VAR)
    postgres.stop(TEST_VAR)


def _join() -> None:
    """Hold the users' lock, shared, until the end of this process; the one who finds nobody else stops the servers."""
    lock = (TEST_VAR / "users.lock").open("a")
    fcntl.flock(lock, fcntl.LOCK_SH)
    joined = os.getpid()

    def leave() -> None:
        if os.getpid() != joined:  # a forked child leaves nothing
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        stop_engines()

    atexit.register(leave)


def _claim_number() -> int:
    """An even number that no other running test process has: its queue's, and the next one its cache's."""
    for number in range(0, 512, 2):
        claim = (TEST_VAR / f"number-{number}.lock").open("a")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            claim.close()
            continue
        atexit.register(claim.close)  # held until the end of this process
        for used in (number, number + 1):
            with closing(valkey.client(TEST_VAR, used)) as client:
                client.flushdb()
        return number
    raise RuntimeError("More than 256 test processes at once.")


def _drop_left_databases() -> None:
    """Drop the test databases of processes that were killed: their names end in a process number that is gone."""
    with closing(postgres.connect(TEST_VAR, "postgres")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname ~ '^test_.*[0-9]+$'")
        for (name,) in cursor.fetchall():
            pid = name.rstrip("0123456789")
            if not Path("/proc", name[len(pid) :]).exists() and Path("/proc/self").exists():
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


if __name__ == "__main__" and TEST_VAR.exists():
    stop_engines()
    home.forget(TEST_VAR)
