"""Rows by API: a page, a file, the choice of a basis, and what hidden columns look like."""

import csv
import io
import json
import uuid
from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from audit.models import Event
from catalog.api.views.rows import PageOfRows
from catalog.extents import extent
from catalog.models import Basis, Table
from catalog.terms import TableTerms, Terms
from tests import world
from tests.api import caller, dataset_url
from tests.database import events_refused
from tests.problems import assert_problem, without_id

pytestmark = pytest.mark.django_db(transaction=True)
TREES = {
    "species": ("text", ["Oak", "Ash", "Oak", None, "=1+1"]),
    "height": ("integer", [12, 9, 2**53 + 1, None, -3]),
    "price": ("decimal", [Decimal("1.50"), Decimal("12345678901234.5678"), None, Decimal("0"), Decimal("2")]),
    "planted": ("date", [date(2001, 2, 3), None, date(1990, 1, 1), None, None]),
    "owner": ("text", ["An", "Bo", "Chi", "Da", "Eve"]),
}


@pytest.fixture
def city():
    """Trees is open without its owners; Health was lent the owners of oaks."""
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks, "Trees")
    people.version = world.version(people.trees, TREES)
    open_columns = dict.fromkeys(["species", "height", "price", "planted"])
    people.release = world.basis("release", people.version, open_columns)
    people.secret = world.dataset(people.owner, people.parks, "Residents")
    people.secret_version = world.version(people.secret, TREES)
    people.grant = world.basis(
        "grant", people.secret_version, {"owner": None, "height": None}, where="species = 'Oak'", to=people.health,
        roles=["requester"],
    )  # fmt: skip
    return people


def rows(client, dataset, query: str = "", part: str = "/rows"):
    return client.get(dataset_url(dataset, f"{part}{query}"))


def test_it_gives_the_public_what_is_released(city):
    page = rows(caller(), city.trees).json()
    assert page["results"][0] == {"species": "Oak", "height": 12, "price": 1.5, "planted": "2001-02-03"}
    assert (page["total"], page["next"], page["version"]) == (5, None, 1)
    assert not Event.objects.filter(kind="disclosure.opened").exists()


def test_the_end_of_a_page_is_written_once_it_was_handed_over(city, monkeypatch):
    kept = []

    def not_yet(page):
        kept.append(page)

    monkeypatch.setattr(PageOfRows, "close", not_yet)
    page = rows(caller(city.requester), city.secret)
    assert len(page.json()["results"]) == 2
    assert not Event.objects.filter(kind="disclosure.closed").exists()
    monkeypatch.undo()
    kept[0].close()
    closed = json.loads(Event.objects.get(kind="disclosure.closed").body)["facts"]
    assert (closed["rows"], closed["outcome"]) == (2, "complete")


def test_a_page_that_cannot_be_told_of_is_no_reading_left_open(city):
    assert_problem(rows(caller(city.requester), city.secret, "?facets=nothing"), 400, "unknown-column")
    closed = json.loads(Event.objects.get(kind="disclosure.closed").body)["facts"]
    assert closed["outcome"] == "broken"


def test_it_loses_no_digit(city):
    results = rows(caller(), city.trees).json()["results"]
    assert results[2]["height"] == "9007199254740993"
    assert results[1]["price"] == "12345678901234.5678"


def test_it_pages_through_all_rows_by_cursor(city):
    client, seen, after = caller(), [], ""
    while after is not None:
        answer = rows(client, city.trees, f"?limit=2&select=species&after={after}")
        page = answer.json()
        assert page["total"] == 5
        assert ('rel="next"' in answer["Link"]) == (page["next"] is not None)
        seen += [row["species"] for row in page["results"]]
        after = page["next"]
    assert seen == TREES["species"][1]


@pytest.mark.parametrize(
    ("query", "species"),
    [
        ("?species=Oak", ["Oak", "Oak"]),
        ("?height__gte=9", ["Oak", "Ash", "Oak"]),
        ("?where=height<0", ["=1+1"]),
        ("?species__isnull=true", [None]),
        ("?order_by=-height&limit=2", ["Oak", "Oak"]),
    ],
)
def test_it_filters_and_orders(city, query, species):
    assert [row["species"] for row in rows(caller(), city.trees, query).json()["results"]] == species


