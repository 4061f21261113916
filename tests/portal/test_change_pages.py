"""What changed, on pages: the lists of versions, and the changed rows, each under the reader's basis."""

import pytest
from django.urls import reverse

from audit.actor import service
from audit.models import Event
from catalog.actions.duties import make_owner_duty
from catalog.models import Basis, Column
from catalog.version_lines import count_dataset
from tests import world
from tests.browser import chromium, complaints, overflow
from tests.server import web_server

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = {
    "tree": ("integer", [1, 2, 3]),
    "species": ("text", ["Oak", "Ash", None]),
    "owner": ("text", ["An", "Bo", "Chi"]),
}
SECOND = {
    "tree": ("integer", [1, 2, 4]),
    "species": ("text", ["Oak", "Elm <b>", "Lime"]),
    "owner": ("text", ["Ann", "Bo", "Da"]),
    "height": ("integer", [7, None, 9]),
}


@pytest.fixture
def city():
    """Two versions of Trees, kept by Olga, open without their owners' names."""
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks, "Trees")
    people.older, people.newer = world.version(people.trees, FIRST), world.version(people.trees, SECOND)
    people.duty = make_owner_duty(people.trees, by=world.by(people.owner))
    world.basis("release", people.older, {"tree": None, "species": None})
    world.basis("release", people.newer, {"tree": None, "species": None, "height": None})
    Column.objects.filter(dataset=people.trees, name="tree").update(row_key=True)
    return people


def enter(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")


def read(client, name, *args, **query):
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_the_public_list_says_what_changed_in_what_is_open(client, city):
    assert "new columns: height" in read(client, "dataset-versions", city.trees.pk)
    count_dataset(city.trees, by=service("counts"))
    shown = read(client, "dataset-versions", city.trees.pk)
    assert "1 row added; 1 row removed; 1 row changed; new columns: height" in shown
    assert reverse("changes", args=[city.trees.pk, 2]) in shown and "The first one" in shown


def test_the_changed_rows_are_shown_cell_by_cell(client, city):
    shown = read(client, "changes", city.trees.pk, 2)
    assert '<del translate="no">Ash</del>' in shown and '<ins translate="no">Elm &lt;b&gt;</ins>' in shown
    assert "Rows are held together by tree." in shown
    assert "Bo" not in shown and "owner" not in shown.lower().replace("the owner", "")
    assert "No row changed in this way" not in read(client, "changes", city.trees.pk, 2, change="removed")
    assert "Elm" not in read(client, "changes", city.trees.pk, 2, change="removed")
    assert not Event.objects.filter(kind="disclosure.opened").exists()


def test_there_is_nothing_to_compare_with_for_the_first_and_the_unknown(client, city):
    for args, query in [
        ((1,), {}),
        ((9,), {}),
        ((2,), {"since": "7"}),
        ((2,), {"since": "x"}),
        ((2,), {"table": "no"}),
    ]:
        assert client.get(reverse("changes", args=[city.trees.pk, *args]), query).status_code == 404
    for user in (city.stranger, city.citizen):
        enter(client, user)
        address = reverse("changes", args=[city.trees.pk, 2])
        assert client.get(address, {"basis": str(city.duty.pk)}).status_code == 404


def test_the_steward_sees_the_changes_of_all_rows_and_the_reading_is_written_down(client, city):
    count_dataset(city.trees, by=service("counts"))
    enter(client, city.owner)
    desk = read(client, "dataset-desk", city.trees.pk)
    assert "1 row added; 1 row removed; 2 rows changed; new columns: height" in desk
    address = f"{reverse('changes', args=[city.trees.pk, 2])}?basis={city.duty.pk}"
    assert address in desk.replace("&amp;", "&")
    answer = client.get(address)
    assert '<ins translate="no">Ann</ins>' in answer.content.decode()
    assert answer["Cache-Control"].startswith("private, no-store")
    assert Event.objects.filter(kind="disclosure.opened").count() == 1


def test_it_goes_on_to_the_next_page_and_ends_with_a_release(client, city, monkeypatch):
    monkeypatch.setattr("portal.pages.changes.ROWS", 2)
    first = client.get(reverse("changes", args=[city.trees.pk, 2]))
    address = first.context["older"]
    assert "Lime" in first.content.decode() and "Removed</span>" not in first.content.decode()
    second = client.get(reverse("changes", args=[city.trees.pk, 2]) + address)
    assert second.context["older"] == "" and len(second.context["page"].rows) == 1
    assert client.get(reverse("changes", args=[city.trees.pk, 2]) + "?after=x").status_code == 200

    Basis.objects.filter(dataset=city.trees, version=city.older).update(state="withdrawn")
    assert client.get(reverse("changes", args=[city.trees.pk, 2])).status_code == 404


def test_it_speaks_chinese(client, city):
    count_dataset(city.trees, by=service("counts"))
    shown = client.get(reverse("changes", args=[city.trees.pk, 2]), headers={"Accept-Language": "zh-hans"})
    assert "变更内容" in shown.content.decode() and "What changed" not in shown.content.decode()
    listed = client.get(reverse("dataset-versions", args=[city.trees.pk]), headers={"Accept-Language": "zh-hans"})
    assert "新增 1 行" in listed.content.decode()


@pytest.mark.browser
@pytest.mark.slow
def test_it_reads_well_in_a_real_browser(city, own_log):
    count_dataset(city.trees, by=service("counts"))
    with web_server(workers=1, threads=4) as address, chromium() as browser:
        for width in (320, 1280):
            page = browser.new_page(viewport={"width": width, "height": 800})
            for path in (
                reverse("changes", args=[city.trees.pk, 2]),
                reverse("dataset-versions", args=[city.trees.pk]),
            ):
                page.goto(address + path)
                assert complaints(page) == [] and not overflow(page)
            page.close()
