"""The OpenAPI document: whole, valid, true to the answers; and the pages that show it."""

import json
import re
from functools import cache

import jsonschema
import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from catalog.api.problem_types import PROBLEM_TYPES
from catalog.models import Distribution, Link
from tests import world
from tests.api import caller, dataset_url

METHODS = {"get", "post", "put", "patch", "delete"}


@cache
def document() -> dict:
    return json.loads(json.dumps(SchemaGenerator(urlconf="portal.urls").get_schema(request=None, public=True)))


def operations():
    return [
        (path, method, operation)
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_it_is_valid_openapi_3_1():
    assert document()["openapi"].startswith("3.1")
    validate_schema(document())


def test_it_is_made_without_a_warning(tmp_path):
    """Two shapes of one name would describe each other; a set of words that has no name of its own is called anew."""
    call_command("spectacular", fail_on_warn=True, file=str(tmp_path / "schema.yml"))


def test_it_describes_every_operation():
    ids = [operation["operationId"] for _path, _method, operation in operations()]
    assert len(ids) == len(set(ids))
    for path, method, operation in operations():
        assert operation.get("summary"), f"{method} {path} has no summary"
        assert operation["tags"] != ["api"], f"{method} {path} has no tag"
        assert any(status.startswith("2") for status in operation["responses"])
        for status, response in operation["responses"].items():
            assert response["description"]
            if status.startswith(("4", "5")):
                assert list(response["content"]) == ["application/problem+json"]


def test_it_names_every_kind_of_problem_somewhere():
    text = json.dumps(document())
    for code in PROBLEM_TYPES:
        if code not in {"method-not-allowed", "not-acceptable", "too-large"}:  # of any address, named by none
            assert f"`{code}`" in text, code


@pytest.mark.django_db(transaction=True)
def test_it_is_true_to_the_answers():
    people = world.cast()
    trees = world.dataset(people.owner, people.parks, "Trees")
    version = world.version(trees, {"species": ("text", ["Oak"]), "height": ("integer", [1])})
    release = world.basis("release", version, {"species": None, "height": "band:10"})
    Link.objects.create(dataset=trees, title_en="Elsewhere", url="https://example.org/")
    Distribution.objects.create(basis=release, version=version, table="main", format="csv", path="x", name="trees.csv",
                                bytes=10, rows=1, sha256="0" * 64)  # fmt: skip
    public, owner = caller(), caller(people.owner)
    checks = [
        (public, "/api/v1/datasets", "/api/v1/datasets"),
        (public, dataset_url(trees), "/api/v1/datasets/{id}"),
        (public, dataset_url(trees, "/rows"), "/api/v1/datasets/{id}/rows"),
        (public, dataset_url(trees, "/columns"), "/api/v1/datasets/{id}/columns"),
        (public, dataset_url(trees, "/files"), "/api/v1/datasets/{id}/files"),
        (public, dataset_url(trees, "/versions"), "/api/v1/datasets/{id}/versions"),
        (public, "/api/v1/departments", "/api/v1/departments"),
        (public, "/api/v1/themes", "/api/v1/themes"),
        (owner, "/api/v1/keys", "/api/v1/keys"),
    ]
    for client, address, path in checks:
        answer = client.get(address)
        assert answer.status_code == 200, answer.content
        _check(answer.json(), document()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"])
    problem = public.get("/api/v1/datasets?limit=0").json()
    _check(problem, {"schema": {"$ref": "#/components/schemas/Problem"}})


def _check(value, described: dict) -> None:
    schema = {**described["schema"], "components": document()["components"]}
    jsonschema.Draft202012Validator(schema).validate(value)


@pytest.mark.django_db
def test_it_is_served_with_pages_of_local_files_alone():
    served = Client().get("/api/openapi.json")
    assert served.status_code == 200
    assert json.loads(served.content)["openapi"].startswith("3.1")
    for page in ("/api/docs/", "/api/redoc/"):
        answer = Client().get(page)
        html = answer.content.decode()
        assert answer.status_code == 200
        for address in re.findall(r'(?:src|href)="(/static/[^"?#]+)', html):
            assert finders.find(address.removeprefix("/static/")), address
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', html)
        assert not re.findall(r"<script(?![^>]* src=)", html)
        scripts = next(part for part in answer["Content-Security-Policy"].split(";") if "script-src" in part)
        assert scripts.strip() == "script-src 'self'"
    script = Client().get("/api/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
