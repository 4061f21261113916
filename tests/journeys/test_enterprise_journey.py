"""An enterprise finds what is open on application, applies by fewer pages, and receives what was granted."""

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from audit.models import Event
from catalog.actions.departments import verify_enterprise
from catalog.models import Role
from sharing.actions.decisions import approve_request, receive_request
from sharing.models import Request
from tests import world
from tests.browser import chromium
from tests.journeys.traveller import Traveller
from tests.loads import empty_store
from tests.server import web_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]
PIERS = {
    "pier": ("text", ["A", "B", "C"]),
    "depth": ("integer", [4, 6, 7]),
    "keeper": ("text", ["An", "Bo", "Cai"]),
}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_an_enterprise_applies_and_receives(language, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver runs a loop in this thread
    empty_store()
    people = world.cast()
    ferry = world.department("91350100M000100Y43", "Ferry Ltd", kind="enterprise", name_zh="轮渡公司")
    verify_enterprise(ferry, by=world.by(people.administrator))
    erik = world.person("Erik", ferry, Role.REQUESTER, kind="enterprise")
    piers = world.dataset(
        people.owner, people.parks, "Piers", title_zh="码头", theme="transport", opening_class="on_application"
    )
    world.version(piers, PIERS)
    with web_server(workers=2) as address, chromium() as browser:
        traveller = Traveller(browser, address, "enterprise", language)
        traveller.sign_in(erik)
        asked = applies(traveller, piers)
        assert asked.state == "compliance-check" and asked.reference

        receive_request(asked, by=world.by(people.authority))
        approve_request(asked, by=world.by(people.approver))
        asked.refresh_from_db()
        receives(traveller, asked)
    kinds = list(Event.objects.filter(basis=asked.grant_id, actor=erik.pk).values_list("kind", flat=True))
    assert "disclosure.opened" in kinds and "disclosure.closed" in kinds


def applies(erik: Traveller, piers) -> Request:
    """Two columns are applied for, from the catalogue to the page with the reference."""
    erik.go("/catalogue/")
    erik.look("catalogue")
    erik.press(f"a[href='/catalogue/{piers.pk}/']")
    for column in piers.columns.filter(name__in=["pier", "depth"]):
        erik.page.check(f"[name=column-{column.pk}]")
    erik.look("entry")
    erik.press("main form[method=post] button")
    erik.press("button[name=ask]")
    asked = Request.objects.get()
    erik.look("draft")
    for slug in ("aim", "columns", "level", "frequency", "data-life", "terms", "until", "people"):
        erik.go(f"/requests/{asked.pk}/draft/{slug}/")
        fill(erik, slug)
        erik.look(slug)
        erik.press("main form.form button")
        assert f"/draft/{slug}/" not in erik.page.url, slug
    erik.press("main a[href$='/draft/check/']")
    erik.look("check")
    erik.page.check("[name=declared]")
    erik.press("main form.form button")
    erik.look("sent")
    asked.refresh_from_db()
    return asked


def fill(erik: Traveller, slug: str) -> None:
    """One page, filled in."""
    page = erik.page
    match slug:
        case "aim":
            page.fill("[name=aim]", "Choose the piers that our ferries can call at.")
        case "columns":
            page.fill("[name=need-pier]", "To name the pier")
            page.fill("[name=need-depth]", "To see which ferry can call")
        case "level":
            page.check("[name=level][value=banded]")
        case "frequency":
            page.check("[name=frequency][value=once]")
        case "data-life":
            page.fill("[name=data_life_days]", "30")
        case "terms":
            page.check("[name=accepted_terms]")
        case "until":
            page.fill("[name=valid_until]", (timezone.localdate() + timedelta(days=30)).isoformat())
        case "people":
            page.fill("[name=accountable]", "Erik")


def receives(erik: Traveller, asked: Request) -> None:
    """The page of the request leads to the grant, and the rows come as a file: two columns of every pier."""
    erik.go(f"/requests/{asked.pk}/")
    erik.look("request-granted")
    erik.press(f"main a[href='/grants/{asked.grant_id}/']")
    erik.look("grant")
    with erik.page.expect_download() as fetched:
        erik.page.locator(f"a[href*='/grants/{asked.grant_id}/rows.csv']").first.click()
    with Path(fetched.value.path()).open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [["pier", "depth"], ["A", "4"], ["B", "6"], ["C", "7"]]
