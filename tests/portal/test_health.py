"""Those who watch the machines are told the truth, and nobody is told a secret."""

import json
from contextlib import closing

import pytest
from django.db import connection
from django.test import Client

from catalog.checks import check_search_index
from catalog.models import SearchEntry
from catalog.search import index_dataset
from catalog.store import store
from portal.engines import postgres
from tests import world
from tests.engines import TEST_VAR


def ask(path: str = "/readyz") -> tuple[int, dict]:
    """The answer to a stranger who is not signed in."""
    answer = Client(raise_request_exception=False).get(path)
    return answer.status_code, json.loads(answer.content)


def as_superuser(statement: str) -> None:
    with closing(postgres.connect(TEST_VAR, connection.settings_dict["NAME"])) as elsewhere:
        elsewhere.cursor().execute(statement)


def test_it_says_that_the_process_lives_without_asking_anybody():
    assert Client().get("/healthz").content == b"ok\n"  # no database here: the test would fail on a query


@pytest.mark.django_db
def test_it_is_ready_when_all_services_are():
    assert ask() == (200, {"ready": True, "checks": dict.fromkeys(["database", "events", "cache", "storage"], "ok")})


@pytest.mark.django_db
def test_it_warns_of_an_index_that_waits_and_serves_on():
    cast = world.cast()
    index_dataset(world.dataset(cast.owner, cast.parks))
    assert "warnings" not in ask()[1]
    assert check_search_index() == []

    SearchEntry.objects.update(form="before")

    status, body = ask()
    assert (status, body["ready"], list(body["warnings"])) == (200, True, ["search"])
    (warning,) = check_search_index()
    assert warning.msg == body["warnings"]["search"]
    assert "reindex" in warning.hint


@pytest.mark.django_db(transaction=True)
def test_it_is_not_ready_where_the_application_could_change_events():
    as_superuser(f"GRANT UPDATE (body) ON audit_event TO {postgres.APP}")
    try:
        status, body = ask()
    finally:
        as_superuser(f"REVOKE UPDATE (body) ON audit_event FROM {postgres.APP}")

    assert status == 503
    assert body["checks"]["events"] == "the application's role can change events: run manage.py lockdown"
    assert body["checks"]["database"] == "ok"


@pytest.mark.django_db(transaction=True)
def test_it_is_not_ready_where_the_tables_are_older_than_the_code():
    as_superuser("UPDATE django_migrations SET app = 'audit-later' WHERE app = 'audit'")
    try:
        status, body = ask()
    finally:
        as_superuser("UPDATE django_migrations SET app = 'audit' WHERE app = 'audit-later'")

    assert status == 503
    assert body["checks"]["database"] == "not migrated: run manage.py migrate --database owner"


@pytest.mark.django_db
def test_it_is_not_ready_without_its_cache_and_does_not_say_where_that_is(settings):
    where = "unix:///nowhere/of/ours.sock?db=1"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": where}}

    status, body = ask()

    assert status == 503
    assert body["checks"]["cache"] == "failed"
    assert "nowhere" not in json.dumps(body)


@pytest.mark.django_db
def test_it_is_not_ready_where_files_cannot_be_written(settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.STORAGE_URL = f"file://{tmp_path / 'file'}"
    store.cache_clear()
    try:
        status, body = ask()
    finally:
        store.cache_clear()

    assert status == 503
    assert body["checks"]["storage"] == "failed"
    assert str(tmp_path) not in json.dumps(body)


@pytest.mark.django_db
def test_it_leaves_nothing_in_the_storage():
    before = set(store().names(""))

    ask()

    assert set(store().names("")) == before
