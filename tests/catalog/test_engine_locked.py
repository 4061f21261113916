"""The engine's own lock-down: what a text could do if one ever reached it, past the language and its list."""

from pathlib import Path

import duckdb
import pytest
from django.conf import settings

from catalog.rows import serving
from catalog.rows.serving import Instance
from catalog.store import store
from tests.parquet import write_parquet

OUTWARD = [
    "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM '/etc/passwd'", "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/hosts')", "SELECT * FROM glob('/*')", "SELECT * FROM read_json('/etc/hosts')",
    "SELECT * FROM read_parquet('/tmp/other.parquet')", "SELECT * FROM parquet_metadata('/tmp/other.parquet')",
    "SELECT * FROM sniff_csv('/etc/passwd')", "SELECT * FROM read_parquet('http://127.0.0.1:1/x.parquet')",
    "SELECT * FROM read_csv('s3://bucket/x.csv')", "ATTACH '/tmp/x.duckdb'",
    "COPY (SELECT 1) TO '/tmp/stolen.csv'", "COPY source TO '/tmp/stolen.parquet'", "EXPORT DATABASE '/tmp/stolen'",
    "IMPORT DATABASE '/tmp/stolen'", "INSTALL httpfs", "LOAD httpfs", "INSTALL spatial FROM community",
    "LOAD '/tmp/evil.duckdb_extension'", "CREATE SECRET (TYPE s3, KEY_ID 'a', SECRET 'b')", "DETACH kept",
    "SELECT getenv('HOME')", "SELECT * FROM frame_of_the_caller",
]  # fmt: skip
SETTINGS = [
    "SET enable_external_access = true", "SET lock_configuration = false", "RESET lock_configuration",
    "SET memory_limit = '100GB'", "SET threads = 64", "SET temp_directory = '/tmp/elsewhere'",
    "SET allowed_paths = ['/etc/passwd']", "SET allowed_directories = ['/']",
    "SET custom_extension_repository = '/tmp'",
    "SET allow_unsigned_extensions = true", "SET autoload_known_extensions = true", "SET TimeZone = 'Asia/Tokyo'",
    "PRAGMA enable_external_access", "PRAGMA memory_limit='100GB'", "SET GLOBAL threads = 64",
    "SET python_enable_replacements = true", "PRAGMA enable_profiling", "SET log_query_path = '/tmp/log'",
]  # fmt: skip


@pytest.fixture(params=["serving copy", "Parquet"])
def engine(request, tmp_path):
    """A locked engine over one small table, in either of the two ways in which it is read."""
    with store().open("tables/locked.parquet", "wb") as file:
        file.write(write_parquet({"n": ("integer", [1, 2, 3])}))
    copy = request.param == "serving copy"
    path = serving.build("tables/locked.parquet", "locked") if copy else store().local("tables/locked.parquet")
    instance = Instance(path, copy=copy)
    yield instance.connection.cursor()
    instance.connection.close()


@pytest.mark.parametrize("statement", OUTWARD)
def test_it_reaches_nothing_outside(engine, statement):
    frame_of_the_caller = {"n": [1]}
    assert frame_of_the_caller
    with pytest.raises(duckdb.Error):
        engine.execute(statement).fetchall()


@pytest.mark.parametrize("statement", SETTINGS)
def test_its_settings_are_locked(engine, statement):
    with pytest.raises(duckdb.Error):
        engine.execute(statement).fetchall()


def test_it_reads_the_table_and_stays_within_its_budget(engine):
    assert engine.execute("SELECT sum(n) FROM source").fetchone() == (6,)
    held = dict(engine.execute("SELECT name, value FROM duckdb_settings()").fetchall())
    assert held["lock_configuration"] == "true" and held["enable_external_access"] == "false"
    assert int(held["threads"]) == settings.ENGINE_THREADS


def test_it_changes_no_stored_row(engine):
    """The table is read-only: neither through its view nor in the file beside it."""
    path = Path(store().local("tables/locked.parquet"))
    before = path.read_bytes()
    for statement in ("DELETE FROM source", "UPDATE source SET n = 9", "INSERT INTO source VALUES (9)",
                      "DROP TABLE kept.rows", "CREATE TABLE kept.more (x INT)", "DELETE FROM kept.rows",
                      f"COPY (SELECT 9 AS n) TO '{path}' (FORMAT parquet)"):  # fmt: skip
        with pytest.raises(duckdb.Error):
            engine.execute(statement).fetchall()
    assert path.read_bytes() == before
