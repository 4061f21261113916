"""Words that stand only in what is hidden are looked for at every public address of the search, on both engines."""

import json
import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Basis, Column, Extent, Link
from catalog.search import index_dataset, outbox
from catalog.search.refreshing import refresh_vocabulary
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]  # hundreds of requests
# Each names a place where it hides. No two share a beginning, and no other text has any of them.
SECRETS = {
    "title": "qaxwombat", "description": "qbxnumbat", "keyword": "qcxquokka", "column": "qdxbilby",
    "column title": "qexdunnart", "meaning": "qfxkowari", "value": "qgxpotoroo", "masked value": "qhxbettong",
    "place": "qixpademelon", "link": "qjxmulgara", "newer value": "qkxantechinus", "withheld": "qlxphascogale",
    "draft": "qmxplanigale", "withdrawn": "qnxcuscus", "chinese": "袋鼬袋狸",
}  # fmt: skip
SIGNS = [
    "{}", '"{}"', "title:{}", "column:{}", "keyword:{}", "place:{}", "description:{}", "theme:{}", "-trees {}",
    "trees OR {}", "trees {}", "{}s", "-{}",
]  # fmt: skip


@pytest.fixture
def city(engine):
    """An open dataset with something to find, and beside it, and inside of it, what nobody may find."""
    people = world.cast()
    trees = world.dataset(people.owner, people.parks, "Street trees", description_en="Trees that stand in a street")
    columns = {"species": ("text", ["oak"] * 3), SECRETS["column"]: ("text", ["x"] * 3), "keeper": ("text", ["y"] * 3)}
    version = world.version(trees, columns)
    hidden = Column.objects.filter(dataset=trees, name=SECRETS["column"])
    hidden.update(title_en=SECRETS["column title"], meaning_en=SECRETS["meaning"])
    release = world.basis("release", version, {"species": None, "keeper": "hash"})
    profile = [
        {"name": "species", "type": "text", "frequent": [["oak", 3]]},
        {"name": "keeper", "type": "text", "frequent": [[SECRETS["masked value"], 2]]},
        {"name": SECRETS["column"], "type": "text", "frequent": [[SECRETS["value"], 2]]},
    ]
    Extent.objects.create(basis=release, version=version, table="main", rows=3, profile=profile)
    world.version(trees, {"species": ("text", [SECRETS["newer value"]] * 3)})  # waits to be cleared

    closed = world.dataset(
        people.owner, people.parks, SECRETS["title"], title_zh=SECRETS["chinese"], theme="justice",
        description_en=SECRETS["description"], keywords_en=[SECRETS["keyword"]], place_en=SECRETS["place"],
    )  # fmt: skip
    Link.objects.create(dataset=closed, title_en=SECRETS["link"], url="https://example.org")
    withheld = world.dataset(
        people.owner, people.parks, SECRETS["withheld"], sharing_class="withheld", sharing_law="Act 1"
    )
    draft = world.dataset(people.owner, people.parks, SECRETS["draft"], state="draft")
    ended = world.dataset(people.owner, people.parks, SECRETS["withdrawn"])
    world.basis("release", world.version(ended, {"species": ("text", ["ash"])}), {"species": None})
    for dataset in (trees, closed, withheld, draft, ended):
        index_dataset(dataset)
    outbox.send()
    refresh_vocabulary()
    Basis.objects.filter(dataset=ended).update(state="withdrawn")  # and neither engine nor vocabulary was told
    return people


def answers(q: str):
    """What each public address of the search says to these words: the name of the address, and its text."""
    client = Client()
    for name, params in (
        ("datasets", {}),
        ("datasets", {"sort": "title"}),
        ("datasets-feed", {}),
        ("suggestions", {}),
        ("api-datasets", {}),
        ("api-suggest", {}),
        ("departments", {}),
    ):
        answer = client.get(reverse(name), {"q": q, **params})
        assert answer.status_code in (200, 400), (name, q)
        yield name, unescape(answer.content.decode())


def without_the_question(text: str, q: str) -> str:
    """The answer without the words that were typed, wherever it repeats them."""
    return re.sub(re.escape(q), "", text, flags=re.IGNORECASE)


def test_a_word_that_stands_only_in_what_is_hidden_finds_what_a_word_finds_that_stands_nowhere(city):
    client = Client()
    for number, (where, secret) in enumerate(SECRETS.items()):
        nowhere = "袋熊袋獾" if where == "chinese" else "qzxnowhere"
        sign, told = SIGNS[number % len(SIGNS)], []
        for word in (secret, nowhere):
            answer = client.get(reverse("api-datasets"), {"q": sign.format(word)})
            data = json.loads(answer.content)
            told.append(without_the_question(json.dumps(data, ensure_ascii=False), sign.format(word)))
        hidden, absent = (text.replace(secret, "WORD").replace(nowhere, "WORD") for text in told)
        assert hidden == absent, (where, sign)


def test_the_beginning_of_a_hidden_word_brings_the_rest_at_no_address(city):
    for secret in SECRETS.values():
        for name, text in answers(secret[:-2]):
            assert secret not in text.lower(), (name, secret)


def test_no_facet_total_or_list_counts_what_is_hidden(city):
    answer = json.loads(Client().get(reverse("api-datasets"), {"q": "species"}).content)
    everything = json.loads(Client().get(reverse("api-datasets")).content)
    for data in (answer, everything):
        assert data["total"] == 1
        counted = [option["count"] for options in data["facets"].values() for option in options]
        assert set(counted) == {1}
        assert not any(secret in json.dumps(data, ensure_ascii=False) for secret in SECRETS.values())
    for name, text in answers(""):
        assert not any(secret in text for secret in SECRETS.values()), name


def test_an_officer_finds_what_officers_may_and_nothing_that_a_law_withholds(city):
    client = Client()
    client.force_login(city.stranger)
    for where, count in {"title": 1, "column": 1, "value": 0, "masked value": 0, "withheld": 0, "draft": 0}.items():
        data = json.loads(client.get(reverse("api-datasets"), {"q": SECRETS[where]}).content)
        assert data["total"] == count, where
