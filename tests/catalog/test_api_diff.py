"""What changed between two versions, asked through the API: under the reader's basis, written down first, in pages."""

import json
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from audit.actor import service
from audit.models import Event
from catalog.actions.columns import change_column
from catalog.actions.duties import make_owner_duty
from catalog.gate import BasisEnded, open_changes
from catalog.models import Basis, Column, RowChanges, Version
from catalog.rows.comparing import Comparison
from catalog.rows.errors import QueryError, Stopped
from catalog.version_lines import count_dataset
from tests import world
from tests.database import events_refused
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = {
    "id": ("integer", [1, 2, 3, 4]),
    "district": ("text", ["North", "North", "South", "North"]),
    "height": ("integer", [10, 12, 9, 7]),
    "name": ("text", ["An", "Bo", "Chi", "Da"]),
}
SECOND = {
    "id": ("integer", [1, 2, 3, 5]),
    "district": ("text", ["North", "South", "South", "North"]),
    "height": ("integer", [10, 12, 19, 6]),
    "name": ("text", ["Ann", "Bo", "Chi", "Eve"]),
}


@pytest.fixture
def city():
    """Two versions of Residents, lent to Health without names and by district; tree 1 changed in its name alone."""
    people = world.cast()
    residents = world.dataset(people.owner, people.parks, "Residents")
    older, newer = world.version(residents, FIRST), world.version(residents, SECOND)
    Version.objects.filter(pk=older.pk).update(confirmed_at=datetime(2026, 1, 10, 12, tzinfo=UTC))
    Version.objects.filter(pk=newer.pk).update(confirmed_at=datetime(2026, 3, 10, 12, tzinfo=UTC))
    older.refresh_from_db(), newer.refresh_from_db()
    Column.objects.filter(dataset=residents, name="id").update(row_key=True)
    return SimpleNamespace(people=people, residents=residents, older=older, newer=newer)


