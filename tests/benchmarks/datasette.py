"""Datasette over the same rows in SQLite, with the indexes that its users would make: another author's program."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

import duckdb

from catalog.store import store
from tests.server import ROOT, end, free_port, wait_for

PROGRAM = ROOT / ".venv" / "datasette" / "bin" / "datasette"  # `make bench` puts it there
AT_ONCE = 50_000
LIMITS = {"sql_time_limit_ms": 60_000, "facet_time_limit_ms": 60_000, "suggest_facets": "off"}


@contextmanager
def serving(path: str, rows: int) -> Iterator[str]:
    """The address of a Datasette over the stored table; empty where Datasette is not installed."""
    if not PROGRAM.exists():
        yield ""
        return
    folder = Path(tempfile.mkdtemp(prefix="causeway-datasette-"))
    try:
        _write(folder / "city.db", path)
        port = free_port()
        settings = [word for name, value in LIMITS.items() for word in ("--setting", name, str(value))]
        command = [
            PROGRAM,
            "serve",
            "--immutable",
            folder / "city.db",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            *settings,
        ]
        process = subprocess.Popen(
            command, cwd=folder, start_new_session=True, env={**os.environ, "PYTHONPATH": ""},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_for(f"http://127.0.0.1:{port}/-/versions.json", process, seconds=300)
            yield f"http://127.0.0.1:{port}"
        finally:
            end(process)
    finally:
        shutil.rmtree(folder)


def path(what: str, rows: int) -> str:
    """The address of a page of the table, or of a statement."""
    if what.startswith("?"):
        return f"/city/rows.json{what.format(last=rows - 100)}&_shape=objects&_nocount=1"
    return f"/city.json?{urlencode({'sql': what, '_shape': 'objects'}, quote_via=quote)}"


def _write(database: Path, stored: str) -> None:
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("CREATE TABLE rows (n INTEGER PRIMARY KEY, name TEXT, district TEXT, born TEXT, income INTEGER)")
    with duckdb.connect() as engine:
        found = engine.execute(
            "SELECT n, name, district, CAST(born AS VARCHAR), income FROM read_parquet(?)", [store().local(stored)]
        )
        connection.execute("BEGIN")
        while batch := found.fetchmany(AT_ONCE):
            connection.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", batch)
        connection.execute("COMMIT")
    for column in ("district", "born", "income"):
        connection.execute(f"CREATE INDEX rows_{column} ON rows ({column})")
    connection.execute("ANALYZE")
    connection.close()
