"""Destruction by law on pages: asked for with what it takes, decided by another person, and a tombstone for readers."""

import pytest
from django.test import Client
from django.urls import reverse

from audit.actor import service
from catalog.actions.destruction import carry_out
from catalog.actions.duties import make_owner_duty
from catalog.actions.purges import ask_purge, decide_purge
from catalog.models import Purge, Table, Version
from catalog.purges import progress_of
from sharing.models import Grant
from tests import world
from tests.api import caller
from tests.browser import chromium, complaints, overflow
from tests.loads import empty_store

pytestmark = pytest.mark.django_db(transaction=True)
ORDER = {"law": "Privacy Act", "article": "article 17", "reason": "The court ordered it."}
ROWS = {"id": ("integer", [1]), "kind": ("text", ["Oak"])}


@pytest.fixture
def city():
    """Trees in three versions, of which the last two share a file."""
    empty_store()
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks)
    make_owner_duty(people.trees, by=world.by(people.owner))
    people.versions = [world.version(people.trees, ROWS) for _number in range(3)]
    path = people.versions[1].tables.get().path
    Table.objects.filter(version=people.versions[2]).update(part_paths=[path])
    return people


def browser(user, language: str = "en") -> Client:
    client = Client(headers={"Accept-Language": language})
    client.force_login(user)
    return client


def ask(city, *numbers) -> Purge:
    return ask_purge(city.trees, numbers=numbers, by=world.by(city.owner), **ORDER)


def gone(city, *numbers) -> Purge:
    purge = decide_purge(ask(city, *numbers), by=world.by(city.approver))
    carry_out(purge, by=service("destruction"))
    return Purge.objects.get(pk=purge.pk)


def test_one_asks_and_another_decides_without_any_script(city):
    first, second = browser(city.owner), browser(city.approver)
    keeping = first.get(reverse("dataset-keeping", args=[city.trees.pk])).content.decode()
    new = reverse("purge-new", args=[city.trees.pk])
    assert new in keeping
    assert first.post(new, {**ORDER, "numbers": "1"}).status_code == 302
    purge = Purge.objects.get()
    address = reverse("purge", args=[purge.pk])
    assert "It waits for a second person" in first.get(address).content.decode()
    assert address in second.get(reverse("desk")).content.decode()
    assert address not in first.get(reverse("desk")).content.decode()

    decide = reverse("purge-decide", args=[purge.pk])
    assert first.get(decide).status_code == 403
    assert "Read the order itself first" in second.post(decide, {"read": ""}).content.decode()
    assert second.post(decide, {"read": "on"}).status_code == 302
    carry_out(Purge.objects.get(), by=service("destruction"))
    shown = first.get(address).content.decode()
    assert "Carried out" in shown and city.approver.name in shown and "1 file is gone" in shown
    assert "Destroyed by law" in first.get(reverse("dataset-desk", args=[city.trees.pk])).content.decode()


def test_the_authority_finds_the_form_on_the_page_of_the_dataset(city):
    page, new = reverse("dataset", args=[city.trees.pk]), reverse("purge-new", args=[city.trees.pk])
    assert new in browser(city.authority).get(page).content.decode()
    world.basis("release", city.versions[0], {"kind": None})
    for somebody in (city.stranger, city.requester, city.citizen):
        assert new not in browser(somebody).get(page).content.decode()


def test_page_and_api_count_its_files_alike(city):
    purge = gone(city, 2)
    told = caller(city.owner, "read").get(f"/api/v1/datasets/{city.trees.pk}/purges/{purge.pk}").json()["files"]
    assert told == vars(progress_of(purge)) == {"gone": told["gone"], "left": 0, "kept": 1}
    page = browser(city.owner).get(reverse("purge", args=[purge.pk])).content.decode()
    assert f"{told['gone']} file" in page and "1 file stays" in page


def test_it_says_who_shares_the_files_before_and_offers_to_name_them(city):
    first = browser(city.owner)
    new = reverse("purge-new", args=[city.trees.pk])
    shown = first.post(new, {**ORDER, "numbers": "2"})
    assert shown.status_code == 200 and not Purge.objects.exists()
    assert "Version 3: 1 file" in shown.content.decode()
    assert first.post(new, {**ORDER, "numbers": "2", "shared": "add"}).status_code == 302
    assert Purge.objects.get().numbers == [2, 3]


def test_asked_without_them_the_second_person_reads_it_too(city):
    browser(city.owner).post(reverse("purge-new", args=[city.trees.pk]), {**ORDER, "numbers": "2", "shared": "leave"})
    purge = Purge.objects.get()
    for name in ("purge", "purge-decide"):
        assert "Version 3: 1 file" in browser(city.approver).get(reverse(name, args=[purge.pk])).content.decode()
    browser(city.approver).post(reverse("purge-decide", args=[purge.pk]), {"read": "on"})
    carry_out(Purge.objects.get(), by=service("destruction"))
    assert "stays for version 3" in browser(city.owner).get(reverse("purge", args=[purge.pk])).content.decode()


@pytest.mark.parametrize(("text", "numbers"), [("all", [1, 2, 3]), ("1 - 2", [1, 2]), ("1, 3", [1, 3]),
                                               ("2-99, 1", [1, 2, 3]), ("全部", [1, 2, 3])])  # fmt: skip
def test_versions_are_named_as_people_write_them(city, text, numbers):
    sent = {**ORDER, "numbers": text, "shared": "leave"}
    assert browser(city.owner).post(reverse("purge-new", args=[city.trees.pk]), sent).status_code == 302
    assert Purge.objects.get().numbers == numbers


