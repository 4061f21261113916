"""What a grant freezes: whose pseudonyms, by which way, how often and how much, and the digest of all of it."""

import io
import threading
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from audit import log
from audit.models import Event
from catalog import metering
from catalog.gate import open_rows
from catalog.metering import Limited, LimitReached
from catalog.models import Basis, Meter, Way
from catalog.rows.letting import pseudonym_key
from catalog.rows.query import RowQuery
from sharing.actions.grants import make_grant
from sharing.frozen import policy_sha256
from sharing.limits import Limits
from sharing.models import Grant
from sharing.promised import Promised
from tests import world
from tests.api import caller
from tests.database import superuser

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = [f"person {number}" for number in range(200)]


@pytest.fixture
def cast():
    people = world.cast()
    people.dataset = world.dataset(people.owner, people.parks, "Residents")
    columns = {"person": ("text", PEOPLE), "born": ("date", [date(1980, 1, 1)] * len(PEOPLE))}
    people.version = world.version(people.dataset, columns)
    return people


def lend(cast, to=None, purpose="Screening by age", **changes) -> Basis:
    wanted = {
        "recipient": to or cast.health,
        "columns": {"person": "hash"},
        "purpose": purpose,
        "legal_basis": "Health rules, article 21",
        "valid_until": timezone.now() + timedelta(days=90),
        **changes,
    }
    return make_grant(cast.dataset, by=world.by(cast.approver), **wanted)


def opened(cast, grant, who=None, way=Way.API, **query):
    wanted = {"limit": 1000, **query}
    return open_rows(RowQuery(**wanted), over=[(cast.version, grant)], by=world.by(who or cast.requester), way=way)


def read(cast, grant, who=None, **query) -> list:
    return [next(iter(row.values())) for row in opened(cast, grant, who, **query).dicts()]


def test_it_joins_what_one_recipient_gets_for_one_purpose(cast):
    one, other = lend(cast), lend(cast, purpose="  screening BY   age ")

    assert set(read(cast, one)) == set(read(cast, other))


def test_it_joins_nothing_between_two_recipients_nor_between_two_purposes(cast):
    mine, elsewhere = lend(cast), lend(cast, purpose="Planning of clinics")
    theirs = lend(cast, to=cast.schools)

    first, second = set(read(cast, mine)), set(read(cast, elsewhere))
    third = set(read(cast, theirs, cast.stranger))

    assert [len(one) for one in (first, second, third)] == [len(PEOPLE)] * 3
    assert not first & second and not first & third and not second & third


def test_it_leaves_an_older_grant_the_pseudonyms_of_its_recipient(cast):
    older = [world.basis("grant", cast.version, {"person": "hash"}, to=cast.health) for _twice in range(2)]

    assert older[0].domain == ""
    assert read(cast, older[0]) == read(cast, older[1])
    assert older[0].pseudonym_domain == f"department {cast.health.pk}"


def test_it_keeps_the_key_out_of_the_database_and_out_of_the_log(cast, caplog):
    caplog.set_level("DEBUG")
    grant = lend(cast)
    read(cast, grant)
    key = pseudonym_key(grant.pseudonym_domain)

    dump = _dump() + caplog.text.encode()

    assert str(grant.pk).encode() in dump
    for form in (key, key.hex().encode(), key.hex().upper().encode(), repr(key).encode()):
        assert form not in dump


def _dump() -> bytes:
    """Every row of every table, as a copy of the database would hold it."""
    held = io.BytesIO()
    with superuser() as database, database.cursor() as cursor:
        cursor.execute("SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.copy_expert(f"COPY (SELECT * FROM {table}) TO STDOUT", held)
    return held.getvalue()


@pytest.mark.parametrize(("way", "refused"), [("file", Way.API), ("api", Way.FILE)])
def test_it_lets_rows_out_by_the_way_agreed_to_alone(cast, way, refused):
    grant = lend(cast, limits=Limits(way=way))

    assert len(list(opened(cast, grant, way=way).dicts())) == len(PEOPLE)
    with pytest.raises(Limited, match="grant"):
        opened(cast, grant, way=refused)
    assert Event.objects.filter(kind="disclosure.opened").count() == 1


def test_it_counts_readings_and_says_when_it_opens_again(cast, monkeypatch):
    grant = lend(cast, limits=Limits(readings_most=2, readings_span="hour"))
    read(cast, grant)
    read(cast, grant)

    with pytest.raises(LimitReached, match="opens again") as refused:
        read(cast, grant)

    opens_at = refused.value.opens_at
    assert timezone.now() < opens_at <= timezone.now() + timedelta(hours=1)
    monkeypatch.setattr(metering.timezone, "now", lambda: opens_at)
    assert len(read(cast, grant)) == len(PEOPLE)


def test_it_counts_rows_that_left_and_gives_back_all_but_one_of_what_was_only_reserved(cast):
    grant = lend(cast, limits=Limits(rows_most=250, rows_span="total"))

    assert len(read(cast, grant, limit=200)) == 200
    assert metering.left_of(grant) == {"readings": None, "rows": 50}
    assert len(read(cast, grant, where="person = 'person 7'")) == 0  # under the mask nobody is called so
    assert metering.left_of(grant)["rows"] == 49, "that there is nobody was told"
    assert len(read(cast, grant, limit=10)) == 10
    with pytest.raises(LimitReached, match="39 were left"):
        read(cast, grant, limit=40)
    assert metering.left_of(grant)["rows"] == 38, "that there are more than 39 was told"
    assert len(read(cast, grant, limit=38)) == 38
    with pytest.raises(LimitReached, match="renew") as refused:
        read(cast, grant, limit=1)
    assert refused.value.opens_at is None


def test_it_reserves_before_the_first_row_and_a_crash_counts_as_its_ceiling(cast):
    grant = lend(cast, limits=Limits(rows_most=300, rows_span="day"))
    running = opened(cast, grant, limit=200)

    assert metering.left_of(grant)["rows"] == 100
    running.close("reader left")
    assert metering.left_of(grant)["rows"] == 299

    crashed = opened(cast, grant, limit=200)
    crashed._run.close()  # the process is gone: nobody closes the exit
    assert metering.left_of(grant)["rows"] == 99


def test_it_never_lets_out_more_to_many_at_once(cast):
    grant = lend(cast, limits=Limits(rows_most=95, rows_span="day", readings_most=40, readings_span="day"))
    got, refused, lock = [], [], threading.Lock()

    def reads():
        try:
            for _again in range(3):
                try:
                    rows = read(cast, grant, limit=10)
                    with lock:
                        got.append(len(rows))
                except LimitReached:
                    with lock:
                        refused.append(1)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=reads) for _one in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    meter = Meter.objects.get(basis=grant)
    assert sum(got) <= meter.rows <= 95
    assert len(got) + len(refused) == 24 and refused
    assert meter.readings <= 40