def test_it_orders_by_the_column_and_not_by_what_bears_its_name(city):
    address, seen = "?select=height as species&order_by=species&limit=2", []
    while len(seen) < 6:
        page = rows(caller(), city.trees, address).json()
        seen += [row["species"] for row in page["results"]]
        if not page["next"]:
            break
        address = f"?select=height as species&order_by=species&limit=2&after={page['next']}"
    assert seen == [-3, 9, 12, str(2**53 + 1), None]


def test_it_groups_and_counts(city):
    page = rows(caller(), city.trees, "?select=species,count(*) as n&group_by=species&order_by=-n").json()
    assert page["results"][0] == {"species": "Oak", "n": 2}


def test_it_counts_the_values_of_columns_beside_the_rows(city):
    page = rows(caller(), city.trees, "?height__gte=0&facets=species&limit=1").json()
    assert page["facets"] == {"species": [{"value": "Oak", "count": 2}, {"value": "Ash", "count": 1}]}
    assert_problem(rows(caller(), city.trees, "?facets=owner"), 400, "unknown-column")
    assert_problem(rows(caller(), city.trees, "?facets=a,b,c,d,e,f"), 400, "bad-parameter")


def test_it_writes_down_each_facet_of_lent_rows(city):
    answer = rows(caller(city.requester), city.secret, "?facets=owner")
    assert answer.json()["facets"] == {"owner": [{"value": "An", "count": 1}, {"value": "Chi", "count": 1}]}
    assert Event.objects.filter(kind="disclosure.opened").count() == 2


def test_it_answers_expressions_groups_and_samples(city):
    asked = "?select=upper(species) as s, sum(height / 2) as h&group_by=s&having=h > 1&order_by=-h&limit=1"
    assert rows(caller(), city.trees, asked).json()["results"] == [{"s": "OAK", "h": 4503599627370502.5}]
    assert len(rows(caller(), city.trees, "?sample=2").json()["results"]) == 2
    assert [row["species"] for row in rows(caller(), city.trees, "?q=AS&select=species").json()["results"]] == ["Ash"]
    assert rows(caller(), city.trees, "?select=species&distinct=true").json()["total"] == 4


def test_it_counts_a_filter_only_where_asked_or_known(city):
    assert rows(caller(), city.trees, "?species=Oak&limit=1").json()["total"] is None
    assert rows(caller(), city.trees, "?species=Oak&limit=1&total=true").json()["total"] == 2
    assert rows(caller(), city.trees, "?species=Oak").json()["total"] == 2


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?limit=0", "bad-parameter"),
        ("?limit=10001", "bad-parameter"),
        ("?limit=000000001999999", "bad-parameter"),
        ("?limit=2&limit=3", "bad-parameter"),
        ("?where=1;drop table x", "bad-filter"),
        ("?height=tall", "bad-filter"),
        ("?height=１２", "bad-filter"),
        ("?price=１", "bad-filter"),
        ("?select=avg(species)", "bad-select"),
        ("?after=nonsense", "bad-cursor"),
        ("?format=pdf", "bad-format"),
        ("?basis=nonsense", "bad-parameter"),
        ("?nonsense=1", "unknown-column"),
        ("?height__in=" + ",".join("1" * 1001), "bad-filter"),
    ],
)
def test_it_says_what_is_wrong_with_a_query(city, query, code):
    assert_problem(rows(caller(), city.trees, query), 400, code)


@pytest.mark.parametrize(
    "query",
    ["?select={}", "?where={}='An'", "?{}=An", "?{}__gte=A", "?order_by={}", "?select=count(*)&group_by={}",
     "?select=max({})", "?order_by={}&format=csv"],
)  # fmt: skip
def test_it_treats_a_hidden_column_like_one_that_never_was(city, query):
    hidden = rows(caller(), city.trees, query.format("owner"))
    never = rows(caller(), city.trees, query.format("nowon"))
    assert_problem(hidden, 400, "unknown-column")
    assert without_id(hidden) == without_id(never).replace(b"nowon", b"owner")


def test_it_lets_the_recipient_read_what_was_lent_and_writes_it_down(city):
    page = rows(caller(city.requester), city.secret).json()
    assert page["results"] == [{"owner": "An", "height": 12}, {"owner": "Chi", "height": "9007199254740993"}]
    opened = Event.objects.filter(kind="disclosure.opened", dataset=city.secret.pk).first()
    assert json.loads(opened.body)["actor"]["kind"] == "key"


