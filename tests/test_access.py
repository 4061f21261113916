"""Every address by each of the cast. A new address fails here until somebody has written down who may open it."""

import pytest
from django.core.management import call_command
from django.urls import path, reverse

from tests.access import ADDRESSES, OPENED_BY, POSTED_BY, WHO, clients, names
from tests.scene import scene

REFUSED = {302, 401, 403, 404, 405, 410}


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


@pytest.mark.django_db(transaction=True)
def test_it_refuses_to_change_anything_for_those_who_may_not(own_log):
    made = scene()
    browsers = clients(made)
    let_in = {}
    for name in ADDRESSES:
        address = reverse(name, kwargs=ADDRESSES[name](made))
        for who, browser in browsers.items():
            if who in POSTED_BY.get(name, WHO):
                continue
            kind = {"content_type": "application/json"} if name.startswith("api-") else {}
            answer = answered(browser.post(address, {"reason": "because"}, **kind))
            if answer != "sign-in" and answer not in REFUSED - {302}:
                let_in[name, who] = answer
    assert let_in == {}


def answered(response):
    """The status; where the reader is sent to sign in, that."""
    if response.streaming:
        b"".join(response.streaming_content)
    if response.status_code == 302 and "/sign-in/" in response["Location"]:
        return "sign-in"
    return response.status_code


def expected(rule: str) -> dict:
    """A rule such as `sign-in: nobody | 200: owner | 404` as an answer for each of the cast."""
    found = {}
    *named, rest = rule.split(" | ")
    for part in named:
        status, _sep, people = part.partition(": ")
        found |= dict.fromkeys(people.split(), int(status) if status.isdigit() else status)
    return {who: found.get(who, int(rest)) for who in WHO}
