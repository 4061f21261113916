"""The same code fetches from MySQL, where there is a server to try it on."""

import os

import pytest
import sqlalchemy as sa

from catalog.actions import sources
from tests import world
from tests.loads import empty_store
from tests.sources import carried_out

ADDRESS = os.environ.get("TEST_MYSQL_URL", "")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not ADDRESS, reason="no MySQL server: set TEST_MYSQL_URL to mysql+pymysql://login:password@host/base"),
]  # fmt: skip
STATEMENTS = (
    "DROP TABLE IF EXISTS tree",
    "CREATE TABLE tree (code varchar(9) PRIMARY KEY, price decimal(9,2), big bigint unsigned, seen timestamp NULL,"
    " planted date, about json)",
    "INSERT INTO tree VALUES ('007', 1.50, 18446744073709551615, NULL, '2020-02-29', '{}')",
)


def test_a_table_of_mysql_becomes_a_version_with_its_types(settings):
    url = sa.make_url(ADDRESS)
    settings.SOURCE_HOSTS = [url.host]
    empty_store()
    people = world.cast()
    trees = world.dataset(people.owner, people.parks)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in STATEMENTS:
            connection.execute(sa.text(statement))
    engine.dispose()
    fields = {"kind": "mysql", "host": url.host, "port": url.port, "database": url.database, "username": url.username}
    fields |= {"password": url.password, "what": "tree", "tls": False}
    source = sources.set_source(trees, fields, by=world.by(people.owner))
    job = carried_out(source, sources.run_source(source, by=world.by(people.owner)))
    trees.refresh_from_db()

    assert job.state == "done", job.error
    types = trees.current.tables.get().types
    assert types["code"] == "text" and types["price"] == types["big"] == "decimal" and types["seen"] == "timestamptz"
