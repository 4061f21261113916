"""A job belongs to one worker at a time; whoever lost it writes nothing."""

import io
import os
import shutil
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import Event
from catalog import jobs, loader, reader, sweeps, uploads
from catalog.actions.loads import fail_load, start_load
from catalog.actions.proposals import Found, propose_version
from catalog.ingest import errors, notes, readings
from catalog.models import Job, Version
from catalog.reading_words import ERRORS, NOTES, WHY, error_words
from catalog.store import store
from tests import world
from tests.loads import empty_store, files_in_scratch, files_in_store, load, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def city():
    empty_store()
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks)
    return people


@pytest.fixture
def job(city):
    return start_load(city.trees, io.BytesIO(b"a\n1\n"), name="a.csv", by=world.by(city.owner))


def let_the_lease_end(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_it_lets_one_worker_at_a_time_have_a_job(job):
    first = jobs.claim(job.pk)
    assert (first.state, first.fence, first.tries) == ("running", 1, 1)
    assert jobs.claim(job.pk) is None
    let_the_lease_end(job)
    second = jobs.claim(job.pk)
    assert (second.fence, second.tries) == (2, 2)
    assert not jobs.held(first).exists() and jobs.held(second).exists()


def test_it_gives_a_job_to_one_of_two_workers_that_ask_at_once(job):
    claimed, start = [], threading.Barrier(6)

    def ask():
        start.wait()
        claimed.append(jobs.claim(job.pk))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len([one for one in claimed if one]) == 1


def test_it_lets_nobody_write_under_an_old_fence(job):
    late = jobs.claim(job.pk)
    let_the_lease_end(job)
    jobs.claim(job.pk)
    found = Found(tables=[], reading={}, asked={}, report={})
    with pytest.raises(jobs.LeaseLost):
        propose_version(late, found, by=world.by(late.created_by))
    with pytest.raises(jobs.LeaseLost):
        fail_load(late, {"code": "empty-file"})
    jobs.hand_back(late)
    assert Job.objects.get(pk=job.pk).state == "running"
    assert not Version.objects.exists()


def test_it_keeps_a_lease_alive_and_notices_when_it_is_lost(job, settings):
    settings.JOB_LEASE_SECONDS = 1
    mine = jobs.claim(job.pk)
    with jobs.Lease(mine) as lease:
        time.sleep(1.5)
        assert Job.objects.get(pk=job.pk).lease_until > timezone.now()
        assert not lease.lost
        Job.objects.filter(pk=job.pk).update(fence=7)
        time.sleep(0.8)
        assert lease.lost
        with pytest.raises(jobs.LeaseLost):
            lease.check()


def test_it_stops_the_reader_when_the_job_is_taken_over(city, settings, tmp_path):
    settings.JOB_LEASE_SECONDS = 1
    big = io.BytesIO(b"a,b\n" + b"1,x y z\n" * 3_000_000)
    job = start_load(city.trees, big, name="a.csv", by=world.by(city.owner))
    taken = threading.Event()

    def take_over(_said):
        if not taken.is_set():
            taken.set()
            Job.objects.filter(pk=job.pk).update(fence=9)

    began = time.monotonic()
    loader.run(job.pk, watch=take_over)
    assert time.monotonic() - began < 4
    assert taken.is_set() and not Version.objects.exists()
    assert files_in_scratch() == [] and files_in_store() == [job.source_path]


def test_it_queues_what_was_never_started_and_not_twice(job):
    assert sweeps.left_alone() == []
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(seconds=30))
    assert sweeps.left_alone() == [str(job.pk)]
    assert sweeps.left_alone() == []
    let_the_lease_end(job)
    assert sweeps.left_alone() == [str(job.pk)]


