"""Real processes over the test database: the web server as in production, and a worker."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from django.db import connections

ROOT = Path(__file__).resolve().parent.parent


def environment(**more: str) -> dict[str, str]:
    """The environment of a child that works on the test database."""
    name = connections["default"].settings_dict["NAME"]
    env = dict(os.environ) | {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PYTHONPATH": str(ROOT),
        "LOG_LEVEL": "WARNING",
    }
    for variable in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        env[variable] = re.sub(r"/[^/?]+(\?.*)?$", rf"/{name}\1", env[variable])
    return env | more


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def end(process: subprocess.Popen) -> None:
    """Ends a child and its own children, which share its process group."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            break
        try:
            process.wait(10)
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait(10)


@contextmanager
def web_server(workers: int = 4, threads: int = 4, application: str = "portal.wsgi:application", **env: str):
    """The web server with so many workers; gives its address."""
    collect_static()
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    more = {"PORT": str(port), "WEB_WORKERS": str(workers), "WEB_THREADS": str(threads), "ADDRESS": address, **env}
    command = [sys.executable, "-m", "gunicorn", "--config", "python:portal.gunicorn", application]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(**more), start_new_session=True)
    try:
        wait_for(f"{address}/healthz", process)
        yield address
    finally:
        end(process)


def collect_static() -> None:
    """Collects the static files once, as starting does."""
    if not (Path(os.environ["VAR"]) / "static" / "staticfiles.json").exists():
        command = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
        subprocess.run(command, cwd=ROOT, env=environment(), check=True)


def wait_for(url: str, process: subprocess.Popen, seconds: float = 40) -> None:
    """Returns when the address answers; fails when the process ends or time runs out."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError(f"the server ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer")


@contextmanager
def worker(processes: int = 1, **env: str):
    """A worker with its scheduler, in a folder of its own; gives the process."""
    beat = ["--beat", "--schedule", str(Path(os.environ["VAR"]) / f"beat-{free_port()}")]
    command = [sys.executable, "-m", "celery", "-A", "portal.worker", "worker", "-c", str(processes), "-l", "WARNING"]
    process = subprocess.Popen([*command, *beat], cwd=ROOT, env=environment(**env), start_new_session=True)
    try:
        yield process
    finally:
        end(process)


def allowed(seconds: float) -> float:
    """The seconds of a promise, longer by as much as the machine has more to do than it can do at once."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def until(condition, seconds: float = 30, every: float = 0.1):
    """What the condition gives once it is true; fails when it does not become so in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(every)
    raise AssertionError(f"not within {seconds} seconds: {condition}")
