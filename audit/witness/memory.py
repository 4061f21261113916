"""What a witness remembers, in one SQLite file: the largest state of each log, and what it refused to sign."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from audit.verify import Checkpoint

MOST_REFUSED = 100  # of each log: whoever sends its checkpoints with wrong proofs shall not fill the disk
TABLES = """
CREATE TABLE IF NOT EXISTS latest (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL CHECK (size >= 0), root BLOB NOT NULL, note TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS refused (
    origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, at INTEGER NOT NULL,
    shown TEXT NOT NULL, held TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (origin, size, root)
) STRICT;
CREATE TRIGGER IF NOT EXISTS never_back BEFORE UPDATE ON latest
WHEN new.origin <> old.origin OR new.size < old.size OR (new.size = old.size AND new.root <> old.root)
BEGIN SELECT RAISE(ABORT, 'a witness never goes back'); END;
CREATE TRIGGER IF NOT EXISTS never_forget BEFORE DELETE ON latest
BEGIN SELECT RAISE(ABORT, 'a witness never forgets'); END;
"""


class Memory:
    """The file; any number of threads and processes may use it at once."""

    def __init__(self, path: str | Path):
        self.path = str(path)
        with self._connect() as database:
            database.executescript(TABLES)

    def latest(self, origin: str) -> Checkpoint | None:
        """The largest state that was cosigned for this log."""
        with self._connect() as database:
            return _latest(database, origin)

    @contextmanager
    def turn(self, origin: str) -> Iterator["Turn"]:
        """Alone with the memory from the first look to the end; what was kept is on the disk when this returns."""
        with self._connect() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield Turn(database, _latest(database, origin))
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    def refused(self) -> list[tuple[int, str, str, str]]:
        """What was refused: when, why, what was shown, and what was held against it."""
        with self._connect() as database:
            return database.execute("SELECT at, reason, shown, held FROM refused ORDER BY at").fetchall()

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=10, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous = EXTRA")  # the file and its folder, before COMMIT returns
            yield database


class Turn:
    """One look at a log's latest state, and at most one step forward."""

    def __init__(self, database: sqlite3.Connection, latest: Checkpoint | None):
        self._database = database
        self.latest = latest

    def keep(self, point: Checkpoint) -> None:
        """This is now the latest."""
        self._database.execute(
            "INSERT INTO latest (origin, size, root, note) VALUES (?, ?, ?, ?) ON CONFLICT (origin)"
            " DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note",
            (point.origin, point.size, point.root, str(point)),
        )

    def keep_refused(self, point: Checkpoint, reason: str) -> None:
        """The log signed this, and it was not shown to follow from the latest: both are kept as evidence.

        Two roots of one size are always kept: only the log's own key can make them.
        """
        split = self.latest is not None and self.latest.size == point.size
        kept = self._database.execute("SELECT count(*) FROM refused WHERE origin = ?", (point.origin,)).fetchone()[0]
        if split or kept < MOST_REFUSED:
            self._database.execute(
                "INSERT OR IGNORE INTO refused (origin, size, root, at, shown, held, reason) VALUES (?,?,?,?,?,?,?)",
                (point.origin, point.size, point.root, int(time.time()), str(point), str(self.latest or ""), reason),
            )


def _latest(database: sqlite3.Connection, origin: str) -> Checkpoint | None:
    row = database.execute("SELECT note FROM latest WHERE origin = ?", (origin,)).fetchone()
    return Checkpoint.parse(row[0]) if row else None
