"""What everybody sees: true numbers, what is open and nothing more, the same nothing for hidden and missing."""

import shutil
import subprocess
import sys
import uuid
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from audit.actor import PUBLIC
from audit.models import Event
from catalog.api.problem_types import PROBLEM_TYPES
from catalog.extents import extent
from catalog.models import Basis, Column, Dataset, Distribution, Extent, Message
from catalog.search import index_dataset
from opendata.models import Usage
from tests import world

# Rows leave under a watch that has its own connection: what the tests make must be committed.
pytestmark = pytest.mark.django_db(transaction=True)
COLUMNS = {
    "species": ("text", ["Ginkgo", "Plane", None]),
    "height": ("float", [1.25, 20.0, 3.5]),
    "gardener": ("text", ["CANARY One", "CANARY Two", "CANARY Three"]),
}


@pytest.fixture
def cast(transactional_db):
    cache.clear()
    return world.cast()


@pytest.fixture
def trees(cast):
    """An open dataset of Parks; its third column is not let out."""
    return opened(cast, "Trees of the city", title_zh="城市树木", keywords_en=["trees"])


def opened(cast, title: str, *, columns=("species", "height"), department=None, **fields) -> Dataset:
    made = world.dataset(cast.owner, department or cast.parks, title, description_en=f"All about {title}.", **fields)
    release(made, columns)
    return made


def release(dataset: Dataset, columns=("species", "height")) -> Basis:
    version = world.version(dataset, COLUMNS)
    basis = world.basis("release", version, dict.fromkeys(columns))
    extent(version, basis, "main", by=PUBLIC)
    Distribution.objects.create(
        basis=basis, version=version, table="main", format="csv", path="x", name=f"{version.number}.csv", bytes=1234567,
        rows=3, sha256="9f86d081" * 8,
    )  # fmt: skip
    index_dataset(dataset)
    return basis


def address(dataset: Dataset, **query) -> str:
    return reverse("dataset", args=[dataset.pk]) + (f"?{urlencode(query)}" if query else "")


def body(response) -> str:
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def run(command: list[str]) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def queries_of(client, path, django_assert_max_num_queries) -> int:
    with django_assert_max_num_queries(60) as counted:
        client.get(path)
    return len(counted)


# Home -----------------------------------------------------------------------------------------------------------


def test_it_shows_numbers_that_are_true(client, cast, trees):
    opened(cast, "Pools", department=cast.health)
    release(trees)
    Usage.objects.create(dataset=trees, day=timezone.localdate(), what="download", times=41)
    Usage.objects.create(dataset=trees, day=timezone.localdate() - timedelta(days=60), what="download", times=900)

    shown = {stat["label"]: stat["value"] for stat in client.get("/").context["stats"]}

    assert shown == {
        "open datasets": "2",
        "rows to read": "6",
        "departments that share": "2",
        "files to download": "2",
        "downloads in thirty days": "41",
    }


def test_it_greets_an_empty_city(client, cast):
    assert "Nothing is open yet" in body(client.get("/"))


def test_it_asks_as_many_questions_for_one_dataset_as_for_many(client, cast, trees, django_assert_max_num_queries):
    paths = ["/", "/datasets/", "/departments/", "/departments/parks/", "/themes/", "/themes/environment/"]
    few = [queries_of(client, path, django_assert_max_num_queries) for path in paths]
    for number in range(8):
        opened(cast, f"Trees {number}")

    assert [queries_of(client, path, django_assert_max_num_queries) for path in paths] == few


# Search ---------------------------------------------------------------------------------------------------------


def test_it_finds_and_marks_words(client, trees):
    page = body(client.get("/datasets/?q=tree"))

    assert "Trees of the city" in page
    assert "<mark>Trees</mark>" in page
    assert "1 dataset for “tree”" in page  # the title of the page says what was found


def test_it_escapes_what_was_typed(client, trees):
    for typed in ("<script>alert(1)</script>", '"><img src=x>', "\x00", "树'|&!(", "a" * 5000):
        page = client.get("/datasets/", {"q": typed})
        assert b"<script>alert" not in page.content and b"<img src=x" not in page.content