def test_it_asks_nothing_more_of_a_grant_without_limits(cast):
    read(cast, lend(cast))

    assert not Meter.objects.exists()


def test_it_gives_back_what_was_reserved_where_the_opening_cannot_be_written(cast, monkeypatch):
    grant = lend(cast, limits=Limits(rows_most=300, rows_span="day"))
    monkeypatch.setattr(log, "LIMIT", 10)

    with pytest.raises(log.Unrecordable):
        read(cast, grant)

    assert metering.left_of(grant)["rows"] == 300


def test_it_answers_a_program_with_the_moment_at_which_it_opens(cast):
    day = lend(cast, limits=Limits(rows_most=100, rows_span="day"))
    whole = lend(cast, limits=Limits(rows_most=100, rows_span="total"))
    rita = caller(cast.requester)
    address = f"/api/v1/datasets/{cast.dataset.pk}/rows?limit=100&basis="

    for grant, status, kind in ((day, 429, "grant-limit"), (whole, 403, "grant-used-up")):
        assert rita.get(f"{address}{grant.pk}").status_code == 200
        refused = rita.get(f"{address}{grant.pk}&order_by=person")
        assert (refused.status_code, refused.json()["type"].split("/")[-2]) == (status, kind)
        assert ("opens_at" in refused.json()) == ("Retry-After" in refused) == (status == 429)


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        (Limits(way="pigeon"), "way"),
        (Limits(readings_most=5), "readings_span"),
        (Limits(readings_span="hour"), "readings_span"),
        (Limits(readings_most=5, readings_span="total"), "readings_span"),
        (Limits(rows_most=0, rows_span="day"), "rows_most"),
        (Limits(rows_most=5, rows_span="hour"), "rows_span"),
    ],
)
def test_it_refuses_limits_that_cannot_be_counted(cast, limits, field):
    with pytest.raises(ValidationError) as refused:
        lend(cast, limits=limits)

    assert set(refused.value.message_dict) == {field}
    assert not Basis.objects.filter(kind="grant").exists()


def test_it_states_the_digest_of_all_that_was_agreed_to(cast):
    grant = lend(
        cast, promised=Promised(frequency="monthly", retention_days=30), limits=Limits(rows_most=9, rows_span="day")
    )
    kept = Basis.objects.select_related("grant").get(pk=grant.pk)

    assert kept.grant.policy_sha256 == policy_sha256(kept)
    assert kept.grant.policy_sha256 in Event.objects.get(kind="grant.made").body
    assert (kept.grant.approved_by, kept.grant.catalogue) == (cast.approver, cast.version)
    other = lend(cast, promised=Promised(frequency="monthly", retention_days=31))
    assert other.grant.policy_sha256 != kept.grant.policy_sha256


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (Basis, {"rows_most": 10**9}),
        (Basis, {"way": "both"}),
        (Basis, {"domain": "department of somebody else"}),
        (Grant, {"retention_days": 9999}),
        (Grant, {"policy_sha256": "0" * 64}),
        (Grant, {"note": "And keep it for ever."}),
    ],
)
def test_it_never_changes_what_was_frozen(cast, table, change):
    grant = lend(cast, limits=Limits(way="api", rows_most=9, rows_span="day"), promised=Promised(retention_days=30))

    with pytest.raises(DatabaseError, match="never change"), transaction.atomic():
        table.objects.filter(pk=grant.pk).update(**change)