def lend(city, columns, *, where="", to=None):
    """A grant since before the first version."""
    return world.basis(
        "grant", city.newer, columns, where=where, to=to or city.people.health,
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def diff(client, city, user=None, **query):
    """The answer to a comparison."""
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(f"/api/v1/datasets/{city.residents.pk}/diff", query)


def noticed(rows):
    """The exit, once somebody has seen that its basis ended."""
    until = time.monotonic() + 10
    while rows.exit.look() and time.monotonic() < until:
        time.sleep(0.05)
    return rows


def said(answer):
    """The changes as (kind, number of the row)."""
    return [(one["change"], (one["after"] or one["before"])["id"]) for one in answer.json()["results"]]


def test_it_tells_what_changed_under_the_readers_basis(client, city):
    grant = lend(city, {"id": None, "district": None, "height": "band:10"}, where="district = 'North'")
    answer = diff(client, city, city.people.requester, total="true").json()

    assert answer["results"] == [
        {
            "change": "added",
            "key": {"id": 5},
            "before": None,
            "after": {"id": 5, "district": "North", "height": 0},
            "columns": [],
        },
        {
            "change": "removed",
            "key": {"id": 2},
            "before": {"id": 2, "district": "North", "height": 10},
            "after": None,
            "columns": [],
        },
        {
            "change": "removed",
            "key": {"id": 4},
            "before": {"id": 4, "district": "North", "height": 0},
            "after": None,
            "columns": [],
        },
    ]
    assert answer["total"] == {"added": 1, "removed": 2, "changed": 0}
    assert (answer["from"], answer["to"], answer["key"], answer["basis"]) == (1, 2, ["id"], str(grant.pk))


def test_a_change_in_what_the_reader_may_not_see_is_no_change(client, city):
    lend(city, {"id": None, "height": None})
    shown = diff(client, city, city.people.requester)
    assert said(shown) == [("changed", 3), ("added", 5), ("removed", 4)]
    assert shown.json()["results"][0]["columns"] == ["height"]
    assert b"An" not in shown.content and b"name" not in shown.content


def test_a_key_that_the_reader_does_not_see_whole_is_none(client, city):
    Column.objects.filter(dataset=city.residents, name="name").update(row_key=True)
    lend(city, {"id": None, "height": None})
    shown = diff(client, city, city.people.requester).json()
    assert shown["key"] == [] and {one["change"] for one in shown["results"]} == {"added", "removed"}
    hidden = diff(client, city, city.people.requester)

    Column.objects.filter(dataset=city.residents).update(row_key=False)
    none = diff(client, city, city.people.requester)
    assert none.json() == hidden.json() and none["ETag"] == hidden["ETag"]


@pytest.mark.parametrize("who", ["stranger", "citizen", "auditor", None])
def test_it_is_for_nobody_else(client, city, who):
    lend(city, {"id": None})
    answer = diff(client, city, getattr(city.people, who) if who else None)
    assert answer.status_code in {403, 404}
    assert not Event.objects.filter(kind="disclosure.opened").exists()


def test_it_is_written_down_with_both_versions_before_the_first_row(city):
    grant = lend(city, {"id": None, "height": None})
    over = {"older": (city.older, grant), "newer": (city.newer, grant)}
    asked = Comparison(table="main", since=1, limit=2)
    by = world.by(city.people.requester)
    rows = open_changes(asked, **over, by=by)
    opened = json.loads(Event.objects.get(kind="disclosure.opened").body)["facts"]
    assert (opened["exit"], opened["version"], opened["since"]) == ("changes", str(city.newer.pk), str(city.older.pk))
    assert (opened["ceiling"], opened["columns"]) == (2, ["id", "height"])
    assert not Event.objects.filter(kind="disclosure.closed").exists()

    assert len(list(rows.dicts())) == 2 and rows.next
    closed = json.loads(Event.objects.get(kind="disclosure.closed").body)["facts"]
    assert (closed["rows"], closed["outcome"]) == (2, "complete")
    with events_refused(), pytest.raises(Exception, match="permission denied"):
        open_changes(asked, **over, by=by)


def test_it_ends_when_the_basis_does(city):
    grant = lend(city, {"id": None})
    over = {"older": (city.older, grant), "newer": (city.newer, grant)}
    asked, by = Comparison(table="main", since=1), world.by(city.people.requester)
    rows = open_changes(asked, **over, by=by)
    Basis.objects.filter(pk=grant.pk).update(state="revoked")
    with pytest.raises(Stopped):
        list(noticed(rows).dicts())
    with pytest.raises(BasisEnded):
        open_changes(asked, **over, by=by)


def test_two_releases_are_compared_and_either_may_end_it(client, city):
    first = world.basis("release", city.older, {"id": None, "height": None})
    second = world.basis("release", city.newer, {"id": None, "height": None})
    shown = diff(client, city, total="true")
    assert said(shown) == [("changed", 3), ("added", 5), ("removed", 4)]
    assert shown["Cache-Control"] == "public, no-cache"
    assert not Event.objects.filter(kind__startswith="disclosure").exists()
    kept = RowChanges.objects.get()
    assert (kept.basis, kept.since_basis, kept.changed) == (second, first, 1)

    over = {"older": (city.older, first), "newer": (city.newer, second)}
    rows = open_changes(Comparison(table="main", since=1), **over, by=world.by(None))
    Basis.objects.filter(pk=first.pk).update(state="withdrawn")
    with pytest.raises(Stopped):
        list(noticed(rows).dicts())
    assert_problem(diff(client, city), 404, "no-version")
    assert_problem(diff(client, city, **{"from": 1}), 404, "not-found")


def test_two_rights_are_never_read_together(city):
    mine, other = lend(city, {"id": None}), lend(city, {"id": None, "name": None})
    over = {"older": (city.older, mine), "newer": (city.newer, other)}
    with pytest.raises(QueryError, match="one basis"):
        open_changes(Comparison(table="main", since=1), **over, by=world.by(city.people.requester))


def test_it_comes_in_pages_whose_cursors_are_good_for_nothing_else(client, city):
    lend(city, {"id": None, "height": None})
    seen, after = [], ""
    while after is not None:
        page = diff(client, city, city.people.requester, limit=1, after=after)
        seen += said(page)
        after, last = page.json()["next"], after
    assert seen == [("changed", 3), ("added", 5), ("removed", 4)]
    answer = diff(client, city, city.people.requester, limit=1, after=last, **{"from": 2, "to": 1})
    assert_problem(answer, 400, "bad-cursor")
    assert said(diff(client, city, city.people.requester, change="removed")) == [("removed", 4)]


@pytest.mark.parametrize(
    "query", [{"from": "x"}, {"change": "moved"}, {"limit": "0"}, {"where": "id = 1"}, {"as_of": "2026-03-01", "to": 1}]
)
def test_it_says_what_is_wrong_with_a_parameter(client, city, query):
    lend(city, {"id": None})
    assert_problem(diff(client, city, city.people.requester, **query), 400, "bad-parameter")


def test_it_has_an_etag_and_no_unknown_versions(client, city):
    lend(city, {"id": None})
    etag = diff(client, city, city.people.requester)["ETag"]
    address = f"/api/v1/datasets/{city.residents.pk}/diff"
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
    assert_problem(diff(client, city, city.people.requester, to=9), 404, "not-found")
    assert client.get(f"/api/v1/datasets/{city.residents.pk}/tables/other/diff").status_code == 404
    assert client.get(f"/api/v1/datasets/{city.residents.pk}/tables/main/diff").status_code == 200


def test_columns_that_come_and_go_are_told_and_make_no_row_a_changed_one(client, city):
    third = {**SECOND, "height": ("decimal", [10, 12, 19, 6]), "crown": ("integer", [1, 2, 3, 4])}
    del third["name"]
    world.version(city.residents, third)
    make_owner_duty(city.residents, by=world.by(city.people.owner))
    answer = diff(client, city, city.people.owner).json()
    assert answer["results"] == []
    retyped = [{"name": "height", "before": "integer", "after": "decimal"}]
    assert answer["columns"] == {"added": ["crown"], "gone": ["name"], "retyped": retyped}


# As of a time ---------------------------------------------------------------------------------------------------


def rows(client, city, user=None, part="rows", **query):
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(f"/api/v1/datasets/{city.residents.pk}/{part}", query)


@pytest.mark.parametrize(
    ("as_of", "version"),
    [
        ("2026-01-10", 1),
        ("2026-01-10T12:00:00Z", 1),
        ("2026-03-09", 1),
        ("2026-03-10", 2),
        ("2026-03-10T13:00:00+02:00", 1),
        ("2026-03-10T12:30:00 00:00", 2),
    ],
)
def test_it_reads_the_version_that_was_current_then(client, city, as_of, version):
    lend(city, {"id": None})
    answer = rows(client, city, city.people.requester, as_of=as_of)
    assert answer.json()["version"] == version


def test_it_says_where_nothing_was_current_then(client, city):
    lend(city, {"id": None})
    assert_problem(rows(client, city, city.people.requester, as_of="2026-01-09"), 404, "no-version")
    assert_problem(rows(client, city, city.people.requester, part="diff", as_of="2026-01-11"), 404, "no-version")
    assert rows(client, city, city.people.requester, part="diff", as_of="2026-04-01").json()["to"] == 2


@pytest.mark.parametrize("as_of", ["yesterday", "2026-13-01", "2026-03-01T12:00:00", "2999-01-01", "9999-12-31"])
def test_it_refuses_what_is_no_time_that_has_been(client, city, as_of):
    lend(city, {"id": None})
    assert_problem(rows(client, city, city.people.requester, as_of=as_of), 400, "bad-parameter")


def test_today_is_a_day_like_any_other(client, city):
    lend(city, {"id": None})
    assert rows(client, city, city.people.requester, as_of=timezone.localdate().isoformat()).json()["version"] == 2


def test_for_everybody_it_is_the_version_that_was_cleared_then(client, city):
    day = datetime(2026, 4, 1, tzinfo=UTC)
    first = world.basis("release", city.older, {"id": None}, valid_from=day)
    second = world.basis("release", city.newer, {"id": None}, valid_from=day + timedelta(days=30))
    assert_problem(rows(client, city, as_of="2026-03-20"), 404, "no-version")
    assert rows(client, city, as_of="2026-04-20").json()["version"] == 1
    assert rows(client, city, as_of="2026-05-20").json()["version"] == 2
    assert rows(client, city, part="files", as_of="2026-04-20").status_code == 200
    assert_problem(rows(client, city, part="files", as_of="2026-03-20"), 404, "no-version")

    Basis.objects.filter(pk=second.pk).update(state="withdrawn", state_at=day + timedelta(days=60))
    assert_problem(rows(client, city, as_of="2026-05-20"), 404, "no-version")
    assert rows(client, city, as_of="2026-06-20").json()["basis"] == str(first.pk)


def test_a_grant_opens_no_time_before_what_it_began_with(client, city):
    world.basis("grant", city.newer, {"id": None}, to=city.people.health, valid_from=datetime(2026, 3, 20, tzinfo=UTC))
    assert rows(client, city, city.people.requester, as_of="2026-03-15").json()["version"] == 2
    assert_problem(rows(client, city, city.people.requester, as_of="2026-02-01"), 404, "no-version")


# Listed with what changed ---------------------------------------------------------------------------------------


def listed(client, city, user=None, **query):
    return rows(client, city, user, part="versions", **query).json()["results"]


def test_versions_are_listed_with_what_changed_for_the_owner(client, city, django_assert_max_num_queries):
    make_owner_duty(city.residents, by=world.by(city.people.owner))
    before = listed(client, city, city.people.owner)
    assert before[0]["changes"][0] | {"columns": None} == {
        "table": "main", "key": ["id"], "added": None, "removed": None, "changed": None, "columns": None,
    }  # fmt: skip
    opened = Event.objects.filter(kind="disclosure.opened").count()

    count_dataset(city.residents, by=service("counts"))
    with django_assert_max_num_queries(30):
        newer, older = listed(client, city, city.people.owner)
    assert (newer["number"], newer["since"], newer["rows"]) == (2, 1, 4)
    assert newer["bytes"] == city.newer.tables.get().bytes
    assert [newer["changes"][0][kind] for kind in ("added", "removed", "changed")] == [1, 1, 3]
    assert (older["since"], older["changes"], older["diff_url"]) == (None, [], None)
    assert Event.objects.filter(kind="disclosure.opened").count() == opened
    assert client.get(newer["diff_url"]).json()["from"] == 1


def test_the_numbers_are_those_of_the_readers_basis(client, city):
    make_owner_duty(city.residents, by=world.by(city.people.owner))
    world.basis("release", city.older, {"id": None, "district": None})
    world.basis("release", city.newer, {"id": None, "district": None})
    lend(city, {"id": None, "height": None}, where="height < 10")
    count_dataset(city.residents, by=service("counts"))

    public = listed(client, city)[0]["changes"][0]
    assert [public[kind] for kind in ("added", "removed", "changed")] == [1, 1, 1]
    lent = listed(client, city, city.people.requester)[0]["changes"][0]
    assert [lent[kind] for kind in ("added", "removed", "changed")] == [None, None, None]
    diff(client, city, city.people.requester, total="true", basis=listed(client, city)[0]["basis"])
    lent = listed(client, city)[0]["changes"][0]
    assert [lent[kind] for kind in ("added", "removed", "changed")] == [1, 2, 0]


def test_another_row_key_is_counted_anew(client, city):
    make_owner_duty(city.residents, by=world.by(city.people.owner))
    count_dataset(city.residents, by=service("counts"))
    column = Column.objects.get(dataset=city.residents, name="id")
    change_column(column, {"row_key": False}, by=world.by(city.people.owner))
    assert listed(client, city, city.people.owner)[0]["changes"][0]["changed"] is None

    world.settle()
    counted = listed(client, city, city.people.owner)[0]["changes"][0]
    assert [counted[kind] for kind in ("added", "removed", "changed")] == [4, 4, 0]
    assert RowChanges.objects.count() == 1


def test_what_was_withdrawn_is_compared_with_no_more(client, city):
    world.basis("release", city.older, {"id": None})
    middle = world.basis("release", city.newer, {"id": None})
    third = world.version(city.residents, {"id": ("integer", [1, 2, 3, 4])})
    world.basis("release", third, {"id": None})
    count_dataset(city.residents, by=service("counts"))
    assert [line["since"] for line in listed(client, city)] == [2, 1, None]

    Basis.objects.filter(pk=middle.pk).update(state="withdrawn")
    first, _second = listed(client, city)
    assert (first["since"], first["changes"][0]["added"]) == (1, None)
    count_dataset(city.residents, by=service("counts"))
    assert listed(client, city)[0]["changes"][0]["added"] == 0


def test_every_version_keeps_its_address_however_many_there_are(client, city):
    many = [
        Version(
            dataset=city.residents, number=number, identity=f"{number:064}", state="kept", created_by=city.people.owner,
            confirmed_by=city.people.owner, confirmed_at=timezone.now(),
        )
        for number in range(3, 60)
    ]  # fmt: skip
    Version.objects.bulk_create(many)
    first = world.basis("release", city.older, {"id": None})
    Basis.objects.bulk_create(
        Basis(kind="release", recipient="everybody", dataset=city.residents, version=one, terms=first.terms)
        for one in many
    )
    make_owner_duty(city.residents, by=world.by(city.people.owner))

    address = f"/api/v1/datasets/{city.residents.pk}/versions/1/rows"
    assert client.get(address).json()["basis"] == str(first.pk)
    assert listed(client, city, limit=100)[-1]["number"] == 1
    client.force_login(city.people.owner, backend="django.contrib.auth.backends.ModelBackend")
    kinds = {way["kind"] for way in client.get(address).json()["choice"]}
    assert kinds == {"release", "duty"}
