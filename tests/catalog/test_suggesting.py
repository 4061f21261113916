"""Suggestions name only what the reader may know of."""

import pytest

from catalog.models import Basis, Column
from catalog.search import demand, index_dataset
from catalog.search.suggesting import suggest
from tests import world
from tests.api import caller
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def city():
    people = world.cast()
    trees = world.dataset(people.owner, people.parks, "Street trees", title_zh="行道树")
    version = world.version(trees, {"species": ("text", ["oak"]), "species_keeper": ("text", ["x"])})
    Column.objects.filter(name="species_keeper").update(title_en="Keeper of quokkas")
    world.basis("release", version, {"species": None})
    secret = world.dataset(people.owner, people.parks, "Secret trees")
    for dataset in (trees, secret):
        index_dataset(dataset)
    people.trees, people.secret = trees, secret
    return people


def said(q, user=None):
    return {(one.kind, one.text) for one in suggest(q, by=world.by(user))}


def test_it_suggests_datasets_columns_and_departments(city):
    assert said("tre") == {("dataset", "Street trees")}
    assert said("speci") == {("dataset", "Street trees"), ("column", "species")}
    assert said("par") == {("department", "Parks"), ("dataset", "Street trees")}
    assert said("行道") == {("dataset", "Street trees")}
    assert said("") == said("  ") == said("\x00") == said("'|&") == set()


def test_it_names_nothing_hidden(city):
    assert said("quokka") == said("keeper") == said("secret") == set()
    assert said("secret", city.citizen) == set()
    assert ("dataset", "Secret trees") in said("secret", city.stranger)
    assert ("column", "Keeper of quokkas") in said("keeper", city.stranger)


def test_it_forgets_a_withdrawn_dataset_and_words_that_found_only_it(city):
    for _time in range(demand.LEAST_FREQUENT):
        demand.count_search("street trees", found=True)
    assert ("query", "street trees") in said("stre")
    Basis.objects.filter(dataset=city.trees).update(state="withdrawn")
    assert said("stre") == set()


def test_programs_get_the_same(city):
    answer = caller().get("/api/v1/suggest?q=speci")
    assert answer.json() == {
        "results": [
            {"kind": "dataset", "text": "Street trees", "target": str(city.trees.pk)},
            {"kind": "column", "text": "species", "target": "species"},
        ]
    }
    assert caller().get("/api/v1/suggest?q=speci", headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert caller().get("/api/v1/suggest").json() == {"results": []}
    assert_problem(caller().get("/api/v1/suggest?q=" + "a" * 201), 400, "bad-parameter")
    assert_problem(caller().get("/api/v1/suggest?text=a"), 400, "bad-parameter")
