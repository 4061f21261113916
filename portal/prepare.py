"""What must be true before Causeway serves: looked at, and made true where that is ours to do."""

import errno
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from psycopg2.errors import DiskFull

from portal import engines, running
from portal.engines.home import CannotStart, make_folder
from portal.supervisor import Child, die_with_parent

ROOM = 500_000_000
LETTING_GO = 5.0  # seconds that a web server killed a moment ago may still hold its port
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  (compared with, not bound to)


def check_folder(var: Path) -> None:
    """The folder of everything that is kept can be written, and its disk has room."""
    make_folder(var)
    probe = var / f".probe-{os.getpid()}"
    try:
        probe.write_bytes(b"0" * 4096)
        probe.unlink()
    except OSError as error:
        raise CannotStart(f"The folder {var} cannot be written: {error.strerror}.") from None
    free = shutil.disk_usage(var).free
    if free < ROOM:
        raise CannotStart(
            f"The disk of {var} has {free // 1_000_000} MB left; Causeway needs {ROOM // 1_000_000} MB to start."
        )


def check_port(host: str, port: int) -> None:
    """Nobody else listens where the web server is going to."""
    error = _bind(host, port)
    patient_until = time.monotonic() + LETTING_GO
    while error is not None and error.errno == errno.EADDRINUSE and time.monotonic() < patient_until:
        time.sleep(0.2)
        error = _bind(host, port)
    if error is not None:
        raise CannotStart(_why_not_bound(error, host, port))


def _bind(host: str, port: int) -> OSError | None:
    """Why the port cannot be had; None if it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def _why_not_bound(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program. Choose another one: make run PORT={port + 1}"
    if error.errno == errno.EACCES:
        return f"Port {port} needs rights that this account does not have. Choose one above 1023: make run PORT=8000"
    return f"The web server cannot listen on {host} port {port}: {error.strerror or error}."


def is_full_disk(error: Exception) -> bool:
    """Was it the disk, ours or the database's?"""
    return getattr(error, "errno", None) == errno.ENOSPC or isinstance(error.__cause__, DiskFull)


def compile_catalogues() -> int:
    """Compile the message catalogues that changed; how many there were."""
    compiled = 0
    for folder in settings.LOCALE_PATHS:
        for source in sorted(Path(folder).glob("*/LC_MESSAGES/*.po")):
            target = source.with_suffix(".mo")
            if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
                continue
            draft = target.with_name(f"{target.name}.{os.getpid()}")
            with source.open("rb") as text, draft.open("wb") as binary:
                write_mo(binary, read_po(text))
            draft.replace(target)
            compiled += 1
    return compiled


def collect_static() -> bool:
    """Collect the static files, if any changed since the last time."""
    mark = Path(settings.STATIC_ROOT) / ".collected"
    fingerprint = _fingerprint_static()
    if mark.exists() and mark.read_text() == fingerprint:
        return False
    call_command("collectstatic", interactive=False, verbosity=0)
    mark.write_text(fingerprint)
    return True


def _fingerprint_static() -> str:
    digest = hashlib.sha256()
    for path, storage in _static_files():
        status = os.stat(storage.path(path))
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _static_files() -> Iterator[tuple]:
    for finder in get_finders():
        yield from finder.list(None)


def migrate() -> bool:
    """Bring the tables up to date, as the role that owns them; true if there was something to do."""
    connection = connections["owner"]
    executor = MigrationExecutor(connection)
    behind = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if behind:
        call_command("migrate", database="owner", interactive=False, verbosity=0)
    call_command("lockdown", verbosity=0)
    connections.close_all()
    return behind


def environment(var: Path, *, host: str, port: int, address: str) -> dict[str, str]:
    """What the processes of this `up` read their settings from."""
    known = {"BIND": f"[{host}]:{port}" if ":" in host else f"{host}:{port}", "PORT": str(port), "VAR": str(var)}
    hosts = os.environ.get("ALLOWED_HOSTS", "")
    if hosts == engines.defaults(var)["ALLOWED_HOSTS"] and host in EVERYWHERE:
        known["ALLOWED_HOSTS"] = "*"
    elif host not in hosts.split(","):
        known["ALLOWED_HOSTS"] = f"{hosts},{host}"
    mark, _, value = running.mark(var).partition("=")
    return {"ADDRESS": address, **os.environ, **known, mark: value, "PYTHONUNBUFFERED": "1"}


def shown_host(host: str) -> str:
    """The host as it stands in an address that a person can open."""
    if host in EVERYWHERE:
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host


def sample_is_missing(var: Path) -> bool:
    """Has the sample city never been loaded to its end?"""
    return not (var / "demo.json").exists() or not apps.get_model("catalog", "Dataset").objects.exists()


def load_sample(environment: dict[str, str]) -> None:
    """Load the sample city, in a process that knows the services as the others do."""
    command = [sys.executable, "manage.py", "demo", "--skip-checks"]
    loading = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, preexec_fn=die_with_parent, check=False)
    connections.close_all()
    if loading.returncode:
        raise CannotStart("The sample city could not be loaded; the reason stands above.")


def readdress_sample(var: Path, address: str) -> None:
    """Let `demo.json` name the address of today."""
    path = var / "demo.json"
    with suppress(OSError, ValueError):
        demo = json.loads(path.read_text())
        draft = path.with_name(f"demo.json.{os.getpid()}")
        draft.write_text(json.dumps({**demo, "address": address}, ensure_ascii=False, indent=2))
        draft.chmod(path.stat().st_mode & 0o777)
        draft.replace(path)


def await_answer(web: Child, environment: dict[str, str], *, seconds: float = 60) -> None:
    """Wait until the web server answers, or say why it ended."""
    host, _, port = environment["BIND"].rpartition(":")
    address = f"http://{'127.0.0.1' if host.strip('[]') in EVERYWHERE else host}:{port}/healthz"
    end = time.monotonic() + seconds
    while time.monotonic() < end and web.runs:
        with suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.05)
    raise CannotStart(f"The web server did not start. The end of {web.log}:\n{web.last_words()}")


def greeting(var: Path, address: str) -> str:
    """Where to go, and as whom."""
    lines = [f"Open {address}/"]
    with suppress(OSError, ValueError, KeyError):
        accounts = json.loads((var / "demo.json").read_text())["accounts"]
        wide = max(len(account["email"]) for account in accounts)
        lines += ["", "Demo accounts (made-up people, this folder only):"]
        for account in accounts:
            what = ", ".join(filter(None, [account.get("department"), " and ".join(account.get("roles", []))]))
            lines.append(f"  {account['email']:{wide}}  {account['password']}  {account['name']} ({what})")
        if any(account.get("totp_secret") for account in accounts):
            lines += ["", "Who decides signs in with a code too: .venv/bin/python manage.py demo_codes prints it."]
    return "\n".join([*lines, "", f"Ctrl-C stops everything. Logs: {var / 'log'}"])