def test_choices_add_up_within_a_facet_and_narrow_between(client, cast, trees):
    opened(cast, "Tree doctors", department=cast.health, theme="health")

    both = client.get("/datasets/?theme=environment&theme=health")
    one = client.get("/datasets/?theme=environment&theme=health&department=parks")
    none = client.get("/datasets/?theme=health&department=parks")

    assert (both.context["found"].total, one.context["found"].total, none.context["found"].total) == (2, 1, 0)
    assert [chip["label"] for chip in one.context["chips"]] == ["Environment", "Health", "Parks"]
    assert client.get(one.context["chips"][2]["url"]).context["found"].total == 2


def test_each_choice_counts_what_it_would_leave(client, cast, trees):
    opened(cast, "Tree doctors", department=cast.health, theme="health")

    for facet in client.get("/datasets/?q=tree").context["facets"]:
        for option in facet["options"]:
            assert client.get(option["url"]).context["found"].total == option["count"], option


def test_a_period_is_kept_in_the_address_and_taken_back_by_its_chip(client, trees):
    page = client.get("/datasets/?q=tree&from=2020&to=2024-06")

    assert [chip["label"] for chip in page.context["chips"]] == ["From 2020", "Until 2024-06"]
    assert page.context["chips"][0]["url"] == "/datasets/?q=tree&to=2024-06"
    assert 'value="2024-06"' in body(page)


@pytest.mark.parametrize("wrong", ["from=soon", "from=2024&to=2020", "to=2024-13"])
def test_a_period_that_is_none_is_said_beside_it_and_left_out(client, trees, wrong):
    page = client.get(f"/datasets/?q=tree&{wrong}")

    assert page.status_code == 200 and page.context["found"].total == 1
    assert "field-error" in body(page)


def test_nothing_found_leads_on(client, trees):
    page = body(client.get("/datasets/?q=submarine&theme=environment"))

    assert "Nothing found for “submarine”" in page
    assert "Search without your choices" in page


def test_pages_follow_each_other_without_gap_or_repeat(client, cast, django_assert_max_num_queries):
    names = {opened(cast, f"Trees {number:02}").pk for number in range(23)}
    seen, path = [], "/datasets/?q=trees"
    while path:
        found = client.get(path).context
        seen += found["found"].ids
        path = found["older"]

    assert len(seen) == 23 and set(seen) == names


def test_a_place_of_another_search_begins_again(client, cast):
    for number in range(23):
        opened(cast, f"Trees {number:02}")
    older = client.get("/datasets/?q=trees").context["older"]

    assert client.get(older.replace("q=trees", "q=") + "x").status_code == 302


# The page of a dataset ------------------------------------------------------------------------------------------


def test_it_shows_what_the_release_lets_out_and_nothing_else(client, trees):
    Column.objects.filter(dataset=trees, name="gardener").update(meaning_en="CANARY meaning")
    page = body(client.get(address(trees)))

    assert "Ginkgo" in page and "species" in page and "1.2 MB (1,234,567 bytes)" in page
    assert "CANARY" not in page and "gardener" not in page
    assert "9f86d081" * 8 in page


def test_a_version_that_was_not_cleared_is_nowhere(client, cast, trees):
    version = world.version(trees, {"species": ("text", ["CANARY"]), "secret": ("text", ["x"])})
    index_dataset(trees)

    assert "CANARY" not in body(client.get(address(trees)))
    assert client.get(address(trees, version=version.number)).status_code == 404


def test_the_latest_is_the_last_cleared_and_older_ones_keep_their_address(client, trees):
    release(trees)
    newest, older = client.get(address(trees)), client.get(address(trees, version=1))

    assert newest.context["entry"].version.number == 2
    assert older.context["entry"].version.number == 1
    assert "version=1" in body(client.get(reverse("dataset-versions", args=[trees.pk])))


def test_hidden_looks_like_missing(client, cast):
    hidden = world.dataset(cast.owner, cast.parks, "Secret plans")
    world.version(hidden, COLUMNS)

    pages = [client.get(path, headers={"X-Request-Id": "the-same-request"}) for path in (
        address(hidden), reverse("dataset", args=[uuid.uuid4()]))]  # fmt: skip
    same = [page.content.decode().replace(page.wsgi_request.path, "") for page in pages]

    assert [page.status_code for page in pages] == [404, 404]
    assert same[0].replace(str(hidden.pk), "") == same[1].replace(pages[1].wsgi_request.path.split("/")[2], "")


