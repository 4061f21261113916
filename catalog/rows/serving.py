"""Serving copies: each table's rows in the engine's own format on this machine. A cache, never the truth."""

import atexit
import fcntl
import hashlib
import os
import shutil
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
from django.conf import settings

from catalog.parts import PARTS, parts_of
from catalog.rows.budget import Budget, online
from catalog.store import store

MOST_OPEN = 12
MARK_EVERY = 60.0
BUILDING = "building-"  # before the digest and the process, in the name of a folder
AS_STORED = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 102400)"  # as the reader of files writes it
BUILD_AT_ONCE_BYTES = 32 * 1024 * 1024
LOCKED = (
    "autoinstall_known_extensions=false",
    "autoload_known_extensions=false",
    "allow_community_extensions=false",
    "allow_persistent_secrets=false",
    "python_enable_replacements=false",
    "enable_external_access=false",
    "lock_configuration=true",
)


class Instance:
    """One locked, read-only engine over one table. Cursors are handed out; it closes when the last is back."""

    def __init__(self, path: Path, *, copy: bool):
        self.connection = locked_engine({"source": (path, copy)})
        self.copy = copy
        self.users = 0
        self.dropped = False
        self.marked = 0.0  # when the file was last marked as in use


def locked_engine(views: dict[str, tuple[Path, bool]], budget: Budget | None = None) -> duckdb.DuckDBPyConnection:
    """An engine that sees these views and nothing else; of each the file, and whether that is a serving copy."""
    connection = duckdb.connect(config=limits(budget))
    connection.execute("SET TimeZone = 'UTC'")
    names = [(str(path).replace("'", "''"), copy) for path, copy in views.values()]
    if plain := ", ".join(f"'{name}'" for name, copy in names if not copy):
        connection.execute(f"SET allowed_paths = [{plain}]")
    attached = {name: f"kept{n}" for n, name in enumerate(dict.fromkeys(name for name, copy in names if copy))}
    for name, kept in attached.items():
        connection.execute(f"ATTACH '{name}' AS {kept} (READ_ONLY)")
    for view, (name, copy) in zip(views, names, strict=True):
        rows = f"{attached[name]}.rows" if copy else f"read_parquet('{name}')"
        connection.execute(f"CREATE VIEW {view} AS SELECT * FROM {rows}")
    for setting in LOCKED:
        connection.execute(f"SET {setting}")
    return connection


_open: OrderedDict[str, Instance] = OrderedDict()
_lock = threading.Lock()
_building: set[str] = set()


@contextmanager
def cursor_over(path: str, sha256: str):
    """A cursor on the engine over the stored table at this path; its view is called `source`."""
    instance = _take(path, sha256)
    cursor = instance.connection.cursor()
    try:
        yield cursor
    finally:
        cursor.close()
        _give_back(instance)


@contextmanager
def cursor_alone(table: tuple[str, str], budget: Budget):
    """A cursor on an engine of its own, with this budget, over a stored table, path and digest: the view `source`."""
    connection = locked_engine({"source": _readable(*table)}, budget)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def cursor_over_two(older: tuple[str, str], newer: tuple[str, str]):
    """A cursor on an engine of its own over two stored tables, each path and digest: the views `older` and `newer`."""
    connection = locked_engine({"older": _readable(*older), "newer": _readable(*newer)})
    try:
        yield connection
    finally:
        connection.close()


def build(path: str, sha256: str) -> Path:
    """The serving copy of a stored table, built if it is not there; one process builds, others wait."""
    target = _target(sha256)
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / f"{sha256}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _build(path, target)
    return target


def clear_half_built(destroyed: set[str]) -> int:
    """Copies that a process which is gone did not finish go, and those of destroyed tables whoever builds them."""
    cleared = 0
    for folder, sha256, pid in _half_built():
        if sha256 in destroyed or not _runs(pid):
            shutil.rmtree(folder, ignore_errors=True)
            cleared += 1
    return cleared


def forget(sha256: str) -> None:
    """The serving copy is gone from this machine, for a table whose bytes were destroyed."""
    with _lock:
        instance = _open.pop(sha256, None)
        if instance is not None:
            _drop(instance)
    for name in (f"{sha256}.duckdb", f"{sha256}.lock"):
        (Path(settings.SERVING_DIR) / name).unlink(missing_ok=True)


def known() -> set[str]:
    """The digests of the tables whose copies lie on this machine, whole or half built, or are open in this process."""
    half = (sha256 for _folder, sha256, _pid in _half_built())
    with _lock:
        return {*_open, *half, *(path.stem for path in Path(settings.SERVING_DIR).glob("*.duckdb"))}


