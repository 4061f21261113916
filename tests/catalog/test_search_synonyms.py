"""Which words mean the same, and who says so."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from audit.models import Event
from catalog.actions.synonyms import add_synonyms, remove_synonyms
from catalog.models import SearchSynonym, SearchTerm
from catalog.search import SearchQuery, index_dataset, search
from catalog.search.refreshing import refresh_vocabulary
from catalog.search.synonyms import current, key, regional, shipped
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return world.cast()


def opened(people, title, **fields):
    dataset = world.dataset(people.owner, people.parks, title, **fields)
    version = world.version(dataset, {"name": ("text", ["x"])})
    world.basis("release", version, {"name": None})
    index_dataset(dataset)
    return dataset


def found(q, user=None):
    return search(SearchQuery(q=q, by=world.by(user)))


def test_it_finds_by_synonyms_in_both_languages(people):
    trees = opened(people, "Street trees")
    crashes = opened(people, "Traffic collisions 2024")
    assert found("行道树").ids == [trees.pk]
    assert found("car crashes").ids == [crashes.pk]
    assert found("車禍").ids == [crashes.pk]


def test_it_looks_words_up_whatever_their_ending_order_and_script():
    assert key("police complaints") == key("complaint to the police")
    assert key("計程車") == key("计程车")
    assert "计程车" in regional("出租车")


def test_it_takes_what_the_authority_adds_from_the_next_search_on(people):
    buses = opened(people, "Quokka counts")
    assert found("wombat").ids == []
    group = add_synonyms(["wombat", "quokka"], by=world.by(people.authority))
    assert found("wombat").ids == [buses.pk]
    remove_synonyms(group, by=world.by(people.authority))
    assert found("wombat").ids == []
    kinds = Event.objects.filter(kind__startswith="synonyms.").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["synonyms.added", "synonyms.removed"]


def test_it_sets_apart_what_the_shipped_list_joins(people):
    opened(people, "Subway stations")
    assert found("metro").total == 1
    add_synonyms(["metro", "subway"], apart=True, by=world.by(people.authority))
    assert "subway" not in current().of("metro")
    assert found("metro").total == 0


def test_it_lets_only_the_authority_change_words(people):
    for user in (people.owner, people.stranger, people.citizen, people.auditor):
        with pytest.raises(PermissionDenied):
            add_synonyms(["a", "b"], by=world.by(user))


@pytest.mark.parametrize(
    "words", [[], ["one"], ["one", "One"], ["!!", "??"], ["x" * 61, "y"], [f"w{n}" for n in range(25)]]
)
def test_it_refuses_groups_that_say_nothing(people, words):
    with pytest.raises(ValidationError):
        add_synonyms(words, by=world.by(people.authority))
    assert not SearchSynonym.objects.exists()


def test_it_repairs_what_stands_nowhere(people):
    trees = opened(people, "Cemeteries", title_zh="登革热统计", keywords_en=["burial"])
    assert refresh_vocabulary() > 0
    results = found("cemetaries")
    assert (results.ids, results.corrected) == ([trees.pk], "cemeteries")
    results = found("登格熱")
    assert results.ids == [trees.pk]
    assert found("denggeretongji").ids == [trees.pk]
    assert found("dgrtj").ids == [trees.pk]


def test_it_never_repairs_by_a_word_that_the_reader_may_not_know_of(people):
    hidden = world.dataset(people.owner, people.parks, "Secret wombats")
    law = {"sharing_class": "withheld", "sharing_law": "Act 1"}
    withheld = world.dataset(people.owner, people.parks, "Withheld numbats", **law)
    for dataset in (hidden, withheld):
        index_dataset(dataset)
    refresh_vocabulary()
    assert not SearchTerm.objects.filter(audience="public").exclude(word="").exists()
    assert not SearchTerm.objects.filter(word="numbats").exists()
    assert found("wombits").corrected == ""
    assert found("numbits", people.stranger).corrected == ""
    assert found("wombits", people.stranger).corrected == "wombats"


def test_it_forgets_words_with_the_release_before_they_are_counted_anew(people):
    trees = opened(people, "Quokka counts")
    refresh_vocabulary()
    assert found("quoka").corrected == "quokka"
    trees.search_entries.filter(audience="public").delete()
    assert found("quoka").corrected == ""
    refresh_vocabulary()
    assert not SearchTerm.objects.filter(audience="public", word="quokka").exists()


def test_the_words_are_counted_anew_only_where_an_entry_changed(people):
    trees = opened(people, "Quokka counts")
    assert refresh_vocabulary() > 0
    SearchTerm.objects.all().delete()
    assert refresh_vocabulary() == 0
    assert not SearchTerm.objects.exists()
    trees.search_entries.filter(audience="public").delete()
    assert refresh_vocabulary() > 0
    assert SearchTerm.objects.filter(word="quokka").count() == 1


def test_the_authority_keeps_the_words_on_its_page(people, client):
    client.force_login(people.authority, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/search-words/new/", {"words": "wombat\nquokka | 袋熊"}, follow=True)
    assert "wombat, quokka, 袋熊" in answer.content.decode()
    assert client.post("/search-words/new/", {"words": "one"}).status_code == 200
    group = SearchSynonym.objects.get()
    assert client.post("/search-words/", {"group": "x"}).status_code == 404
    client.post("/search-words/", {"group": group.pk})
    assert not SearchSynonym.objects.exists()
    client.force_login(people.stranger, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/search-words/").status_code == 403


def test_it_reads_pinyin_and_misspelt_words_by_the_list_where_no_dataset_holds_them(people):
    taxis = opened(people, "Taxi ranks", title_zh="計程車招呼站")
    assert found("chuzuche").ids == [taxis.pk]
    assert found("taxxicab").ids == [taxis.pk]
    assert shipped().near("vacination")[0] == "vaccination"
    assert shipped().near("登格热") == ["登革热"]


def test_it_asks_for_the_telling_words_of_a_question_and_then_for_fewer(people):
    fountains = opened(people, "Drinking fountains")
    opened(people, "Budget of the year", description_en="What the city plans to spend.")
    assert found("Where in the city can I find free drinking fountains for my children?").ids[0] == fountains.pk
    assert found("哪里可以给孩子喝水的饮水机").ids[0] == fountains.pk


def test_it_finds_neighbours_that_mean_something_together_by_a_part_where_nothing_holds_both(people):
    people_of_the_hills = opened(people, "原住民族別統計")
    assert found("原住民人口").ids == [people_of_the_hills.pk]
