"""What follows from what: each reaction once, and none for what a later one says anyway."""

import pytest

from audit.models import Event
from catalog import search
from catalog.actions.datasets import activate_dataset, change_dataset, create_dataset
from catalog.models import SearchEntry
from portal import reactions
from portal.models import Reaction
from tests import world

pytestmark = pytest.mark.django_db

FIELDS = {
    "title_en": "Trees",
    "theme": "environment",
    "frequency": "annual",
    "licence": "cc0",
    "sharing_class": "unconditional",
    "opening_class": "open",
}


@pytest.fixture
def cast():
    return world.cast()


@pytest.fixture
def changed(cast):
    """A dataset with three events that each call for the index."""
    dataset = create_dataset(cast.parks, FIELDS, by=world.by(cast.owner))
    change_dataset(dataset, {"title_en": "Park trees"}, by=world.by(cast.owner))
    activate_dataset(dataset, by=world.by(cast.owner))
    return dataset


def indexings(dataset) -> list[Event]:
    kinds = [kind for kind, steps in reactions.REACTIONS.items() if reactions.steps.index_dataset in steps]
    return list(Event.objects.filter(dataset=dataset.pk, kind__in=kinds).order_by("id"))


def test_it_indexes_a_dataset_once_for_many_events_that_wait(changed):
    first, second, last = indexings(changed)
    for event in (first, second):
        reactions.react(str(event.uuid), "index_dataset")
    assert not SearchEntry.objects.filter(dataset=changed).exists()

    reactions.react(str(last.uuid), "index_dataset")
    assert SearchEntry.objects.filter(dataset=changed).exists()
    assert Reaction.objects.filter(name="index_dataset", done_at__isnull=False).count() == 3


def test_it_indexes_an_earlier_event_that_comes_late(changed):
    first, _second, last = indexings(changed)
    reactions.react(str(last.uuid), "index_dataset")
    reactions.react(str(indexings(changed)[1].uuid), "index_dataset")
    SearchEntry.objects.filter(dataset=changed).delete()

    reactions.react(str(first.uuid), "index_dataset")
    assert SearchEntry.objects.filter(dataset=changed).exists(), "the later ones had begun: they may have missed it"


def test_it_does_not_wait_for_another_dataset(cast, changed):
    create_dataset(cast.parks, {**FIELDS, "title_en": "Benches"}, by=world.by(cast.owner))
    reactions.react(str(indexings(changed)[-1].uuid), "index_dataset")
    found = search.search(search.SearchQuery(by=world.by(cast.owner), q="trees"))
    assert found.ids == [changed.pk]


def test_it_runs_a_reaction_once(changed):
    last = indexings(changed)[-1]
    reactions.react(str(last.uuid), "index_dataset")
    SearchEntry.objects.filter(dataset=changed).delete()
    reactions.react(str(last.uuid), "index_dataset")
    assert not SearchEntry.objects.filter(dataset=changed).exists()
