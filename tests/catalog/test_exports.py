"""A file of what a query asks for: made by a worker through the gate, for one reader, for a time."""

import hashlib
import io
import json
import time
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone

from audit.actor import service
from audit.models import Event
from catalog import exporter, exports, jobs, sweeps
from catalog.actions.exports import ask_export, end_export, end_exports
from catalog.gate import BasisEnded, Exit, open_export, open_rows, read_file
from catalog.models import Basis, Export, Format
from catalog.rows.errors import QueryError, Stopped, TooCostly
from catalog.rows.formats import Streamed
from catalog.rows.query import RowQuery
from catalog.store import store
from tests import world
from tests.loads import empty_store, exports_in_store, files_in_scratch

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = {
    "id": ("integer", list(range(1, 11))),
    "name": ("text", [f"Resident {n}" for n in range(1, 11)]),
    "district": ("text", ["North", "South"] * 5),
    "income": ("integer", [1000 * n for n in range(1, 11)]),
}
LENT = {"id": "hash", "district": None, "income": "band:5000"}


@pytest.fixture
def city():
    empty_store()
    people = world.cast()
    people.residents = world.dataset(people.owner, people.parks, "Residents")
    people.version = world.version(people.residents, ROWS)
    people.grant = world.basis("grant", people.version, LENT, where="district = 'North'", to=people.health)
    return people


def ask(city, *, by=None, basis=None, kind=Format.CSV, **query) -> Export:
    over = (city.version, basis or city.grant)
    asked = RowQuery(**{"limit": None, **query})
    return ask_export(asked, kind, over=over, name="residents-v1", by=world.by(by or city.requester))


def made(export: Export) -> Export:
    """The export after one worker did what it could."""
    exporter.run(export.pk)
    export.refresh_from_db()
    return export


def bytes_of(export: Export) -> bytes:
    with store().open(export.path) as file:
        return file.read()


def disclosures() -> list[dict]:
    events = Event.objects.filter(kind__startswith="disclosure.").order_by("id")
    return [{"kind": event.kind, **json.loads(event.body)} for event in events]


def test_it_makes_the_file_through_the_gate_in_the_readers_name(city):
    export = made(ask(city))
    data = bytes_of(export)
    lines = data.decode().splitlines()
    assert lines[0] == '"id","district","income"'
    assert len(lines) == 6 and "South" not in data.decode() and "Resident" not in data.decode()
    assert {line.rsplit(",", 1)[1] for line in lines[1:]} == {"0", "5000"}
    assert (export.state, export.rows, export.bytes) == ("ready", 5, len(data))
    assert export.sha256 == hashlib.sha256(data).hexdigest()
    assert exports_in_store() == [export.path] and files_in_scratch() == []
    assert export.expires_at - export.ready_at == timedelta(hours=24)

    opened, closed = disclosures()
    assert opened["actor"]["id"] == str(city.requester.pk)
    assert opened["facts"]["exit"] == "rows" and opened["request"] == f"export-{export.pk}"
    assert (
        closed["facts"] | {"rows": 5, "bytes": len(data), "sha256": export.sha256, "outcome": "complete"}
        == (closed["facts"])
    )


def test_it_writes_down_who_asked_and_what_became_of_it(city):
    export = ask(city)
    made(export)
    end_export(export, by=world.by(city.requester))
    events = Event.objects.filter(kind__startswith="export.").order_by("id")
    assert [event.kind for event in events] == ["export.asked", "export.ready", "export.ended"]
    assert [event.actor for event in events] == [city.requester.pk, None, city.requester.pk]
    assert all(event.basis == city.grant.pk for event in events)
    assert exports_in_store() == []


@pytest.mark.parametrize("kind", [*Format, *Streamed])
def test_it_makes_every_format(city, kind):
    if kind == Format.GEOJSON:
        with pytest.raises(ValidationError):
            ask(city, kind=kind)
        return
    export = made(ask(city, kind=kind))
    assert (export.state, export.rows) == ("ready", 5)
    assert export.name == f"residents-v1.{kind.suffix}"
    if kind == Format.PARQUET:
        assert pq.read_table(io.BytesIO(bytes_of(export))).column_names == ["id", "district", "income"]


