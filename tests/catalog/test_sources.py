"""Sources: set by the steward, fetched as jobs, unchanged ones make nothing, and what opens them is never told."""

from datetime import timedelta
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from audit.models import Event, EventDetail
from catalog.actions import memberships, sources
from catalog.actions.source_runs import begin_run, settle
from catalog.actions.versions import confirm_version, discard_version
from catalog.ingest.errors import ReadingError
from catalog.models import Job, Message, Source, Version
from catalog.schema_changes import SchemaAnswer, changes_of
from catalog.sources import clock, vault
from catalog.sources.errors import SourceError
from catalog.store import store
from tests import world
from tests.database import events_refused
from tests.loads import empty_store, files_in_scratch, files_in_store, run
from tests.sources import HOST, carried_out, department_database, due_now, fetched, ticked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def city(settings):
    settings.SOURCE_HOSTS = [HOST]
    empty_store()
    with department_database() as made:
        yield made


@pytest.fixture
def people():
    return world.cast()


@pytest.fixture
def trees(people):
    return world.dataset(people.owner, people.parks)


@pytest.fixture
def source(people, trees, city):
    return sources.set_source(trees, city.fields(), by=world.by(people.owner))


def test_it_shows_the_first_rows_to_the_steward_and_writes_that_down(source, people):
    seen = sources.test_source(source, by=world.by(people.owner))

    assert seen.columns[:2] == ["code", "height"] and len(seen.rows) == 10
    assert [row[1] for row in seen.rows[:2]] == ["1.25", "2.50"]
    assert '"rows":10' in Event.objects.get(kind="source.tested").body


def test_it_is_the_stewards_alone(source, people, trees, city):
    for somebody in (people.approver, people.stranger, people.administrator, people.citizen):
        by = world.by(somebody)
        for act in (
            lambda by=by: sources.set_source(trees, city.fields(), by=by),
            lambda by=by: sources.test_source(source, by=by),
            lambda by=by: sources.run_source(source, by=by),
            lambda by=by: sources.pause_source(source, reason="x", by=by),
            lambda by=by: sources.resume_source(source, by=by),
            lambda by=by: sources.remove_source(source, by=by),
            lambda by=by: sources.trust_key(source, "x", by=by),
        ):
            with pytest.raises(PermissionDenied):
                act()


def test_a_view_becomes_a_version_with_the_types_of_the_database(source, people, trees):
    job = fetched(source, people)
    trees.refresh_from_db()

    assert (job.state, job.error) == ("done", None)
    assert trees.current.number == 1 and trees.current.state == "kept"
    table = trees.current.tables.get()
    assert table.rows == 40
    assert table.types == {
        "code": "text", "height": "decimal", "planted": "date", "seen": "timestamptz", "tag": "text", "about": "text",
        "alive": "boolean", "girth": "integer", "price": "decimal",
    }  # fmt: skip
    rows = pq.read_table(store().local(table.path)).sort_by("code").to_pylist()
    assert rows[0]["code"] == "00001" and str(rows[2]["height"]) == "3.75"
    assert rows[0]["seen"].isoformat() == "2026-03-01T01:00:00+00:00"
    assert rows[0]["about"] == '{"n": 1}' and rows[0]["price"] == Decimal("0.125")
    assert files_in_scratch() == []


def test_what_is_unchanged_makes_no_version_whatever_the_order_of_its_rows(source, people, trees, city):
    fetched(source, people)
    city.say("UPDATE tree SET secret = 'y' WHERE code < '00020'")
    again = fetched(source, people)

    assert again.state == "done" and again.brought["unchanged"]
    assert trees.versions.count() == 1 and again.version == trees.versions.get()
    assert len(files_in_store()) == 1
    assert Event.objects.filter(kind="source.unchanged").count() == 1


def test_a_changed_row_is_a_new_version_and_the_way_back_is_one_more(source, people, trees, city):
    fetched(source, people)
    city.say("UPDATE tree SET height = 99 WHERE code = '00007'")
    fetched(source, people)
    city.say("UPDATE tree SET height = 7 + 7 / 4.0 WHERE code = '00007'")
    fetched(source, people)
    trees.refresh_from_db()

    assert trees.versions.count() == 3 and trees.current.number == 3


