"""What an address states of a search: the same for page, API and feed."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict

from catalog.search.parameters import period, read_query


def read(text: str):
    return read_query(QueryDict(text).getlist)


def test_it_reads_every_facet_in_any_order_alike():
    query = read("q= trees &theme=health&theme=energy&update=late&place=Northtown&geo=yes&api=yes&opening=open")
    assert (query.q, query.themes, query.updates) == ("trees", ("energy", "health"), ("late",))
    assert (query.places, query.geo, query.api, query.opening) == (("Northtown",), ("yes",), ("yes",), ("open",))
    assert read("theme=energy&theme=health") == read("theme=health&theme=energy")


def test_it_bounds_what_is_asked():
    query = read("q=" + "a" * 9000 + "".join(f"&theme=t{n}" for n in range(500)))
    assert (len(query.q), len(query.themes)) == (200, 20)


@pytest.mark.parametrize(
    ("since", "until", "meant"),
    [
        ("2024", "2024", (date(2024, 1, 1), date(2024, 12, 31))),
        ("2024-02", "2024-02", (date(2024, 2, 1), date(2024, 2, 29))),
        ("2024-5-6", " 2024-05-06 ", (date(2024, 5, 6), date(2024, 5, 6))),
        ("", "1999", (None, date(1999, 12, 31))),
        ("", "", (None, None)),
    ],
)
def test_a_period_is_years_months_or_days(since, until, meant):
    assert period(since, until) == meant


@pytest.mark.parametrize(
    "text", ["yesterday", "20", "2024-13", "2024-00", "2023-02-29", "0000", "２０２４", "2024-1-1-1", "-"]
)
def test_what_is_no_day_is_said(text):
    for name, days in (("from", (text, "")), ("to", ("", text))):
        with pytest.raises(ValidationError) as refused:
            period(*days)
        assert list(refused.value.message_dict) == [name]


def test_a_period_cannot_end_before_it_begins():
    with pytest.raises(ValidationError, match="ends before it begins"):
        period("2024", "2023")
