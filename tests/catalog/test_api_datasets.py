"""Datasets by API: who knows of which, one whole, and the steward's changes."""

import uuid

import pytest
from django.utils import timezone

from catalog.models import Dataset, DatasetChange, Distribution, Format, Link
from catalog.search import index_dataset
from tests import world
from tests.api import caller, dataset_url
from tests.problems import assert_problem, without_id

pytestmark = pytest.mark.django_db
TREES = {"species": ("text", ["Oak", "Ash"]), "height": ("integer", [12, 9]), "owner": ("text", ["An", "Bo"])}


@pytest.fixture
def city():
    """Parks has an open dataset (two of three columns), one that is shared within the city, and a draft."""
    people = world.cast()
    people.open = world.dataset(people.owner, people.parks, "Trees", title_zh="行道树")
    people.version = world.version(people.open, TREES)
    people.release = world.basis("release", people.version, {"species": None, "height": "band:10"})
    people.internal = world.dataset(people.owner, people.parks, "Pipes", theme="energy")
    world.version(people.internal, TREES)
    people.draft = world.dataset(people.owner, people.parks, "Plans", state="draft")
    return people


def titles(client, query: str = "") -> set[str]:
    return {item["title"] for item in client.get(f"/api/v1/datasets{query}").json()["results"]}


def test_it_lists_to_each_what_they_may_know_of(city):
    index_dataset(city.open)
    assert titles(caller()) == {"Trees"}
    assert titles(caller(city.citizen)) == {"Trees"}
    assert titles(caller(city.stranger)) == {"Trees", "Pipes"}
    assert titles(caller(city.owner)) == {"Trees", "Pipes", "Plans"}


@pytest.mark.parametrize("who", [None, "citizen"])
def test_it_does_not_show_outside_that_something_uncleared_arrived(city, who):
    client = caller(who and getattr(city, who))
    answers = [client.get(address).content for address in ("/api/v1/datasets", dataset_url(city.open))]
    world.version(city.open, TREES)
    Dataset.objects.filter(pk=city.open.pk).update(updated_at=timezone.now())
    assert [client.get(address).content for address in ("/api/v1/datasets", dataset_url(city.open))] == answers


def test_it_says_the_same_of_a_dataset_in_both_languages(city):
    answer = caller().get(dataset_url(city.open), headers={"Accept-Language": "zh-CN"})
    assert (answer.json()["title"], answer.json()["title_en"]) == ("行道树", "Trees")
    assert answer["Content-Language"] == "zh-hans"


def test_it_filters_and_counts_by_facets(city):
    found = caller(city.stranger).get("/api/v1/datasets?theme=energy").json()
    assert ([item["title"] for item in found["results"]], found["total"]) == (["Pipes"], 1)
    assert {option["code"]: option["count"] for option in found["facets"]["theme"]} == {"energy": 1, "environment": 1}
    assert found["facets"]["department"] == [{"code": "parks", "name": "Parks", "count": 1}]
    assert titles(caller(city.stranger), "?department=health") == set()


@pytest.mark.parametrize(
    "query",
    [
        "?theme=nonsense", "?colour=red", "?limit=0", "?limit=x", "?limit=1000", "?format=pdf", "?update=x", "?geo=no",
        "?from=soon", "?from=2024&to=2023", "?sort=best", "?opening=ajar", "?q=" + "a" * 201,
        "?" + "&".join(f"place={n}" for n in range(21)),
    ],
)  # fmt: skip
def test_it_refuses_a_parameter_that_is_none(city, query):
    assert_problem(caller().get(f"/api/v1/datasets{query}"), 400, "bad-parameter")


def test_it_pages_by_cursor_with_links(city):
    client = caller(city.owner)
    seen, address = [], "/api/v1/datasets?limit=1"
    while address:
        answer = client.get(address)
        seen += [item["title"] for item in answer.json()["results"]]
        links = dict(reversed(part.split("; rel=")) for part in answer["Link"].replace(", <", ",,<").split(",,"))
        assert answer.json()["total"] == 3
        address = links.get('"next"', "").strip("<>")
        assert bool(address) == bool(answer.json()["next"])
    assert seen == ["Plans", "Pipes", "Trees"]


def test_it_refuses_a_cursor_of_another_list(city):
    client = caller(city.owner)
    cursor = client.get("/api/v1/datasets?limit=1").json()["next"]
    assert_problem(client.get(f"/api/v1/datasets?limit=1&theme=energy&after={cursor}"), 400, "bad-cursor")
    assert_problem(client.get("/api/v1/datasets?after=AAAA"), 400, "bad-cursor")
    assert_problem(client.get("/api/v1/departments?after=%F0%9F%8C%B3"), 400, "bad-cursor")