def test_a_source_that_lost_most_rows_stops_and_asks(source, people, trees, city):
    fetched(source, people)
    city.say("DELETE FROM tree WHERE girth > 5")
    job = fetched(source, people)
    trees.refresh_from_db()

    assert trees.current.number == 1 and job.version.state == Version.State.PROPOSED
    assert job.version.report["notes"][0]["code"] == "lost-rows"
    assert "waits" in Message.objects.get(dataset=trees, topic="source").text
    due_now(source)
    assert ticked(trees) is None, "it stops until the steward has looked"

    discard_version(job.version, reason="The view was broken.", by=world.by(people.owner))
    city.say("INSERT INTO tree SELECT lpad(n::text, 5, '0') FROM generate_series(41, 90) n")
    due_now(source)
    assert ticked(trees).version.number == 3 and trees.current.number == 3


def test_a_source_that_lost_a_column_stops_and_goes_on_when_confirmed(source, people, trees, city):
    fetched(source, people)
    city.say("DROP VIEW public_trees", "CREATE VIEW public_trees AS SELECT code, height FROM tree",
             "GRANT SELECT ON public_trees TO {login}")  # fmt: skip
    job = fetched(source, people)

    assert [note["code"] for note in job.version.report["notes"]] == ["lost-columns"]
    assert job.version.state == Version.State.PROPOSED
    answer = SchemaAnswer(changes_of(job.version).digest)
    confirm_version(job.version, by=world.by(people.owner), answer=answer)
    city.say("UPDATE tree SET height = 5")
    assert fetched(source, people).version.state == Version.State.KEPT


def test_it_waits_for_the_steward_where_the_source_says_so(people, trees, city):
    source = sources.set_source(trees, city.fields(confirm=False), by=world.by(people.owner))

    assert fetched(source, people).version.state == Version.State.PROPOSED


def test_the_clock_fetches_what_is_due_and_nothing_else(source, people, trees):
    assert source.next_run_at > timezone.now()
    assert ticked(trees) is None
    due_now(source)
    job = ticked(trees)
    source.refresh_from_db()

    assert job.version.number == 1 and job.created_by == people.owner
    assert source.next_run_at > timezone.now() and source.running is None and source.last_run == job
    started = Event.objects.get(kind="source.run_started")
    assert '"service":"clock"' in started.body


@pytest.mark.slow
def test_it_fails_with_a_sentence_tries_again_later_and_rests_in_the_end(source, people, trees, city):
    city.say("DROP VIEW public_trees")
    waits = []
    for _time in range(6):
        due_now(source)
        job = ticked(trees)
        assert job.state == "failed" and job.error["code"] == "source-no-table"
        source.refresh_from_db()
        waits.append(source.next_run_at and round((source.next_run_at - timezone.now()) / timedelta(minutes=1)))

    assert waits == [2, 10, 30, 120, 360, None]
    assert source.state == "paused" and "6 times" in source.paused_because
    assert Message.objects.filter(dataset=trees, topic="source").count() == 2
    assert files_in_store() == [] and files_in_scratch() == []
    city.say("CREATE VIEW public_trees AS SELECT code, height FROM tree", "GRANT SELECT ON public_trees TO {login}")
    sources.resume_source(source, by=world.by(people.owner))
    due_now(source)
    assert ticked(trees).state == "done"


def test_it_rests_when_whoever_set_it_up_keeps_the_dataset_no_more(source, people, trees):
    memberships.end_role(people.owner.memberships.get(), reason="moved", by=world.by(people.administrator))
    due_now(source)

    assert ticked(trees) is None
    source.refresh_from_db()
    assert source.state == "paused"


def test_a_table_that_the_login_may_not_read_is_said_so(people, trees, city):
    source = sources.set_source(trees, city.fields(what="tree"), by=world.by(people.owner))

    with pytest.raises(ValidationError, match="may not read"):
        sources.test_source(source, by=world.by(people.owner))


@pytest.mark.parametrize("what", ['tree"; DROP TABLE tree; --', "public_trees where 1=1", "pg_catalog.pg_authid x", ""])
def test_a_name_that_the_database_does_not_list_is_none(what, people, trees, city):
    with pytest.raises(ValidationError):
        source = sources.set_source(trees, city.fields(what=what), by=world.by(people.owner))
        sources.test_source(source, by=world.by(people.owner))


def test_a_view_that_writes_writes_nothing(people, trees, city):
    city.say(
        "CREATE FUNCTION touch() RETURNS int LANGUAGE sql SECURITY DEFINER AS"
        " 'UPDATE tree SET height = 0 RETURNING girth'",
        "CREATE VIEW writing AS SELECT touch()", "GRANT SELECT ON writing TO {login}",
    )  # fmt: skip
    source = sources.set_source(trees, city.fields(what="writing"), by=world.by(people.owner))

    with pytest.raises(ValidationError):
        sources.test_source(source, by=world.by(people.owner))