def test_it_refuses_at_once_what_cannot_be_answered(city):
    with pytest.raises(QueryError):
        ask(city, where="name = 'Resident 1'")
    with pytest.raises(QueryError):
        ask(city, select="nothing")
    with pytest.raises(Http404):
        ask(city, table="other")
    assert not Export.objects.exists()


def test_it_is_for_those_whom_the_basis_lets_in(city):
    for somebody in (city.stranger, city.citizen, city.owner):
        with pytest.raises(BasisEnded):
            ask(city, by=somebody)
    with pytest.raises(PermissionDenied):
        ask_export(RowQuery(), Format.CSV, over=(city.version, city.grant), name="x", by=world.by(None))
    assert not Export.objects.exists()


def test_it_keeps_to_a_number_for_each_reader(city, settings):
    settings.EXPORTS_OPEN, settings.EXPORTS_KEPT = 2, 2
    first, second = ask(city), ask(city)
    with pytest.raises(ValidationError, match="being prepared"):
        ask(city)
    made(first), made(second)
    with pytest.raises(ValidationError, match="are kept"):
        ask(city)
    end_export(first, by=world.by(city.requester))
    ask(city)


def test_it_asks_the_basis_again_when_the_file_is_made(city):
    export = ask(city)
    end(city.grant, "revoke")
    export = made(export)
    assert (export.state, export.error["code"]) == ("failed", "basis-ended")
    assert exports_in_store() == [] and disclosures() == []


def test_it_ends_in_the_middle_with_its_basis(city, monkeypatch):
    monkeypatch.setattr("catalog.gate.LOOK_AGAIN", 0)
    monkeypatch.setattr("catalog.rows.formats.PIECE_BYTES", 1)
    gone = Exit.gone

    def then_revoked(exit_, rows, size):
        gone(exit_, rows, size)
        if rows:
            end(city.grant, "revoke")

    monkeypatch.setattr("catalog.gate.Exit.gone", then_revoked)
    export = made(ask(city))
    assert (export.state, export.error["code"]) == ("failed", "basis-ended")
    assert exports_in_store() == [] and files_in_scratch() == []
    assert disclosures()[-1]["facts"]["outcome"] == "ended"


def end(basis: Basis, verb: str) -> None:
    """What the owner does to a grant, without its event."""
    state = {"revoke": "revoked", "suspend": "suspended"}[verb]
    Basis.objects.filter(pk=basis.pk).update(state=state)


def test_it_is_fetched_by_its_reader_alone_and_written_down_each_time(city):
    export = made(ask(city))
    exit_, path = open_export(export, by=world.by(city.requester))
    assert b"".join(read_file(exit_, path)) == bytes_of(export)
    opened, closed = disclosures()[2:]
    assert (opened["facts"]["exit"], opened["facts"]["export"]) == ("export", str(export.pk))
    assert (opened["facts"]["ceiling"], opened["facts"]["ceiling_bytes"]) == (5, export.bytes)
    assert closed["facts"]["sha256"] == export.sha256

    colleague = world.person("Rosa", city.health, "requester")
    with pytest.raises(Http404):
        open_export(export, by=world.by(colleague))
    for somebody in (city.stranger, city.owner, None):
        with pytest.raises(BasisEnded):
            open_export(export, by=world.by(somebody))
    assert len(disclosures()) == 4


def test_a_download_ends_with_its_basis_and_with_its_reader(city, monkeypatch):
    monkeypatch.setattr("catalog.gate.LOOK_AGAIN", 0)
    monkeypatch.setattr("catalog.gate.CHUNK", 10)
    export = made(ask(city))
    left = read_file(*open_export(export, by=world.by(city.requester)))
    assert len(next(left)) == 10
    left.close()
    assert (disclosures()[-1]["facts"]["outcome"], disclosures()[-1]["facts"]["bytes"]) == ("reader left", 10)

    left = read_file(*open_export(export, by=world.by(city.requester)))
    next(left)
    end(city.grant, "revoke")
    with pytest.raises(Stopped):
        next(left)
    assert (disclosures()[-1]["facts"]["outcome"], disclosures()[-1]["facts"]["bytes"]) == ("ended", 10)


