"""What stands around the results: suggestions, wishes, what many look for in vain, and a search that one follows."""

from xml.etree import ElementTree

import pytest
from django.core.cache import cache

from catalog.models import Basis, Demand
from catalog.search import demand, index_dataset
from catalog.search.refreshing import refresh_vocabulary
from tests import world

pytestmark = pytest.mark.django_db(transaction=True)
ATOM = "{http://www.w3.org/2005/Atom}"
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def city():
    cache.clear()
    people = world.cast()
    people.datasets = [_opened(people, f"Street trees {n}") for n in range(3)]
    hidden = world.dataset(people.owner, people.parks, "Secret trees")
    index_dataset(hidden)
    return people


def _opened(people, title):
    made = world.dataset(people.owner, people.parks, title, description_en=f"All of *{title}* & more \x0b<b>.")
    world.basis("release", world.version(made, {"species": ("text", ["oak"])}), {"species": None})
    index_dataset(made)
    return made


def body(response) -> str:
    return response.content.decode()


def counted():
    return list(Demand.objects.order_by("words").values_list("words", "found", "missed", "asked"))


# Counting -------------------------------------------------------------------------------------------------------


def test_it_counts_whole_searches_by_words_alone(client, city):
    client.get("/datasets/?q=trees")
    client.get("/datasets/?q=Submarine")
    client.head("/datasets/?q=submarine")
    client.get("/datasets/?q=submarine&theme=health")
    client.get("/datasets/?q=subma", headers={"X-Typing": "yes"})
    client.get("/datasets/?q=13800138000")
    assert counted() == [("submarine", 0, 1, 0), ("trees", 1, 0, 0)]


def test_it_does_not_count_what_an_officer_finds(client, city):
    client.force_login(city.stranger, backend=BACKEND)
    client.get("/datasets/?q=secret")
    client.get("/datasets/?q=submarine")
    assert counted() == [("submarine", 0, 1, 0)]


# Nothing found --------------------------------------------------------------------------------------------------


def test_where_nothing_holds_all_words_it_says_so_and_counts_a_miss(client, city):
    page = client.get("/datasets/?q=street+submarine")
    assert page.context["found"].loosened and page.context["found"].total == 3
    assert "Nothing holds all of these words" in body(page) and "/datasets/wanted/?q=street+submarine" in body(page)
    assert counted() == [("street submarine", 0, 1, 0)]


def test_it_says_what_would_be_found_without_choices(client, city):
    assert client.get("/datasets/?q=street&theme=health").context["unnarrowed"] == 3
    assert client.get("/datasets/?q=secret&theme=health").context["unnarrowed"] == 0


def test_it_names_words_that_are_near_and_none_that_are_hidden(client, city):
    refresh_vocabulary()
    repaired = client.get("/datasets/?q=streat")
    assert repaired.context["found"].total == 3 and "?q=street" in body(repaired)
    assert [one["words"] for one in client.get("/datasets/?q=streat+submarine&theme=health").context["terms"]] == [
        "street"
    ]
    secret = "/datasets/?q=secrat+submarine&theme=health"
    assert client.get(secret).context["terms"] == []
    client.force_login(city.stranger, backend=BACKEND)
    assert [one["words"] for one in client.get(secret).context["terms"]] == ["secret"]


def test_it_leads_to_a_wish_with_the_words_filled_in(client, city):
    assert 'href="/datasets/wanted/?q=noise+map"' in body(client.get("/datasets/?q=noise+map"))
    assert 'value="noise map"' in body(client.get("/datasets/wanted/?q=noise%20map"))
    answer = client.post("/datasets/wanted/", {"words": "Noise map"}, follow=True)
    assert "Your wish was counted" in body(answer)
    assert ("noise map", 0, 2, 1) in counted()  # asked for once; searched before and after


def test_a_wish_names_no_person_and_no_robot_makes_one(client, city):
    for sent in ({"words": "110105194912310021"}, {"words": ""}, {"words": "noise", "trap": "x"}, {"words": "a" * 61}):
        assert client.post("/datasets/wanted/", sent).status_code == 200
    assert counted() == []


def test_wishes_are_bounded_for_one_address(client, city):
    for _time in range(20):
        client.post("/datasets/wanted/", {"words": "noise"})
    assert "Wait an hour" in body(client.post("/datasets/wanted/", {"words": "noise"}))


# For the authority ----------------------------------------------------------------------------------------------


def test_the_authority_reads_what_many_look_for(client, city, django_assert_max_num_queries):
    for _time in range(demand.LEAST):
        demand.count_search("noise map", found=False)
    demand.count_search("one person only", found=False)
    client.force_login(city.authority, backend=BACKEND)
    assert "What people look for" in body(client.get("/desk/"))
    page = body(client.get("/demand/"))
    assert "noise map" in page and "one person only" not in page