def test_a_source_that_has_not_grown_is_not_fetched_again(people, trees, city):
    source = sources.set_source(trees, city.fields(watermark="girth"), by=world.by(people.owner))
    assert fetched(source, people).brought["watermark"] == "40"
    city.say("UPDATE tree SET height = 1")
    assert fetched(source, people).brought["unchanged"]
    city.say("INSERT INTO tree (code, girth) VALUES ('99999', 41)")
    assert fetched(source, people).version.number == 2


def rows_of(version) -> list[tuple]:
    paths = [store().local(file["path"]) for file in version.tables.get().files]
    found = [row for path in paths for row in pq.read_table(path).to_pylist()]
    return sorted((row["code"], row["girth"]) for row in found)


def test_only_what_is_new_is_fetched_and_added(people, trees, city):
    fields = city.fields(watermark="girth", taking="append")
    source = sources.set_source(trees, fields, by=world.by(people.owner))
    assert fetched(source, people).mode == "replace"
    city.say("INSERT INTO tree (code, girth, seen) VALUES ('00041', 41, now()), ('00042', 42, now())")
    job = fetched(source, people)
    trees.refresh_from_db()

    assert (job.state, job.mode, job.brought["watermark"]) == ("done", "append", "42"), str(job.error)
    assert pq.ParquetFile(store().local(trees.current.tables.get().files[-1]["path"])).metadata.num_rows == 2
    assert rows_of(trees.current) == [(f"{n:05d}", n) for n in range(1, 43)]
    assert fetched(source, people).brought["unchanged"]


def test_changed_rows_take_the_places_of_those_with_the_same_key(people, trees, city):
    fields = city.fields(watermark="girth", taking="upsert")
    source = sources.set_source(trees, fields, by=world.by(people.owner))
    fetched(source, people)
    trees.columns.filter(name="code").update(row_key=True)
    city.say("UPDATE tree SET girth = 50 WHERE code = '00007'", "INSERT INTO tree (code, girth) VALUES ('00041', 51)")
    job = fetched(source, people)
    trees.refresh_from_db()

    assert (job.state, job.mode) == ("done", "upsert"), job.error
    expected = [(f"{n:05d}", {7: 50, 41: 51}.get(n, n)) for n in range(1, 42)]
    assert rows_of(trees.current) == expected


def test_what_a_steward_loaded_by_hand_is_not_added_to(people, trees, city):
    fields = city.fields(watermark="girth", taking="append")
    source = sources.set_source(trees, fields, by=world.by(people.owner))
    fetched(source, people)
    world.version(trees, {"code": ("text", ["x"])})
    city.say("INSERT INTO tree (code, girth) VALUES ('00041', 41)")

    assert fetched(source, people).mode == "replace"


def test_a_slow_view_is_given_up(people, trees, city, settings):
    settings.SOURCE_STATEMENT_SECONDS = 1
    city.say("CREATE VIEW slow AS SELECT 1 AS a, pg_sleep(20)::text AS b", "GRANT SELECT ON slow TO {login}")
    source = sources.set_source(trees, city.fields(what="slow"), by=world.by(people.owner))

    with pytest.raises(ValidationError, match="longer than allowed"):
        sources.test_source(source, by=world.by(people.owner))


@pytest.mark.slow
def test_a_database_that_goes_away_in_the_middle_leaves_nothing(source, people, trees, city, monkeypatch):
    city.say(
        "CREATE VIEW wide AS SELECT n, repeat('x', 500) AS t FROM generate_series(1, 200000) n",
        "GRANT SELECT ON wide TO {login}",
    )
    source = sources.set_source(trees, city.fields(what="wide"), by=world.by(people.owner))
    job = sources.run_source(source, by=world.by(people.owner))
    seen = []

    def cut(self, stage, *, rows=0, **_more):
        seen.append(rows)
        if stage == "fetching" and rows and len(seen) == 4:
            pids = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{city.login}'"
            city.say(pids)

    with monkeypatch.context() as patch:
        patch.setattr("catalog.jobs.Lease.report", cut)
        job = carried_out(source, job)

    assert (job.state, job.error["code"]) == ("failed", "source-broke-off")
    assert trees.versions.count() == 0 and files_in_store() == [] and files_in_scratch() == []
    assert source.failures == 1 and source.next_run_at > timezone.now()
    assert fetched(source, people).version.number == 1


def test_what_opens_it_is_sealed_and_never_told(source, people, trees, city):
    fetched(source, people)
    assert source.secret and vault.unseal(source) == "plain blue kite"
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM catalog_source t")
        assert "kite" not in str(cursor.fetchall())
    told = "".join(Event.objects.values_list("body", flat=True)) + str(list(EventDetail.objects.values()))
    assert "kite" not in told and "kite" not in str(list(Job.objects.values()))


