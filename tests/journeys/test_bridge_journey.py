"""A bridge in a browser: asked for, agreed to by a second approver, a renewal that takes two under it, and its end."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.models import Basis
from sharing.actions.decisions import second_request
from sharing.models import Bridge
from tests import world
from tests.browser import chromium
from tests.journeys.traveller import Traveller
from tests.server import web_server
from tests.sharing import requests as made
from tests.sharing.test_grant_endings import lend

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]


def in_days(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_two_approvers_build_a_bridge_renew_under_it_and_end_it(language, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver runs a loop in this thread
    people = made.people()
    grant = second_request(made.brought_to(people, "second-approval"), by=world.by(people.second)).grant
    lend(people, to=people.schools)
    page = reverse("grant", args=[grant.pk])
    with web_server(workers=1) as address, chromium() as browser:
        anton = Traveller(browser, address, "bridge-asks", language)
        anton.sign_in(people.approver)
        anton.go(reverse("bridges"))
        anton.look("none")
        anton.go(reverse("bridge-new", args=[grant.pk]))
        anton.look("new")
        anton.page.select_option("[name=other]", index=1)
        anton.page.fill("[name=purpose]", "One count of those screened at school")
        anton.page.fill("[name=legal_basis]", "Health rules, article 30")
        anton.page.fill("[name=ends_at]", in_days(20))
        anton.press("main form button")
        anton.look("asked")
        bridge = Bridge.objects.get()
        own = reverse("bridge", args=[bridge.pk])

        anna = Traveller(browser, address, "bridge-agrees", language)
        anna.sign_in(people.second)
        anna.go(reverse("bridges"))
        anna.look("waits")
        anna.press("main .tasks a")
        anna.press(f"main a[href='{own}agree/']")
        anna.look("agree")
        anna.press("main form button")
        anna.look("in-force")

        anton.go(f"{page}renew/")
        anton.look("renew")
        anton.page.fill("[name=valid_until]", in_days(15))
        anton.page.select_option("[name=bridge]", index=1)
        anton.press("main form button")
        anton.look("proposed")
        anna.go(reverse("inbox"))
        anna.look("inbox")
        anna.press(f"main a[href='{page}']")
        anna.press("main a[href$='agree-renewal/']")
        anna.look("second")
        anna.press("main form button")
        anna.look("renewed")
        anna.go(f"{own}end/")
        anna.page.fill("[name=reason]", "The count is done")
        anna.press("main form button")
        anna.look("ended")
    assert Basis.objects.get(domain=bridge.domain).state == "suspended"