def test_it_gives_no_row_that_cannot_be_written_down(city):
    client = caller(city.requester)
    with events_refused():
        for query in ("", "?format=csv"):
            answer = rows(client, city.secret, query)
            assert_problem(answer, 500, "internal-error")
            assert b"Chi" not in answer.content
    assert rows(client, city.secret).status_code == 200


@pytest.mark.parametrize("who", ["stranger", "owner", "auditor"])
def test_it_tells_an_officer_without_a_basis_what_to_do(city, who):
    problem = assert_problem(rows(caller(getattr(city, who)), city.secret), 403, "grant-missing")
    assert "Parks" in problem["detail"]
    assert not Event.objects.filter(kind="disclosure.opened").exists()


def test_it_hides_all_of_it_from_the_public(city):
    for part in ("/rows", "/tables/main/rows", "/versions/1/rows", "/versions/1/tables/main/rows"):
        for query in ("", f"?basis={city.grant.pk}", "?format=csv"):
            hidden, missing = rows(caller(), city.secret, query, part), rows(caller(), uuid.uuid4(), query, part)
            assert_problem(hidden, 404, "not-found")
            assert without_id(hidden) == without_id(missing)


def test_it_hides_bases_versions_and_tables_of_others_like_missing_ones(city):
    other = world.basis("grant", city.version, {"owner": None}, to=city.schools)
    world.version(city.trees, TREES)
    client = caller(city.requester)
    for hidden, missing in [
        (f"/rows?basis={other.pk}", f"/rows?basis={uuid.uuid4()}"),
        ("/versions/2/rows", "/versions/99999999999999999999/rows"),
        ("/tables/other/rows", "/tables/%F0%9F%8C%B3/rows"),
    ]:
        first, second = client.get(dataset_url(city.trees, hidden)), client.get(dataset_url(city.trees, missing))
        assert_problem(first, 404, "not-found")
        assert without_id(first) == without_id(second)


def test_it_asks_which_basis_where_several_fit(city):
    grant = world.basis("grant", city.version, {"owner": None}, to=city.health)
    client = caller(city.requester)
    problem = assert_problem(rows(client, city.trees), 409, "basis-required")
    assert [item["kind"] for item in problem["choice"]] == ["release", "grant"]
    named = rows(client, city.trees, f"?basis={grant.pk}&limit=1").json()
    assert named["results"] == [{"owner": "An"}]
    assert rows(client, city.trees, f"?basis={city.release.pk}&limit=1").json()["results"][0]["species"] == "Oak"


def test_it_says_why_a_grant_ended(city):
    city.grant.state, city.grant.state_reason = "revoked", "the study is over"
    city.grant.save()
    for query in ("", f"?basis={city.grant.pk}"):
        problem = assert_problem(rows(caller(city.requester), city.secret, query), 403, "grant-missing")
        assert "the study is over" in problem["detail"]
    stranger = assert_problem(rows(caller(city.stranger), city.secret), 403, "grant-missing")
    assert "the study" not in stranger["detail"]


def test_it_needs_a_key_that_may_read_and_covers_the_dataset(city):
    assert_problem(rows(caller(city.requester, "write"), city.secret), 403, "grant-missing")
    assert_problem(rows(caller(city.requester, datasets=[city.trees]), city.secret), 403, "grant-missing")
    assert rows(caller(city.requester, "read", datasets=[city.secret]), city.secret).status_code == 200


def test_it_answers_304_under_the_same_basis_and_terms_alone(city):
    first = rows(caller(), city.trees, "?limit=2")
    assert first["Cache-Control"] == "public, no-cache"
    held = {"If-None-Match": first["ETag"]}
    assert caller().get(dataset_url(city.trees, "/rows?limit=2"), headers=held).status_code == 304
    assert caller().get(dataset_url(city.trees, "/rows?limit=3"), headers=held).status_code == 200
    assert rows(caller(), city.trees, "?limit=2").content == first.content

    lent = rows(caller(city.requester), city.secret)
    assert lent["Cache-Control"] == "private, no-store"
    held = {"If-None-Match": lent["ETag"]}
    assert caller(city.requester).get(dataset_url(city.secret, "/rows"), headers=held).status_code == 304
    city.grant.state = "revoked"
    city.grant.save()
    assert caller(city.requester).get(dataset_url(city.secret, "/rows"), headers=held).status_code == 403


