"""The story of one reading: lent, read, found by the auditor, proved offline, and named after somebody changed it."""

import json
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from audit import verify
from audit.models import Event
from catalog.actions.keys import make_key
from catalog.models import Basis
from sharing.actions.grants import make_grant
from tests import world
from tests.browser import chromium
from tests.database import as_superuser
from tests.journeys.traveller import Traveller
from tests.server import ROOT, end, environment, until, web_server

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow, pytest.mark.usefixtures("own_log"),
]  # fmt: skip
LANGUAGES = ("en", "zh-hans")


@pytest.fixture(autouse=True)
def _database_beside_the_browser(monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver runs a loop in this thread


@contextmanager
def sequencer():
    """The log's own process over the test database."""
    command = [sys.executable, "manage.py", "sequencer"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(), start_new_session=True)
    try:
        yield process
    finally:
        end(process)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reading_is_found_proved_and_named_after_it_was_changed(language, tmp_path):
    people = world.cast()
    grant = lent(people)
    with web_server(workers=2) as address, sequencer(), chromium() as browser:
        anybody = Traveller(browser, address, "log-public", language)
        officer = Traveller(browser, address, "log-officer", language)
        officer.sign_in(people.requester)
        officer.go(f"/grants/{grant.pk}/")
        read_by_key(address, people.requester, grant)
        closing = until(lambda: Event.objects.filter(body__contains='"rows":40', entry__isnull=False).first())
        until(lambda: published_size(address) > closing.entry.index)

        auditor = Traveller(browser, address, "log-auditor", language)
        auditor.sign_in(people.auditor)
        auditor.look("desk")
        auditor.press("main a[href='/audit/']")
        auditor.look("timeline")
        auditor.page.fill("[name=who]", "nobody of this name")
        auditor.press("main form button")
        auditor.look("filter-means-nothing")
        auditor.go("/audit/")
        auditor.page.fill("[name=who]", "Rita")
        auditor.page.select_option("[name=kind]", "disclosure.closed")
        auditor.press("main form button")
        auditor.look("found")
        assert auditor.page.locator("ol.timeline li").count() == 2
        sentence = auditor.page.locator("ol.timeline li a").first.inner_text()
        assert "Rita" in sentence and "40" in sentence
        auditor.press("ol.timeline li a")
        auditor.look("event")
        auditor.press("form[action*='/audit/events/'] button")
        auditor.look("checked")
        assert auditor.page.locator("#checked .badge-bad, #checked .badge-warn").count() == 0
        assert auditor.page.locator("#checked .badge-good").count() == 5
        receipt = downloaded(auditor, "a[href*='/log/receipts/']", tmp_path / "event.tlog-proof")

        tool = taken_away(address, tmp_path)
        holds = tool("receipt", receipt, offline=True)
        assert holds.returncode == 0, holds.stdout + holds.stderr
        spoiled = tmp_path / "spoiled.tlog-proof"
        spoiled.write_text(receipt.read_text().replace("\nindex ", "\nindex 1", 1))
        assert tool("receipt", spoiled, offline=True).returncode != 0

        officer.go(f"/grants/{grant.pk}/")
        officer.look("grant")
        party = downloaded(officer, "main a[href*='/log/receipts/']", tmp_path / "party.tlog-proof")
        assert tool("receipt", party, offline=True).returncode == 0
        officer.go(f"/grants/{grant.pk}/events/")
        officer.look("events")
        anybody.go("/log/")
        anybody.look("log")

        kept = tmp_path / "checkpoint"
        kept.write_text(anybody.page.request.get(f"{address}/log/checkpoint").text())
        grew = tool("log", f"{address}/log", "--hashes-only", "--since", str(kept))
        assert grew.returncode == 0, grew.stdout + grew.stderr

        whole = export(auditor, address, tmp_path / "whole.ndjson")
        good = tool("export", whole, "--log", f"{address}/log")
        assert good.returncode == 0, good.stdout + good.stderr
        change(closing, '"rows":40', '"rows":4')
        auditor.go("/audit/?who=Rita&kind=disclosure.closed")
        auditor.look("list-with-a-changed-event")
        assert auditor.page.locator("ol.timeline .badge-bad").count() == 1
        auditor.go(f"/audit/events/{closing.uuid}/")
        auditor.look("changed-event")
        auditor.press("form[action*='/audit/events/'] button")
        auditor.look("changed-event-checked")
        assert auditor.page.locator("#checked .badge-bad").count() == 2
        assert '"rows":40' in auditor.page.inner_text("#checked")

        changed = export(auditor, address, tmp_path / "changed.ndjson")
        bad = tool("export", changed, "--log", f"{address}/log")
        assert bad.returncode == 1
        assert f"Event {closing.entry.index} " in bad.stdout + bad.stderr and "was changed" in bad.stdout + bad.stderr
        still = tool("receipt", receipt, offline=True)
        assert still.returncode == 0


def lent(people) -> Basis:
    """Forty rows of a register, lent to Health by an approver of Parks."""
    trees = world.dataset(people.owner, people.parks, "Residents", title_zh="居民登记", opening_class="closed")
    rows = {"district": ("text", ["North", "South"] * 20), "age": ("integer", list(range(40)))}
    world.version(trees, rows)
    return make_grant(
        trees,
        recipient=people.health,
        columns={"district": None, "age": None},
        where="",
        purpose="Planning vaccinations by age",
        legal_basis="Public health act, article 9",
        valid_until=timezone.now() + timedelta(days=90),
        by=world.by(people.approver),
    )


def read_by_key(address: str, user, grant: Basis) -> None:
    """All forty rows, by program."""
    until_then = timezone.now() + timedelta(days=2)
    _key, token = make_key(user, name="k", scopes=["read"], until=until_then, datasets=[], by=world.by(user))
    url = f"{address}/api/v1/datasets/{grant.dataset_id}/rows?limit=100"
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})) as answer:
        assert len(json.load(answer)["results"]) == 40


