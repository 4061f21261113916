"""The index made anew in PostgreSQL alone: several batches at once, each as if it were the only one."""

import pytest
from django.db import connection

from catalog.models import SearchChange, SearchEntry
from catalog.search import index_dataset, indexing, rebuilding
from tests import world
from tests.server import until

TITLES = ("Street trees", "Café terraces", "Ｐａｒｋ benches", "空气质量", "監測站點 2024", "Lamps " + "in parks " * 20)


@pytest.fixture
def datasets(monkeypatch):
    monkeypatch.setattr(rebuilding, "BATCH", 1)
    people = world.cast()
    made = [world.dataset(people.owner, people.parks, title) for title in TITLES]
    for dataset in made:
        world.basis("release", world.version(dataset, {"species": ("text", ["oak"])}), {"species": None})
    return made


def held() -> list[tuple]:
    return list(SearchEntry.objects.order_by("dataset", "audience").values_list("dataset", "hash", "words", "revision"))


def connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_it_makes_what_indexing_one_by_one_makes_and_leaves_the_rest_alone(datasets):
    before = connections()
    told = []
    assert rebuilding.rebuild(told.append) == len(TITLES)
    assert told[-1] == f"{len(TITLES)} of {len(TITLES)} datasets read"
    made = held()
    assert len(made) == 2 * len(TITLES)
    until(lambda: connections() == before)

    marks = SearchChange.objects.count()
    rebuilding.rebuild()
    for dataset in datasets:
        index_dataset(dataset)
    assert held() == made
    assert SearchChange.objects.count() == marks  # what was found before is still true


@pytest.mark.django_db(transaction=True)
def test_one_that_is_broken_off_leaves_whole_entries_and_the_next_makes_the_rest(datasets, monkeypatch):
    made = []

    def broken(ids):
        if len(made) == 2:
            raise OSError("the disk is full")
        made.extend(indexing.make_entries(ids))
        return ids

    with monkeypatch.context() as patched:
        patched.setattr(rebuilding, "make_entries", broken)
        patched.setattr(rebuilding, "AT_ONCE", 1)
        with pytest.raises(OSError, match="the disk is full"):
            rebuilding.rebuild()
    assert len(held()) == 4
    assert rebuilding.rebuild() == len(TITLES)
    assert len(held()) == 2 * len(TITLES)


@pytest.mark.django_db
def test_inside_a_transaction_it_makes_entries_of_what_that_one_sees(datasets):
    assert rebuilding.rebuild() == len(TITLES)
    assert len(held()) == 2 * len(TITLES)
