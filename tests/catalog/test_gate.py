"""The door: what leaves, what is written down first, and what ends."""

import hashlib
import json
import time

import pytest
from django.http import Http404

from audit.models import Event
from catalog.extents import extent
from catalog.gate import LOOK_AGAIN, BasisEnded, open_rows
from catalog.models import Basis, Dataset
from catalog.rows.cursors import read_cursor, write_cursor
from catalog.rows.engine import running
from catalog.rows.errors import QueryError, Stopped
from catalog.rows.query import RowQuery
from tests import world
from tests.database import events_refused

pytestmark = pytest.mark.django_db(transaction=True)
RESIDENTS = {
    "name": ("text", ["An", "Bo", "Chi", "Da"]),
    "district": ("text", ["North", "South", "North", None]),
    "born": ("date", [None, None, None, None]),
    "income": ("integer", [1234, -1234, 99, 7]),
}


@pytest.fixture
def lent():
    """Parks lends two districts' people to Health: district, income in bands, not the name."""
    from datetime import date

    people = world.cast()
    residents = world.dataset(people.owner, people.parks, "Residents")
    rows = {**RESIDENTS, "born": ("date", [date(1990, 5, 17), date(2001, 1, 2), None, date(1970, 12, 31)])}
    version = world.version(residents, rows)
    columns = {"district": None, "born": "year", "income": "band:100"}
    grant = world.basis("grant", version, columns, where="district = 'North'", to=people.health)
    return people, version, grant


def read(version, basis, user, **query):
    return list(open_rows(RowQuery(**query), over=[(version, basis)], by=world.by(user)).dicts())


def test_it_lets_out_exactly_what_was_lent(lent):
    people, version, grant = lent
    assert read(version, grant, people.requester) == [
        {"district": "North", "born": 1990, "income": 1200},
        {"district": "North", "born": None, "income": 0},
    ]


@pytest.mark.parametrize("who", ["stranger", "citizen", "owner", "approver", "auditor", "administrator"])
def test_it_lets_nobody_else_in(lent, who):
    people, version, grant = lent
    with pytest.raises(BasisEnded):
        read(version, grant, getattr(people, who))
    assert not Event.objects.filter(kind="disclosure.opened").exists()


def test_it_writes_the_exit_down_before_the_first_row_and_counts_it_after(lent):
    people, version, grant = lent
    rows = open_rows(RowQuery(), over=[(version, grant)], by=world.by(people.requester))
    opened = json.loads(Event.objects.get(kind="disclosure.opened").body)
    assert opened["facts"]["ceiling"] == 4
    assert opened["facts"]["columns"] == ["district", "born", "income"]
    assert not Event.objects.filter(kind="disclosure.closed").exists()
    found = list(rows.dicts())
    assert len(found) == 2
    closed = json.loads(Event.objects.get(kind="disclosure.closed").body)
    assert closed["facts"]["rows"] == 2
    assert closed["facts"]["opened"] == opened["id"]
    lines = "".join(json.dumps(row, sort_keys=True, ensure_ascii=False, default=str) + "\n" for row in found)
    assert closed["facts"]["sha256"] == hashlib.sha256(lines.encode()).hexdigest()


def test_what_was_read_before_is_asked_by_the_statement_that_writes_the_event(lent, django_assert_num_queries):
    people, version, grant = lent
    over, by = [(version, grant)], world.by(people.requester)
    open_rows(RowQuery(), over=over, by=by).close()
    with django_assert_num_queries(1):
        rows = open_rows(RowQuery(), over=over, by=by)
    assert len(list(rows.dicts())) == 2
    Dataset.objects.filter(pk=grant.dataset_id).update(title_en="Inhabitants")
    open_rows(RowQuery(), over=over, by=by).close()
    told = Event.objects.filter(kind="disclosure.opened").order_by("id")
    assert [json.loads(event.body)["dataset"]["title"] for event in told] == ["Residents", "Residents", "Inhabitants"]


@pytest.mark.parametrize("query", [RowQuery(), RowQuery(select="name")])
@pytest.mark.parametrize("state", ["suspended", "revoked"])
def test_what_was_read_before_opens_nothing_once_the_basis_ended(lent, state, query):
    people, version, grant = lent
    over, by = [(version, grant)], world.by(people.requester)
    open_rows(RowQuery(), over=over, by=by).close()
    Basis.objects.filter(pk=grant.pk).update(state=state)
    with pytest.raises(BasisEnded):  # of a hidden column as well: who is not let in hears nothing of columns
        open_rows(query, over=over, by=by)
    assert Event.objects.filter(kind="disclosure.opened").count() == 1


def test_it_lets_nothing_out_when_the_event_cannot_be_written(lent):
    people, version, grant = lent
    with events_refused(), pytest.raises(Exception, match="permission denied"):
        open_rows(RowQuery(), over=[(version, grant)], by=world.by(people.requester))


