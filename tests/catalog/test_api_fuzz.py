"""Every address of the API with what nobody should send: always an answer, always in the one shape, never a 500."""

import json
import uuid
from functools import cache

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from tests import world
from tests.api import caller

pytestmark = pytest.mark.django_db(transaction=True)
NASTY = [
    "", " ", "0", "-1", "99999999999999999999", "1e9", "null", "true", "'", '"', "';--", "%", "\\", "a" * 3000, "é中🌳",
    "\u202e", "../../etc/passwd", "{{7*7}}", "species", "species=", "((((", "*", "count(*)", "__row", "let_out", "1=1",
    "species = 'x' or 1=1", "2026-13-45", "a,b,c", ",", "-", "\ud7ff", "\n", "\t", "NaN", "Infinity", "select 1",
]  # fmt: skip
BODIES = [{}, {"x": None}, {"title_en": {"a": 1}, "keywords_en": [[]], "coverage_from": 5},
          {"dataset": 1, "columns": []},
          {"department": ["parks"], "reason": {}, "scopes": "read", "valid_until": "yesterday"}]  # fmt: skip


@pytest.fixture
def city():
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks, "Trees")
    people.version = world.version(people.trees, {"species": ("text", ["Oak", None]), "height": ("integer", [1, 2])})
    people.release = world.basis("release", people.version, {"species": None, "height": None})
    return people


@pytest.fixture(autouse=True)
def no_limit(settings):
    settings.API_LIMIT_ANONYMOUS = settings.API_LIMIT_KEY = 10**6


@cache
def document() -> dict:
    return SchemaGenerator(urlconf="portal.urls").get_schema(request=None, public=True)


def operations(methods):
    for path, described in document()["paths"].items():
        for method, operation in described.items():
            if method in methods:
                yield path, method, [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"]


def filled(path: str, dataset) -> str:
    values = {"{id}": str(dataset.pk), "{number}": "1", "{table}": "main"}
    for name, value in values.items():
        path = path.replace(name, value)
    return path


def check(answer, told: str) -> None:
    assert answer.status_code < 500, told
    if answer.status_code >= 400:
        body = json.loads(answer.content)
        assert answer["Content-Type"] == "application/problem+json", told
        assert {"type", "title", "status", "detail", "instance"} <= body.keys(), told
    elif answer.streaming:
        b"".join(answer.streaming_content)


@pytest.mark.slow
def test_it_answers_every_parameter_with_every_value(city):
    client = Client()
    for path, _method, names in operations({"get"}):
        is_rows = path.endswith("{id}/rows")  # its siblings read the same query
        own = ["nonsense", "species", "species__gte", "height__in", "__", "species__", "a" * 300] if is_rows else []
        for name in [*names, *own]:
            for value in NASTY if is_rows else ["", "x", "中🌳", "9" * 20]:
                answer = client.get(filled(path, city.trees), {name: value})
                check(answer, f"{path}?{name}={value[:50]!r}")


def test_it_answers_every_name_in_a_path(city):
    client = Client()
    for value in [
        "x",
        "1",
        "中",
        "'",
        "%2e%2e",
        "%25",
        "a" * 500,
        str(uuid.uuid4()),
        "99999999999999999999",
        "-1",
        "0",
    ]:
        for path, _method, _names in operations({"get"}):
            for name in ("{id}", "{number}", "{table}"):
                if name in path:
                    check(client.get(filled(path.replace(name, value), city.trees)), f"{path} {value}")


@pytest.mark.parametrize("one_each", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["one-each", "all"])
def test_it_answers_every_body(city, one_each):
    client = caller(city.owner)
    for number, (path, method, _names) in enumerate(operations({"post", "patch", "put", "delete"})):
        for body in BODIES[number % len(BODIES) :][:1] if one_each else BODIES:
            send = getattr(client, method)
            check(send(filled(path, city.trees), body, content_type="application/json"), f"{method} {path} {body}")
