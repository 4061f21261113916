"""What is opened often stands a little higher, and one may sort by it; only use in the open counts."""

import pytest
from django.utils import timezone

from catalog.models import SearchEntry
from catalog.search import SearchQuery, index_dataset, search, use
from opendata.models import Usage
from portal.tasks import weigh_by_use
from tests import world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast():
    return world.cast()


def opened(cast, title: str):
    dataset = world.dataset(cast.owner, cast.parks, title)
    world.basis("release", world.version(dataset, {"kind": ("text", ["oak"])}), {"kind": None})
    index_dataset(dataset)
    return dataset


def used(dataset, times: int, days_ago: int = 0) -> None:
    day = timezone.localdate() - timezone.timedelta(days=days_ago)
    Usage.objects.create(dataset=dataset, day=day, what="view", times=times)


def test_it_sorts_and_weighs_by_what_was_opened_of_late(cast):
    old, busy, quiet = (opened(cast, f"Trees {name}") for name in ("old", "busy", "quiet"))
    used(old, 9_000, days_ago=use.DAYS + 1)
    used(busy, 400)
    used(quiet, 3)

    weigh_by_use()

    by_use = search(SearchQuery(q="trees", sort="used")).ids
    assert by_use[:2] == [busy.pk, quiet.pk]
    assert search(SearchQuery(q="trees")).ids[0] == busy.pk
    assert dict(SearchEntry.objects.filter(audience="public").values_list("dataset", "used")) == {
        old.pk: 0, busy.pk: 400, quiet.pk: 3,
    }  # fmt: skip
    hidden = search(SearchQuery(q="trees", sort="used", by=world.by(cast.stranger))).ids
    assert hidden == by_use


def test_it_leaves_alone_what_hardly_changed_and_forgets_what_is_used_no_more(cast):
    trees, parks = opened(cast, "Trees"), opened(cast, "Parks")
    assert use.note_use({trees.pk: 100, parks.pk: 100}) == 2

    assert use.note_use({trees.pk: 105, parks.pk: 100}) == 0
    assert use.note_use({trees.pk: 105}) == 1

    index_dataset(trees)
    numbers = dict(SearchEntry.objects.filter(audience="public").values_list("dataset", "used"))
    assert numbers == {trees.pk: 100, parks.pk: 0}
