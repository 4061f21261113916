"""Every address by each of the cast. A new address fails here until somebody has written down who may open it."""

import pytest
from django.core.management import call_command
from django.urls import path, reverse

from tests.access import ADDRESSES, OPENED_BY, WHO, answered, clients, names
from tests.scene import scene


def test_it_knows_every_address():
    assert sorted(set(names())) == sorted(ADDRESSES) == sorted(OPENED_BY)


def test_it_notices_a_new_address():
    class Resolver:
        url_patterns = [path("backdoor/", lambda request: None, name="backdoor"), path("other/", lambda request: None)]

    assert not set(names(Resolver)) <= set(ADDRESSES)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("everybody", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["three", "all"])
def test_it_opens_every_address_to_just_those_who_may(own_log, everybody):
    made = scene()
    call_command("sequencer", "--once")
    browsers = clients(made)
    found, wanted = {}, {}
    for name in ADDRESSES:
        address, answers = reverse(name, kwargs=ADDRESSES[name](made)), expected(OPENED_BY[name])
        asking = WHO if everybody else three_of(answers)
        found[name] = {who: answered(browsers[who].get(address)) for who in asking}
        wanted[name] = {who: answers[who] for who in asking}
    assert found == wanted


def three_of(answers: dict) -> set[str]:
    """Who has not signed in, the stranger, and one of those who come farthest."""
    return {"nobody", "stranger", min(WHO, key=lambda who: (not isinstance(answers[who], int), answers[who]))}


def expected(rule: str) -> dict:
    """A rule such as `sign-in: nobody | 200: owner | 404` as an answer for each of the cast."""
    found = {}
    *named, rest = rule.split(" | ")
    for part in named:
        status, _sep, people = part.partition(": ")
        found |= dict.fromkeys(people.split(), int(status) if status.isdigit() else status)
    return {who: found.get(who, int(rest)) for who in WHO}
