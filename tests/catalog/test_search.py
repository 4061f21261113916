"""What is found, by whom, and what must never be."""

import pytest
from django.core.exceptions import ValidationError

from catalog.models import Basis, Column, Distribution
from catalog.search import SearchQuery, index_dataset, outbox, search
from catalog.search.refreshing import refresh_vocabulary
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue(engine):
    people = world.cast()
    trees = world.dataset(
        people.owner,
        people.parks,
        "Street trees",
        title_zh="行道树普查数据",
        description_en="Every tree that stands in a street, with species and height.",
        description_zh="全市道路两侧树木的树种、胸径和高度",
        keywords_en=["trees", "species"],
    )
    version = world.version(trees, {"species": ("text", ["oak"]), "gardener": ("text", ["x"])})
    Column.objects.filter(name="gardener").update(title_en="Gardener quokka")
    world.basis("release", version, {"species": None})
    buses = world.dataset(people.owner, people.schools, "Bus stops", title_zh="公交站点", theme="transport")
    version = world.version(buses, {"stop": ("text", ["a"])})
    world.basis("release", version, {"stop": None})
    secret = world.dataset(people.owner, people.parks, "Secret wombats")
    withheld = world.dataset(
        people.owner, people.parks, "Withheld numbats", sharing_class="withheld", sharing_law="Act 1"
    )
    for dataset in (trees, buses, secret, withheld):
        index_dataset(dataset)
    outbox.send()
    return people, trees, buses, secret, withheld


def found(q="", user=None, **facets):
    results = search(SearchQuery(q=q, by=world.by(user), **facets))
    assert not results.degraded
    return results


def test_it_finds_words_stems_beginnings_and_chinese(catalogue):
    latin = ("street", "Trees", "tree", "standing", "spec", "heights")
    for q in (*latin, "树", "行道树", "树普查", "道路两侧树木", "普查 数据"):
        assert found(q).ids == [catalogue[1].pk], q


def test_it_finds_unspaced_chinese(catalogue):
    for q in ("公交", "公交站", "站点", "公交站点"):
        assert found(q).ids == [catalogue[2].pk], q


def test_it_hides_from_the_public_what_no_release_lets_out(catalogue):
    for q in ("quokka", "gardener", "wombats", "numbats"):
        results = found(q)
        assert (results.ids, results.total) == ([], 0), q
        assert not any(results.facets.values()), q


def test_it_shows_officers_what_they_may_know_of(catalogue):
    people, _trees, _buses, secret, withheld = catalogue
    assert found("wombats", people.stranger).ids == [secret.pk]
    assert found("numbats", people.stranger).ids == []
    assert found("numbats", people.owner).ids == [withheld.pk]
    assert found("wombats", people.citizen).ids == []


def test_it_forgets_a_withdrawn_dataset_before_the_index_does(catalogue):
    _people, trees, *_rest = catalogue
    Basis.objects.filter(dataset=trees).update(state="withdrawn")
    results = found("trees")
    assert (results.ids, results.total) == ([], 0)
    index_dataset(trees)
    assert not trees.search_entries.filter(audience="public").exists()


def test_it_counts_facets_under_the_other_choices(catalogue):
    results = found(themes=("transport",))
    assert [(v.code, v.count, v.chosen) for v in results.facets["themes"]] == [
        ("environment", 1, False),
        ("transport", 1, True),
    ]
    assert [(v.code, v.count) for v in results.facets["departments"]] == [("schools", 1)]
    assert results.total == 1


def test_it_counts_a_dataset_of_many_tables_once_for_each_format(catalogue):
    _people, trees, *_rest = catalogue
    release = Basis.objects.get(dataset=trees)
    for table in ("one", "two"):
        Distribution.objects.create(
            basis=release, version=release.version, table=table, format="csv", name=table, bytes=1, rows=1
        )
    index_dataset(trees)
    outbox.send()
    assert [(value.code, value.count) for value in found("trees").facets["formats"]] == [("csv", 1)]


def test_it_pages_without_gap_or_repetition(catalogue):
    for q in ("", "s"):
        seen, after = [], ""
        while True:
            page = found(q, catalogue[0].owner, limit=1, after=after)
            seen += page.ids
            after = page.next
            if not after:
                break
        assert len(seen) == len(set(seen)) == page.total


def test_it_refuses_a_cursor_of_another_search(catalogue):
    page = found("", catalogue[0].owner, limit=1)
    with pytest.raises(ValidationError):
        found("tree", catalogue[0].owner, limit=1, after=page.next)


def test_it_takes_any_text(catalogue):
    odd = ("'", "a & b", "!(", "\\", "':*", "''", "%", "(((", "x" * 10_000, "\u0000", "树" * 5000, "-")
    assert {q: found(q).total for q in odd} == dict.fromkeys(odd, 0)


def test_of_two_alike_the_one_that_says_less_stands_first(catalogue):
    people = catalogue[0]
    said = {"brief": "Where they live.", "long": " ".join(f"Chapter{n}" for n in range(300))}
    datasets = {
        name: world.dataset(people.owner, people.parks, "Bilby burrows", description_en=text)
        for name, text in said.items()
    }
    for dataset in datasets.values():
        index_dataset(dataset)
    outbox.send()
    assert found("bilby", people.owner).ids == [datasets["brief"].pk, datasets["long"].pk]


def test_it_finds_two_words_that_a_dataset_writes_as_one(catalogue):
    trees = catalogue[1]
    Column.objects.filter(name="species").update(title_en="TrunkGirth")
    index_dataset(trees)
    outbox.send()
    refresh_vocabulary()
    for q in ("trunk_girth", "Trunk girth", "trunkgirth"):
        results = found(q)
        assert results.ids == [trees.pk] and not results.loosened, q
    assert found("girth trunk").loosened
