"""A column that a basis hides and one that was never there are the same in each answer, its headers and its time."""

import json
import random
import re
import statistics
import time
from datetime import date

import pytest

from tests import world
from tests.api import caller, dataset_url
from tests.catalog.asking import Asker
from tests.oracle import literal

pytestmark = pytest.mark.django_db(transaction=True)
TREES = {
    "species": ("text", ["Oak", "Ash", "Oak", None, "榕树"]),
    "height": ("integer", [12, 9, None, 4, 30]),
    "planted": ("date", [date(2001, 2, 3), None, date(1990, 1, 1), None, date(1899, 12, 31)]),
}
TYPES = {name: kind for name, (kind, _values) in TREES.items()}
HIDDEN = {"owner": ("text", ["An", "Bo", "Chi", None, "Eve"]), "worth": ("integer", [1, 2, None, 4, 5])}
NAMING = [
    {"select": "owner"}, {"select": "species, worth"}, {"select": "upper(owner) as x"}, {"select": "worth + 1 as x"},
    {"select": "sum(worth)"}, {"select": "count(owner)"}, {"select": "count(distinct owner)"},
    {"select": "max(owner)"}, {"select": "height as owner"}, {"select": "height as owner", "order_by": "owner"},
    {"select": "first(worth)"}, {"where": "owner = 'An'"}, {"where": "worth > 1"}, {"where": "owner is null"},
    {"where": "\"owner\" like 'A%'"}, {"where": "height > worth"}, {"where": "owner in ('An')"},
    {"where": "worth between 1 and 2"}, {"where": "OWNER = 'x'"}, {"where": "species = 'Oak' and 1 / worth > 0"},
    {"where": "worth = 'x'"}, {"where": "owner > 1"}, {"where": "ownr = 1"}, {"owner": "An"}, {"worth__gte": "1"},
    {"owner__isnull": "true"}, {"worth__in": "1,2"}, {"owner__nonsense": "1"}, {"worth": "x"}, {"order_by": "owner"},
    {"order_by": "-worth,height"}, {"group_by": "owner"}, {"group_by": "upper(owner)"},
    {"select": "species, count(*) as n", "group_by": "species", "having": "owner = 'An'"}, {"facets": "owner"},
    {"facets": "species,worth"}, {"q": "An"}, {"q": "eve"}, {"distinct": "true", "select": "owner"},
    {"select": "owner", "format": "csv"}, {"where": "owner = 'An'", "format": "ndjson"}, {"format": "csv"},
    {"format": "parquet", "order_by": "worth"}, {"sample": "3"}, {"total": "exact", "where": "height > 5"}, {},
    {"select": "wurth"}, {"select": "lon(owner) as x"},
    {"select": "within(worth, worth, 'POLYGON((0 0,1 0,1 1,0 0))') as x"},
    {"select": "json_value(owner, '$.a') as x"}, {"select": "owner("}, {"where": "owner = 'An"},
    {"select": "species, *"},
]  # fmt: skip


@pytest.fixture
def twins():
    """Two open datasets that look the same: of one two columns are hidden, the other never had them."""
    people = world.cast()
    made = []
    for columns in ({**TREES, **HIDDEN}, TREES):
        dataset = world.dataset(people.owner, people.parks, "Trees")
        world.basis("release", world.version(dataset, columns), dict.fromkeys(TREES))
        made.append(dataset)
    return made


def said(dataset, params: dict, part: str = "/rows") -> tuple[int, str, dict]:
    """Status, body and headers, without what names the dataset, the request or the moment."""
    answer = caller().get(dataset_url(dataset, part), params)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = body.decode("utf-8", "backslashreplace").replace(str(dataset.pk), "DATASET")
    text = re.sub(r'"(next|basis|request_id|id|instance|version_id)": ?"[^"]*"', r'"\1":"-"', text)
    headers = {name.lower(): value.replace(str(dataset.pk), "DATASET") for name, value in answer.headers.items()}
    for name in ("etag", "x-request-id", "link", "ratelimit", "last-modified", "server-timing"):
        headers[name] = name in headers
    return answer.status_code, text, headers


@pytest.mark.parametrize("start", range(0, len(NAMING), 18))
def test_whatever_names_a_hidden_column_is_answered_as_if_it_were_not_there(twins, start):
    for params in NAMING[start : start + 18]:
        hidden, absent = (said(dataset, params) for dataset in twins)
        assert hidden == absent, params


def test_random_questions_are_answered_as_if_it_were_not_there(twins):
    """Over all columns, those that are hidden too."""
    types = TYPES | {name: kind for name, (kind, _values) in HIDDEN.items()}
    refused = 0
    for seed in range(25):
        query = Asker(random.Random(seed), types).query()
        params = {name: value for name, value in query.params().items() if value} | {"limit": "2"}
        params = {name: "true" if value is True else value for name, value in params.items()}
        params |= {f"{name}__{way}": literal(value).strip("'") for name, way, value in query.filters if way != "in"}
        hidden, absent = (said(dataset, params) for dataset in twins)
        assert hidden == absent, params
        refused += hidden[0] == 400
    assert 3 < refused < 23


def test_a_refusal_names_no_hidden_column(twins):
    for params in NAMING:
        status, body, _headers = said(twins[0], {"select": "ownerr, wort"} | params)
        assert status in {200, 400, 404, 422}
        if status >= 400 and "facets" not in params:
            assert "“owner”" not in json.loads(body)["detail"].partition("Did you mean")[2]


def test_the_dataset_is_described_as_if_it_were_not_there(twins):
    for part in ("", "/versions", "/files"):
        hidden, absent = (said(dataset, {}, part) for dataset in twins)
        assert "owner" not in hidden[1] and "worth" not in hidden[1]
        assert hidden[0] == absent[0]


def test_it_takes_no_longer_to_refuse_a_hidden_column(twins):
    """Medians of turns about; grossly different would be a check that looks at the column first."""
    took: dict = {dataset.pk: [] for dataset in twins}
    for _n in range(15):
        for dataset in twins:
            began = time.perf_counter()
            said(dataset, {"where": "owner = 'An'"})
            took[dataset.pk].append(time.perf_counter() - began)
    hidden, absent = (statistics.median(times) for times in took.values())
    assert hidden < 3 * absent and absent < 3 * hidden
