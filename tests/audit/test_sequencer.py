"""Committed events come into the log, each once, in order, whatever happens in between."""

import subprocess
import sys
import threading
import time

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from audit.actor import service
from audit.alarms import open_alarms
from audit.checkpoints import published, tree
from audit.log import record
from audit.models import Entry, Event, LogState
from audit.receipts import receipt
from audit.sequencer import Sequencer, SetBack, take_lock
from audit.signing import Signer, log_keys, write_key
from audit.verify import Refused, leaf_hash, root_of
from tests import world
from tests.audit.sequencing import happen, run
from tests.database import as_superuser
from tests.server import ROOT, allowed, environment, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_log"), pytest.mark.alone]


def in_order() -> list[bytes]:
    """The bodies of all events that have a place, in the order of the log."""
    events = Event.objects.filter(entry__isnull=False).order_by("entry__index")
    return [body.encode() for body in events.values_list("body", flat=True)]


def test_it_publishes_what_was_committed():
    run()
    happen(3)

    run()

    point = published()
    assert point.size == Event.objects.count() == 4
    assert Event.objects.get(kind="log.key_changed").entry.index == 0
    assert point.root == root_of(map(leaf_hash, in_order()))
    assert point.check_log(log_keys())
    for event in Event.objects.all():
        made = receipt(event)
        made.check(event.body.encode())
        assert made.extra == event.body.encode()


def test_it_grows_by_what_is_new_alone():
    happen(300)
    run()
    before = published()
    happen(5)
    run()

    after = published()

    assert (before.size, after.size) == (301, 306)
    assert tree(306).root(301) == before.root
    assert list(Entry.objects.order_by("index").values_list("index", flat=True)) == list(range(306))


def test_it_has_no_receipt_before_the_checkpoint():
    happen()

    assert receipt(Event.objects.get()) is None
    assert published() is None


def test_it_never_passes_over_a_late_commit():
    """One transaction with an event is held open while a thousand others commit; all are in the tree."""
    world.city()
    holding, released, done = threading.Event(), threading.Event(), threading.Event()

    def late():
        with transaction.atomic():
            record("account.signed_out", by=service("late"), on=world.city())
            holding.set()
            released.wait(60)
        done.set()
        connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    assert holding.wait(10)
    sequencer = Sequencer.begin()
    for _part in range(10):
        happen(100)
        while sequencer.round():
            pass
    assert published().size == 1_001
    released.set()
    assert done.wait(10)
    while sequencer.round():
        pass
    thread.join()

    assert published().size == 1_002
    assert Event.objects.get(kind="account.signed_out").entry.index == 1_001
    assert published().root == root_of(map(leaf_hash, in_order()))


def test_it_logs_what_another_server_numbered_before_a_restore():
    """Numbers of transactions begin anew on another server: neither the restored events nor new ones are missed."""
    happen(5)
    as_superuser("SET session_replication_role = replica", "UPDATE audit_event SET xact = 9000000000000 + xact")
    sequencer = Sequencer.begin()
    while sequencer.round():
        pass
    happen(3)
    while sequencer.round():
        pass

    assert published().size == Event.objects.count() == 9


def test_it_leaves_out_what_was_rolled_back():
    happen(1)
    with pytest.raises(RuntimeError), transaction.atomic():
        record("account.signed_in", by=service("test"), on=world.city())
        raise RuntimeError

    run()
    happen(1)
    run()

    assert published().size == 3


@pytest.mark.parametrize("step", ["_grow", "_sign", "_publish"])
def test_it_goes_on_where_a_crash_left_it(monkeypatch, step):
    happen(260)
    run()
    happen(300)
    with monkeypatch.context() as patched:
        patched.setattr(Sequencer, step, lambda self: (_ for _ in ()).throw(RuntimeError("crash")))
        with pytest.raises(RuntimeError):
            run()
    assert published().size == 261

    happen(2)
    run()

    assert published().size == 563
    assert published().root == root_of(map(leaf_hash, in_order()))


def test_it_makes_lost_files_again_from_the_database(own_log):
    happen(300)
    run()
    before = published()
    (own_log / "tile/0/000").unlink()
    (own_log / "tile/0/001.p/45").unlink()
    happen(1)

    run()

    assert published().size == 302
    assert tree(302).root(301) == before.root


