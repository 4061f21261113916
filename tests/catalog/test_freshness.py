"""A promise of updates is kept, nearly due, late, or long overdue: said in words, not by colour alone."""

from datetime import UTC, datetime, timedelta

import pytest

from catalog.codes import Frequency
from catalog.freshness import freshness, update_state

NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("frequency", "age", "kind", "words"),
    [
        ("monthly", 0, "good", "Up to date"),
        ("monthly", 25, "good", "Up to date"),
        ("monthly", 29, "good", "Due in 3 days"),
        ("monthly", 31, "good", "Due in 1 day"),
        ("monthly", 32, "good", "Next update due today"),
        ("monthly", 33, "warn", "Late by 1 day"),
        ("monthly", 40, "warn", "Late by 8 days"),
        ("monthly", 64, "warn", "Late by 32 days"),
        ("monthly", 65, "bad", "Late by 33 days"),
        ("once", 4000, "", "Published once"),
        ("irregular", 4000, "", "Updated now and then"),
    ],
)
def test_it_compares_the_last_update_with_the_promise(frequency, age, kind, words):
    judged = freshness(frequency, NOW - timedelta(days=age), NOW)
    assert (judged.kind, judged.text) == (kind, words)


@pytest.mark.parametrize("frequency", Frequency.values)
def test_it_has_words_for_every_promise_and_every_age(frequency):
    for age in [None, 0, 1, 2, 10, 1000]:
        assert freshness(frequency, None if age is None else NOW - timedelta(days=age), NOW).text


@pytest.mark.parametrize("frequency", Frequency.values)
@pytest.mark.parametrize("age", [None, 0, 1, 2, 3, 8, 9, 32, 33, 64, 65, 95, 370, 800])
def test_its_state_in_the_search_agrees_with_the_badge(frequency, age):
    updated = None if age is None else NOW - timedelta(days=age)
    kinds = {"current": "good", "late": "warn", "overdue": "bad", "unpromised": ""}
    assert kinds[update_state(frequency, updated, NOW)] == freshness(frequency, updated, NOW).kind
