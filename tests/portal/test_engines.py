"""The services that we bring along: they start anywhere, come back from anything, and give each role its due."""

import os
import shutil
import signal
import stat
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from portal import engines
from portal.engines import home, postgres, valkey
from portal.engines.home import CannotStart

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the services to another account")


@pytest.fixture
def place():
    """A folder as in a checkout that everybody may read; nothing of it stays."""
    outside = Path(tempfile.mkdtemp(prefix="causeway place "))
    outside.chmod(0o755)
    yield outside / "var"
    clear(outside / "var")
    shutil.rmtree(outside)


@pytest.fixture(scope="module")
def running():
    """One cluster for the tests that only look."""
    outside = Path(tempfile.mkdtemp(prefix="causeway-place-"))
    outside.chmod(0o755)
    postgres.start(outside / "var")
    yield outside / "var"
    clear(outside / "var")
    shutil.rmtree(outside)


def clear(var: Path) -> None:
    if var.exists():
        valkey.stop(var)
        postgres.stop(var)
        home.forget(var)


def ask(var: Path, statement: str, *, role: str = postgres.SUPERUSER, database: str = postgres.DATABASE):
    with closing(postgres.connect(var, database, role)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None


def postmaster(var: Path) -> int:
    return int((postgres.data_folder(var) / "postmaster.pid").read_text().split()[0])


def test_it_computes_where_the_services_are_without_starting_them(place):
    found = engines.defaults(place)

    assert found == engines.defaults(place)
    assert found["DATABASE_URL"] != found["DATABASE_OWNER_URL"]
    assert not postgres.sockets(place).exists()
    assert stat.S_IMODE((place / "secrets.env").stat().st_mode) == 0o600
    assert len(found["SECRET_KEY"]) > 50


def test_it_adds_a_secret_that_an_older_folder_lacks_and_keeps_the_others(place):
    place.mkdir()
    (place / "secrets.env").write_text("SECRET_KEY=as-it-was\n")

    found = engines.defaults(place)

    assert found["SECRET_KEY"] == "as-it-was"
    assert found["PSEUDONYM_SECRET"] == engines.defaults(place)["PSEUDONYM_SECRET"]


def test_it_knows_which_services_are_somebody_elses(place):
    ours = engines.defaults(place)

    assert engines.embedded(place, ours) == {"DATABASE_URL", "BROKER_URL", "CACHE_URL"}
    assert engines.embedded(place, {**ours, "DATABASE_URL": "postgres://db.example/x"}) == {"BROKER_URL", "CACHE_URL"}


def test_it_gives_each_role_its_due(running):
    rights = ask(running, "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolcanlogin")

    assert sorted(row for row in rights if row[0] != postgres.SUPERUSER) == [
        (postgres.APP, False, False, False),
        (postgres.OWNER, False, False, False),
    ]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(running, "CREATE TABLE mine ()", role=postgres.APP)
    ask(running, "CREATE TABLE kept AS SELECT 1 AS n", role=postgres.OWNER)
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(running, "SELECT * FROM kept", role=postgres.APP)


def test_it_brings_the_extensions_that_migrations_count_on(running):
    found = {name for (name,) in ask(running, "SELECT extname FROM pg_extension")}

    assert set(postgres.EXTENSIONS) <= found


def test_it_reads_chinese_and_accents_whatever_the_callers_locale(running):
    ((trigrams, lower),) = ask(running, "SELECT show_trgm('开放数据'), lower('É')")

    assert trigrams
    assert lower == "é"


def test_it_starts_twice_and_is_started_once(running):
    before = postmaster(running)

    postgres.start(running)

    assert postmaster(running) == before


def test_it_comes_back_with_everything_after_the_server_was_killed(place):
    postgres.start(place)
    ask(place, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n", role=postgres.OWNER)

    os.kill(postmaster(place), signal.SIGKILL)
    postgres.start(place)

    assert ask(place, "SELECT count(*) FROM kept") == [(1000,)]


def test_it_starts_although_the_mark_of_a_dead_server_names_a_living_stranger(place):
    postgres.start(place)
    left = (postgres.data_folder(place) / "postmaster.pid").read_text().split("\n", 1)[1]
    postgres.stop(place)
    stranger = subprocess.Popen(["sleep", "60"], **account(home.runs_as(postgres.data_folder(place))))
    (postgres.data_folder(place) / "postmaster.pid").write_text(f"{stranger.pid}\n{left}")

    postgres.start(place)

    assert postgres.answers(place)
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_it_begins_anew_where_making_the_data_was_broken_off(place):
    half = home.state_folder(place).joinpath("postgres.new-1")
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    postgres.start(place)

    assert postgres.answers(place)
    assert not half.exists()


@pytest.mark.slow
def test_it_does_not_join_a_server_whose_data_was_thrown_away(place):
    postgres.start(place)
    ask(place, "CREATE TABLE kept ()", role=postgres.OWNER)
    shutil.rmtree(postgres.data_folder(place))

    postgres.start(place)

    assert ask(place, "SELECT to_regclass('kept')") == [(None,)]


@pytest.mark.slow
def test_it_keeps_two_checkouts_apart(place):
    first, second = place / "one", place / "two"
    for var in (first, second):
        postgres.start(var)
        valkey.start(var)
    with closing(valkey.client(first)) as client:
        client.set("whose", "first")

    postgres.stop(first)

    assert postgres.answers(second) and not postgres.answers(first)
    with closing(valkey.client(second)) as client:
        assert client.get("whose") is None
    for var in (first, second):
        clear(var)


@pytest.mark.slow
def test_it_finds_its_socket_from_a_folder_with_a_very_long_name(place):
    var = place / ("long" * 20) / ("name" * 20)

    postgres.start(var)

    assert postgres.answers(var)
    clear(var)


@only_root
def test_it_leaves_a_closed_folder_closed(place):
    place.parent.chmod(0o700)

    postgres.start(place)
    valkey.start(place)

    assert postgres.answers(place) and valkey.answers(place)
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert not home.state_folder(place).is_relative_to(place)
    assert postgres.data_folder(place).stat().st_uid != 0


@only_root
def test_it_refuses_a_socket_folder_that_a_stranger_put_there(place):
    folder = postgres.sockets(place).parent
    folder.mkdir()
    os.chown(folder, 12345, 12345)

    with pytest.raises(CannotStart, match="belongs to somebody else"):
        postgres.start(place)


@only_root
def test_it_refuses_the_data_of_another_account_in_a_sentence(place):
    postgres.start(place)
    place.chmod(0o777)
    place.joinpath("postgres.lock").chmod(0o666)

    said = as_stranger(lambda: postgres.start(place))

    assert "belongs to another account" in said
    assert postgres.answers(place)


def as_stranger(act) -> str:
    """What it says when an account that nobody knows does this."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.setgroups([])
        os.setgid(12345)
        os.setuid(12345)
        try:
            act()
        except BaseException as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as words:
        return words.read()


def test_it_refuses_an_installed_server_that_is_not_there(place, monkeypatch):
    monkeypatch.setenv("PG_BIN", "/nowhere")

    with pytest.raises(CannotStart, match="PG_BIN names /nowhere"):
        postgres.start(place)


def test_it_keeps_the_queue_when_valkey_was_killed(place):
    valkey.start(place)
    with closing(valkey.client(place)) as client:
        client.config_set("appendfsync", "always")
        for number in range(1000):
            client.rpush("celery", number)
        os.kill(client.info("server")["process_id"], signal.SIGKILL)

    valkey.start(place)

    with closing(valkey.client(place)) as client:
        assert client.llen("celery") == 1000
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "volatile-lru"}


def test_it_stops_what_runs_and_does_not_mind_what_does_not(place):
    valkey.start(place)
    postgres.start(place)

    for _ in range(2):
        valkey.stop(place)
        postgres.stop(place)

    assert not valkey.answers(place) and not postgres.answers(place)


def account(who) -> dict:
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []} if who else {}