def test_it_is_not_fetched_any_more_when_the_basis_ended(city):
    export = made(ask(city))
    end(city.grant, "suspend")
    with pytest.raises(BasisEnded):
        open_export(export, by=world.by(city.requester))
    assert end_exports(by=service("clock")) == 0, "a grant may be resumed"
    end(city.grant, "revoke")
    assert end_exports(by=service("clock")) == 1
    export.refresh_from_db()
    assert (export.state, export.error["code"], exports_in_store()) == ("ended", "basis-ended", [])
    assert (export.rows, export.bytes, export.rows_done, export.sha256) == (0, 0, 0, "")


@pytest.mark.parametrize("kind", ["grant", "release"])
def test_it_expires(city, kind):
    """Under a right with an end as under one without."""
    basis = city.grant if kind == "grant" else world.basis("release", city.version, {"id": None})
    export = made(ask(city, basis=basis))
    Export.objects.update(expires_at=timezone.now())
    assert end_exports(by=service("clock")) == 1
    export.refresh_from_db()
    assert (export.state, export.path, exports_in_store()) == ("expired", "", [])
    with pytest.raises(Http404):
        open_export(export, by=world.by(city.requester))
    Export.objects.update(ended_at=timezone.now() - exports.REMEMBERED)
    assert exports.forget_old() == 1 and not Export.objects.exists()


def test_it_goes_with_its_version(city):
    export = made(ask(city))
    city.version.state, city.version.dropped_at = "dropped", timezone.now()
    city.version.save()
    with pytest.raises((Http404, BasisEnded)):
        open_export(export, by=world.by(city.requester))
    end_exports(by=service("clock"), dataset=city.residents.pk)
    export.refresh_from_db()
    assert (export.state, export.error["code"], exports_in_store()) == ("ended", "version-gone", [])
    assert (export.rows, export.bytes, export.rows_done, export.sha256) == (0, 0, 0, "")


def test_it_is_made_anew_when_a_worker_died(city):
    export = ask(city)
    dead = jobs.claim(export.pk, Export)
    with store().open(exports.path_of(dead), "wb") as file:
        file.write(b"half")
    assert exporter.run(export.pk) is False
    Export.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweeps.exports_left_alone() == [str(export.pk)]
    export = made(export)
    assert (export.state, export.fence, exports_in_store()) == ("ready", 3, [export.path])


def test_it_waits_for_its_turn(city, settings):
    first, second = ask(city), ask(city)
    assert exports.take_up(first.pk) and exporter.run(second.pk) is False
    settings.EXPORTS_AT_ONCE = 2
    assert exports.next_waiting() == str(second.pk)
    assert made(second).state == "ready" and exports.next_waiting() is None


def test_readers_take_turns_however_many_files_one_asks_for(city):
    rosa = world.person("Rosa", city.health, "requester")
    first, second, third = ask(city), ask(city), ask(city)
    hers = ask(city, by=rosa)
    assert exporter.run(first.pk) and exporter.run(second.pk) is False
    assert exports.next_waiting() == str(hers.pk)
    assert exporter.run(hers.pk)
    later = ask(city, by=rosa)
    assert exporter.run(later.pk) is False, "who was served before waits behind who has waited since"
    for export in (second, later, third):
        assert exports.next_waiting() == str(export.pk) and exporter.run(export.pk)


@pytest.mark.parametrize("slow", ["engine", "store"])
def test_it_ends_in_time_whatever_holds_its_worker(city, settings, monkeypatch, slow):
    settings.EXPORT_SECONDS = 0.2
    monkeypatch.setattr("catalog.rows.formats.PIECE_BYTES", 1)
    export, other = ask(city), ask(city)
    gone, put = Exit.gone, exporter.store().put

    def held_up():
        for _look in range(100):
            if Export.objects.get(pk=export.pk).state == "failed":
                assert exports.next_waiting() == str(other.pk)
                return
            time.sleep(0.05)

    def slow_gone(exit_, rows, size):
        held_up()
        gone(exit_, rows, size)

    def slow_put(local, path):
        held_up()
        put(local, path)

    if slow == "engine":
        monkeypatch.setattr("catalog.gate.Exit.gone", slow_gone)
    else:
        monkeypatch.setattr(exporter.store(), "put", slow_put)
    export = made(export)
    assert (export.state, export.error["code"], export.tries) == ("failed", "too-long", 1)
    assert exports_in_store() == [] and files_in_scratch() == []
    assert disclosures()[-1]["kind"] == "disclosure.closed"


