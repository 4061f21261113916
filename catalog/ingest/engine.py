"""The query engine inside the child process: small, quiet, and telling how far it is."""

import threading
from contextlib import contextmanager

import duckdb

THREADS = 2
TOLD_EVERY_SECONDS = 0.5


def connect(limits):
    """A connection that works in the current folder within the limits."""
    con = duckdb.connect(
        config={
            "memory_limit": limits.engine_memory,
            "threads": THREADS,
            "temp_directory": "spill",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    con.execute("SET TimeZone = 'UTC'")
    # The CSV reader would take over a TRY_CAST and fail where it gives null.
    con.execute("SET disabled_optimizers = 'type_pushdown,scalar_fn_pushdown'")
    con.execute("SET enable_progress_bar = true")
    con.execute("SET enable_progress_bar_print = false")
    con.execute("SET progress_bar_time = 0")
    return con


def quoted(text):
    """The text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def watched(con, stage, rows, progress):
    """While the block runs a query, tells from time to time how many of about so many rows are done."""
    done = threading.Event()

    def tell():
        while not done.wait(TOLD_EVERY_SECONDS):
            share = max(con.query_progress(), 0) / 100
            progress(stage, rows_done=int(rows * share), part=share)

    progress(stage, rows_done=0, part=0)
    watcher = threading.Thread(target=tell, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
