"""The row key: named by the steward, and there for a reader whole or not at all."""

import pytest

from catalog.models import Column
from catalog.row_keys import key_under, named_keys
from catalog.terms import TableTerms
from tests import world

TYPES = {"id": "integer", "day": "date", "note": "text"}


@pytest.mark.parametrize(
    ("columns", "key"),
    [
        ({"id": None, "day": None, "note": None}, ["id", "day"]),
        ({"day": None, "id": "hash"}, ["id", "day"]),
        ({"id": "round:2", "day": None}, ["id", "day"]),
        ({"id": "band:10", "day": None}, []),
        ({"id": None, "day": "year"}, []),
        ({"id": "null", "day": None}, []),
        ({"id": None, "note": None}, []),
    ],
)
def test_it_is_there_whole_or_not_at_all(columns, key):
    assert key_under(["id", "day"], TableTerms(columns), TYPES) == key


def test_a_key_whose_column_is_gone_from_the_version_names_no_row():
    assert key_under(["id", "code"], TableTerms(dict.fromkeys(TYPES)), TYPES) == []
    assert key_under([], TableTerms(dict.fromkeys(TYPES)), TYPES) == []


@pytest.mark.django_db
def test_it_stands_in_the_dictionary_in_its_order():
    people = world.cast()
    trees = world.dataset(people.owner, people.parks)
    world.version(trees, {"day": ("date", []), "note": ("text", []), "id": ("integer", [])})
    Column.objects.filter(dataset=trees, name__in=["id", "day"]).update(row_key=True)
    assert named_keys(trees) == {"main": ["day", "id"]}


@pytest.mark.django_db
def test_the_api_names_it_only_where_the_reader_has_all_of_it(client):
    people = world.cast()
    trees = world.dataset(people.owner, people.parks)
    version = world.version(trees, {"id": ("integer", [1]), "part": ("integer", [1])})
    Column.objects.filter(dataset=trees).update(row_key=True)
    world.basis("release", version, {"id": None})
    (column,) = client.get(f"/api/v1/datasets/{trees.pk}/columns").json()["results"]
    assert column["row_key"] is False

    later = world.version(trees, {"id": ("integer", [1]), "part": ("integer", [1])})
    world.basis("release", later, {"id": None, "part": None})
    columns = client.get(f"/api/v1/datasets/{trees.pk}/columns").json()["results"]
    assert [column["row_key"] for column in columns] == [True, True]
