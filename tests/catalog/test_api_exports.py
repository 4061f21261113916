"""Prepared files by API: asked for as rows are, looked at, fetched in parts, ended; for their one reader."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Event
from catalog import exporter
from catalog.models import Basis, Export
from catalog.rows.errors import TooCostly
from tests import world
from tests.api import caller, dataset_url
from tests.loads import empty_store
from tests.problems import assert_problem, without_id

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = {"district": ("text", ["North", "South"] * 3), "n": ("integer", [1, 2, 3, 4, 5, 6]), "name": ("text", ["x"] * 6)}
LENT = {"district": None, "n": None}


@pytest.fixture
def city():
    empty_store()
    people = world.cast()
    people.residents = world.dataset(people.owner, people.parks, "Residents")
    people.version = world.version(people.residents, ROWS)
    people.grant = world.basis("grant", people.version, LENT, to=people.health)
    people.rita = caller(people.requester, "read")
    return people


def ask(city, client=None, headers=None, rest="/exports", **body):
    address = dataset_url(city.residents, rest)
    asked = {"format": "csv", **body}
    return (client or city.rita).post(address, asked, content_type="application/json", headers=headers)


def ready(city, **body):
    """The address of an export that was made."""
    address = ask(city, **body)["Location"]
    exporter.run(Export.objects.latest("created_at").pk)
    return address


def bytes_of(response) -> bytes:
    return b"".join(response.streaming_content)


def test_it_is_asked_for_made_and_fetched(city):
    answer = ask(city, where="n > 2", order_by="-n", select="n,district")
    assert answer.status_code == 202, answer.content
    told = answer.json()
    assert {"state": "asked", "progress": 0.0, "url": None, "sha256": None, "error": None}.items() <= told.items()
    assert_problem(city.rita.get(f"{answer['Location']}/file"), 409, "export-not-ready")
    exporter.run(told["id"])
    told = city.rita.get(answer["Location"]).json()
    assert (told["state"], told["progress"], told["rows"], told["name"]) == ("ready", 1.0, 4, "residents-v1.csv")
    file = city.rita.get(told["url"])
    assert file["ETag"] == f'"{told["sha256"]}"' and file["Cache-Control"] == "private, no-store"
    assert file["Content-Disposition"] == 'attachment; filename="residents-v1.csv"'
    assert bytes_of(file) == b'"n","district"\n6,"South"\n5,"North"\n4,"South"\n3,"North"\n'
    assert int(file["Content-Length"]) == told["bytes"]


def test_it_takes_the_question_in_the_address_too(city):
    asked = dataset_url(city.residents, "/exports?format=ndjson&district=North&n__gt=1&limit=1")
    answer = city.rita.generic("POST", asked)
    assert answer.status_code == 202, answer.content
    exporter.run(answer.json()["id"])
    assert bytes_of(city.rita.get(f"{answer['Location']}/file")) == b'{"district": "North", "n": 3}\n'
    assert ask(city, n=[1, 2], distinct=True, sample=2).status_code == 202
    by_table = ask(city, rest="/versions/1/tables/main/exports", rest_is="x")
    assert_problem(by_table, 400, "unknown-column")


def test_it_sends_parts_and_what_one_has_not_yet(city):
    url = ready(city) + "/file"
    whole = bytes_of(city.rita.get(url))
    part = city.rita.get(url, headers={"Range": "bytes=5-9"})
    assert (part.status_code, bytes_of(part)) == (206, whole[5:10])
    assert city.rita.get(url, headers={"If-None-Match": part["ETag"]}).status_code == 304
    head = city.rita.head(url)
    assert (head.status_code, int(head["Content-Length"])) == (200, len(whole))
    outcomes = [event.body.partition('"outcome":"')[2].partition('"')[0]
                for event in Event.objects.filter(kind="disclosure.closed").order_by("id")]  # fmt: skip
    assert outcomes == ["complete", "complete", "complete", "not modified", "head only"]


@pytest.mark.parametrize("body", [{"format": "json"}, {"format": "pdf"}])
def test_it_wants_a_format_of_files(city, body):
    assert_problem(ask(city, **body), 400, "bad-format")


@pytest.mark.parametrize("body", [{"where": "name = 'x'"}, {"where": "nothing = 'x'"}])
def test_it_refuses_a_bad_question_at_once_and_hides_what_is_hidden(city, body):
    refused = ask(city, **body)
    assert refused.status_code == 400
    assert refused.json()["type"] == city.rita.get(dataset_url(city.residents, "/rows"), body).json()["type"]
    assert_problem(ask(city, where={"a": 1}), 400, "bad-parameter")
    assert not Export.objects.exists()


def test_it_is_there_for_its_reader_alone(city):
    address = ready(city)
    missing = "/api/v1/exports/00000000-0000-4000-8000-000000000000"
    colleague = world.person("Rosa", city.health, "requester")
    other = world.dataset(city.owner, city.parks, "Other")
    world.basis("grant", world.version(other, ROWS), LENT, to=city.health)
    strangers = [
        caller(city.stranger), caller(city.owner), caller(colleague),
        caller(city.requester, "write"), caller(city.requester, "read", datasets=[other]),
    ]  # fmt: skip
    for client in strangers:
        for rest in ("", "/file"):
            hidden, absent = client.get(address + rest), client.get(missing + rest)
            assert_problem(hidden, 404, "not-found")
            assert without_id(hidden) == without_id(absent)
        assert client.delete(address).status_code == 404
    assert_problem(caller().get(address), 401, "key-missing")
    assert caller(city.requester, "read").get(f"{address}/file").status_code == 200
    assert caller(city.requester, "read", datasets=[city.residents]).get(address).status_code == 200


def test_it_is_asked_for_by_those_who_may_read(city):
    assert_problem(ask(city, caller(city.stranger)), 403, "grant-missing")
    assert_problem(ask(city, caller(city.citizen)), 404, "not-found")
    assert_problem(ask(city, caller(city.requester, "write")), 403, "scope-missing")
    assert_problem(ask(city, caller()), 401, "key-missing")


def test_it_needs_the_basis_at_each_download(city):
    url = ready(city) + "/file"
    Basis.objects.filter(pk=city.grant.pk).update(state="suspended")
    assert_problem(city.rita.get(url), 403, "grant-missing")
    Basis.objects.filter(pk=city.grant.pk).update(state="active")
    assert city.rita.get(url).status_code == 200


def test_it_says_that_it_is_gone_and_what_to_do(city):
    address = ready(city)
    assert city.rita.delete(address).status_code == 204
    told = city.rita.get(address).json()
    assert (told["state"], told["error"]["code"], told["url"]) == ("ended", "asked", None)
    problem = assert_problem(city.rita.get(f"{address}/file"), 410, "export-gone")
    assert "Ask for it again" in problem["detail"]
    city.version.state, city.version.dropped_at = "dropped", timezone.now()
    city.version.save()
    assert_problem(city.rita.get(f"{address}/file"), 410, "version-dropped")


def test_what_became_of_the_version_is_not_said_to_whom_the_basis_no_longer_lets_in(city):
    address = ready(city)
    city.version.state, city.version.dropped_at = "dropped", timezone.now()
    city.version.save()
    Basis.objects.filter(pk=city.grant.pk).update(state="suspended")
    assert_problem(city.rita.get(f"{address}/file"), 410, "export-gone")
    Basis.objects.filter(pk=city.grant.pk).update(state="active")
    assert_problem(city.rita.get(f"{address}/file"), 410, "version-dropped")


def test_it_is_asked_for_once_with_one_idempotency_key(city):
    first = ask(city, headers={"Idempotency-Key": "monday"})
    again = ask(city, headers={"Idempotency-Key": "monday"})
    assert again["Location"] == first["Location"] and again["Idempotency-Replayed"] == "true"
    assert_problem(ask(city, format="xlsx", headers={"Idempotency-Key": "monday"}), 422, "idempotency-conflict")
    assert Export.objects.count() == 1


def test_it_keeps_to_a_number(city, settings):
    settings.EXPORTS_OPEN = 1
    ask(city)
    assert_problem(ask(city), 409, "too-many-exports")


def test_it_lists_ones_own_in_pages(city, settings):
    settings.EXPORTS_OPEN = 10
    for _n in range(3):
        ask(city)
    page = city.rita.get("/api/v1/exports?limit=2").json()
    rest = city.rita.get("/api/v1/exports", {"limit": 2, "after": page["next"]}).json()
    ids = [one["id"] for one in page["results"] + rest["results"]]
    assert len(set(ids)) == 3 and rest["next"] is None
    assert caller(city.stranger).get("/api/v1/exports").json()["results"] == []


def test_the_list_asks_as_often_for_many_as_for_one(city, settings, django_assert_num_queries):
    settings.EXPORTS_OPEN = 30
    ask(city)
    city.rita.get("/api/v1/exports")
    with CaptureQueriesContext(connection) as of_one:
        city.rita.get("/api/v1/exports")
    few = len(of_one)
    for _n in range(10):
        ask(city)
    with django_assert_num_queries(few):
        city.rita.get("/api/v1/exports")


def test_the_remedy_of_what_took_too_much_names_the_way(city, monkeypatch):
    def too_late(run):
        raise TooCostly("time")

    monkeypatch.setattr("catalog.rows.engine.Run._next", too_late)
    refused = city.rita.get(dataset_url(city.residents, "/rows?format=csv&order_by=n"))
    problem = assert_problem(refused, 422, "query-too-costly")
    assert problem["exports"].endswith(dataset_url(city.residents, "/exports")) and "exports" in problem["detail"]


def test_it_gives_open_data_to_a_citizen_who_signed_in(city):
    world.basis("release", city.version, {"district": None})
    cleo = caller(city.citizen, "read")
    answer = ask(city, cleo)
    assert answer.status_code == 202, answer.content
    exporter.run(answer.json()["id"])
    file = cleo.get(f"{answer['Location']}/file")
    assert bytes_of(file).startswith(b'"district"\n"North"\n') and file["Cache-Control"] == "private, no-store"
    assert not Event.objects.filter(kind__startswith="disclosure.").exists()
