"""The story of a view that becomes a dataset: set up, tried, fetched by itself, and a changed row seen as a version."""

import pytest

from catalog.actions.columns import change_column
from catalog.actions.duties import make_owner_duty
from catalog.models import Job, Source
from tests import world
from tests.browser import chromium
from tests.journeys.traveller import Traveller
from tests.server import until, web_server, worker
from tests.sources import HOST, department_database, due_now

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]
LANGUAGES = ("en", "zh-hans")


@pytest.fixture(autouse=True)
def _database_beside_the_browser(monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver runs a loop in this thread


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_departments_view_becomes_a_dataset_that_refreshes_by_itself(language):
    people = world.cast()
    trees = world.dataset(people.owner, people.parks, title_zh="树木")
    make_owner_duty(trees, by=world.by(people.owner))
    listed = {"SOURCE_HOSTS": HOST}
    with (
        department_database() as city,
        web_server(workers=2, **listed) as address,
        worker(**listed),
        chromium() as browser,
    ):
        steward = Traveller(browser, address, "source", language)
        steward.sign_in(people.owner)
        steward.go(f"/desk/datasets/{trees.pk}/")
        steward.press(f"a[href='/desk/datasets/{trees.pk}/source/']")
        steward.look("kinds")
        steward.press("a[href$='/source/postgresql/']")
        steward.press("main form.form button")
        steward.look("what-is-missing")
        state(steward.page, city, what="public.tree")
        steward.press("main form.form button")
        steward.press("#try")
        steward.look("may-not-read")
        assert steward.page.locator("main table").count() == 0

        steward.go(f"/desk/datasets/{trees.pk}/source/postgresql/")
        steward.look("change")
        assert steward.page.input_value("[name=password]") == ""
        steward.page.fill("[name=what]", "public.public_trees")
        steward.press("main form.form button")
        steward.press("#try")
        steward.look("first-rows")
        assert steward.page.locator("main tbody tr").count() == 10
        assert "00001" in steward.page.inner_text("main table")

        steward.press("main .buttons a")
        steward.press("#run")
        until(lambda: Job.objects.filter(state="done").exists(), 60)
        steward.go(f"/jobs/{Job.objects.get().pk}/")
        steward.look("first-run")
        until(lambda: Source.objects.get().running is None)
        trees.refresh_from_db()
        assert trees.current.number == 1
        change_column(trees.columns.get(name="code"), {"row_key": True}, by=world.by(people.owner))

        city.say("UPDATE tree SET height = 99.5 WHERE code = '00007'")
        due_now(Source.objects.get())
        until(lambda: trees.versions.filter(state="kept").count() == 2, 60)
        due_now(until(lambda: Source.objects.filter(running=None, last_run__version__number=2).first()))
        until(lambda: Job.objects.filter(brought__unchanged=True).exists(), 60)
        until(lambda: Source.objects.get().running is None)
        steward.go(f"/desk/datasets/{trees.pk}/source/")
        steward.look("runs")
        assert steward.page.locator("main tbody tr").count() == 3
        steward.press("a[href*='/versions/2/changes/']")
        steward.look("changed-row")
        shown = steward.page.inner_text("main table")
        assert "00007" in shown and "99.5" in shown and "00008" not in shown

        city.say("DELETE FROM tree WHERE girth > 3")
        due_now(Source.objects.get())
        until(lambda: trees.versions.filter(state="proposed").exists(), 60)
        until(lambda: Source.objects.get().running is None)
        steward.go(f"/desk/versions/{trees.versions.get(state='proposed').pk}/")
        steward.look("most-rows-gone")
        assert "40" in steward.page.inner_text("main section li")
        steward.go("/desk/messages/")
        steward.look("told")

        steward.go(f"/desk/datasets/{trees.pk}/source/")
        steward.press("#pause")
        steward.look("paused")
        steward.press("#resume")
        steward.press("a[href$='/source/remove/']")
        steward.look("remove")
        steward.press("main form.form button")
        steward.look("removed")
        assert Source.objects.get().secret == ""

        steward.press("a[href$='/source/sftp/']")
        steward.look("sftp")
        for name, value in (("host", "files.parks.example"), ("username", "causeway"), ("what", "/out/trees-*.csv")):
            steward.page.fill(f"[name={name}]", value)
        steward.press("main form.form button")
        steward.look("key-for-the-keeper")
        assert "ssh-ed25519" in steward.page.inner_text("main pre")
        steward.press("#try")
        steward.look("no-such-server")


def state(page, city, *, what: str) -> None:
    """Fills in the form as the database's keeper told the steward."""
    stated = city.fields()
    for name in ("host", "database", "username", "password"):
        page.fill(f"[name={name}]", stated[name])
    page.fill("[name=what]", what)
    page.select_option("[name=schedule]", "hourly")
