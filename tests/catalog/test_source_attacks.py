"""What a hostile server, a hostile name or a hostile steward tries: memory, time and passwords hold."""

import logging
import time

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from audit.models import Event
from catalog.actions import sources
from catalog.sources import databases
from catalog.sources.errors import SourceError
from tests import hostile, world
from tests.loads import empty_store
from tests.sources import HOST, department_database

pytestmark = pytest.mark.django_db(transaction=True)
LEFT = {"too-large", "broke-off", "unreachable", "refused", "not-understood", "slow"}
SSH = b"SSH-2.0-x\r\n"
BIG = hostile.packet(0, b"\x0a" + b"9" * 0xFFFFFE)


@pytest.fixture
def people(settings, monkeypatch):
    settings.SOURCE_HOSTS = ["127.0.0.1", HOST]
    monkeypatch.setattr("catalog.sources.databases.SAMPLE_SECONDS", 2)
    monkeypatch.setattr("catalog.sources.databases.SAMPLE_BYTES", 4 * 1024**2)
    monkeypatch.setattr("catalog.sources.sftp.SAMPLE_SECONDS", 2)
    monkeypatch.setattr("catalog.sources.sftp.MOST_AT_ONCE", 4 * 1024**2)
    empty_store()
    return world.cast()


@pytest.fixture
def trees(people):
    return world.dataset(people.owner, people.parks)


def tried(trees, people, kind, port, **more):
    """What a steward is told of a server at this port."""
    fields = {"kind": kind, "host": "127.0.0.1", "port": port, "username": "reader", "password": "plain blue kite"}
    fields |= {"what": "/trees.csv"} if kind == "sftp" else {"what": "trees", "database": "parks", "tls": False}
    source = sources.set_source(trees, {**fields, **more}, by=world.by(people.owner))
    began = time.monotonic()
    with pytest.raises(ValidationError) as refusal:
        sources.test_source(source, by=world.by(people.owner))
    assert time.monotonic() - began < 15
    return refusal.value.code


@pytest.mark.parametrize(("kind", "act"), [
    ("mysql", hostile.drips(b"\xff\xff\xff\0")),
    ("mysql", hostile.drips(hostile.greeting() + b"\xff\xff\xff\2")),
    ("sftp", hostile.drips(b"")),
    ("sftp", hostile.drips(SSH)),
    ("postgresql", hostile.postgres(hostile.LET_IN, b"")),
], ids=["mysql-greeting", "mysql-login", "sftp-banner", "sftp-keys", "postgresql-silent"])  # fmt: skip
def test_a_server_that_drips_is_left_in_time(kind, act, trees, people):
    with hostile.hostile(act) as (port, _told):
        assert tried(trees, people, kind, port) in {"source-slow", "source-broke-off", "source-unreachable"}


@pytest.mark.parametrize(("kind", "act"), [
    ("mysql", hostile.floods(b"", BIG)),
    ("mysql", hostile.floods(hostile.greeting(), b"\0" * 65_536)),
    ("sftp", hostile.floods(b"", b"x" * 65_536)),
    ("sftp", hostile.floods(SSH, b"\x7f" * 65_536)),
    ("postgresql", hostile.floods(b"N", b"R" * 65_536)),
    ("postgresql", hostile.postgres(hostile.LET_IN, hostile.ROW + hostile.ROWS)),
    ("postgresql", hostile.postgres(hostile.LET_IN + hostile.ROW, hostile.ROWS)),
], ids=["mysql-greeting", "mysql-login", "sftp-banner", "sftp-packet", "pg-login", "pg-rows", "pg-more"])  # fmt: skip
def test_a_server_that_floods_fills_no_memory(kind, act, trees, people):
    before = memory()
    with hostile.hostile(act) as (port, _told):
        code = tried(trees, people, kind, port)
    assert code.removeprefix("source-") in LEFT
    assert memory(peak=True) - before < 150 * 1024**2