def test_what_was_sealed_for_one_source_opens_no_other(source, people, city):
    other = world.dataset(people.owner, people.parks, "Benches")
    second = sources.set_source(other, city.fields(password="another"), by=world.by(people.owner))
    second.secret = source.secret

    with pytest.raises(SourceError):
        vault.unseal(second)


def test_keys_are_changed_without_losing_what_they_sealed(source, settings):
    settings.SOURCE_KEYS = ["the new key", settings.SECRET_KEY]
    call_command("rotate_source_keys")
    settings.SOURCE_KEYS = ["the new key"]
    source.refresh_from_db()

    assert vault.unseal(source) == "plain blue kite"
    settings.SOURCE_KEYS = ["an unknown key"]
    with pytest.raises(SourceError, match="Enter the password again"):
        vault.unseal(source)


def test_a_password_is_not_led_to_another_server(source, people, trees, city):
    by = world.by(people.owner)
    with pytest.raises(ValidationError, match="password again"):
        sources.set_source(trees, city.fields(host="db.example.org", password=""), by=by)
    changed = sources.set_source(trees, city.fields(schedule="daily", password=""), by=by)
    assert vault.unseal(changed) == "plain blue kite"


def test_a_server_that_nobody_listed_is_refused(source, people, settings):
    settings.SOURCE_HOSTS = []

    with pytest.raises(ValidationError, match="closed to sources"):
        sources.test_source(source, by=world.by(people.owner))


def test_removing_forgets_what_opened_it_and_keeps_the_runs(source, people, trees, city):
    fetched(source, people)
    sources.remove_source(source, by=world.by(people.owner))
    source.refresh_from_db()

    assert source.state == "removed" and source.secret == "" and trees.jobs.count() == 1
    assert sources.source_of(trees) is None
    assert sources.set_source(trees, city.fields(), by=world.by(people.owner)).pk != source.pk


def test_it_runs_once_at_a_time_and_not_while_it_rests(source, people):
    by = world.by(people.owner)
    sources.run_source(source, by=by)
    with pytest.raises(ValidationError, match="right now"):
        sources.run_source(Source.objects.get(), by=by)
    sources.pause_source(source, reason="", by=by)
    source.refresh_from_db()
    assert source.next_run_at is None


def test_it_changes_nothing_that_it_cannot_write_down(source, people):
    with events_refused(), pytest.raises(Exception, match="permission denied"):
        sources.pause_source(source, reason="x", by=world.by(people.owner))
    source.refresh_from_db()

    assert source.state == "active"
    due_now(source)
    with events_refused(), pytest.raises(Exception, match="permission denied"):
        clock.tick()
    assert Job.objects.count() == 0


def test_what_a_run_gave_is_not_lost_when_the_next_one_is_asked_for_at_once(source, people, trees, city):
    city.say("DROP VIEW public_trees")
    for _time in range(2):
        run(sources.run_source(source, by=world.by(people.owner)))
    source.refresh_from_db()
    assert source.failures == 1 and source.last_run.error["code"] == "source-no-table"
    assert Message.objects.filter(dataset=trees, topic="source").count() == 1
    clock.tick()

    failed = Event.objects.filter(kind="source.failed").order_by("id").values_list("body", flat=True)
    assert ['"failures":1' in failed[0], '"failures":2' in failed[1]] == [True, True] and len(failed) == 2
    assert {event.count('"service":"clock"') for event in failed} == {1}


def test_the_owner_is_told_why_it_failed_without_a_word_of_the_file(source, people, trees):
    by = world.by(people.owner)
    with transaction.atomic():
        job = begin_run(source, asked_by=by, by=by)
    error = ReadingError("misfits", row=2, column="height", count=1, text="Xylotomous").as_dict()
    Job.objects.filter(pk=job.pk).update(state="failed", error=error, ended_at=timezone.now())
    source.refresh_from_db()
    with transaction.atomic():
        settle(source)
    text = Message.objects.get(dataset=trees, topic="source").text
    assert "height" in text and "Xylotomous" not in text


def test_a_source_that_failed_is_removed_with_its_last_word(source, people, city):
    city.say("DROP VIEW public_trees")
    run(sources.run_source(source, by=world.by(people.owner)))
    sources.remove_source(source, by=world.by(people.owner))

    kinds = list(Event.objects.filter(kind__startswith="source.").order_by("id").values_list("kind", flat=True))
    assert kinds[-2:] == ["source.failed", "source.removed"]