def test_it_lists_in_a_constant_number_of_queries(city, django_assert_num_queries):
    client = caller()
    index_dataset(city.open)
    for there, looked_up in ((1, 4), (6, 4)):
        for _again in range(2):
            with django_assert_num_queries(looked_up):
                assert len(client.get("/api/v1/datasets").json()["results"]) == there
            looked_up = 3  # kept until something changes
        for number in range(5):
            dataset = world.dataset(city.owner, city.parks, f"More {number}")
            world.basis("release", world.version(dataset, TREES), {"species": None})
            index_dataset(dataset)


def test_it_describes_in_a_constant_number_of_queries(city, django_assert_num_queries):
    client = caller()
    client.get(dataset_url(city.open))
    with django_assert_num_queries(9):
        client.get(dataset_url(city.open))
    for number in range(4):
        Link.objects.create(dataset=city.open, title_en=f"Link {number}", url="https://example.org/")
        Distribution.objects.create(basis=city.release, version=city.version, table="main", format=list(Format)[number],
                                    path="x", name="trees", bytes=1, rows=2, sha256="0" * 64)  # fmt: skip
        world.version(city.open, TREES)
    with django_assert_num_queries(9):
        detail = client.get(dataset_url(city.open)).json()
    assert (len(detail["links"]), len(detail["files"]), len(detail["versions"])) == (4, 4, 1)


def test_it_shows_only_the_columns_that_the_basis_lets_out(city):
    world.basis("grant", city.version, {"owner": "first:1"}, to=city.health, roles=["requester"])
    columns = {table["basis"]: table["columns"] for table in caller().get(dataset_url(city.open)).json()["tables"]}
    (public,) = columns.values()
    assert [(c["name"], c["type"], c["mask"]) for c in public] == [
        ("species", "text", None),
        ("height", "integer", "band:10"),
    ]
    detail = caller(city.requester).get(dataset_url(city.open)).json()
    assert [basis["kind"] for basis in detail["basis"]] == ["release", "grant"]
    assert [[c["name"] for c in table["columns"]] for table in detail["tables"]] == [["species", "height"], ["owner"]]


def test_it_gives_description_alone_to_whom_no_basis_lets_in(city):
    detail = caller(city.stranger).get(dataset_url(city.internal)).json()
    assert detail["title"] == "Pipes"
    for part in ("basis", "tables", "versions", "files", "documents"):
        assert detail[part] == []
    assert "owner" not in str(detail["tables"])


def test_it_hides_what_one_may_not_know_of_like_what_never_was(city):
    for rest in ("", "/rows", "/files", "/versions", "/columns", "/versions/1/rows", "/tables/main/rows"):
        for client in (caller(), caller(city.citizen)):
            hidden = client.get(dataset_url(city.internal, rest))
            missing = client.get(dataset_url(uuid.uuid4(), rest))
            assert_problem(hidden, 404, "not-found")
            assert without_id(hidden) == without_id(missing)
    assert_problem(caller(city.stranger).get(dataset_url(city.draft)), 404, "not-found")


def test_it_says_that_a_dataset_was_withdrawn_and_no_more(city):
    city.release.state = "withdrawn"
    city.release.save()
    Dataset.objects.filter(pk=city.open.pk).update(sharing_class="withheld", sharing_law="Article 3")
    problem = assert_problem(caller().get(dataset_url(city.open)), 410, "withdrawn")
    assert "Trees" not in str(problem)
    assert titles(caller()) == set()


def test_it_lists_the_versions_that_are_open_to_the_caller(city):
    world.version(city.open, TREES)
    assert [v["number"] for v in caller().get(dataset_url(city.open, "/versions")).json()["results"]] == [1]
    world.basis("duty", city.version, {"species": None}, to=city.parks, roles=["steward"])
    mine = caller(city.owner).get(dataset_url(city.open, "/versions")).json()["results"]
    assert [v["number"] for v in mine] == [2, 1]


def test_it_lists_the_files_of_a_release(city):
    Distribution.objects.create(basis=city.release, version=city.version, table="main", format="csv", path="x",
                                name="trees.csv", bytes=10, rows=2, sha256="0" * 64)  # fmt: skip
    (file,) = caller().get(dataset_url(city.open, "/files")).json()["results"]
    assert (file["table"], file["format"], file["bytes"], file["rows"]) == ("main", "csv", 10, 2)
    assert file["sha256"] == "0" * 64
    assert file["url"].startswith("http://testserver/files/")
    index_dataset(city.open)
    assert caller().get("/api/v1/datasets?format=csv").json()["total"] == 1
    assert caller().get("/api/v1/datasets?format=xlsx").json()["total"] == 0