def published_size(address: str) -> int:
    """How many entries the published checkpoint holds; none before there is a first one."""
    try:
        with urllib.request.urlopen(f"{address}/log/checkpoint") as answer:
            return int(answer.read().decode().split("\n")[1])
    except urllib.error.HTTPError as reason:
        if reason.code != 404:
            raise
        return 0


def downloaded(traveller: Traveller, selector: str, path: Path) -> Path:
    """The file behind a link, as the browser saves it."""
    with traveller.page.expect_download() as download:
        traveller.page.locator(selector).first.click()
    download.value.save_as(path)
    return path


def export(auditor: Traveller, address: str, path: Path) -> Path:
    """Every event as the auditor takes them away, once all of them have a place in a published checkpoint."""
    until(lambda: not Event.objects.filter(entry=None).exists())
    time.sleep(1)
    auditor.go("/audit/")
    return downloaded(auditor, "a[href*='events.ndjson']", path)


def taken_away(address: str, folder: Path):
    """The verifier alone in a folder, as it is downloaded, with the log's key; run it with these words."""
    away = folder / "away"
    away.mkdir()
    for name in ("verify.py", "vkey"):
        with urllib.request.urlopen(f"{address}/log/{name}") as answer:
            (away / name).write_bytes(answer.read())
    assert (away / "verify.py").read_bytes() == Path(verify.__file__).read_bytes()

    def run(what: str, file: Path | str, *more: str, offline: bool = False) -> subprocess.CompletedProcess:
        command = [sys.executable, "-I", "verify.py", what, str(file), "--key", "vkey", *more]
        command = [*(without_network() if offline else []), *command]
        return subprocess.run(command, check=False, cwd=away, capture_output=True, text=True, timeout=60)

    return run


def without_network() -> list[str]:
    """Runs what follows without any network, where this machine lets us."""
    prefix = ["unshare", "--map-root-user", "--net"]
    able = (
        shutil.which("unshare") and subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode == 0
    )
    return prefix if able else []


def change(event: Event, old: str, new: str) -> None:
    """The superuser of the database rewrites one event."""
    as_superuser(
        "SET session_replication_role = replica",
        f"UPDATE audit_event SET body = replace(body, '{old}', '{new}') WHERE id = {event.pk}",
    )