def refuses(words: str) -> None:
    """The sequencer signs nothing, says so with these words, and leaves the checkpoint alone."""
    before, state = published(), bytes(LogState.objects.get().root)
    with pytest.raises(SetBack, match=words):
        run()
    with pytest.raises(CommandError, match="Nothing is signed"):
        call_command("sequencer", "--once")
    assert str(published()) == str(before)
    assert bytes(LogState.objects.get().root) == state
    assert open_alarms().filter(kind="log-set-back").count() == 1


def test_it_signs_no_shorter_log_when_entries_are_gone():
    happen(10)
    run()
    as_superuser("SET session_replication_role = replica", "DELETE FROM audit_entry WHERE index > 7")

    refuses("entries were removed")


def test_it_signs_no_shorter_log_when_an_older_database_comes_back():
    happen(5)
    run()
    old = LogState.objects.get()
    happen(5)
    run()
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(event_id) FROM audit_entry WHERE index < 6")
        (last,) = cursor.fetchone()
    as_superuser(
        "SET session_replication_role = replica",
        "DELETE FROM audit_entry WHERE index >= 6",
        f"DELETE FROM audit_event WHERE id > {last}",
        f"UPDATE audit_logstate SET size = 6, root = '\\x{bytes(old.root).hex()}', note = '{old.note}'",
    )
    happen(9)

    refuses("an older backup was restored")


def test_it_signs_no_other_log_of_the_same_length():
    happen(10)
    run()
    as_superuser(
        "SET session_replication_role = replica",
        "UPDATE audit_entry SET leaf_hash = (SELECT leaf_hash FROM audit_entry WHERE index = 1) WHERE index = 2",
    )

    refuses("set back, or its order was changed")


def test_it_ends_the_alarm_when_the_past_is_right_again():
    happen(10)
    run()
    as_superuser("SET session_replication_role = replica", "UPDATE audit_logstate SET root = '\\x00'")
    with pytest.raises(CommandError):
        call_command("sequencer", "--once")
    root = published().root.hex()
    as_superuser("SET session_replication_role = replica", f"UPDATE audit_logstate SET root = '\\x{root}'")

    call_command("sequencer", "--once")

    assert not open_alarms().exists()
    assert Event.objects.filter(kind="log.alarm_ended").count() == 1


def test_it_signs_with_two_keys_while_one_takes_over_from_the_other(tmp_path, settings):
    happen(2)
    run()
    (old,) = log_keys()
    new = Signer.new(settings.LOG_ORIGIN)
    write_key(new, tmp_path / "new.key")
    settings.LOG_OLD_KEY_FILES, settings.LOG_KEY_FILE = [settings.LOG_KEY_FILE], str(tmp_path / "new.key")

    run()

    both = published()
    assert both.check_log([old]) and both.check_log([new.key])
    settings.LOG_OLD_KEY_FILES = []
    run()
    with pytest.raises(Refused):
        published().check_log([old])
    assert published().check_log([new.key])
    assert Event.objects.filter(kind="log.key_changed").count() == 3


def test_it_works_alone():
    happen(1)
    url = connection.get_connection_params()
    other = psycopg2.connect(dbname=url["dbname"], user=url["user"], host=url["host"], port=url.get("port"))
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('audit.sequencer', 0))")
    assert not take_lock()
    other.close()
    assert until(take_lock, 10)


@pytest.mark.slow
def test_it_loses_nothing_when_it_is_killed_again_and_again():
    """Real processes, killed while events go on; the last one goes on where the others were stopped."""
    command = [sys.executable, "manage.py", "sequencer"]
    env = environment(LOG_CHECKPOINT_SECONDS="0.05")
    for pause in (1.2, 1.6, 2.1, 2.6):
        process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True)
        end = time.monotonic() + allowed(pause)
        while time.monotonic() < end:
            happen(20)
        process.kill()
        process.wait(10)
    process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True)
    try:
        until(lambda: published() is not None and published().size == Event.objects.count(), 60)
    finally:
        process.terminate()
    assert process.wait(20) == 0
    assert published().root == root_of(map(leaf_hash, in_order()))
    assert Entry.objects.count() == Event.objects.count()
    assert not open_alarms().exists()