def test_it_answers_304_to_whom_nothing_is_new(city):
    first = caller().get(dataset_url(city.open))
    assert first["Cache-Control"] == "public, no-cache"
    again = caller().get(dataset_url(city.open), headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    Dataset.objects.filter(pk=city.open.pk).update(title_en="Oaks")
    assert caller().get(dataset_url(city.open), headers={"If-None-Match": first["ETag"]}).status_code == 200
    mine = caller(city.owner).get(dataset_url(city.open))
    assert mine["Cache-Control"] == "private, no-store"
    assert "Authorization" in mine["Vary"] and "Cookie" in mine["Vary"]


NEW = {
    "department": "parks",
    "title_en": "Benches",
    "theme": "environment",
    "frequency": "annual",
    "licence": "cc0",
    "sharing_class": "unconditional",
    "opening_class": "open",
}


def test_it_makes_a_dataset_for_a_steward(city):
    answer = caller(city.owner).post("/api/v1/datasets", NEW, content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert answer["Location"] == answer.json()["url"]
    made = Dataset.objects.get(pk=answer.json()["id"])
    assert (made.title_en, made.state, made.department) == ("Benches", "draft", city.parks)
    activated = caller(city.owner).post(dataset_url(made, "/activate"))
    assert activated.json()["state"] == "active"


def test_it_makes_none_for_anybody_else(city):
    def post(client):
        return client.post("/api/v1/datasets", NEW, content_type="application/json")

    assert_problem(post(caller()), 401, "key-missing")
    assert_problem(post(caller(city.stranger)), 403, "not-allowed")
    assert_problem(post(caller(city.owner, "read")), 403, "scope-missing")
    assert_problem(post(caller(city.owner, datasets=[city.open])), 403, "not-allowed")
    assert not Dataset.objects.filter(title_en="Benches").exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"state": "active"}, "state"),
        ({"id": "x"}, "id"),
        ({"created_by": "x"}, "created_by"),
        ({"theme": "nonsense"}, "theme"),
        ({"coverage_from": "yesterday"}, "coverage_from"),
        ({"keywords_en": "oak"}, "keywords_en"),
        ({"title_en": "x" * 300}, "title_en"),
        ({"title_en": ""}, "title_en"),
        ({"department": "health"}, "department"),
    ],
)
def test_it_refuses_a_change_that_does_not_fit_and_names_the_field(city, change, field):
    answer = caller(city.owner).patch(dataset_url(city.internal), change, content_type="application/json")
    problem = assert_problem(answer, 400, "validation-failed")
    assert field in [error.get("field") for error in problem["errors"]] or field == "department"
    assert not DatasetChange.objects.exists()


def test_it_changes_a_description_unless_it_changed_meanwhile(city):
    client, address = caller(city.owner), dataset_url(city.internal)
    tag = client.get(address)["ETag"]
    changed = client.patch(address, {"title_en": "Mains"}, content_type="application/json", headers={"If-Match": tag})
    assert changed.json()["title"] == "Mains"
    late = client.patch(address, {"title_en": "Other"}, content_type="application/json", headers={"If-Match": tag})
    assert_problem(late, 412, "precondition-failed")
    stranger = caller(city.stranger).patch(address, {"title_en": "Mine"}, content_type="application/json")
    assert_problem(stranger, 403, "not-allowed")
    citizen = caller(city.citizen).patch(address, {"title_en": "Mine"}, content_type="application/json")
    assert_problem(citizen, 404, "not-found")


def test_it_retires_and_restores(city):
    client = caller(city.owner)
    assert_problem(client.post(dataset_url(city.internal, "/retire"), {}, content_type="application/json"), 400,
                   "validation-failed")  # fmt: skip
    retired = client.post(dataset_url(city.internal, "/retire"), {"reason": "merged"}, content_type="application/json")
    assert retired.json()["state"] == "retired"
    assert client.post(dataset_url(city.internal, "/restore")).json()["state"] == "active"


def test_it_lists_departments_and_themes(city):
    world.department("acme", kind="enterprise")
    departments = caller().get("/api/v1/departments").json()
    assert [(d["code"], d["datasets"]) for d in departments["results"]] == [
        ("city", 0),
        ("health", 0),
        ("parks", 1),
        ("schools", 0),
    ]
    assert departments["results"][1]["parent"] == "city"
    themes = caller().get("/api/v1/themes").json()["results"]
    assert {theme["code"]: theme["datasets"] for theme in themes}["environment"] == 1


def test_it_finds_by_words(city):
    from catalog.search import index_dataset

    for dataset in (city.open, city.internal):
        index_dataset(dataset)
    assert titles(caller(), "?q=trees") == {"Trees"}
    assert titles(caller(), "?q=行道树") == {"Trees"}
    assert titles(caller(), "?q=pipes") == set()
    assert titles(caller(city.stranger), "?q=pipes") == {"Pipes"}
    assert_problem(caller().get("/api/v1/datasets?q=trees&after=nonsense"), 400, "bad-cursor")
