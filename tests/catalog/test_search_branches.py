"""What words alone decide is asked of the index alone; together the queries find what the one query finds."""

import pytest

from catalog.models import SearchEntry
from catalog.search import SearchQuery, search
from catalog.search.asked import Asked, Choice, Way
from catalog.search.branches import branches, decide
from catalog.search.indexing import index_dataset
from catalog.search.tsquery import matching
from tests import world


def way(*tokens: str, ordered: bool = False) -> Way:
    return Way("exact", tokens, 1.0, ordered=ordered)


CRASH = Choice((way("crash"), way("car", "crash", ordered=True), way("road", "accident", ordered=True)))
RAIN = Choice((way("rain"),))
SNOW = Choice((way("snow"),))


def test_it_asks_alone_for_what_words_alone_decide():
    first, second = branches(Asked(((CRASH,),), required=1))

    assert "<->" not in first
    assert "'crash'" in first
    assert "'road' <-> 'accident'" in second
    assert "'car'" not in first + second  # whoever has a car crash has a crash
    assert second.endswith(f"!({first})")


def test_it_asks_once_where_there_is_no_order_or_nothing_else():
    phrase = Choice((way("air", "quality", ordered=True),))

    assert len(branches(Asked(((RAIN,),), required=1))) == 1
    assert branches(Asked(((phrase,), (RAIN,)), required=2)) == [matching(Asked(((phrase,), (RAIN,)), required=2))]
    assert branches(Asked()) == []


def test_it_says_how_many_are_enough_as_long_as_few_can_be_chosen():
    few = Asked(((CRASH,), (RAIN,), (SNOW,)), required=2)
    many = Asked(tuple((Choice((way(f"w{n}"),)),) for n in range(9)), required=4)
    named = Asked(((Choice((way("rain"),), fields=("title",)),),), required=1)

    assert decide(few)
    assert not decide(many)
    assert not decide(named)
    assert branches(many) == [matching(many)]


@pytest.mark.django_db
def test_it_finds_each_once_and_none_that_has_the_words_apart():
    cast = world.cast()
    titles = ["A crash", "Road accident", "Accident on a road", "Car crash, road accident", "Rain"]
    made = {title: world.dataset(cast.owner, cast.parks, title) for title in titles}
    for dataset in made.values():
        index_dataset(dataset)
    entries = SearchEntry.objects.filter(audience="internal")

    queries = branches(Asked(((CRASH,),), required=1))
    found = [pk for q in queries for pk in _meeting(entries, q)]

    assert sorted(found) == sorted(made[title].pk for title in ("A crash", "Road accident", "Car crash, road accident"))
    assert search(SearchQuery(q="crash", by=world.by(cast.citizen))).ids == []


def _meeting(entries, query: str) -> list:
    return list(entries.extra(where=["words @@ %s::tsquery"], params=[query]).values_list("dataset", flat=True))
