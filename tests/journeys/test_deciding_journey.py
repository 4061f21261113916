"""A request for residents from the check of form on: checked, tried, granted in part, read by API, suspended."""

import json
import urllib.error
import urllib.request
from datetime import date, timedelta

import pytest
from django.utils import timezone

from catalog.actions.duties import make_owner_duty
from sharing.models import Request
from tests import world
from tests.api import token_of
from tests.browser import chromium
from tests.journeys.traveller import Traveller
from tests.server import web_server
from tests.sharing import requests as made

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]

PEOPLE = 40
REGISTER = {
    "person": ("text", [f"p{number:03d}" for number in range(PEOPLE)]),
    "name": ("text", [f"Resident {number}" for number in range(PEOPLE)]),
    "sex": ("text", ["f", "m"] * (PEOPLE // 2)),
    "born": ("date", [date(1950 + number, 1 + number % 12, 1 + number % 28) for number in range(PEOPLE)]),
    "district": ("text", ["North", "South", "East", "West"] * (PEOPLE // 4)),
    "street": ("text", [f"Street {number % 7}" for number in range(PEOPLE)]),
    "household": ("integer", [1 + number % 5 for number in range(PEOPLE)]),
    "income": ("integer", [1_000 * number for number in range(PEOPLE)]),
    "school": ("text", ["None", "Primary"] * (PEOPLE // 2)),
}
LEFT_OUT = ("person", "name", "street", "school")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_nine_columns_are_asked_for_and_five_are_granted_read_and_suspended(language, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver runs a loop in this thread
    cast = register()
    asked = nine_columns(cast)
    token = token_of(cast.requester, "read")
    day = timezone.localdate() + timedelta(days=90)
    with web_server(workers=1) as address, chromium() as browser:
        authority = Traveller(browser, address, "deciding-authority", language)
        passes_the_check(authority, cast, asked)

        approver = Traveller(browser, address, "deciding", language)
        decides(approver, cast, asked, until=day)
        grant = Request.objects.get(pk=asked.pk).grant
        assert grant.terms["tables"]["main"]["columns"] == {
            "sex": None, "born": "year", "district": None, "household": None, "income": None,
        }  # fmt: skip
        assert timezone.localdate(grant.valid_until) == day

        status, answer = called(f"{address}/api/v1/datasets/{cast.dataset.pk}/rows?basis={grant.pk}", token)
        assert status == 200
        assert {row["district"] for row in answer["results"]} == {"North"}
        assert len(answer["results"]) == PEOPLE // 4
        assert sorted(answer["results"][0]) == ["born", "district", "household", "income", "sex"]
        assert answer["results"][0]["born"] == 1950

        suspends(approver, grant)
        status, answer = called(f"{address}/api/v1/datasets/{cast.dataset.pk}/rows?basis={grant.pk}", token)
        assert status == 403
        assert "A complaint came in" in json.dumps(answer)


def register():
    """The cast with a register of residents, nine columns wide."""
    cast = made.people()
    cast.dataset = world.dataset(cast.owner, cast.parks, "Residents", title_zh="居民", sharing_class="conditional")
    make_owner_duty(cast.dataset, by=world.by(cast.owner))
    cast.version = world.version(cast.dataset, REGISTER)
    made.mark(cast, "person", sensitivity="personal", identity_role="person_code")
    for name in ("name", "born", "street"):
        made.mark(cast, name, sensitivity="personal")
    return cast


def nine_columns(cast) -> Request:
    """Asked for by a requester and submitted by the head: it waits for the check of form."""
    columns = [(name, "hash" if name == "person" else "") for name in REGISTER]
    asked = made.draft(cast, columns, valid_until=timezone.localdate() + timedelta(days=300))
    for step in ("send", "review"):
        made.STEPS[step](cast, asked)
    return Request.objects.get(pk=asked.pk)


def passes_the_check(authority: Traveller, cast, asked: Request) -> None:
    """The authority finds it in the inbox, reads it and passes it on."""
    authority.sign_in(cast.authority)
    authority.go("/desk/")
    authority.look("desk")
    authority.go("/inbox/")
    authority.look("inbox")
    authority.press(f"main a[href='/inbox/{asked.pk}/']")
    authority.look("request")
    authority.press("main a[href$='/receive/']")
    authority.look("receive")
    authority.press("main button[name=step][value=send]")
    authority.look("passed")
    assert Request.objects.get(pk=asked.pk).state == "reply-due"


def decides(approver: Traveller, cast, asked: Request, *, until: date, left_out=LEFT_OUT) -> None:
    """The approver tries the terms, leaves four columns out, and lends one district with the year of birth."""
    approver.sign_in(cast.approver)
    approver.go("/inbox/")
    approver.look("inbox")
    approver.press(f"main a[href='/inbox/{asked.pk}/']")
    approver.look("request")
    approver.press("main a[href$='/try/']")
    approver.press("main form button")
    approver.look("dry-run")
    approver.go(f"/inbox/{asked.pk}/approve-less/")
    approver.look("less")
    for name in left_out:
        approver.page.uncheck(f"[name=use-main-{name}]")
    approver.page.select_option("[name=mask-main-born]", "year")
    approver.page.fill("[name=where]", "district = ")
    approver.press("main button[name=step][value=check]")
    approver.look("less-error")
    approver.page.fill("[name=where]", "district = 'North'")
    approver.page.fill("[name=valid_until]", until.isoformat())
    approver.press("main button[name=step][value=check]")
    approver.look("check")
    approver.press("main button[name=step][value=send]")
    approver.look("granted")


def suspends(approver: Traveller, grant) -> None:
    """The approver suspends the grant on its page."""
    approver.press("main a[href^='/grants/']")
    approver.press("main a[href$='/suspend/']")
    approver.page.fill("[name=reason]", "A complaint came in")
    approver.press("main form.form button")
    approver.look("suspended")
    grant.refresh_from_db()
    assert grant.state == "suspended"


def called(url: str, token: str) -> tuple[int, dict]:
    """What a program gets: the status and the answer."""
    call = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(call, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)