def test_what_is_wanted_comes_in_pages(client, city):
    for n in range(30):
        Demand.objects.create(day="2026-11-01", words=f"words {n:02}", missed=5)
    Demand.objects.update(day=demand.timezone.localdate())
    client.force_login(city.authority, backend=BACKEND)
    first = client.get("/demand/").context["page"]
    second = client.get(f"/demand/{first.older}").context["page"]
    assert [one.words for one in (*first.items, *second.items)] == [f"words {n:02}" for n in range(30)]


@pytest.mark.parametrize("who", ["stranger", "owner", "citizen", "reviewer"])
def test_others_do_not(client, city, who):
    client.force_login(getattr(city, who), backend=BACKEND)
    assert client.get("/demand/").status_code == 403


# Suggestions ----------------------------------------------------------------------------------------------------


def test_suggestions_work_as_a_page(client, city):
    page = client.get("/datasets/suggestions/?q=stre")
    assert [(label, sorted(one["text"] for one in options)) for label, options in page.context["groups"]] == [
        ("Datasets", [f"Street trees {n}" for n in range(3)])
    ]
    for _label, options in page.context["groups"]:
        assert all(client.get(one["url"]).status_code == 200 for one in options)
    assert "Secret" not in body(client.get("/datasets/suggestions/?q=secr"))
    assert client.get("/datasets/suggestions/").status_code == 200


# Following ------------------------------------------------------------------------------------------------------


def feed(client, query=""):
    answer = client.get(f"/datasets/feed/{query}")
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    root = ElementTree.fromstring(answer.content)
    assert_atom(root)
    return root


def assert_atom(root):
    """What RFC 4287 demands of a feed (4.1.1) and of its entries (4.1.2)."""
    assert root.tag == f"{ATOM}feed"
    for holder in (root, *root.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(holder.findall(f"{ATOM}{name}")) == 1, name
        assert holder.findtext(f"{ATOM}title").strip() and ":" in holder.findtext(f"{ATOM}id")
        assert demand.timezone.datetime.fromisoformat(holder.findtext(f"{ATOM}updated")).tzinfo
        alternates = [link for link in holder.findall(f"{ATOM}link") if link.get("rel", "alternate") == "alternate"]
        assert len(alternates) == 1 and alternates[0].get("href").startswith("http")
        assert all(len(author.findall(f"{ATOM}name")) == 1 for author in holder.findall(f"{ATOM}author"))
        assert len(holder.findall(f"{ATOM}summary")) <= 1
    assert root.findall(f"{ATOM}author")
    ids = [entry.findtext(f"{ATOM}id") for entry in root.findall(f"{ATOM}entry")]
    assert len(ids) == len(set(ids))
    assert [link.get("rel") for link in root.findall(f"{ATOM}link")].count("self") == 1


def titles(root):
    return [entry.findtext(f"{ATOM}title") for entry in root.findall(f"{ATOM}entry")]


def test_a_search_is_a_feed(client, city):
    assert titles(feed(client, "?q=street&theme=environment")) == [f"Street trees {n}" for n in (2, 1, 0)]
    assert titles(feed(client, "?q=secret")) == []
    assert titles(feed(client, "?q=%00%1b<%26>\ufffe")) == []
    first = feed(client, "?q=street").find(f"{ATOM}entry")
    assert first.findtext(f"{ATOM}id") == city.datasets[2].pk.urn
    assert 'type="application/atom+xml"' in body(client.get("/datasets/?q=street"))


def test_its_pages_follow_each_other(client, city, monkeypatch):
    monkeypatch.setattr("portal.pages.feed.ENTRIES", 2)
    first = feed(client, "?q=street")
    there = {link.get("rel"): link.get("href") for link in first.findall(f"{ATOM}link")}
    second = feed(client, "?" + there["next"].partition("?")[2])
    assert titles(first) + titles(second) == [f"Street trees {n}" for n in (2, 1, 0)]
    assert "next" not in {link.get("rel") for link in second.findall(f"{ATOM}link")}


def test_whoever_has_it_gets_no_copy_until_something_changes(client, city):
    address = "/datasets/feed/?q=street"
    etag = client.get(address)["ETag"]
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
    Basis.objects.filter(dataset=city.datasets[1]).update(state="withdrawn")
    answer = client.get(address, headers={"If-None-Match": etag})
    assert titles(ElementTree.fromstring(answer.content)) == ["Street trees 2", "Street trees 0"]
    nothing = "/datasets/feed/?q=submarine"
    assert client.get(nothing)["ETag"] == client.get(nothing)["ETag"]


@pytest.mark.parametrize("wrong", ["?from=soon", "?after=nonsense", "?from=2024&to=2020"])
def test_what_is_no_search_is_said_plainly(client, city, wrong):
    answer = client.get(f"/datasets/feed/{wrong}")
    assert answer.status_code == 400 and answer.content.endswith(b".")


def test_an_officers_feed_is_theirs_alone(client, city):
    client.force_login(city.stranger, backend=BACKEND)
    answer = client.get("/datasets/feed/?q=secret")
    assert titles(ElementTree.fromstring(answer.content)) == ["Secret trees"]
    assert "private" in answer["Cache-Control"]
