"""An approver without an app: led to its page, scans, keeps the recovery codes, signs in with one; in a browser."""

import pytest

from audit.models import Event
from portal.accounts import codes
from tests import world
from tests.browser import chromium
from tests.journeys.traveller import Traveller
from tests.server import web_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_an_approver_sets_up_an_app_and_signs_in_without_the_phone(language, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver runs a loop in this thread
    people = world.cast()
    approver = world.bare(people.approver)
    with web_server(workers=1) as address, chromium() as browser:
        anton = Traveller(browser, address, "second-step", language)
        anton.sign_in(approver)
        anton.look("set-up")
        secret = anton.page.locator("main code").text_content().replace(" ", "")
        anton.page.fill("[name=code]", codes.code_of(secret, codes.present_step()))
        anton.page.fill("[name=password]", world.PASSWORD)
        anton.press("main form.form button")
        anton.look("recovery-codes")
        kept = anton.page.locator("main li code").all_text_contents()
        assert len(kept) == 10
        anton.go("/account/second-step/")
        anton.look("state")

        away = Traveller(browser, address, "second-step-away", language)
        away.go("/sign-in/")
        away.page.fill("[name=email]", approver.email)
        away.page.fill("[name=password]", world.PASSWORD)
        away.press("main form button")
        away.look("code")
        away.page.fill("[name=code]", kept[0])
        away.press("main form button")
        away.look("desk")
    kinds = Event.objects.filter(actor=approver.pk).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["account.signed_in", "account.totp_set", "account.recovery_used", "account.signed_in"]