def test_what_the_engine_found_ahead_is_let_go_when_the_event_cannot_be_written(lent):
    people, version, grant = lent
    over, by = [(version, grant)], world.by(people.requester)
    assert len(open_rows(RowQuery(), over=over, by=by, ahead=True).dicts()) == 2
    assert len(open_rows(RowQuery(), over=over, by=by, ahead=True).dicts()) == 2  # remembered now
    with events_refused(), pytest.raises(Exception, match="permission denied"):
        open_rows(RowQuery(), over=over, by=by, ahead=True)
    assert running() == 0
    Basis.objects.filter(pk=grant.pk).update(state="revoked")
    with pytest.raises(BasisEnded):
        open_rows(RowQuery(), over=over, by=by, ahead=True)
    assert running() == 0
    assert Event.objects.filter(kind="disclosure.opened").count() == 2


@pytest.mark.parametrize("state", ["suspended", "revoked", "expired", "withdrawn"])
def test_it_closes_when_the_basis_does(lent, state):
    people, version, grant = lent
    Basis.objects.filter(pk=grant.pk).update(state=state)
    with pytest.raises(BasisEnded):
        read(version, grant, people.requester)


def test_it_stops_in_the_middle_when_the_basis_ends(lent):
    people, version, grant = lent
    rows = open_rows(RowQuery(), over=[(version, grant)], by=world.by(people.requester))
    Basis.objects.filter(pk=grant.pk).update(state="revoked")
    time.sleep(3 * LOOK_AGAIN)  # whoever looks first, the watcher or the reader, has its answer by then
    with pytest.raises(Stopped):
        list(rows.dicts())
    closed = json.loads(Event.objects.get(kind="disclosure.closed").body)
    assert closed["facts"] == {**closed["facts"], "rows": 0, "outcome": "ended"}


@pytest.mark.parametrize("part", ["select", "where", "order_by", "group_by", "filters"])
def test_it_treats_a_hidden_column_like_one_that_never_was(lent, part):
    people, version, grant = lent

    def ask(name):
        asked = {"where": f"{name} = 'An'", "filters": ((name, "eq", "An"),)}.get(part, name)
        with pytest.raises(QueryError) as refused:
            read(version, grant, people.requester, **{part: asked})
        return refused.value.code, refused.value.sentence.replace(name, "X")

    code, sentence = ask("name")
    assert (code, sentence) == ask("mane")
    assert code == "unknown-column"
    assert sentence.startswith("There is no column “X” here")


def test_it_masks_before_it_filters_sorts_and_groups(lent):
    people, version, grant = lent
    assert read(version, grant, people.requester, where="income = 1234") == []
    assert read(version, grant, people.requester, where="born = 1990")[0]["income"] == 1200
    grouped = read(version, grant, people.requester, group_by="district", select="district, count(*) as n")
    assert grouped == [{"district": "North", "n": 2}]


def test_it_counts_and_profiles_only_what_is_let_out(lent):
    people, version, grant = lent
    found = extent(version, grant, "main", by=world.by(people.requester))
    assert found.rows == 2
    assert [column["name"] for column in found.profile] == ["district", "born", "income"]
    assert found.profile[2]["max"] == "1200"


def test_it_has_no_table_that_is_not_let_out(lent):
    people, version, grant = lent
    with pytest.raises(Http404):
        read(version, grant, people.requester, table="other")


def test_it_pages_through_every_row_once(lent):
    _people, version, _grant = lent
    release = world.basis("release", version, {"district": None, "income": None})
    for order in ("", "district", "-district", "-income", "district,-income"):
        seen, after = [], ""
        while True:
            query = RowQuery(limit=1, after=after, order_by=order)
            rows = open_rows(query, over=[(version, release)], by=world.by(None))
            seen += list(rows.dicts())
            if not rows.next:
                break
            after = rows.next
        whole = list(open_rows(RowQuery(order_by=order), over=[(version, release)], by=world.by(None)).dicts())
        assert seen == whole
        assert len(seen) == 4
    assert not Event.objects.filter(kind__startswith="disclosure").exists()


def test_it_tells_nothing_by_the_length_of_a_cursor():
    lengths = {len(write_cursor("about", [str(row)])) for row in (1, 10, 12_345_678)}
    assert len(lengths) == 1
    assert read_cursor(write_cursor("about", ["7", None]), "about", 2) == ["7", None]


def test_it_gives_each_recipient_other_pseudonyms(lent):
    people, version, _grant = lent
    mine = world.basis("grant", version, {"name": "hash"}, to=people.health)
    theirs = world.basis("grant", version, {"name": "hash"}, to=people.schools)
    first = [row["name"] for row in read(version, mine, people.requester)]
    assert first == [row["name"] for row in read(version, mine, people.requester)]
    assert not set(first) & {row["name"] for row in read(version, theirs, people.stranger)}
    assert all(len(name) == 32 for name in first)