def remake(sha256: str, made: Path) -> bool:
    """Writes a table's Parquet file from its serving copy; true only where that gives the very bytes it was made of."""
    if not _target(sha256).exists():
        return False
    connection = duckdb.connect(str(_target(sha256)), read_only=True, config=limits())
    try:
        connection.execute(f"COPY (SELECT * FROM rows ORDER BY __row) TO '{made}' {AS_STORED}")
    finally:
        connection.close()
    with made.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


@atexit.register
def close_all() -> None:
    """Closes every engine of this process."""
    with _lock:
        while _open:
            _drop(_open.popitem()[1])


def _build(path: str, target: Path) -> None:
    prefix = f"{BUILDING}{target.stem}-{os.getpid()}-"
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=prefix) as folder:
        parts = [f"SELECT * FROM read_parquet('{_local(part, Path(folder))}')" for part in parts_of(path)]
        made = Path(folder) / "made.duckdb"
        connection = duckdb.connect(str(made), config=limits())
        try:
            connection.execute(f"CREATE TABLE rows AS {' UNION ALL '.join(parts)}")
            connection.execute("CHECKPOINT")
        finally:
            connection.close()
        made.rename(target)


def _half_built() -> Iterator[tuple[Path, str, str]]:
    """The folders in which copies are being built: each with the digest, and the number of the process."""
    for folder in Path(settings.SERVING_DIR).glob(f"{BUILDING}*"):
        sha256, _dash, rest = folder.name.removeprefix(BUILDING).partition("-")
        yield folder, sha256, rest.partition("-")[0]


def _runs(pid: str) -> bool:
    """True while the process runs, and where that cannot be told."""
    return not Path("/proc/self").exists() or (pid.isdigit() and Path("/proc", pid).exists())


def _readable(path: str, sha256: str) -> tuple[Path, bool]:
    """The serving copy of a stored table, or the Parquet file while a large one is being built; and which it is."""
    target = _target(sha256)
    if not target.exists():
        local = store().local(path)
        if local is None or path.endswith(PARTS) or store().size(path) <= BUILD_AT_ONCE_BYTES:
            build(path, sha256)
        else:
            _build_meanwhile(path, sha256)
            return Path(local), False
    return target, True


def _take(path: str, sha256: str) -> Instance:
    with _lock:
        instance = _open.get(sha256)
        if instance is not None and instance.copy:
            return _taken(sha256, instance)
    target = _target(sha256)
    _readable(path, sha256)
    with _lock:
        instance = _open.get(sha256)
        if instance is None or (not instance.copy and target.exists()):
            if instance is not None:
                _drop(_open.pop(sha256))
            copy = target.exists()
            instance = _open[sha256] = Instance(target if copy else Path(store().local(path)), copy=copy)
        return _taken(sha256, instance)


def _taken(sha256: str, instance: Instance) -> Instance:
    """One user more of an open engine; that its copy is in use shows on the file, for whoever clears old ones."""
    if instance.copy and time.monotonic() - instance.marked > MARK_EVERY:
        instance.marked = time.monotonic()
        with suppress(FileNotFoundError):  # cleared meanwhile: what is open can still be read
            os.utime(_target(sha256))
    _open.move_to_end(sha256)
    instance.users += 1
    while len(_open) > MOST_OPEN:
        _drop(_open.popitem(last=False)[1])
    return instance


def _give_back(instance: Instance) -> None:
    with _lock:
        instance.users -= 1
        if instance.dropped and instance.users == 0:
            instance.connection.close()


def _drop(instance: Instance) -> None:
    instance.dropped = True
    if instance.users == 0:
        instance.connection.close()


def _build_meanwhile(path: str, sha256: str) -> None:
    """Starts to build the copy of a large table; until it is there the Parquet file itself serves."""
    with _lock:
        if sha256 in _building:
            return
        _building.add(sha256)

    def work():
        try:
            build(path, sha256)
        finally:
            with _lock:
                _building.discard(sha256)

    threading.Thread(target=work, daemon=True).start()


def _local(path: str, folder: Path) -> str:
    local = store().local(path)
    if local is None:
        local = str(folder / path.replace("/", "-"))
        store().get(path, local)
    return local.replace("'", "''")


def _target(sha256: str) -> Path:
    return Path(settings.SERVING_DIR) / f"{sha256}.duckdb"


def limits(budget: Budget | None = None) -> dict:
    """What an engine of ours may use of this machine."""
    budget = budget or online()
    scratch = Path(settings.SCRATCH_DIR) / f"engine-{os.getpid()}"
    scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {
        "memory_limit": f"{budget.memory_mb}MB",
        "threads": settings.ENGINE_THREADS,
        "temp_directory": str(scratch),
        "max_temp_directory_size": f"{budget.disk_gb}GB",
    }
