"""One formula on both engines: what stands first in one stands first in the other."""

from itertools import islice

import pytest

from catalog.models import Dataset
from catalog.search import SearchQuery, search
from catalog.search.rebuilding import rebuild
from catalog.search.refreshing import refresh_vocabulary
from tests import elastic, world
from tests.benchmarks import synthetic

pytestmark = pytest.mark.django_db
DATASETS = 300


def test_both_engines_put_the_same_first(elasticsearch, settings):
    people = world.cast()
    synthetic.fill(DATASETS, people.parks.parent, people.owner)
    rebuild()
    refresh_vocabulary()
    asked = list(questions())
    within = {q: first(q) for q in asked}
    with elastic.searched_by(elasticsearch, settings):
        rebuild()
        beside = {q: first(q) for q in asked}
    assert sum(map(len, within.values())) > 5 * len(asked)
    differing = {q for q in asked if within[q] != beside[q]}
    assert not differing


def questions():
    """Words of the datasets themselves: alone, together, in quotes, begun, of one field, and more than any holds."""
    titles = Dataset.objects.order_by("pk").values_list("title_en", "title_zh")
    for en, zh in islice(titles, 6):
        words = (en or "").lower().split()
        yield from words[:2]
        yield " ".join(words[:2])
        yield " ".join([*words, "nowhere"])
        yield f'"{" ".join(words[:2])}"'
        yield f"title:{words[0]}" if words else zh
        yield f"{words[0][:4]} -{words[-1]}" if words else zh[:2]
        yield zh or en


def first(q):
    results = search(SearchQuery(q=q, by=world.by(None), limit=10))
    assert not results.degraded
    return results.ids