def test_a_query_that_is_too_long_for_an_answer_is_made_into_a_file(city, settings):
    settings.ENGINE_QUERY_MS = 1
    columns = {"n": ("integer", pa.array(range(300_000), pa.int64()))}
    version = world.version(city.residents, columns)
    over = (version, world.basis("duty", version, {"n": None}, to=city.parks))
    heavy = RowQuery(select="median(n * 2) as m, count(distinct concat(n, n)) as c, n % 1000 as k", group_by="k")
    with pytest.raises(TooCostly):
        list(open_rows(heavy, over=[over], by=world.by(city.owner)).dicts())
    export = made(ask_export(heavy.whole(), Format.CSV, over=over, name="x", by=world.by(city.owner)))
    assert (export.state, export.rows) == ("ready", 1000), export.error

    settings.EXPORT_QUERY_MS = 1
    export = made(ask_export(heavy.whole(), Format.CSV, over=over, name="x", by=world.by(city.owner)))
    assert (export.state, export.error["code"]) == ("failed", "too-costly-time")


def test_it_tries_again_where_that_may_help(city, monkeypatch):
    def away(_local, _path):
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(exporter.store(), "put", away)
        export = made(ask(city))
    assert (export.state, export.tries, exports.next_waiting()) == ("asked", 1, None), "not at once"
    assert sweeps.exports_left_alone() == [str(export.pk)]
    assert made(export).state == "ready"


def test_it_gives_up_when_workers_die_again_and_again(city):
    export = ask(city)
    for _try in range(jobs.MOST_TRIES):
        assert jobs.claim(export.pk, Export)
        Export.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    sweeps.exports_left_alone()
    export.refresh_from_db()
    assert (export.state, export.error["code"]) == ("failed", "worker-died")


def test_it_writes_nothing_for_a_worker_that_lost_it(city, monkeypatch):
    export = ask(city)
    put = exporter.store().put

    def ended_meanwhile(local, path):
        end_export(export, by=world.by(city.requester))
        put(local, path)

    monkeypatch.setattr(exporter.store(), "put", ended_meanwhile)
    export = made(export)
    assert (export.state, export.error["code"], exports_in_store()) == ("ended", "asked", [])


def test_it_leaves_no_orphan_of_a_crash(city):
    export, waiting = made(ask(city)), ask(city)
    for path in (f"exports/{export.pk}/9.csv", "exports/nobody/1.csv", f"exports/{waiting.pk}/7.csv"):
        with store().open(path, "wb") as file:
            file.write(b"left")
    working = jobs.claim(waiting.pk, Export)
    with store().open(exports.path_of(working), "wb") as file:
        file.write(b"under way")
    assert exports.clear_loose() == 3
    assert exports_in_store() == sorted([export.path, exports.path_of(working)])


def test_it_says_why_a_query_took_too_much(city, settings):
    settings.EXPORT_MAX_BYTES = 10
    export = made(ask(city))
    assert (export.state, export.error["code"], exports_in_store()) == ("failed", "too-large", [])
    assert disclosures()[-1]["facts"]["outcome"] == "broken"


def test_it_names_nobody_where_the_data_is_open(city):
    release = world.basis("release", city.version, {"district": None})
    export = made(ask(city, by=city.citizen, basis=release))
    assert export.state == "ready" and disclosures() == []
    assert set(Event.objects.filter(kind__startswith="export.").values_list("actor", flat=True)) == {None}
    open_export(export, by=world.by(city.citizen))
    for somebody in (city.requester, None):
        with pytest.raises(Http404):
            open_export(export, by=world.by(somebody))


def test_it_knows_how_far_it_is(city):
    export = ask(city)
    assert (export.rows_expected, export.progress) == (None, 0.0)  # the filtered rows were not counted yet
    assert ask(city, limit=3).rows_expected == 3
    release = world.basis("release", city.version, {"district": None})
    export = ask(city, basis=release)
    assert export.rows_expected == 10
    export.state, export.rows_done = "running", 4
    assert export.progress == 0.4
    assert made(export).progress == 1.0