def memory(*, peak: bool = False) -> int:
    """Bytes of this process; at the highest since this was last asked without."""
    if not peak:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    with open("/proc/self/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    return 1024 * int(lines["VmHWM" if peak else "VmRSS"].split()[0])


PLUGINS = [b"mysql_clear_password", b"sha256_password", b"caching_sha2_password", b"dialog", b"client_ed25519", b"x"]


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_server_that_asks_for_the_password_itself_in_the_clear_does_not_get_it(plugin, trees, people):
    with hostile.hostile(hostile.asks_for(plugin)) as (port, told):
        code = tried(trees, people, "mysql", port)
    assert code in {"source-needs-tls", "source-login-kind"} and b"kite" not in told and b"reader" in told


def test_a_postgresql_server_that_asks_for_it_in_the_clear_does_not_get_it(trees, people):
    with hostile.hostile(hostile.postgres(hostile.ASKS_FOR_PASSWORD)) as (port, told):
        assert tried(trees, people, "postgresql", port) == "source-refused"
    assert b"reader" in told and b"kite" not in told


@pytest.mark.parametrize("payload", [
    b"\xfb/etc/passwd", b"", b"\x01", b"\xfe" * 9, b"\xff\x15\x04#28000\xff\xfe\xfd", b"\xfc\xff\xff", b"\xff",
])  # fmt: skip
def test_a_mysql_server_that_asks_for_our_files_or_speaks_nonsense_is_left(payload, trees, people):
    with hostile.hostile(hostile.answers(payload)) as (port, told):
        code = tried(trees, people, "mysql", port)
    assert code.startswith("source-") and b"root:" not in told


def test_a_server_of_another_kind_is_said_so(trees, people):
    for kind, act in (
        ("mysql", hostile.says(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
        ("postgresql", hostile.postgres(b"HTTP/1.1")),
    ):  # fmt: skip
        with hostile.hostile(act) as (port, _told):
            assert tried(trees, people, kind, port).startswith("source-")


def test_nothing_that_opens_a_source_is_in_logs_and_events(trees, people, caplog):
    caplog.set_level(logging.DEBUG)
    acts = (
        ("mysql", hostile.asks_for(b"mysql_clear_password")), ("mysql", hostile.answers(b"\xfe" * 9)),
        ("sftp", hostile.drips(SSH)),
        ("postgresql", hostile.postgres(hostile.ASKS_FOR_PASSWORD)),
    )  # fmt: skip
    for kind, act in acts:
        with hostile.hostile(act) as (port, _told):
            tried(trees, people, kind, port)
    assert "kite" not in caplog.text + "".join(Event.objects.values_list("body", flat=True))


def test_the_platforms_own_database_is_no_source(trees, people):
    about = connection.settings_dict
    fields = {"kind": "postgresql", "host": HOST, "database": about["NAME"], "username": about["USER"]}
    fields |= {"password": about["PASSWORD"] or "x", "what": "portal_user"}
    source = sources.set_source(trees, fields, by=world.by(people.owner))
    with pytest.raises(ValidationError, match="own database"):
        sources.test_source(source, by=world.by(people.owner))


def test_a_table_wider_than_any_database_has_is_left(trees, people, monkeypatch):
    monkeypatch.setattr("catalog.sources.tables.MOST_COLUMNS", 8)
    with department_database() as city:
        source = sources.set_source(trees, city.fields(), by=world.by(people.owner))
        with pytest.raises(SourceError, match="more than 8 columns"):
            databases.sample(source)


@pytest.mark.parametrize("name", ['quo"te', "per%cent %s %(x)s", "co:lon", "树高 🌳", "a b;--", "dot.ted", "\\", "x'y"])
def test_names_are_taken_as_they_are(name, trees, people):
    quoted = '"' + name.replace('"', '""') + '"'
    with department_database() as city:
        city.say(f"CREATE TABLE {quoted} ({quoted} int PRIMARY KEY)", f"INSERT INTO {quoted} VALUES (7)")
        city.say(f"GRANT SELECT ON {quoted} TO {city.login}")
        source = sources.set_source(trees, city.fields(what=name), by=world.by(people.owner))
        seen = sources.test_source(source, by=world.by(people.owner))
    assert (seen.columns, seen.rows) == ([name], [["7"]])
