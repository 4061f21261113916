"""A real MariaDB server for tests of sources, where the machine has one; it speaks what MySQL speaks."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pymysql
import pytest

from tests.certificates import make_certificate
from tests.server import free_port

SERVER = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")
SHARE = Path("/usr/share/mysql")
TABLES = ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql")
PATIENCE = 30
TREES = (
    "CREATE TABLE tree (code varchar(9) PRIMARY KEY, height decimal(9,2), planted date, seen timestamp NULL,"
    " alive boolean, girth int, secret text) CHARACTER SET utf8mb4",
    "INSERT INTO tree SELECT lpad(seq, 5, '0'), seq + seq / 4, date '2020-02-28' + interval seq day,"
    " timestamp '2026-03-01 00:00:00' + interval seq hour, seq % 2 = 0, seq, 'x' FROM seq_1_to_40",
    "CREATE VIEW public_trees AS SELECT code, height, planted, seen, alive, girth FROM tree",
)


class MariaDB:
    """A server over a folder of its own, on loopback: it can be killed and started again in the middle of a test."""

    def __init__(self, folder: Path):
        self.folder, self.port, self.process = folder, free_port(), None
        self.certificate, self.key = make_certificate(folder, "localhost")
        (folder / "data").mkdir()
        self._run("--bootstrap", text="CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n" + _tables())
        self.start()

    def start(self) -> None:
        command = [*self._command(), f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={self.folder}/s"]
        command += [f"--pid-file={self.folder}/pid", f"--ssl-cert={self.certificate}", f"--ssl-key={self.key}"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self.say("SELECT 1")
            except pymysql.err.OperationalError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise AssertionError((self.folder / "log").read_text()[-3000:]) from None
                time.sleep(0.1)

    def stop(self, how: int = signal.SIGTERM) -> None:
        """Ends it, by default in good order."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(PATIENCE)

    def say(self, *statements: str, database: str = "mysql") -> list[tuple]:
        """Runs statements as the keeper of the server; what the last one answered."""
        with closing(pymysql.connect(unix_socket=f"{self.folder}/s", user="root", autocommit=True)) as connection:
            connection.select_db(database)
            with connection.cursor() as cursor:
                cursor.execute("SET sql_mode = ''")
                for statement in statements:
                    cursor.execute(statement)
                return list(cursor.fetchall())

    def _command(self) -> list[str]:
        command = [SERVER, "--no-defaults", f"--datadir={self.folder}/data", f"--tmpdir={self.folder}"]
        command += ["--performance-schema=OFF", "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M"]
        command += ["--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve", "--log-warnings=0"]
        return [*command, "--user=root"] if os.getuid() == 0 else command

    def _run(self, *options: str, text: str) -> None:
        done = subprocess.run([*self._command(), *options], input=text.encode(), capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()[-3000:]


class MariaCity:
    """The department's side: one database of the server, and a login that only reads what it is shown."""

    def __init__(self, server: MariaDB, name: str, login: str = "reader"):
        self.server, self.name, self.login = server, name, login

    def say(self, *statements: str) -> list[tuple]:
        """Runs statements as the keeper of that database."""
        return self.server.say(*statements, database=self.name)

    def show(self, *names: str) -> None:
        """The login may read these."""
        self.say(*[f"GRANT SELECT, SHOW VIEW ON {self.name}.{name} TO {self.login}" for name in names])

    def fields(self, **more) -> dict:
        """What a steward states to fetch its view."""
        stated = {"kind": "mysql", "host": "localhost", "port": self.server.port, "database": self.name}
        stated |= {"username": self.login, "password": "plain blue kite", "what": "public_trees", "schedule": "hourly"}
        return {**stated, **more}


@contextmanager
def mariadb():
    """A server that is gone in the end; skips with the reason where the machine has none."""
    if SERVER is None or not (SHARE / TABLES[0]).exists():
        pytest.skip("no MariaDB server: install mariadb-server-core")
    with tempfile.TemporaryDirectory(prefix="maria-") as folder:
        server = MariaDB(Path(folder))
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def department_mariadb(server: MariaDB, *statements: str):
    """A database with a table that only its keeper reads, and a view for the login of the platform."""
    server.say(
        "DROP DATABASE IF EXISTS parks", "CREATE DATABASE parks CHARACTER SET utf8mb4",
        "CREATE OR REPLACE USER reader IDENTIFIED BY 'plain blue kite'",
    )  # fmt: skip
    city = MariaCity(server, "parks")
    city.say(*(statements or TREES))
    if not statements:
        city.show("public_trees")
    yield city


def _tables() -> str:
    return "".join((SHARE / name).read_text() for name in TABLES)