@pytest.mark.parametrize("text", ["", "some", "1-", "-1", "9", "1-9999999"])
def test_what_is_no_version_is_refused_with_a_sentence(city, text):
    shown = browser(city.owner).post(reverse("purge-new", args=[city.trees.pk]), {**ORDER, "numbers": text})
    assert shown.status_code == 200 and 'aria-invalid="true"' in shown.content.decode()
    assert not Purge.objects.exists()


def test_it_is_refused_and_withdrawn_with_a_reason(city):
    purge = ask(city, 1)
    second, first = browser(city.approver), browser(city.owner)
    assert second.post(reverse("purge-refuse", args=[purge.pk]), {"reason": "Another case."}).status_code == 302
    assert "Another case." in first.get(reverse("purge", args=[purge.pk])).content.decode()
    purge = ask(city, 1)
    assert first.post(reverse("purge-withdraw", args=[purge.pk]), {"reason": "A mistake."}).status_code == 302
    assert "No longer" not in first.get(reverse("purges")).content.decode()
    assert not Version.objects.filter(state="purged").exists()


def test_the_current_version_goes_and_the_decision_says_what_follows(city):
    purge = ask(city, 3)
    second, decide = browser(city.approver), reverse("purge-decide", args=[purge.pk])
    assert "keep_current" in second.get(decide).content.decode()
    second.post(decide, {"read": "on", "keep_current": "on"})
    city.trees.refresh_from_db()
    assert city.trees.current.number == 2


def test_readers_meet_a_tombstone_without_names_at_every_page_of_it(city):
    release = world.basis("release", city.versions[0], {"kind": None})
    other = world.basis("release", city.versions[1], {"kind": None})
    gone(city, 1)
    page = reverse("dataset", args=[city.trees.pk])
    for address in (f"{page}?version=1", reverse("changes", args=[city.trees.pk, 1]),
                    reverse("changes", args=[city.trees.pk, 2]) + "?since=1"):  # fmt: skip
        answer = Client().get(address)
        text = answer.content.decode()
        assert answer.status_code == 410 and "Privacy Act" in text, address
        assert city.owner.name not in text and city.approver.name not in text and ORDER["reason"] not in text
    assert Client().get(page).status_code == 200
    listed = Client().get(reverse("dataset-versions", args=[city.trees.pk])).content.decode()
    assert "Version 1 was destroyed on" in listed and release.pk != other.pk


def test_a_dataset_of_which_nothing_is_open_any_more_says_by_what_law(city):
    world.basis("release", city.versions[0], {"kind": None})
    gone(city, 1)
    answer = Client().get(reverse("dataset", args=[city.trees.pk]))
    assert answer.status_code == 410 and "Privacy Act, article 17" in answer.content.decode()


def test_a_hidden_dataset_stays_hidden(city):
    gone(city, 1)
    assert Client().get(reverse("dataset", args=[city.trees.pk]) + "?version=1").status_code == 404
    purge = Purge.objects.get()
    for name in ("purge", "purge-decide", "purge-withdraw"):
        assert browser(city.stranger).get(reverse(name, args=[purge.pk])).status_code == 404


def test_a_grant_over_it_says_why_there_are_no_rows(city):
    grant = world.basis("grant", city.versions[0], {"kind": None}, to=city.health, version=city.versions[0])
    Grant.objects.create(basis=grant)
    gone(city, 1)
    shown = browser(city.requester).get(reverse("grant", args=[grant.pk]))
    assert shown.status_code == 200 and "was destroyed on" in shown.content.decode()
    assert browser(city.requester).get(reverse("grant-csv", args=[grant.pk])).status_code == 410


def test_it_is_said_in_chinese(city):
    purge = gone(city, 1)
    shown = browser(city.owner, "zh-hans").get(reverse("purge", args=[purge.pk]))
    assert "依法销毁" in shown.content.decode()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize(("width", "locale"), [(320, "en-GB"), (1280, "zh-CN")])
def test_its_pages_have_no_barrier(live_server, city, monkeypatch, width, locale):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the driver of the browser runs a loop in this thread
    done, waiting = gone(city, 1), ask(city, 2)
    duty = city.trees.bases.get()
    tombstone = reverse("dataset", args=[city.trees.pk]) + f"?basis={duty.pk}&version=1"
    new = reverse("purge-new", args=[city.trees.pk])
    of_waiting = [reverse(name, args=[waiting.pk]) for name in ("purge", "purge-decide", "purge-refuse")]
    pages = {
        city.owner: [new, reverse("purges"), reverse("purge", args=[done.pk]), tombstone],
        city.approver: [*of_waiting, reverse("desk"), reverse("purge-withdraw", args=[waiting.pk])],
    }
    faults = []
    with chromium() as driven:
        for person, paths in pages.items():
            context = driven.new_context(viewport={"width": width, "height": 900}, locale=locale)
            session = browser(person).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            page = context.new_page()
            for path in paths:
                assert page.goto(live_server.url + path).status == (410 if path == tombstone else 200)
                faults += [f"{path}: {fault}" for fault in complaints(page)]
                faults += [f"{path}: {overflow(page)} px too wide"] if overflow(page) > 0 else []
                if path == new:
                    page.locator("main form button").first.click()
                    faults += [f"{path} with errors: {fault}" for fault in complaints(page)]
    assert faults == []
