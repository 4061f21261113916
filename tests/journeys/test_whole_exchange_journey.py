"""From the wish to the last row, in a browser and in either language: Health asks, Parks lends, rows flow, and stop.

The pages on the way are looked at by the journeys of each part; here it is one story, with one request and its grant.
"""

import csv
import http.client
import io
import json
import shutil
import subprocess
import threading
import urllib.request
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest
from django.utils import timezone

from audit.models import Event
from catalog.sealing import fingerprint
from sharing.models import Request
from tests import world
from tests.browser import chromium
from tests.journeys.register import city_with_a_register, rows_of
from tests.journeys.test_deciding_journey import called, decides, passes_the_check, suspends
from tests.journeys.test_exchange_journey import ask, collect, submit
from tests.journeys.traveller import Traveller
from tests.loads import empty_store
from tests.server import allowed, until, web_server, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]
LOOKS = ("dry-run", "check", "second", "grant", "new-key", "why")
LEFT_OUT = ("person_code", "full_name", "postcode", "street")
FIVE = {"sex": None, "born": "year", "district": None, "household": None, "insured": None}
ROWS, NORTH = 600, 360
MANY, NORTH_OF_MANY = 1_666_670, 1_000_002
A_SIP = 64 * 1024
NO_MAIL = {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_department_asks_another_lends_and_takes_it_back(language, monkeypatch, tmp_path):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver runs a loop in this thread
    empty_store()
    people = city_with_a_register(ROWS)
    last = timezone.localdate() + timedelta(days=90)
    with web_server(workers=2) as address, worker(**NO_MAIL), chromium() as browser:
        rita, heike, tora, anton, anna = (
            Traveller(browser, address, f"whole-{name}", language, looks=LOOKS)
            for name in ("asks", "reviews", "checks", "decides", "agrees")
        )
        rita.sign_in(people.requester)
        collect(rita, people)
        asked = ask(rita)
        heike.sign_in(people.head)
        submit(heike, asked)
        passes_the_check(tora, people, asked)
        decides(anton, people, asked, until=last, left_out=LEFT_OUT)
        agrees(anna, people, asked)
        grant = Request.objects.get(pk=asked.pk).grant
        terms = grant.terms["tables"]["main"]
        assert terms["columns"] == FIVE and "district = 'North'" in terms["where"]
        assert timezone.localdate(grant.valid_until) == last

        token = key_for_a_machine(rita, grant)
        rows = f"{address}/api/v1/datasets/{people.register.pk}/rows"
        status, answer = called(f"{rows}?limit=100", token)
        assert status == 200 and {row["district"] for row in answer["results"]} == {"North"}
        assert all(set(row) == set(FIVE) and isinstance(row["born"], int) for row in answer["results"])
        file = opened(by_file(heike, rita, people, grant), tmp_path)
        assert len(file) == NORTH and {row["district"] for row in file} == {"North"} and set(file[0]) == set(FIVE)

        anton.go(f"/inbox/{asked.pk}/")
        suspends(anton, grant)
        status, answer = called(rows, token)
        assert status == 403 and "A complaint came in" in answer["detail"]
        rita.go(f"/grants/{grant.pk}/")
        rita.look("why")
        anton.press("main a[href$='/resume/']")
        anton.press("main form.form button")

        world.version(people.register, rows_of(MANY))  # the grant follows the newest version
        left = ends_within_a_second(f"{rows}?format=csv", token, lambda: revokes(anton, grant))
    closed = left_under(grant)
    assert closed["outcome"] == "ended" and left <= closed["rows"] < NORTH_OF_MANY


def agrees(anna: Traveller, people, asked: Request) -> None:
    """Personal data in bulk: another approver sees the same figures, and agrees."""
    anna.sign_in(people.second)
    anna.go(f"/inbox/{asked.pk}/")
    anna.press("main a[href$='/second/']")
    anna.look("second")
    anna.press("main form button")
    asked.refresh_from_db()
    assert asked.state == "delivery-due"


def key_for_a_machine(rita: Traveller, grant) -> str:
    """The requester makes a key under the grant, which is shown once."""
    rita.go(f"/grants/{grant.pk}/")
    rita.look("grant")
    rita.press("main a[href$='/keys/new/']")
    rita.page.fill("[name=name]", "Screening")
    rita.press("main form.form button")
    rita.look("new-key")
    return rita.page.locator("main code").first.text_content().strip()


def by_file(heike: Traveller, rita: Traveller, people, grant) -> tuple[bytes, pyrage.x25519.Identity]:
    """The head registers the department's public key; the requester has a package made and fetches it."""
    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    heike.go("/desk/recipient-keys/new/")
    heike.page.fill("[name=public_key]", public)
    heike.page.fill("[name=name]", "The safe")
    heike.press("main form button:not([type=button])")
    heike.page.fill("[name=fingerprint]", fingerprint(public))
    heike.press("main form button:not([type=button])")

    rita.go(f"/grants/{grant.pk}/packages/")
    rita.press("main form button")
    rita.page.locator("form[action*='/link/']").wait_for(timeout=60_000)  # the page asks for itself until it is there
    rita.press("form[action*='/link/'] button")
    with rita.page.expect_download() as fetched:
        rita.page.locator("main a[download]").first.click()
    return Path(fetched.value.path()).read_bytes(), identity


def opened(package: tuple[bytes, pyrage.x25519.Identity], folder: Path) -> list[dict]:
    """The rows of the package, opened by the program that recipients use, or by a library where it is not there."""
    sealed, identity = package
    if not shutil.which("age"):
        clear = pyrage.decrypt(sealed, [identity])
    else:
        (folder / "key.txt").write_text(str(identity))
        (folder / "package.age").write_bytes(sealed)
        command = ["age", "--decrypt", "--identity", folder / "key.txt", folder / "package.age"]
        clear = subprocess.run(command, capture_output=True, check=True).stdout
    return list(csv.DictReader(io.StringIO(clear.decode("utf-8-sig"))))


def revokes(anton: Traveller, grant) -> None:
    """The approver revokes the grant on its page."""
    anton.go(f"/grants/{grant.pk}/revoke/")
    anton.page.fill("[name=reason]", "It was used for another purpose")
    anton.press("main form.form button")
    grant.refresh_from_db()
    assert grant.state == "revoked"


def ends_within_a_second(url: str, token: str, act) -> int:
    """Sips at a download while the act is done: the stream ends within a second of it; how many rows came."""
    sips, hurry = [], threading.Event()

    def drink():
        call = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(call, timeout=60) as answer:
                while sip := answer.read1(A_SIP):
                    sips.append(sip)
                    hurry.wait(0.1)
        except (http.client.IncompleteRead, ConnectionError):
            return

    reader = threading.Thread(target=drink)
    reader.start()
    until(lambda: len(sips) > 3)
    act()
    hurry.set()
    reader.join(30)
    assert not reader.is_alive()
    return b"".join(sips).count(b"\n") - 1


def left_under(grant) -> dict:
    """What the log says of the last reading under the grant: its closing, no later than a second after the end."""
    found = Event.objects.filter(basis=grant.pk, kind="disclosure.closed")
    closing = until(lambda: found.filter(time__gte=grant.state_at).order_by("-id").first())
    assert (closing.time - grant.state_at).total_seconds() < allowed(1.3)  # a second, and the time to look
    return json.loads(closing.body)["facts"]
