"""What was found a moment ago is found again without looking, and never one moment longer than it is true."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.actions.datasets import change_dataset
from catalog.models import Basis, SearchChange, SearchEntry
from catalog.search import SearchQuery, index_dataset, lately, search
from tests import world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast():
    people = world.cast()
    people.datasets = [opened(people, f"Street trees {name}") for name in ("North", "South", "East")]
    return people


def opened(cast, title: str, **fields):
    dataset = world.dataset(cast.owner, cast.parks, title, **fields)
    world.basis("release", world.version(dataset, {"kind": ("text", ["oak"])}), {"kind": None})
    index_dataset(dataset)
    return dataset


def looked(query: SearchQuery):
    """What is found, and whether entries were looked through for it."""
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = search(query)
    return found, any("WITH found" in each["sql"] for each in asked)


@pytest.mark.parametrize("reader", [None, "stranger", "citizen"])
@pytest.mark.parametrize("q", ["", "trees", "tree", "street tres", "nothing of the kind"])
def test_it_looks_once_and_answers_the_same(cast, reader, q):
    query = SearchQuery(q=q, by=world.by(reader and getattr(cast, reader)), limit=2)
    first, was_looked = looked(query)
    again, is_looked = looked(query)
    assert (was_looked, is_looked) == (True, False)
    assert again == first


def test_pages_and_orders_share_the_counts(cast):
    first = search(SearchQuery(q="trees", limit=2))
    second, _looked = looked(SearchQuery(q="trees", limit=2, after=first.next))
    assert (second.facets, second.total) == (first.facets, 3)
    assert {*first.ids, *second.ids} == {dataset.pk for dataset in cast.datasets}
    with CaptureQueriesContext(connection) as asked:
        ordered = search(SearchQuery(q="trees", sort="title"))
    assert ordered.facets == first.facets
    assert not any("GROUPING SETS" in each["sql"] for each in asked)


def test_a_withdrawal_is_seen_with_its_commit(cast):
    query = SearchQuery(q="trees")
    assert search(query).total == 3
    Basis.objects.filter(dataset=cast.datasets[0]).update(state="withdrawn")
    found, was_looked = looked(query)
    assert was_looked and found.total == 2 and cast.datasets[0].pk not in found.ids
    assert [value.count for value in found.facets["themes"]] == [2]


def test_what_changed_is_found_at_once(cast):
    query = SearchQuery(q="maples")
    assert search(query).total == 0
    index_dataset(change_dataset(cast.datasets[1], {"title_en": "Maples"}, by=world.by(cast.owner)))
    assert search(SearchQuery(q="maples", by=world.by(cast.owner))).total == 1
    assert search(query).total == 1
    assert opened(cast, "More maples").pk in search(query).ids


def test_a_release_ends_at_its_moment_and_an_update_is_late_at_its_own(cast):
    """Nothing is written then: time alone passes."""
    soon = timezone.now() + timedelta(seconds=1.5)
    SearchEntry.objects.filter(dataset=cast.datasets[0], audience="public").update(valid_until=soon)
    SearchEntry.objects.filter(dataset=cast.datasets[1], audience="public").update(
        late_at=soon, overdue_at=soon + timedelta(days=9)
    )
    query = SearchQuery(q="trees")

    def states():
        return {value.code: value.count for value in search(query).facets["updates"]}

    before = states()
    assert search(query).total == 3 and "late" not in before
    while timezone.now() <= soon:
        pass
    assert search(query).total == 2
    assert states()["late"] == 1


def test_officers_with_other_rights_find_their_own(cast):
    index_dataset(world.dataset(cast.owner, cast.parks, "Trees", sharing_class="withheld", sharing_law="Act 1"))
    totals = [search(SearchQuery(q="trees", by=world.by(user))).total for user in (cast.owner, cast.stranger) * 2]
    assert totals == [4, 3, 4, 3]


def test_the_public_never_gets_what_an_officer_was_kept(cast):
    hidden = world.dataset(cast.owner, cast.parks, "Trees not opened")
    index_dataset(hidden)
    for _each in range(2):
        assert hidden.pk in search(SearchQuery(q="trees", by=world.by(cast.stranger))).ids
        assert hidden.pk not in search(SearchQuery(q="trees")).ids


def test_without_a_cache_it_is_looked_up_each_time(cast, settings):
    query = SearchQuery(q="trees")
    first = search(query)
    broken = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    with override_settings(CACHES={"default": broken}):
        assert looked(query) == (first, True)


def test_old_marks_go_and_the_newest_stays(cast):
    SearchChange.objects.update(at=timezone.now() - timedelta(hours=1))
    newest = SearchChange.objects.latest("id")
    lately.forget_marks()
    assert list(SearchChange.objects.all()) == [newest]
    assert search(SearchQuery(q="trees")).total == 3


def test_marks_are_numbers_by_chance(cast):
    marks = list(SearchChange.objects.values_list("mark", flat=True))
    assert len(marks) >= 3 and len({*marks}) == len(marks)
    assert max(marks) > 2**40
    cache.clear()
