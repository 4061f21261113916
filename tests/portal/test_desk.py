"""The desk: each sees what waits for them, and the pages of a dataset are for those who keep it."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.actions import columns, datasets, links
from catalog.actions.messages import send_message
from catalog.models import Column, Dataset, DatasetChange, Job, Link, Message
from portal.pages.dataset import MESSAGES_AN_HOUR
from tests import world
from tests.world import by

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
FIELDS = {
    "title_en": "Street trees",
    "title_zh": "行道树",
    "theme": "environment",
    "language": "en",
    "frequency": "annual",
    "licence": "cc-by-4.0",
    "sharing_class": "conditional",
    "opening_class": "open",
    "keywords_en": "oak, lime; ash",
    "keywords_zh": "橡树，椴树、白蜡",
}


@pytest.fixture
def people():
    return world.cast()


@pytest.fixture
def trees(people):
    trees = world.dataset(people.owner, people.parks, contact_email="trees@parks.example")
    world.version(trees, {"height": ("integer", [1]), "species": ("text", ["oak"])})
    return trees


def enter(client, person):
    client.force_login(person, BACKEND)
    return client


def read(client, name, *args):
    return client.get(reverse(name, args=args)).content.decode()


def test_everybody_has_a_desk_that_says_what_to_do_first(client, people):
    expected = {
        "owner": "Begin by describing the first one",
        "approver": "A steward of your department creates them",
        "requester": "Nothing was lent to your department yet",
        "reviewer": "Nothing waits for review",
        "administrator": "People and roles",
        "citizen": "Nothing waits for you",
        "auditor": "What I can do",
    }
    for who, words in expected.items():
        assert words in read(enter(client, getattr(people, who)), "desk"), who


def test_the_desk_shows_what_waits_and_to_nobody_else(client, people, trees):
    Job.objects.create(
        dataset=trees,
        source_name="trees-2026.csv",
        source_path="x",
        source_sha256="0" * 64,
        source_bytes=1,
        created_by=people.owner,
    )
    world.basis("release", trees.current, {"height": None})
    send_message(trees, {"topic": "error", "text": "The oak is gone."}, by=by(None))
    grant = world.basis(
        "grant",
        trees.current,
        {"height": None},
        to=people.health,
        purpose="Shade for patients",
        valid_until=timezone.now() + timedelta(days=9),
    )
    for who in ("owner", "approver"):
        desk = read(enter(client, getattr(people, who)), "desk")
        for words in ("Trees", "trees-2026.csv", "The oak is gone.", grant.purpose):
            assert words in desk, (who, words)
    received = read(enter(client, people.requester), "desk")
    assert grant.purpose in received and "The oak is gone." not in received
    stranger = read(enter(client, people.stranger), "desk")
    for words in ("trees-2026.csv", "The oak is gone.", grant.purpose):
        assert words not in stranger


def test_the_desk_asks_the_database_as_often_for_many_as_for_few(client, people, trees):
    enter(client, people.owner)
    client.get(reverse("desk"))
    counts = []
    for number in range(3):
        with CaptureQueriesContext(connection) as desk:
            client.get(reverse("desk"))
        with CaptureQueriesContext(connection) as one:
            client.get(reverse("dataset-desk", args=[trees.pk]))
        counts.append((len(desk), len(one)))
        more = world.dataset(people.owner, people.parks, f"More {number}")
        version = world.version(more, {"a": ("integer", [1])})
        world.version(trees, {"height": ("integer", [number])})
        for over in (version, trees.current):
            world.basis("grant", over, {"a": None}, to=people.health, valid_until=timezone.now() + timedelta(days=9))
        world.basis("release", trees.current, {"height": None})
        send_message(trees, {"topic": "error", "text": "Gone."}, by=by(None))
    assert counts[1] == counts[2]


@pytest.mark.parametrize("who", ["stranger", "requester", "reviewer", "administrator", "citizen"])
def test_the_pages_of_a_dataset_are_not_there_for_others(client, people, trees, who):
    enter(client, getattr(people, who))
    link = Link.objects.create(dataset=trees, title_en="Map", url="https://maps.example")
    message = Message.objects.create(dataset=trees, topic="error", text="Gone.")
    addresses = [
        ("dataset-desk", trees.pk),
        ("dataset-edit", trees.pk),
        ("dataset-activate", trees.pk),
        ("dataset-retire", trees.pk),
        ("dataset-restore", trees.pk),
        ("dictionary", trees.pk),
        ("links", trees.pk),
        ("dataset-history", trees.pk),
        ("message", message.pk),
    ]
    for name, *args in addresses:
        assert client.get(reverse(name, args=args)).status_code == 404, name
        assert client.post(reverse(name, args=args), {"reason": "x"}).status_code in {404, 405}, name
    assert client.post(reverse("link-remove", args=[trees.pk, link.pk])).status_code == 404
    assert "Gone." not in read(client, "messages")
    trees.refresh_from_db()
    assert trees.state == "active" and trees.links.exists()


def test_an_approver_looks_but_does_not_change(client, people, trees):
    enter(client, people.approver)
    shown = read(client, "dataset-desk", trees.pk)
    assert reverse("dataset-edit", args=[trees.pk]) not in shown
    assert reverse("grant-new", args=[trees.pk]) in shown
    assert client.get(reverse("dataset-edit", args=[trees.pk])).status_code == 403
    assert client.post(reverse("dataset-retire", args=[trees.pk]), {"reason": "x"}).status_code == 403


def test_a_steward_makes_a_dataset_and_puts_it_into_the_catalogue(client, people):
    enter(client, people.owner)
    answer = client.post(reverse("dataset-new"), FIELDS | {"department": people.parks.pk})
    made = Dataset.objects.get()
    assert answer.url == reverse("dataset-desk", args=[made.pk])
    assert (made.keywords_en, made.keywords_zh) == (["oak", "lime", "ash"], ["橡树", "椴树", "白蜡"])
    assert "What to do next" in read(client, "dataset-desk", made.pk)
    client.post(reverse("dataset-activate", args=[made.pk]))
    made.refresh_from_db()
    assert made.state == "active"


def test_a_steward_makes_none_for_another_department(client, people):
    enter(client, people.owner)
    answer = client.post(reverse("dataset-new"), FIELDS | {"department": people.health.pk})
    assert answer.status_code == 200
    assert not Dataset.objects.exists()
    assert enter(client, people.stranger).get(reverse("dataset-new")).status_code == 403


def test_it_shows_a_refusal_beside_its_field(client, people):
    enter(client, people.owner)
    wrong = FIELDS | {"department": people.parks.pk, "title_en": "", "title_zh": "", "sharing_class": "withheld"}
    shown = client.post(reverse("dataset-new"), wrong).content.decode()
    assert 'href="#id_title_en"' in shown and "Give it a title" in shown
    assert 'href="#id_sharing_law"' in shown
    assert not Dataset.objects.exists()


def test_a_change_is_shown_with_before_and_after(client, people, trees):
    enter(client, people.owner)
    client.post(reverse("dataset-edit", args=[trees.pk]), FIELDS)
    change = DatasetChange.objects.get()
    assert change.before["title_en"] == "Trees" and "theme" not in change.after
    column = Column.objects.get(dataset=trees, name="height")
    columns.change_column(column, {"unit": "m", "sensitivity": "personal"}, by=by(people.owner))
    links.add_link(trees, {"title_en": "Map", "url": "https://maps.example/"}, by=by(people.owner))
    shown = read(client, "dataset-history", trees.pk)
    for words in ("<del>Trees</del>", "<ins>Street trees</ins>", "Olga", "Column main.height", "Link added: Map"):
        assert words in shown, words
    assert "<ins>Personal</ins>" in shown


def test_the_dictionary_saves_a_page_of_columns_or_none(client, people, trees):
    enter(client, people.owner)
    height, species = Column.objects.filter(dataset=trees).order_by("position")
    same = {"sensitivity": "public", "identity_role": "none"}
    words = {}
    for column, changes in ((height, {"unit": "m"}), (species, {"title_zh": "树种"})):
        words |= {f"column-{column.pk}-{name}": text for name, text in (same | changes).items()}
    answer = client.post(reverse("dictionary", args=[trees.pk]), words)
    assert answer.url == reverse("dataset-desk", args=[trees.pk])
    height.refresh_from_db()
    species.refresh_from_db()
    assert (height.unit, species.title_zh) == ("m", "树种")
    assert DatasetChange.objects.count() == 2

    words |= {f"column-{height.pk}-unit": "ft", f"column-{species.pk}-sensitivity": "secret"}
    shown = client.post(reverse("dictionary", args=[trees.pk]), words).content.decode()
    assert "There is a problem" in shown and f'href="#id_column-{species.pk}-sensitivity"' in shown
    height.refresh_from_db()
    assert height.unit == "m"


def test_the_steward_names_the_row_key_in_the_dictionary(client, people, trees):
    enter(client, people.owner)
    height, species = Column.objects.filter(dataset=trees).order_by("position")
    same = {"sensitivity": "public", "identity_role": "none"}
    words = {f"column-{column.pk}-{name}": text for column in (height, species) for name, text in same.items()}
    client.post(reverse("dictionary", args=[trees.pk]), {**words, f"column-{species.pk}-row_key": "on"})
    species.refresh_from_db()
    assert species.row_key
    assert "Part of the row key" in read(client, "dataset-history", trees.pk)
    assert "checked" in read(client, "dictionary", trees.pk)

    enter(client, people.stranger)
    assert client.post(reverse("dictionary", args=[trees.pk]), words).status_code in {403, 404}
    species.refresh_from_db()
    assert species.row_key


def test_a_wide_dictionary_comes_in_pages(client, people, trees):
    enter(client, people.owner)
    Column.objects.bulk_create(
        Column(dataset=trees, table="main", name=f"c{number:03}", position=number + 10) for number in range(60)
    )
    first = client.get(reverse("dictionary", args=[trees.pk]))
    assert b"c047" in first.content and b"c048" not in first.content
    same = {"sensitivity": "internal", "identity_role": "none"}
    shown = Column.objects.filter(dataset=trees).order_by("table", "position", "id")[:50]
    words = {f"column-{column.pk}-{name}": text for column in shown for name, text in same.items()}
    answer = client.post(reverse("dictionary", args=[trees.pk]), words)
    second = client.get(answer.url)
    assert b"c048" in second.content and b"c047" not in second.content


def test_it_adds_and_removes_links(client, people, trees):
    enter(client, people.owner)
    wrong = client.post(reverse("links", args=[trees.pk]), {"title_en": "Map", "url": "javascript:alert(1)"})
    assert wrong.status_code == 200
    client.post(reverse("links", args=[trees.pk]), {"title_en": "Map", "url": "https://maps.example/trees"})
    link = Link.objects.get()
    other = world.dataset(people.owner, people.parks, "Benches")
    assert client.post(reverse("link-remove", args=[other.pk, link.pk])).status_code == 404
    client.post(reverse("link-remove", args=[trees.pk, link.pk]))
    assert not Link.objects.exists()


def test_it_retires_with_a_reason_and_restores(client, people, trees):
    enter(client, people.owner)
    grant = world.basis("grant", trees.current, {"height": None}, to=people.health)
    client.post(reverse("dataset-retire", args=[trees.pk]), {"reason": "Replaced by the register"})
    trees.refresh_from_db()
    grant.refresh_from_db()
    assert (trees.state, grant.state) == ("retired", "suspended")
    assert "Retired on" in read(client, "dataset-desk", trees.pk)
    assert "Restore it first" in client.post(reverse("dataset-edit", args=[trees.pk]), FIELDS).content.decode()
    client.post(reverse("dataset-restore", args=[trees.pk]))
    trees.refresh_from_db()
    assert trees.state == "active"


def test_a_message_waits_until_a_steward_answers_it(client, people, trees):
    message = Message.objects.create(dataset=trees, topic="question", text="How tall?", email="r@mail.example")
    enter(client, people.approver)
    assert "A steward of the department answers" in read(client, "message", message.pk)
    assert client.post(reverse("message", args=[message.pk]), {"answer": "9 m"}).status_code == 403
    enter(client, people.owner)
    assert "How tall?" in read(client, "messages")
    assert client.post(reverse("message", args=[message.pk]), {"answer": ""}).status_code == 200
    client.post(reverse("message", args=[message.pk]), {"answer": "9 m"})
    assert "How tall?" not in read(client, "messages")
    assert "How tall?" in client.get(reverse("messages"), {"answered": "1"}).content.decode()


def test_a_moved_steward_finds_nothing_of_the_old_desk(client, people, trees):
    from catalog.actions.memberships import move_person

    enter(client, people.owner)
    assert client.get(reverse("dataset-desk", args=[trees.pk])).status_code == 200
    move_person(people.owner, people.schools, "steward", by=by(people.administrator), reason="new post")
    assert client.get(reverse("dataset-desk", args=[trees.pk])).status_code == 404
    assert "Trees" not in read(client, "desk")


def test_the_list_of_datasets_is_filtered_by_state(client, people, trees):
    enter(client, people.owner)
    datasets.create_dataset(people.parks, {k: v for k, v in FIELDS.items() if "keywords" not in k}, by=by(people.owner))
    drafts = client.get(reverse("desk-datasets"), {"state": "draft"}).content.decode()
    assert "Street trees" in drafts and ">Trees<" not in drafts


def test_a_reader_writes_a_few_times_an_hour_and_robots_never(client, people, trees):
    cache.clear()
    world.basis("release", trees.current, {"height": None})
    address = reverse("contact", args=[trees.pk])
    words = {"topic": "error", "text": "The oak is gone.", "email": ""}
    assert "catch robots" in client.post(address, words | {"trap": "buy"}).content.decode()
    assert client.get(reverse("contact", args=[world.dataset(people.owner, people.parks).pk])).status_code == 404
    answers = [client.post(address, words).status_code for _time in range(MESSAGES_AN_HOUR + 1)]
    assert answers == [302] * MESSAGES_AN_HOUR + [200]
    assert Message.objects.count() == MESSAGES_AN_HOUR
