"""Why a dataset was found, as its reader is told, and the words that are marked."""

import pytest

from catalog.models import Column
from catalog.search import SearchQuery, index_dataset, search
from portal.pages.highlight import snippet
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def trees():
    people = world.cast()
    trees = world.dataset(people.owner, people.parks, "Street trees", title_zh="行道树普查", keywords_en=["canopy"])
    version = world.version(trees, {"species": ("text", ["oak"]), "gardener": ("text", ["x"])})
    Column.objects.filter(name="gardener").update(title_en="Gardener quokka")
    world.basis("release", version, {"species": None})
    index_dataset(trees)
    trees.people = people
    return trees


def reasons(trees, q, user=None):
    found = search(SearchQuery(q=q, by=world.by(user)))
    return [(why.kind, why.field, why.word) for why in found.why.get(trees.pk, [])]


@pytest.mark.parametrize(
    ("q", "reason"),
    [
        ("street", ("exact", "title", "street")),
        ("streets", ("stem", "title", "streets")),
        ("stre", ("prefix", "title", "stre")),
        ("species", ("exact", "columns", "species")),
        ("canopy", ("exact", "keywords", "canopy")),
        ("普查", ("exact", "title", "普查")),
        ("xingdaoshu", ("pinyin", "title", "xingdaoshu")),
        ('"street trees"', ("phrase", "title", "street trees")),
    ],
)
def test_it_says_why(trees, q, reason):
    assert reason in reasons(trees, q)


def test_it_says_so_in_a_sentence(trees):
    (why,) = search(SearchQuery(q="streets")).why[trees.pk]
    assert str(why.sentence) == "a form of “streets” in title"


def test_it_never_gives_a_reason_that_the_reader_may_not_know(trees):
    assert reasons(trees, "quokka") == []
    assert reasons(trees, "street quokka OR species") == [
        ("exact", "title", "street"),
        ("exact", "columns", "species"),
    ]
    assert ("exact", "columns", "quokka") in reasons(trees, "quokka", trees.people.stranger)


def test_it_marks_either_script_and_what_stood_for_a_word():
    assert snippet("臺北市空氣品質", "空气") == "臺北市<mark>空氣</mark>品質"
    assert snippet("All collisions & more", "crash", ["collision"]) == "All <mark>collisions</mark> &amp; more"
    assert "<mark>" not in snippet("Nothing", "")