def test_it_takes_jobs_from_silent_workers_and_gives_up_in_the_end(job):
    for tries in (1, 2, 3):
        assert jobs.claim(job.pk).tries == tries
        assert sweeps.left_alone() == []
        let_the_lease_end(job)
        queued = sweeps.left_alone()
        assert queued == ([str(job.pk)] if tries < 3 else [])
    job.refresh_from_db()
    assert (job.state, job.error["code"]) == ("failed", "worker-died")
    assert "administrator" in error_words(job.error)
    assert Event.objects.get(kind="load.failed").body.count('"service":"loader"') == 1
    assert files_in_store() == []


def test_it_tries_again_when_the_reader_dies_and_clears_up_between(city, monkeypatch):
    job = start_load(city.trees, io.BytesIO(b"a\n1\n"), name="a.csv", by=world.by(city.owner))
    read = reader.read_in_child

    def die(*_args, **_kwargs):
        raise errors.ReadingError("reader-died", reason="SIGKILL")

    monkeypatch.setattr(reader, "read_in_child", die)
    assert run(job).state == "waiting"
    assert sweeps.left_alone() == [str(job.pk)]
    monkeypatch.setattr(reader, "read_in_child", read)
    assert run(job).state == "done"
    assert sorted(files_in_store()) == sorted([job.source_path, job.version.tables.get().path])


def test_it_removes_what_a_killed_worker_left(job):
    killed = jobs.claim(job.pk)
    scratch = uploads.scratch_of(killed)
    scratch.mkdir(parents=True)
    (scratch / "half").touch()
    with store().open(f"{uploads.try_folder(killed)}/0.parquet", "wb") as file:
        file.write(b"half")
    let_the_lease_end(job)
    done = run(job)
    assert files_in_scratch() == []
    assert sorted(files_in_store()) == sorted([job.source_path, done.version.tables.get().path])


def test_it_clears_leftovers_and_nothing_else(city, settings):
    kept = load(city.trees, "a\n1\n", by=city.owner).version
    over = load(city.trees, "a\n", by=city.owner, name="bad.csv")
    assert over.state == "failed"
    with store().open(f"tables/{over.pk}-1/0.parquet", "wb") as file:
        file.write(b"written late by a worker that woke up")
    lost = Path(settings.SCRATCH_DIR) / f"job-{over.pk}-1"
    lost.mkdir(parents=True)
    of_export = Path(settings.SCRATCH_DIR) / "export-11111111-1111-4111-8111-111111111111-1"
    of_export.mkdir()
    young = start_load(city.trees, io.BytesIO(b"b\n2\n"), name="b.csv", by=world.by(city.owner))
    before = [kept.source_path, kept.tables.get().path, young.source_path]
    broken_off = uploads.source_path("11111111-1111-4111-8111-111111111111")
    with store().open(broken_off, "wb") as file:
        file.write(b"an upload whose web server was killed")
    uploads.clear_leftovers()
    assert sorted(files_in_store()) == sorted([*before, broken_off])
    os.utime(store().full(broken_off), (1, 1))
    uploads.clear_leftovers()
    assert sorted(files_in_store()) == sorted(before)
    assert files_in_scratch() == []


def test_it_fails_with_a_sentence_when_the_dataset_was_retired_meanwhile(city, job):
    city.trees.state, city.trees.retired_by, city.trees.retired_at = "retired", city.owner, timezone.now()
    city.trees.save()
    failed = run(job)
    assert (failed.state, failed.error["code"]) == ("failed", "not-now")
    assert "retired" in error_words(failed.error)
    assert files_in_store() == []


def test_it_fails_with_a_sentence_when_the_upload_is_gone(job):
    shutil.rmtree(store().root)
    assert run(job).error["code"] == "source-lost"


def test_it_has_words_for_all_that_the_reader_says():
    ours = {"overtaken", "source-lost", "storage-away", "unexpected", "worker-died"}
    assert {code: str(words) for code, words in ERRORS.items() if code not in ours} == errors.SENTENCES
    assert {code: str(words) for code, words in NOTES.items()} == notes.NOTES
    assert set(WHY) == set(readings.WHY.values())
