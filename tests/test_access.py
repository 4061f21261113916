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
def test_it_opens_every_address_to_just_those_who_may(own_log):
    made = scene()
    call_command("sequencer", "--once")
    browsers = clients(made)
    found = {}
    for name in ADDRESSES:
        address = reverse(name, kwargs=ADDRESSES[name](made))
        found[name] = {who: answered(browser.get(address)) for who, browser in browsers.items()}
    assert found == {name: expected(rule) for name, rule in OPENED_BY.items()}


def expected(rule: str) -> dict:
    """A rule such as `sign-in: nobody | 200: owner | 404` as an answer for each of the cast."""
    found = {}
    *named, rest = rule.split(" | ")
    for part in named:
        status, _sep, people = part.partition(": ")
        found |= dict.fromkeys(people.split(), int(status) if status.isdigit() else status)
    return {who: found.get(who, int(rest)) for who in WHO}