@pytest.mark.parametrize("query", [{"version": "0x1"}, {"version": "99"}, {"table": "nope"}, {"basis": "x"}])
def test_an_address_that_makes_no_sense_is_not_there(client, trees, query):
    assert client.get(address(trees, **query)).status_code == 404


def test_a_withdrawn_dataset_says_when_and_why(client, trees):
    Basis.objects.filter(dataset=trees).update(
        state="withdrawn", state_reason="A column told too much.", state_at=timezone.now()
    )
    Dataset.objects.filter(pk=trees.pk).update(title_en="CANARY title")
    page = client.get(address(trees))

    assert page.status_code == 410
    assert "A column told too much." in page.content.decode()
    assert "CANARY" not in page.content.decode() and "Ginkgo" not in page.content.decode()


def test_it_is_not_asked_for_again_until_it_changes(client, trees):
    first = client.get(address(trees))
    again = client.get(address(trees), headers={"If-None-Match": first["ETag"]})
    Dataset.objects.filter(pk=trees.pk).update(title_en="Trees of the whole city")
    changed = client.get(address(trees), headers={"If-None-Match": first["ETag"]})

    assert "no-cache" in first["Cache-Control"] and not first["ETag"].startswith("W/")
    assert (again.status_code, changed.status_code) == (304, 200)


def test_it_asks_a_constant_number_of_questions(client, cast, trees, django_assert_max_num_queries):
    few = queries_of(client, address(trees), django_assert_max_num_queries)
    for _time in range(5):
        release(trees)

    assert queries_of(client, address(trees), django_assert_max_num_queries) == few


def test_a_view_is_counted_and_not_who(client, trees):
    client.get(address(trees))
    client.get(address(trees))

    assert Usage.objects.get(dataset=trees, what="view").times == 2
    assert not Event.objects.filter(dataset=trees.pk).exists()


def test_markdown_is_shown_and_html_is_not(client, trees):
    Dataset.objects.filter(pk=trees.pk).update(
        description_en="**Every** tree <img src=x onerror=alert(1)> [bad](javascript:alert(1)) ![spy](https://evil.example/a.png)"
    )
    page = body(client.get(address(trees)))

    assert "<strong>Every</strong>" in page
    assert "<img src=x" not in page and 'href="javascript' not in page and '<img src="https://evil' not in page


def test_the_other_language_is_marked(client, cast):
    only_chinese = opened(cast, "", title_zh="公园名录")
    page = body(client.get(address(only_chinese)))

    assert '<h1><span lang="zh-Hans">公园名录</span></h1>' in page


# Under a right --------------------------------------------------------------------------------------------------


@pytest.fixture
def lent(cast):
    """A closed dataset of Parks of which Health may read one column."""
    made = world.dataset(cast.owner, cast.parks, "Gardeners", opening_class="closed")
    version = world.version(made, COLUMNS)
    grant = world.basis("grant", version, {"species": None}, to=cast.health, roles=["requester"], purpose="Plan visits")
    return grant


def test_reading_under_a_grant_is_a_choice_and_is_written_down(client, cast, lent):
    client.force_login(cast.requester)
    first = body(client.get(address(lent.dataset)))
    before = Event.objects.filter(kind="disclosure.opened").count()
    page = client.get(address(lent.dataset, basis=lent.pk))

    assert "Plan visits" in first and "Ginkgo" not in first and before == 0
    assert "Ginkgo" in body(page) and "CANARY" not in body(page)
    assert "no-store" in page["Cache-Control"]
    assert Event.objects.filter(kind="disclosure.opened").count() == 1


def test_rows_that_were_counted_and_not_profiled_are_shown(client, cast, lent):
    Extent.objects.create(basis=lent, version=lent.dataset.current, table="main", rows=3)
    client.force_login(cast.requester)
    assert "Ginkgo" in body(client.get(address(lent.dataset, basis=lent.pk)))


def test_a_stranger_reads_nothing_under_the_grant_of_another(client, cast, lent):
    client.force_login(cast.stranger)
    page = body(client.get(address(lent.dataset)))

    assert "You cannot read its rows" in page and "Parks" in page
    assert client.get(address(lent.dataset, basis=lent.pk)).status_code == 404
    client.logout()
    assert client.get(address(lent.dataset)).status_code == 404


