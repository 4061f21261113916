"""The judged queries are well-formed, and each grade names a record that exists and keeps the rules of grading."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.relevance import catalogues
from tests.relevance.judged import CLASSES, HALVES, LANGUAGES, faults, half_of, judged

AT_LEAST = {"en": 60, "zh": 40}


@pytest.fixture
def records():
    if missing := catalogues.missing():
        pytest.skip(f"no catalogue files beside the checkout: {', '.join(missing)}")
    return catalogues.records()


def test_it_asks_enough_in_each_language():
    asked = Counter(query.language for query in judged())

    assert all(asked[language] >= least for language, least in AT_LEAST.items())


def test_it_asks_in_each_class_and_each_class_is_in_both_halves():
    found = {(query.kind, query.half) for query in judged()}

    assert found == {(kind, half) for kind in CLASSES for half in HALVES}


def test_it_has_each_query_in_one_half_and_each_need_too():
    halves = [{query.id for query in judged(half)} for half in HALVES]

    assert not halves[0] & halves[1]
    assert halves[0] | halves[1] == {query.id for query in judged()}
    assert not {query.need for query in judged(HALVES[0])} & {query.need for query in judged(HALVES[1])}


@pytest.mark.parametrize(
    ("need", "half"),
    [("wetlands", "tuning"), ("road accidents", "tuning"), ("dementia", "test"), ("那瑪夏", "test")],
)
def test_it_never_moves_a_need_to_the_other_half(need, half):
    assert half_of(need) == half


def test_it_finds_each_kind_of_fault():
    good = judged()
    bad = replace(good[0], id="fr-1", kind="rude", text=" two ", grades={"a": 4})

    assert not faults(good)
    assert len(faults((*good, bad))) == 5
    assert faults((*good, good[0])) == [f"{good[0].id} is there twice", f"“{good[0].text}” is asked twice"]
    assert len(faults(judged("test"))) == len(LANGUAGES)


def test_it_grades_only_records_that_exist(records):
    unknown = {(query.id, record) for query in judged() for record in query.grades if record not in records}

    assert not unknown


def test_it_gives_the_other_language_a_one_at_most_where_nobody_asked_across(records):
    """Who asks in one language is served by records of it; a record of the other only touches the question."""
    asked = [query for query in judged() if query.kind != "cross-language"]
    wrong = {
        (query.id, record)
        for query in asked
        for record, grade in query.grades.items()
        if grade > 1 and records[record].language != query.language
    }

    assert not wrong


def test_it_asks_across_for_records_of_the_other_language(records):
    across = [query for query in judged() if query.kind == "cross-language"]

    for query in across:
        best = {records[record].language for record, grade in query.grades.items() if grade == 3}
        assert best - {query.language}, query.id


def test_it_reads_every_record_of_the_catalogues(records):
    found = Counter(record.language for record in records.values())

    assert found == {"en": 6062, "zh": 1495}
    assert [record.id for record in records.values() if not record.title] == ["philadelphia/creal-program"]
