"""Sources in MySQL and MariaDB, on a real server: each type as it is, read only, and no password in the clear."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from django.core.exceptions import ValidationError

from catalog.actions import sources
from catalog.store import store
from tests import world
from tests.loads import empty_store
from tests.mariadb import department_mariadb, mariadb
from tests.sources import carried_out, fetched

pytestmark = pytest.mark.django_db(transaction=True)
CITY = "深圳 — 🌳 O'Brien \\ “x”"
TYPES = (
    "CREATE TABLE types (id int PRIMARY KEY, big bigint unsigned, small int unsigned, tiny tinyint(1),"
    " price decimal(12,3), ratio double, huge decimal(65,0), local datetime(6), moment timestamp(3) NULL,"
    " day date, span time, year year,"
    " flag bit(1), bits bit(10), mood enum('good','红'), marks set('a','b'), about json, bytes varbinary(9), pic blob,"
    " name varchar(60), note text) CHARACTER SET utf8mb4",
    "SET time_zone = '+08:00'",
    "INSERT INTO types VALUES (1, 18446744073709551615, 4294967295, 1, 1.125, 0.1, repeat('9', 65),"
    " '2026-03-08 02:30:00.123456', '2026-03-08 02:30:00.5', '2020-02-29', '-838:59:59', 2026, b'1', b'1010', '红',"
    " 'a,b',"
    " '{\"n\": [1, \"树\"]}', x'00ff10', x'ffd8', " + "'深圳 — 🌳 O\\'Brien \\\\ “x”', '')",
    "INSERT INTO types (id, flag) VALUES (2, b'0')",
)


@pytest.fixture(scope="module")
def server():
    with mariadb() as made:
        yield made


@pytest.fixture
def city(server, settings):
    settings.SOURCE_HOSTS = ["localhost"]
    empty_store()
    with department_mariadb(server) as made:
        yield made


@pytest.fixture
def people():
    return world.cast()


@pytest.fixture
def trees(people):
    return world.dataset(people.owner, people.parks)


def loaded(trees, people, fields):
    source = sources.set_source(trees, fields, by=world.by(people.owner))
    job = fetched(source, people)
    trees.refresh_from_db()
    return job


def tried(trees, people, fields):
    return sources.test_source(sources.set_source(trees, fields, by=world.by(people.owner)), by=world.by(people.owner))


def rows_of(trees):
    table = trees.current.tables.get()
    rows = pq.read_table(store().local(table.path)).drop_columns(["__row"]).to_pylist()
    return table.types, sorted(rows, key=lambda row: row["id"])


def test_every_type_comes_as_it_is(city, trees, people):
    city.say(*TYPES)
    city.show("types")
    job = loaded(trees, people, city.fields(what="types"))
    assert job.state == "done", job.error
    types, (first, second) = rows_of(trees)

    assert first == {
        "id": 1, "big": Decimal(18446744073709551615), "small": 4294967295, "tiny": 1, "price": Decimal("1.125"),
        "ratio": 0.1, "huge": "9" * 65, "local": datetime(2026, 3, 8, 2, 30, 0, 123456),
        "moment": datetime(2026, 3, 7, 18, 30, 0, 500000, tzinfo=UTC), "day": date(2020, 2, 29), "span": "-838:59:59",
        "year": 2026, "flag": True, "bits": "0000001010", "mood": "红", "marks": "a,b", "about": '{"n": [1, "树"]}',
        "bytes": "\\x00ff10", "pic": "\\xffd8", "name": CITY, "note": "",
    }  # fmt: skip
    assert second == {**dict.fromkeys(first), "id": 2, "flag": False}
    assert (types["big"], types["local"], types["moment"], types["flag"]) == (
        "decimal", "timestamp", "timestamptz", "boolean",
    )  # fmt: skip


def test_a_day_that_no_calendar_has_is_kept_as_text(city, trees, people):
    city.say(
        "SET sql_mode = 'ALLOW_INVALID_DATES'",
        "CREATE TABLE days (id int PRIMARY KEY, whole date, none date, month date, never date, at datetime)",
        "INSERT INTO days VALUES (1, '2020-01-01', '0000-00-00', '2020-00-00', '2021-02-30', '0000-00-00 00:00:00'),"
        " (2, NULL, '2020-01-01', NULL, NULL, '2020-01-01 10:00:00')",
    )
    city.show("days")
    job = loaded(trees, people, city.fields(what="days"))
    assert job.state == "done", job.error
    _types, (first, second) = rows_of(trees)

    assert first == {"id": 1, "whole": date(2020, 1, 1), "none": "0000-00-00", "month": "2020-00-00",
                     "never": "2021-02-30", "at": "0000-00-00 00:00:00"}  # fmt: skip
    assert second["none"] == "2020-01-01" and second["at"] == "2020-01-01 10:00:00" and second["whole"] is None


NAMES = ["we`ird", 'quo"te', "per%cent %s %(x)s", "co:lon", "树高", "a b;--", "dot.ted", "\\"]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_tables_and_columns_are_taken_as_they_are(name, city, trees, people):
    quoted = "`" + name.replace("`", "``") + "`"
    city.say(f"CREATE TABLE {quoted} ({quoted} int PRIMARY KEY, n int)", f"INSERT INTO {quoted} VALUES (7, 1)")
    city.say(f"GRANT SELECT ON {quoted} TO reader")
    seen = tried(trees, people, city.fields(what=name))

    assert (seen.columns, seen.rows) == ([name, "n"], [["7", "1"]])


def test_only_what_is_new_is_fetched_to_the_microsecond(city, trees, people):
    city.say(
        "CREATE TABLE log (id int PRIMARY KEY, at datetime(6), big bigint)",
        "INSERT INTO log VALUES (1, '2026-01-01 00:00:00.600001', 9007199254740993)",
    )
    city.show("log")
    for column, value in (("at", "'2026-01-01 00:00:00.600002'"), ("big", "9007199254740994")):
        dataset = world.dataset(people.owner, people.parks, column)
        fields = city.fields(what="log", watermark=column, taking="append")
        first = loaded(dataset, people, fields)
        assert first.state == "done", first.error
        other = "big" if column == "at" else "at"
        city.say(f"REPLACE INTO log (id, {column}, {other}) SELECT 2, {value}, {other} FROM log WHERE id = 1")
        source = sources.source_of(dataset)
        job = fetched(source, people)
        dataset.refresh_from_db()

        assert (job.mode, job.error) == ("append", None)
        assert sum(file["rows"] for file in dataset.current.tables.get().files) == 2
        city.say("DELETE FROM log WHERE id = 2")


def test_a_view_that_writes_writes_nothing(city, trees, people):
    city.server.say("SET GLOBAL log_bin_trust_function_creators = 1")
    city.say(
        "CREATE FUNCTION touch() RETURNS int MODIFIES SQL DATA BEGIN UPDATE tree SET girth = 0; RETURN 1; END",
        "CREATE VIEW writing AS SELECT touch()",
    )
    city.show("writing")
    with pytest.raises(ValidationError, match="error 1792"):
        tried(trees, people, city.fields(what="writing"))
    assert city.say("SELECT sum(girth) FROM tree")[0][0] == 820


def test_a_slow_view_is_given_up(city, trees, people, settings):
    settings.SOURCE_STATEMENT_SECONDS = 1
    city.say("CREATE VIEW slow AS SELECT 1 AS a, sleep(20) AS b")
    city.show("slow")
    with pytest.raises(ValidationError, match="longer than allowed"):
        tried(trees, people, city.fields(what="slow"))
    settings.SOURCE_STATEMENT_SECONDS, settings.SOURCE_RUN_SECONDS = 300, 1
    assert loaded(trees, people, city.fields(what="slow")).error["code"] == "source-slow"


@pytest.mark.parametrize(("change", "words"), [
    ({"password": "wrong"}, "refused the login"),
    ({"username": "nobody"}, "refused the login"),
    ({"database": "health"}, "refused the login"),
    ({"what": "tree"}, "no table or view tree"),
    ({"what": "mysql.user"}, "no table or view"),
    ({"what": "public_trees` UNION SELECT 1 -- "}, "no table or view"),
    ({"watermark": "nothing"}, "has no column nothing"),
])  # fmt: skip
def test_what_is_refused_is_said_without_the_servers_words(change, words, city, trees, people):
    with pytest.raises(ValidationError, match=words) as refusal:
        tried(trees, people, city.fields(**change))
    assert "kite" not in str(refusal.value) and "reader" not in str(refusal.value)


def test_a_certificate_that_is_not_trusted_or_of_another_name_is_refused(city, trees, people, settings):
    settings.SOURCE_CA_FILE = str(city.server.certificate)
    assert len(tried(trees, people, city.fields()).rows) == 10
    settings.SOURCE_HOSTS = ["127.0.0.1", "localhost"]
    with pytest.raises(ValidationError, match="no encrypted connection that can be trusted"):
        tried(trees, people, city.fields(host="127.0.0.1"))


def test_without_tls_the_password_itself_is_told_to_nobody(city, trees, people):
    assert len(tried(trees, people, city.fields(tls=False)).rows) == 10, "by a riddle that does not tell it"
    city.say("CREATE OR REPLACE USER reader IDENTIFIED VIA mysql_native_password USING PASSWORD('绿色 kite')")
    city.show("public_trees")
    assert len(tried(trees, people, city.fields(password="绿色 kite")).rows) == 10


@pytest.mark.slow
def test_a_server_that_goes_away_in_the_middle_leaves_nothing(city, trees, people, monkeypatch):
    city.say("CREATE VIEW wide AS SELECT seq AS n, repeat('x', 500) AS t FROM seq_1_to_200000")
    city.show("wide")
    source = sources.set_source(trees, city.fields(what="wide"), by=world.by(people.owner))
    job, seen = sources.run_source(source, by=world.by(people.owner)), []

    def cut(self, stage, *, rows=0, **_more):
        seen.append(rows)
        if len(seen) == 5:
            city.server.stop(9)

    with monkeypatch.context() as patch:
        patch.setattr("catalog.jobs.Lease.report", cut)
        job = carried_out(source, job)
    assert (job.state, job.error["code"]) == ("failed", "source-broke-off") and 5 <= len(seen) < 50
    assert trees.versions.count() == 0
    away = fetched(source, people)
    assert away.error["code"] == "source-unreachable"
    city.server.start()
    again = fetched(source, people)
    assert again.version.number == 1 and again.version.tables.get().rows == 200_000
