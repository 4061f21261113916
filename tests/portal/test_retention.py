"""The page of what is kept and held: the authority sets and erases, the auditor holds, nobody else finds it."""

import pytest
from django.urls import reverse

from audit.erasure import open_holds, retention
from audit.models import Event, EventDetail
from portal.retention.actions import place_hold
from tests import world
from tests.browser import chromium, complaints, overflow

pytestmark = pytest.mark.django_db
NARROW, WIDE = 320, 1280
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def people():
    return world.cast()


def as_(client, user):
    client.force_login(user, backend=BACKEND)
    return client


def read(answer) -> str:
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_the_authority_sets_how_long_details_are_kept(client, people):
    as_(client, people.authority)
    assert "For ever" in read(client.get(reverse("retention")))

    said = client.post(reverse("retention-set"), {"months": "5", "reason": "The archive law."})
    assert "from 6 to 1200 months" in read(said)
    client.post(reverse("retention-set"), {"months": "24", "reason": "The archive law."})

    assert retention().months == 24
    shown = read(client.get(reverse("retention")))
    assert "For 24 months" in shown and "The archive law." in shown


@pytest.mark.parametrize("kind", ["dataset", "department", "account", "basis"])
def test_the_auditor_finds_what_to_hold_by_what_it_is_called_and_lifts_it(client, people, kind):
    trees = world.dataset(people.owner, people.parks)
    grant = world.basis("grant", world.version(trees, {"a": ("integer", [1])}), {"a": None}, to=people.health)
    which = {"dataset": trees.pk, "department": "Health", "account": "Rita@causeway.example", "basis": grant.pk}[kind]
    as_(client, people.auditor)

    assert client.post(reverse("hold-new"), {"kind": kind, "which": which, "reason": "A case."}).status_code == 302

    hold = open_holds().get()
    about = {"dataset": trees, "department": people.health, "account": people.requester, "basis": grant}[kind]
    assert (hold.kind, hold.about) == (kind, about.pk)
    shown = read(client.get(reverse("retention")))
    assert str(about) in shown and "Hugo" in shown
    assert str(about) in read(client.get(reverse("hold-lift", args=[hold.pk])))
    client.post(reverse("hold-lift", args=[hold.pk]), {"reason": "It is over."})
    assert not open_holds().exists()
    assert client.get(reverse("hold-lift", args=[hold.pk])).status_code == 404


def test_it_says_that_nothing_was_found(client, people):
    answer = as_(client, people.auditor).post(
        reverse("hold-new"), {"kind": "account", "which": "who@nowhere.example", "reason": "A case."}
    )
    assert "Nothing was found" in read(answer)


def test_the_authority_erases_one_persons_details_and_reads_how_many(client, people):
    as_(client, people.authority)
    form = {"email": people.requester.email, "article": "PIPL article 47", "reason": "They asked."}

    answer = client.post(reverse("details-erase"), form, follow=True)

    assert "Erased in 1 event." in read(answer)
    assert people.requester.name not in str(list(EventDetail.objects.values_list("values", flat=True)))
    assert "keep nothing of this person" in read(client.post(reverse("details-erase"), form))
    form["email"] = "nobody@causeway.example"
    assert "No account has this address" in read(client.post(reverse("details-erase"), form))


def test_it_is_not_there_for_anybody_else(client, people):
    hold = place_hold(people.health, by=world.by(people.auditor), reason="A case.")
    for name in ("stranger", "owner", "approver", "reviewer", "administrator", "citizen"):
        as_(client, getattr(people, name))
        for address in ("retention", "retention-set", "details-erase", "hold-new"):
            assert client.get(reverse(address)).status_code == 404
        assert client.post(reverse("hold-lift", args=[hold.pk]), {"reason": "x"}).status_code == 404
    as_(client, people.authority)
    assert client.post(reverse("hold-lift", args=[hold.pk]), {"reason": "x"}).status_code == 403
    as_(client, people.auditor)
    assert client.post(reverse("retention-set"), {"months": "6", "reason": "x"}).status_code == 403
    assert not Event.objects.filter(kind__in=["hold.lifted", "retention.set"]).exists()


def test_it_asks_as_many_questions_for_many_holds_as_for_one(client, people, django_assert_max_num_queries):
    as_(client, people.auditor)
    place_hold(people.health, by=world.by(people.auditor), reason="A case.")
    with django_assert_max_num_queries(40) as few:
        client.get(reverse("retention"))
    for place in (people.parks, people.schools, people.city):
        place_hold(place, by=world.by(people.auditor), reason="A case.")
    with django_assert_max_num_queries(len(few)):
        client.get(reverse("retention"))


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "locale"), [(NARROW, "en-GB"), (WIDE, "zh-CN")])
def test_its_pages_have_no_barrier(live_server, client, people, monkeypatch, width, locale):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the driver of the browser runs a loop in this thread
    hold = place_hold(people.health, by=world.by(people.auditor), reason="A case before the court.")
    pages = {
        people.auditor: ["retention", "hold-new", ("hold-lift", hold.pk)],
        people.authority: ["retention", "retention-set", "details-erase"],
    }
    faults = []
    with chromium() as browser:
        for person, names in pages.items():
            context = browser.new_context(viewport={"width": width, "height": 900}, locale=locale)
            session = as_(client, person).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            page = context.new_page()
            for name in names:
                path = reverse(name[0], args=name[1:]) if isinstance(name, tuple) else reverse(name)
                assert page.goto(live_server.url + path).status == 200
                faults += [f"{path}: {fault}" for fault in complaints(page)]
                faults += [f"{path}: {overflow(page)} px too wide"] if overflow(page) > 0 else []
                if name != "retention":
                    page.locator("main form button:not([formaction])").last.click()
                    faults += [f"{path} with errors: {fault}" for fault in complaints(page)]
    assert faults == []
