"""What is looked for in vain is counted, without anybody in it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.models import Demand
from catalog.search import demand

pytestmark = pytest.mark.django_db(transaction=True)


def rows():
    return list(Demand.objects.order_by("words").values_list("words", "found", "missed", "asked"))


def test_it_counts_the_same_words_once_however_they_are_written():
    demand.count_search("  Noise   Map ", found=False)
    demand.count_search("ＮＯＩＳＥ map", found=False)
    demand.count_search("noise map", found=True)
    assert demand.count_wish("Noise\x00 map")
    assert rows() == [("noise map", 1, 2, 1)]


@pytest.mark.parametrize(
    "q",
    [
        "11010519491231002X", "110105 1949 1231 002x", "138 0013 8000", "京A12345", "anna@example.org", "AB123456",
        "１３８００１３８０００", "permit 20240131-17", "a" * 61,
        "who is the person that lives in the house next door", "", "  ",
    ],
)  # fmt: skip
def test_it_never_keeps_what_may_name_a_person(q):
    demand.count_search(q, found=False)
    assert not demand.count_wish(q)
    assert rows() == []


@pytest.mark.parametrize("q", ["budget 2024", "pm2.5", "公交站点", "line 12", "covid-19"])
def test_it_keeps_plain_words(q):
    assert demand.countable(q)


def test_it_shows_nothing_under_a_small_number():
    for _time in range(demand.LEAST - 1):
        demand.count_search("noise", found=False)
    assert list(demand.wanted()) == []
    demand.count_wish("noise")
    assert [(one.words, one.missed, one.asked) for one in demand.wanted()] == [("noise", demand.LEAST - 1, 1)]


def test_it_suggests_only_words_that_many_found_something_with():
    for _time in range(demand.LEAST_FREQUENT - 1):
        demand.count_search("trees", found=True)
    assert demand.frequent("tr", 3) == []
    demand.count_search("Trees", found=True)
    assert demand.frequent("TR", 3) == ["trees"]
    assert demand.frequent("t%", 3) == demand.frequent("_r", 3) == demand.frequent("\\", 3) == []


def test_it_forgets():
    today = timezone.localdate()
    Demand.objects.create(day=today - timedelta(days=demand.KEPT_DAYS), words="old", missed=99)
    Demand.objects.create(day=today, words="new", missed=99)
    assert [one.words for one in demand.wanted()] == ["new"]
    assert demand.forget_old_demand() == 1
    assert [row[0] for row in rows()] == ["new"]


def test_it_takes_only_so_many_different_words_a_day(monkeypatch):
    monkeypatch.setattr(demand, "MOST_A_DAY", 2)
    for words in ("one", "two", "three", "one"):
        demand.count_search(words, found=False)
    assert rows() == [("one", 0, 2, 0), ("two", 0, 1, 0)]
