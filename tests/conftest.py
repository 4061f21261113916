"""The database of the tests: made by the owner's role, used through the application's."""

import gc
import os

import pytest
from celery import current_app
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase
from django.utils import translation

from portal.prepare import compile_catalogues
from tests.database import as_superuser, copy_migrated, drop_database
from tests.elastic import searched_by, shared_node, stop_shared


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="also run what takes longer than a few seconds")


def pytest_configure(config):
    """A fresh clone has no compiled message catalogues yet; passwords are hashed as in a city, at a price for tests."""
    compile_catalogues()
    Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.parallelism = 1, 64, 1


def pytest_collection_modifyitems(config, items):
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="slow: run with --slow, as CI does")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


def pytest_collectstart(collector):
    """Nothing of what is being found is garbage."""
    gc.disable()


def pytest_collection_finish(session):
    """What was found stays to the end: the collector need not look through thousands of tests time and again."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure(config):
    """At the end all of it is looked through once more."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker):
    """A database of this process alone, migrated as the owner, then entered as the application."""
    name = f"test_{os.getpid()}"
    with django_db_blocker.unblock():
        copy_migrated(name)
        os.environ["TEST_DATABASE"] = name
        call_command("migrate", database="owner", verbosity=0)
        call_command("lockdown", verbosity=0)
        yield
        for alias in ("owner", "default"):
            connections[alias].close()
        drop_database(name)


# The locks wait for whoever still writes, as TRUNCATE does, which makes new files for every table, filled or not. A
# table without a page has never held anything.
EMPTIED = """
DO $$
DECLARE
    names text[] := (SELECT array_agg(format('public.%I', tablename) ORDER BY tablename) FROM pg_tables
        WHERE schemaname = 'public'
        AND tablename NOT IN ('django_migrations', 'django_content_type', 'auth_permission'));
    name text;
BEGIN
    EXECUTE 'LOCK TABLE ' || array_to_string(names, ', ');
    FOREACH name IN ARRAY names LOOP
        IF pg_relation_size(name::regclass) > 0 THEN
            EXECUTE 'DELETE FROM ' || name;
        END IF;
    END LOOP;
END $$
"""


def empty_tables(self):
    """Empties what a transactional test left: the queue, and as the cluster's superuser (who else may?) the tables."""
    current_app.control.purge()
    as_superuser("SET session_replication_role = replica", EMPTIED)


TransactionTestCase._fixture_teardown = empty_tables


@pytest.fixture(autouse=True)
def no_watcher_over_uncommitted_rows(request, monkeypatch):
    """In a test inside one transaction the watcher's own connection sees nothing of it, and would end every exit."""
    marker = request.node.get_closest_marker("django_db")
    committed = (marker is not None and marker.kwargs.get("transaction")) or "transactional_db" in request.fixturenames
    if not committed:
        monkeypatch.setattr("catalog.watch.begin", lambda exit_: None)
        monkeypatch.setattr("catalog.gate.LOOK_AGAIN", 3600)


@pytest.fixture
def own_log(tmp_path, settings, monkeypatch):
    """The log's files in a folder of this test alone, for this process and its children: tables begin anew as well."""
    settings.LOG_STORAGE_URL = f"file://{tmp_path / 'log'}"
    monkeypatch.setenv("LOG_STORAGE_URL", settings.LOG_STORAGE_URL)
    return tmp_path / "log"


@pytest.fixture(autouse=True)
def no_counts_of_other_tests():
    """The cache counts who came how often from one address: here that is always the same one."""
    cache.clear()


@pytest.fixture(autouse=True)
def no_language_of_other_tests():
    """A request leaves its language to the thread: each test begins with the city's own."""
    translation.deactivate()


@pytest.fixture(scope="session")
def elasticsearch():
    """The address of a real Elasticsearch, started once for all tests that ask for one."""
    yield shared_node()
    stop_shared()


@pytest.fixture(params=["postgres", "elastic"])
def engine(request, settings):
    """The test runs on each engine of search; `tell()` after a change stands for the clock."""
    if request.param == "postgres":
        yield request.param
        return
    url = request.getfixturevalue("elasticsearch")
    request.getfixturevalue("db")
    with searched_by(url, settings):
        yield request.param
