"""Whole stories in a real browser, over the real web server, worker and reader, in both languages."""

import csv
import io
import json
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import openpyxl
import pyarrow.parquet as pq
import pytest

from audit.models import Event
from catalog.actions.duties import make_owner_duty
from catalog.models import Basis, Column, Dataset, Job
from tests import world
from tests.browser import chromium
from tests.journeys.traveller import Traveller
from tests.server import allowed, until, web_server, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]
LANGUAGES = ("en", "zh-hans")


@pytest.fixture(autouse=True)
def _database_beside_the_browser(monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver runs a loop in this thread


def messy_file() -> bytes:
    """A table as a department keeps it: GB18030, semicolons, codes with zeros, and two cells that are no numbers."""
    lines = ["树木编号;树种;高度;种植日期;路段"]
    for n in range(1, 241):
        height = "未测" if n in {57, 190} else f"{n % 30 + 2}"
        lines.append(f"{n:05d};{'银杏' if n % 2 else '香樟'};{height};20{n % 24:02d}-03-{n % 28 + 1:02d};“{n % 7}”号路")
    return "\r\n".join(lines).encode("gb18030")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_steward_opens_a_messy_file_and_a_citizen_finds_it(language, tmp_path):
    people = world.cast()
    path = tmp_path / "树木.csv"
    path.write_bytes(messy_file())
    with web_server(workers=2) as address, worker(), chromium() as browser:
        steward = Traveller(browser, address, "opening", language)
        steward.go("/sign-in/")
        steward.look("sign-in")
        steward.sign_in(people.owner)
        steward.look("desk")

        steward.go("/desk/datasets/new/")
        steward.look("new-dataset")
        steward.press("main form button")
        steward.look("new-dataset-errors")
        describe(steward.page, people.parks)
        steward.press("main form button")
        steward.look("dataset-desk")
        dataset = Dataset.objects.get(title_en="Street trees of the quay")

        steward.go(f"/desk/datasets/{dataset.pk}/load/")
        steward.look("upload")
        steward.page.set_input_files("[name=file]", path)
        steward.press("main form button")
        steward.look("job")
        until(lambda: Job.objects.get(dataset=dataset).is_over, seconds=60)
        first = Job.objects.get(dataset=dataset)
        assert first.state == "done", first.error
        steward.go(f"/desk/versions/{first.version_id}/")
        steward.look("version-as-detected")
        assert "GB18030" in steward.page.inner_text("main").upper()
        assert "00001" in steward.page.inner_text("main")

        heights = [column["name"] for column in first.version.tables.get().schema].index("高度")
        steward.page.select_option(f"[name=type_{heights}]", "integer")
        steward.press("form:has([value=again]) button")
        until(lambda: Job.objects.filter(dataset=dataset, state="done").count() == 2, seconds=60)
        second = Job.objects.filter(dataset=dataset).order_by("-created_at").first()
        steward.go(f"/desk/versions/{second.version_id}/")
        steward.look("version-with-bad-cells")
        assert steward.page.inner_text("main").count("未测") == 2
        steward.press("form:has([value=confirm]) button")
        steward.look("version-confirmed")

        steward.go(f"/desk/datasets/{dataset.pk}/activate/")
        steward.press("main form button")
        steward.go(f"/desk/datasets/{dataset.pk}/submit/")
        for box in steward.page.locator("input[name^=use-]").all():
            box.check()
        steward.look("submit")
        steward.press("main form button")
        steward.look("submitted")
        submission = dataset.submissions.get()
        canary_is_nowhere(address, dataset)

        reviewer = Traveller(browser, address, "opening-review", language)
        reviewer.sign_in(people.reviewer)
        reviewer.look("desk")
        reviewer.go(f"/submissions/{submission.pk}/")
        reviewer.look("review")
        assert "银杏" in reviewer.page.inner_text("main")
        reviewer.press("main form button")
        reviewer.look("cleared")
        release = until(lambda: Basis.objects.filter(dataset=dataset, kind="release").first())
        until(lambda: release.distributions.count() == 5, seconds=60)

        citizen = Traveller(browser, address, "opening-citizen", language)
        for words in ("quay tree", "码头行道树", "银杏树种"):
            citizen.go(f"/datasets/?q={words}")
            if words != "银杏树种":
                assert citizen.page.locator("main a", has_text=re.compile("Street trees|行道树")).count() >= 1
        citizen.go("/")
        citizen.look("home")
        citizen.page.fill("main [name=q]", "码头树")
        citizen.press("main form button")
        citizen.look("results")
        citizen.press(f"main a[href*='{dataset.pk}']")
        citizen.look("dataset")
        read_back(citizen, address, dataset)
    assert not Event.objects.filter(kind="disclosure.opened", basis=release.pk).exists()


def describe(page, department) -> None:
    """Fills the form of a new dataset."""
    words = {
        "title_en": "Street trees of the quay",
        "title_zh": "码头行道树",
        "description_en": "Every tree that stands along the quay, with species and height.",
        "description_zh": "码头沿线每一棵行道树的树种和高度。",
        "keywords_en": "trees, quay",
        "legal_basis": "Rules on public data, article 14",
    }
    for name, text in words.items():
        page.fill(f"[name={name}]", text)
    chosen = {"theme": "environment", "frequency": "annual", "licence": "cc-by-4.0", "language": "zh"}
    for name, value in chosen.items():
        page.select_option(f"[name={name}]", value)
    if page.locator("select[name=department]").count():
        page.select_option("[name=department]", str(department.pk))
    page.check("[name=sharing_class][value=unconditional]")
    page.check("[name=opening_class][value=open]")


def canary_is_nowhere(address: str, dataset) -> None:
    """What is not cleared is at no public address."""
    for path in (
        f"/datasets/{dataset.pk}/",
        f"/api/v1/datasets/{dataset.pk}",
        f"/api/v1/datasets/{dataset.pk}/rows",
        f"/api/v1/datasets/{dataset.pk}/files",
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(address + path)
        assert refused.value.code == 404
    for path in ("/", "/datasets/?q=quay", "/api/v1/datasets?q=quay", "/api/v1/datasets", "/departments/parks/"):
        with urllib.request.urlopen(address + path) as answer:
            assert "Street trees of the quay" not in answer.read().decode()


def read_back(citizen: Traveller, address: str, dataset) -> None:
    """Every row of the source comes back: through pages of the API, and in the downloaded files."""
    source = list(csv.reader(io.StringIO(messy_file().decode("gb18030")), delimiter=";"))[1:]
    wanted = [[code, kind, None if height == "未测" else int(height), day, street]
              for code, kind, height, day, street in source]  # fmt: skip
    seen, url = [], f"{address}/api/v1/datasets/{dataset.pk}/rows?limit=100"
    while url:
        with urllib.request.urlopen(url) as answer:
            page = json.load(answer)
        assert page["total"] == 240
        seen += [list(row.values()) for row in page["results"]]
        url = page["next"] and f"{address}/api/v1/datasets/{dataset.pk}/rows?limit=100&after={page['next']}"
    assert seen == wanted

    files = {}
    for link in citizen.page.locator("a[href*='/files/']").all():
        with citizen.page.expect_download() as download:
            link.click()
        files[download.value.suggested_filename.partition(".")[2]] = download.value.path()
    assert {"csv", "bom.csv", "ndjson", "parquet", "xlsx"} <= set(files)
    table = [
        [str(v) if hasattr(v, "year") else v for v in row.values()]
        for row in pq.read_table(files["parquet"]).to_pylist()
    ]
    assert table == wanted
    lines = list(csv.reader(files["csv"].open(encoding="utf-8")))[1:]
    assert lines == [["" if value is None else str(value) for value in row] for row in wanted]
    sheet = openpyxl.load_workbook(io.BytesIO(files["xlsx"].read_bytes())).active
    assert sheet.max_row == 241
    assert sheet.cell(2, 1).value == "00001"


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_approver_lends_five_columns_and_takes_them_back(language, tmp_path):
    people = world.cast()
    residents = register_of_residents(people)
    with web_server(workers=4) as address, chromium() as browser:
        approver = Traveller(browser, address, "lending", language)
        approver.sign_in(people.approver)
        approver.look("desk")
        approver.go(f"/desk/datasets/{residents.pk}/grants/new/")
        approver.look("grant-form")
        approver.press("main form [name=step]")
        approver.look("grant-form-errors")
        fill_grant(approver.page, people.health)
        approver.press("main form [value=check]")
        approver.look("check-answers")
        approver.press("main form [value=send]")
        approver.look("grant-made")
        grant = Basis.objects.get(kind="grant")

        officer = Traveller(browser, address, "lending-officer", language)
        officer.sign_in(people.requester)
        officer.go("/grants/")
        officer.look("grants")
        officer.press(f"main a[href*='{grant.pk}']")
        officer.look("grant")
        text = officer.page.inner_text("main")
        assert "1990" in text and "1990-05" not in text and "王一" not in text

        officer.go("/keys/new/")
        officer.look("new-key")
        officer.page.fill("[name=name]", "reading")
        officer.page.fill("[name=until]", time.strftime("%Y-%m-%d", time.gmtime(time.time() + 30 * 86_400)))
        if officer.page.locator("[name=scopes][value=read]").count():
            officer.page.check("[name=scopes][value=read]")
        officer.press("main form button")
        officer.look("key-shown-once")
        token = re.search(r"cw_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{43}", officer.page.content())[0]
        read_what_was_lent(address, residents, token)

        slow = [slow_download(address, residents, token, tmp_path / f"slow-{n}") for n in range(4)]
        until(
            lambda: all((tmp_path / f"slow-{n}").exists() and (tmp_path / f"slow-{n}").stat().st_size for n in range(4))
        )
        open_before = closings().count()
        approver.go(f"/grants/{grant.pk}/revoke/")
        approver.page.fill("[name=reason]", "Used for another purpose.")
        approver.look("revoke")
        approver.press("main form button")
        revoked = time.monotonic()
        until(lambda: closings().count() == open_before + 4, seconds=20, every=0.02)
        assert time.monotonic() - revoked < allowed(2)
        assert all(reader.wait(20) != 0 for reader in slow)
        approver.look("revoked")
        officer.go(f"/grants/{grant.pk}/")
        officer.look("revoked-for-the-officer")
        assert "Used for another purpose." in officer.page.inner_text("main")

    ended = [json.loads(event.body)["facts"] for event in closings().order_by("-id")[:4]]
    assert all(facts["outcome"] == "ended" and 0 < facts["rows"] < 100_000 for facts in ended)


def register_of_residents(people) -> Dataset:
    """A hundred thousand made-up people in two districts."""
    from datetime import date

    count = 100_000
    residents = world.dataset(people.owner, people.parks, "Residents", title_zh="居民登记", opening_class="closed")
    world.version(
        residents,
        {
            "person_code": ("text", [f"99010119900517{n % 10_000:04d}" for n in range(count)]),
            "name": ("text", ["王一" if n % 2 else "李二" for n in range(count)]),
            "district": ("text", ["北区" if n % 2 else "南区" for n in range(count)]),
            "birth_date": ("date", [date(1990, 5, 17)] * count),
            "household": ("integer", list(range(count))),
            "occupation": ("text", [f"occupation number {n} in the register of residents" for n in range(count)]),
            "education": ("text", ["school"] * count),
        },
    )
    Column.objects.filter(dataset=residents, name__in=["person_code", "name"]).update(sensitivity="personal")
    make_owner_duty(residents, by=world.by(people.owner))
    return residents


def fill_grant(page, recipient) -> None:
    """Five columns, one district, the year of birth, until a day of next year."""
    page.select_option("[name=recipient]", str(recipient.pk))
    for column in ("district", "birth_date", "household", "occupation", "education"):
        page.check(f"[name=use-main-{column}]")
    page.select_option("[name=mask-main-birth_date]", "year")
    page.select_option("[name=filter_column]", "district")
    page.fill("[name=filter_value]", "北区")
    page.fill("[name=purpose]", "Planning vaccinations by age.")
    page.fill("[name=legal_basis]", "Public health act, article 9")
    page.fill("[name=valid_until]", f"{time.gmtime().tm_year + 1}-06-30")


def read_what_was_lent(address: str, residents, token: str) -> None:
    """By API and as CSV just the five columns of one district, the year for the date."""

    def get(query: str) -> bytes:
        url = f"{address}/api/v1/datasets/{residents.pk}/rows?{query}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    page = json.loads(get("limit=3"))
    assert page["total"] == 50_000
    assert page["results"][0] == {
        "district": "北区",
        "birth_date": 1990,
        "household": 1,
        "occupation": "occupation number 1 in the register of residents",
        "education": "school",
    }
    lines = get("format=csv").decode().splitlines()
    assert lines[0].replace('"', "") == "district,birth_date,household,occupation,education"
    assert len(lines) == 50_001
    for query in ("name=王一", "nome=王一", "select=name", "select=nome"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(urllib.parse.quote(query, safe="="))
        assert refused.value.code == 400


def slow_download(address: str, residents, token: str, path) -> subprocess.Popen:
    """A reader with a slow line."""
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    url = f"{address}/api/v1/datasets/{residents.pk}/rows?format=csv"
    return subprocess.Popen(
        ["curl", "-sS", "--limit-rate", "60k", "-H", f"Authorization: Bearer {token}", "-o", path, url]
    )


def closings():
    """The events that close an exit."""
    return Event.objects.filter(kind="disclosure.closed")
