"""A form sent to every address by each of the cast who may not: nothing is let in."""

import pytest
from django.urls import reverse

from tests.access import ADDRESSES, POSTED_BY, WHO, answered, clients
from tests.scene import scene

REFUSED = {302, 401, 403, 404, 405, 410}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("everybody", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["two", "all"])
def test_it_refuses_to_change_anything_for_those_who_may_not(own_log, everybody):
    made = scene()
    browsers = clients(made)
    let_in = {}
    for name in ADDRESSES:
        address = reverse(name, kwargs=ADDRESSES[name](made))
        refused = [who for who in ("stranger", *WHO) if who not in POSTED_BY.get(name, WHO)]
        for who in dict.fromkeys(refused if everybody else refused[:2]):
            kind = {"content_type": "application/json"} if name.startswith("api-") else {}
            answer = answered(browsers[who].post(address, {"reason": "because"}, **kind))
            if answer != "sign-in" and answer not in REFUSED - {302}:
                let_in[name, who] = answer
    assert let_in == {}