def test_a_revoked_grant_says_who_and_why(client, cast, lent):
    Basis.objects.filter(pk=lent.pk).update(state="revoked", state_reason="The purpose is gone.")
    client.force_login(cast.requester)

    assert "The purpose is gone." in body(client.get(address(lent.dataset)))


# Writing to the owner -------------------------------------------------------------------------------------------


def test_a_message_reaches_the_desk_of_the_owner(client, trees):
    path = reverse("contact", args=[trees.pk])
    assert 'value="error"' in body(client.get(path, {"topic": "error"}))
    answer = client.post(path, {"topic": "error", "text": "Row 2 is no tree.", "email": ""}, follow=True)

    assert "on the desk of Parks" in body(answer)
    assert Message.objects.get(dataset=trees).text == "Row 2 is no tree."


def test_what_is_missing_is_said_beside_the_field_and_on_top(client, trees):
    page = body(client.post(reverse("contact", args=[trees.pk]), {"topic": "", "text": "", "email": "x"}))

    assert "There is a problem" in page and "<title>Error: " in page
    assert 'href="#id_text"' in page and 'id="id_text_error"' in page
    assert not Message.objects.exists()


def test_nobody_floods_a_desk(client, trees):
    for number in range(21):
        client.post(reverse("contact", args=[trees.pk]), {"topic": "question", "text": f"{number}?"})

    assert Message.objects.count() == 20


def test_nobody_writes_about_what_they_cannot_see(client, cast, lent):
    assert client.get(reverse("contact", args=[lent.dataset_id])).status_code == 404


# The rest -------------------------------------------------------------------------------------------------------


def test_departments_and_themes_show_what_is_open(client, cast, trees):
    world.dataset(cast.owner, cast.parks, "Secret plans")
    pages = [body(client.get(path)) for path in ("/departments/parks/", "/themes/environment/")]

    assert all("Trees of the city" in page and "Secret plans" not in page for page in pages)
    assert "1 open dataset" in body(client.get("/departments/"))
    assert client.get("/departments/nope/").status_code == client.get("/themes/nope/").status_code == 404


def test_an_enterprise_has_no_page(client, cast):
    world.department("acme", kind="enterprise")
    assert client.get("/departments/acme/").status_code == 404


@pytest.mark.parametrize("path", ["/about/", "/help/", "/developers/", "/problems/", "/departments/", "/themes/"])
def test_pages_that_explain_are_there(client, cast, path):
    assert "<h1>" in body(client.get(path))


def test_each_kind_of_problem_has_a_page(client, cast):
    for code, kind in PROBLEM_TYPES.items():
        page = body(client.get(reverse("problem", args=[code])))
        assert str(kind.status) in page and code in page
    assert client.get("/problems/no-such-problem/").status_code == 404


def test_the_switch_of_language_keeps_the_place(client, trees):
    answer = client.get(reverse("language", args=["zh-hans"]), {"next": "/datasets/?q=tree&theme=environment"})
    page = client.get(answer["Location"])

    assert answer["Location"] == "/datasets/?q=tree&theme=environment"
    assert '<html lang="zh-Hans">' in body(page)
    assert "城市树木" in body(page)


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:x", "/\\evil", ""])
def test_the_switch_of_language_leads_nowhere_else(client, elsewhere):
    assert client.get(reverse("language", args=["en"]), {"next": elsewhere})["Location"] == "/"


def test_a_public_page_holds_no_token(client, trees):
    for path in ("/", "/datasets/", address(trees)):
        answer = client.get(path)
        assert "csrfmiddlewaretoken" not in body(answer) and "csrftoken" not in answer.cookies


def test_errors_under_the_api_are_problems(client):
    answer = client.get("/api/v1/nothing-here")
    assert answer.status_code == 404 and answer["Content-Type"].startswith("application/problem+json")


def test_the_calls_on_the_page_run_as_shown(client, live_server, settings):
    settings.ADDRESS = live_server.url
    trees = opened(world.cast(), "Trees of the city")
    calls = {call.title: call.code for call in client.get(address(trees)).context["calls"]}

    ran = run([sys.executable, "-c", calls["Python"]])
    assert "Ginkgo" in ran.stdout and "CANARY" not in ran.stdout, ran.stderr
    if shutil.which("curl"):
        ran = run(["sh", "-c", calls["curl"]])
        assert '"species"' in ran.stdout, ran.stderr
