"""The clocks in a browser: an approver reads a notice, the authority sets a day, and both look at the board."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from sharing.calendar import city_calendar
from sharing.models import Deadline, Notice
from tests.browser import chromium
from tests.journeys.traveller import Traveller
from tests.server import web_server
from tests.sharing import requests as made

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_notices_are_read_days_are_set_and_the_board_is_seen(language, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver runs a loop in this thread
    people = made.people()
    refused = made.brought_to(people, "refused")
    waiting = made.brought_to(people, "reply-due", aim="Another one")
    made.brought_to(people, "incomplete", aim="A third one")
    given(people.approver, waiting, refused)
    with web_server(workers=1) as address, chromium() as browser:
        anton = Traveller(browser, address, "clocks-approver", language)
        anton.sign_in(people.approver)
        anton.go(reverse("notices"))
        anton.look("notices")
        anton.press("main .tasks form button")
        anton.press("main form.buttons button")
        anton.go(reverse("notices") + "?list=unread")
        anton.look("all-read")
        anton.go(reverse("boards"))
        anton.look("boards")
        anton.press("main tbody a")
        anton.look("board")
        anton.press("main .stats a")
        anton.look("behind")
        anton.go(reverse("acting"))
        anton.page.select_option("[name=colleague]", index=0)
        anton.page.fill("[name=first]", timezone.localdate().isoformat())
        anton.page.fill("[name=last]", (timezone.localdate() + timedelta(days=90)).isoformat())
        anton.press("main form.form button")
        anton.look("acting-refused")
        anton.page.fill("[name=last]", (timezone.localdate() + timedelta(days=9)).isoformat())
        anton.press("main form.form button")
        anton.look("acting")

        tora = Traveller(browser, address, "clocks-authority", language)
        tora.sign_in(people.authority)
        tora.go(reverse("calendar"))
        tora.look("calendar-empty")
        tora.go(reverse("calendar-set"))
        tora.press("main form.form button")
        tora.look("calendar-refused")
        tora.page.check("[name=working][value=no]")
        tora.page.fill("[name=first]", city_calendar().add_working(timezone.localdate(), 1).isoformat())
        tora.page.fill("[name=why]", "Mayor's notice 12")
        tora.press("main form.form button")
        tora.look("calendar")
    assert not Notice.objects.filter(user=people.approver, read_at=None).exists()
    assert not Deadline.objects.filter(ended_at=None).exclude(looked_on=None).exists()


def given(user, waiting, refused) -> None:
    """Three notices that the person has not read."""
    facts = {"stage": "reply", "mark": "most", "due_on": waiting.due_on.isoformat()}
    for request, kind, said in (
        (waiting, "request.received", {}),
        (waiting, "request.reminded", facts),
        (refused, "request.received", {}),
    ):
        move = request.moves.latest("id")
        event = move.event if kind == "request.received" else request.pk
        Notice.objects.create(user=user, event=event, kind=kind, request=request, facts=said)
