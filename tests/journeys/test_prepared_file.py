"""A reader has a file prepared: the button, the page that refreshes itself, the download; in a browser, by a worker."""

import hashlib
from pathlib import Path

import pytest

from audit.models import Event
from catalog.models import Export
from tests import world
from tests.browser import chromium
from tests.journeys.traveller import Traveller
from tests.loads import empty_store
from tests.server import until, web_server, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]
ROWS = {
    "district": ("text", ["North", "South"] * 500),
    "n": ("integer", list(range(1000))),
    "name": ("text", ["x"] * 1000),
}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_requester_has_a_file_prepared_and_fetches_it(language, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver runs a loop in this thread
    empty_store()
    people = world.cast()
    residents = world.dataset(people.owner, people.parks, "Residents", title_zh="居民")
    grant = world.basis("grant", world.version(residents, ROWS), {"district": None, "n": None}, to=people.health)
    with web_server(workers=2) as address, worker(), chromium() as browser:
        rita = Traveller(browser, address, "prepared", language)
        rita.sign_in(people.requester)
        rita.go(f"/datasets/{residents.pk}/?basis={grant.pk}")
        rita.press("a[href*='/export/']")
        rita.look("prepare")
        rita.page.fill("[name=where]", "name = 'x'")
        rita.press("main .two form button")
        rita.look("prepare-errors")
        rita.page.fill("[name=where]", "district = 'North'")
        rita.press("main .two form button")
        rita.page.locator("a[download]").wait_for(timeout=60_000)  # the page asks for itself until the file is there
        rita.page.reload()  # a new title comes with the whole page
        rita.look("ready")
        with rita.page.expect_download() as fetched:
            rita.page.locator("a[download]").click()
        data = Path(fetched.value.path()).read_bytes()
        export = Export.objects.get()
        assert hashlib.sha256(data).hexdigest() == export.sha256
        assert fetched.value.suggested_filename == "residents-v1.csv" and len(data.splitlines()) == 501

        rita.go("/exports/")
        rita.look("list")
        rita.go(f"/exports/{export.pk}/")
        rita.press("main form button")
        rita.look("list-ended")
        rita.go(f"/exports/{export.pk}/")
        rita.look("ended")
    kinds = list(
        Event.objects.filter(basis=grant.pk, actor=people.requester.pk).order_by("id").values_list("kind", flat=True)
    )
    assert kinds.count("export.asked") == 1 and kinds[-1] == "export.ended"
    until(lambda: not Path(world.store().local(f"exports/{export.pk}")).exists())
