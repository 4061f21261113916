"""A department registers its key, and has a grant's rows as a file that it alone opens: in a browser, by a worker."""

import hashlib
from pathlib import Path

import pyrage
import pytest

from catalog.sealing import fingerprint
from sharing.models import Package, RecipientKey
from tests import world
from tests.browser import chromium
from tests.journeys.traveller import Traveller
from tests.loads import empty_store
from tests.server import web_server, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]
ROWS = {"district": ("text", ["North", "South"] * 500), "n": ("integer", list(range(1000)))}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_department_has_a_package_made_and_opens_it(language, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver runs a loop in this thread
    empty_store()
    people = world.cast()
    people.head = world.person("Hanna", people.health, "approver")
    residents = world.dataset(people.owner, people.parks, "Residents", title_zh="居民")
    grant = world.basis("grant", world.version(residents, ROWS), {"district": None, "n": None}, to=people.health)
    identity = pyrage.x25519.Identity.generate()
    with web_server(workers=2) as address, worker(), chromium() as browser:
        register(Traveller(browser, address, "package-key", language), people.head, identity)
        rita = Traveller(browser, address, "package", language)
        rita.sign_in(people.requester)
        rita.go(f"/grants/{grant.pk}/packages/")
        rita.look("packages")
        rita.press("main form button")
        rita.page.locator("form[action*='/link/']").wait_for(timeout=60_000)  # it asks for itself until it is there
        rita.page.reload()
        rita.look("ready")
        rita.press("form[action*='/link/'] button")
        rita.look("link")
        with rita.page.expect_download() as fetched:
            rita.page.locator("main a[download]").first.click()
        sealed = Path(fetched.value.path()).read_bytes()
        assert fetched.value.suggested_filename == "residents-v1.csv.age"
        rita.go(f"/grants/{grant.pk}/packages/plan/")
        rita.look("plan")
        rita.press("main form button")
        rita.look("planned")
        rita.go("/grants/held/")
        rita.look("held")
    package = Package.objects.select_related("export").get(plan=None)
    assert hashlib.sha256(sealed).hexdigest() == package.export.sha256
    clear = pyrage.decrypt(sealed, [identity])
    assert len(clear.splitlines()) == 1001 and hashlib.sha256(clear).hexdigest() in package.manifest


def register(hanna: Traveller, head, identity) -> None:
    """The public key, and its fingerprint as it is computed beside the private one."""
    public = str(identity.to_public())
    hanna.sign_in(head)
    hanna.go("/desk/recipient-keys/")
    hanna.look("none")
    hanna.press("a[href*='/new/']")
    hanna.page.fill("[name=public_key]", str(identity))
    hanna.page.fill("[name=name]", "The safe")
    hanna.press("main form button:not([type=button])")
    hanna.look("a-private-key-is-refused")
    hanna.page.fill("[name=public_key]", public)
    hanna.press("main form button:not([type=button])")
    hanna.look("waits")
    hanna.page.fill("[name=fingerprint]", fingerprint(public))
    hanna.press("main form button:not([type=button])")
    hanna.look("confirmed")
    assert RecipientKey.objects.get().state == RecipientKey.State.LIVE
    hanna.go("/desk/recipient-keys/")
    hanna.look("one")
    hanna.go(f"/desk/recipient-keys/{RecipientKey.objects.get().pk}/retire/")
    hanna.look("retire")