def test_it_opens_nothing_for_a_look_at_the_headers(city):
    answer = caller(city.requester).head(dataset_url(city.secret, "/rows"))
    assert (answer.status_code, answer.content) == (200, b"")
    assert not Event.objects.filter(kind="disclosure.opened").exists()


def test_it_streams_files_of_the_same_rows(city):
    def body(kind):
        answer = rows(caller(), city.trees, f"?format={kind}&species=Oak")
        assert answer.status_code == 200, answer.content
        assert 'filename="trees-v1.' in answer["Content-Disposition"]
        return b"".join(answer.streaming_content)

    assert [row["height"] for row in csv.DictReader(io.StringIO(body("csv").decode()))] == ["12", str(2**53 + 1)]
    assert body("csv-bom").startswith(b"\xef\xbb\xbf")
    assert [json.loads(line)["species"] for line in body("ndjson").splitlines()] == ["Oak", "Oak"]
    assert pq.read_table(io.BytesIO(body("parquet"))).num_rows == 2
    assert body("xlsx").startswith(b"PK")


def test_a_name_given_in_the_query_is_no_formula_in_the_file(city):
    answer = rows(caller(), city.trees, '?format=csv&select=height as "=1%2B1"')
    assert b"".join(answer.streaming_content).decode().splitlines()[0] == '"\'=1+1"'


def test_it_refuses_a_format_that_the_rows_do_not_fit(city):
    assert_problem(rows(caller(), city.trees, "?format=geojson"), 400, "bad-format")


def test_it_asks_for_a_table_where_there_are_several(city):
    table = city.version.tables.get()
    Table.objects.create(version=city.version, name="hidden", rows=5, path=table.path, bytes=1, sha256=table.sha256,
                         schema=table.schema)  # fmt: skip
    assert rows(caller(), city.trees).status_code == 200  # the release lets one table out
    hidden = rows(caller(), city.trees, part="/tables/hidden/rows")
    assert without_id(hidden) == without_id(rows(caller(), city.trees, part="/tables/never/rows"))

    both = Terms(tables={name: TableTerms({"species": None}) for name in ("main", "hidden")})
    world.basis("grant", city.secret_version, {"owner": None}, to=city.schools)
    grant = Basis.objects.create(kind="grant", dataset=city.trees, terms=both.to_json(), recipient="department",
                                 department=city.schools, purpose="x", legal_basis="y",
                                 version=city.version, valid_until=city.grant.valid_until)  # fmt: skip
    problem = assert_problem(rows(caller(city.stranger), city.trees, f"?basis={grant.pk}"), 400, "table-required")
    assert sorted(problem["tables"]) == ["hidden", "main"]


def test_it_says_that_a_dataset_has_documents_only(city):
    city.version.tables.all().delete()
    problem = assert_problem(rows(caller(), city.trees), 404, "not-found")
    assert "documents" in problem["detail"]


def test_it_reads_a_page_in_a_constant_number_of_queries(city, django_assert_max_num_queries):
    extent(city.version, city.release, "main", by=world.by(None))
    client = caller()
    for limit in (1, 4, 5):
        with django_assert_max_num_queries(8):
            assert len(rows(client, city.trees, f"?limit={limit}").json()["results"]) == limit


def test_it_reads_a_lent_page_in_a_constant_number_of_queries(city, django_assert_max_num_queries):
    """Who calls; the basis; its tables; the gate's two looks; two events, each in a transaction; the count."""
    client = caller(city.requester)
    rows(client, city.secret, "?limit=1")
    for limit in (1, 2):
        with django_assert_max_num_queries(12):
            assert len(rows(client, city.secret, f"?limit={limit}").json()["results"]) == limit


def test_it_lists_the_columns_of_the_basis(city):
    found = caller().get(dataset_url(city.trees, "/columns")).json()
    assert [(column["table"], column["name"], column["type"]) for column in found["results"]][:2] == [
        ("main", "species", "text"),
        ("main", "height", "integer"),
    ]
    assert "owner" not in str(found)
