"""Whoever owns the database, the files and the log's key changes the past: `verify.py`, alone elsewhere, names it.

Each attack is done for real, as the cluster's superuser with triggers off. The auditor has an empty folder with the
verifier, the verifier keys of log and witness, and one checkpoint that a witness cosigned before.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction

from audit.actor import service
from audit.alarms import open_alarms
from audit.log import record
from audit.models import Entry, Event, LogState
from audit.signing import log_keys, log_signers
from audit.verify import Checkpoint
from portal.engines import postgres
from tests import world
from tests.audit.apart import Apart, verifier
from tests.database import as_superuser
from tests.engines import TEST_VAR
from tests.server import ROOT, environment
from tests.witness.processes import policy, witnesses

pytestmark = pytest.mark.django_db(transaction=True)

SEEN, LATER = 300, 20
UNSEEN = "SET session_replication_role = replica"  # no trigger hears of what follows


@dataclass
class Scene:
    """A city with its log and a witness, and an auditor elsewhere."""

    log: Path
    auditor: Apart
    kept: Path

    def verify(self, *args) -> dict:
        """What the verifier says, told the two keys."""
        return self.auditor.says(*args, "--key", "log.vkey", "--key", "witness.vkey")

    def export(self) -> dict:
        """What it says of the database as it is now, beside the log and the checkpoint that was kept."""
        file = self.auditor.folder / "events.ndjson"
        file.unlink(missing_ok=True)
        call_command("audit", "export", "--out", str(file))
        return self.verify("export", file, "--log", self.log, "--checkpoint", self.kept)

    def without_witness(self, settings, monkeypatch) -> None:
        """The operator no longer asks the witness, who would refuse."""
        settings.LOG_POLICY_FILE = ""
        monkeypatch.setenv("LOG_POLICY_FILE", "")


@pytest.fixture
def scene(own_log, tmp_path, settings, monkeypatch):
    with witnesses(tmp_path / "witnesses", str(log_keys()[0])) as (witness,):
        settings.LOG_POLICY_FILE = str(policy(tmp_path, 1, witness))
        monkeypatch.setenv("LOG_POLICY_FILE", settings.LOG_POLICY_FILE)
        auditor = verifier(tmp_path / "auditor")
        (auditor.folder / "log.vkey").write_text(f"{log_keys()[0]}\n")
        (auditor.folder / "witness.vkey").write_text(f"{witness.key}\n")
        happen(SEEN)
        shutil.copy(own_log / "checkpoint", auditor.folder / "kept")
        made = Scene(own_log, auditor, auditor.folder / "kept")
        assert witness.key.name in made.verify("checkpoint", "kept")["held"][0]
        yield made


@pytest.fixture(autouse=True)
def folder_of_witnesses(tmp_path):
    (tmp_path / "witnesses").mkdir()


def happen(times: int) -> None:
    """So many events, and all of them in the log."""
    on = world.city()
    with transaction.atomic():
        for _time in range(times):
            record("account.signed_in", by=service("test"), on=on)
    call_command("sequencer", "--once")


def event(index: int) -> Event:
    return Event.objects.get(entry__index=index)


def names(said: dict, *words: str) -> None:
    """The verifier refuses, with these words in one of its sentences."""
    assert said["code"] == 1, said
    for one in words:
        assert any(one in sentence for sentence in said["wrong"]), (one, said["wrong"])


def test_it_finds_nothing_where_nothing_was_changed(scene):
    happen(LATER)

    said = scene.verify("log", scene.log, "--since", "kept")
    assert (said["code"], said["wrong"]) == (0, [])
    said = scene.export()
    assert (said["code"], said["wrong"]) == (0, [])


def test_an_edited_event_is_named(scene):
    victim = event(100)
    as_superuser(UNSEEN, f"UPDATE audit_event SET body = replace(body, 'test', 'nobody') WHERE id = {victim.pk}")

    names(scene.export(), f"Event 100 (account.signed_in, {victim.time.isoformat()}, {victim.uuid}) was changed")


def test_the_last_events_are_missed(scene):
    """Deleted with their entries and the signed state; the files of the log are as they were."""
    size = LogState.objects.get().size
    as_superuser(
        UNSEEN,
        f"DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_entry WHERE index >= {size - 5})",
        f"DELETE FROM audit_entry WHERE index >= {size - 5}",
        "DELETE FROM audit_logstate",
    )

    names(scene.export(), f"Events {size - 5} to {size - 1} are missing.")


def test_one_event_is_missed(scene):
    as_superuser(UNSEEN, f"DELETE FROM audit_event WHERE id = {event(7).pk}")

    names(scene.export(), "Event 7 is missing.")


@pytest.mark.parametrize("what", ["their places", "their texts"])
def test_two_exchanged_events_are_named(scene, what):
    one, other = event(50), event(200)
    if what == "their places":
        change = f"""UPDATE audit_entry SET event_id = CASE index WHEN 50 THEN {other.pk} ELSE -1 END WHERE index = 50;
            UPDATE audit_entry SET event_id = {one.pk} WHERE index = 200"""
        as_superuser(UNSEEN, "UPDATE audit_entry SET event_id = -1 WHERE index = 200", change)
    else:
        as_superuser(
            UNSEEN,
            *(
                f"UPDATE audit_event SET body = $${{}}$$, uuid = '{{}}' WHERE id = {at.pk}".format(text.body, text.uuid)
                for at, text in ((one, other), (other, one))
            ),
        )

    names(scene.export(), "Events 50 and 200 were exchanged")


def insert_in_the_past() -> str:
    """An event a day ago that never happened, as only the superuser can write it; gives its identifier."""
    model = event(10)
    false = "00000000-0000-4000-8000-000000000000"
    body = model.body.replace(str(model.uuid), false)
    body = body.replace(model.time.strftime("%Y-%m-%d"), "2020-02-02")
    as_superuser(
        UNSEEN,
        "INSERT INTO audit_event (uuid, time, kind, body, subject, xact)"
        f" SELECT '{false}', '{model.time.isoformat().replace(model.time.strftime('%Y-%m-%d'), '2020-02-02')}',"
        f" kind, $${body}$$, subject, xact FROM audit_event WHERE id = {model.pk}",
    )
    return false


def test_an_event_that_was_inserted_in_the_past_is_named(scene):
    false = insert_in_the_past()

    names(scene.export(), f"{false} is in the database and not in the log")


def test_an_event_that_was_dated_back_is_named_once_it_is_in_the_log(scene):
    """The sequencer takes it up as it takes up any event: at the end, where its date gives it away."""
    false = insert_in_the_past()
    call_command("sequencer", "--once")

    said = scene.export()

    (note,) = [note for note in said["notes"] if "back-dated" in note]
    assert false in note
    assert said["code"] == 0


AUDIT = ("audit_event", "audit_entry", "audit_logstate", "audit_alarm")


def dump(file: Path) -> None:
    """A backup of the log's tables, by pg_dump."""
    tables = [word for table in AUDIT for word in ("-t", f"{table}*")]
    run_tool("pg_dump", "--data-only", "--disable-triggers", *tables, "-f", file)


def restore(file: Path) -> None:
    """That backup in the place of what is there."""
    as_superuser(UNSEEN, f"TRUNCATE {', '.join(AUDIT)} CASCADE")
    run_tool("psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", file)


def run_tool(name: str, *args) -> None:
    name_of_database = connections["default"].settings_dict["NAME"]
    where = ["-h", postgres.sockets(TEST_VAR), "-U", postgres.SUPERUSER, "-d", name_of_database]
    subprocess.run(list(map(str, [postgres.program(name), *where, *args])), check=True, capture_output=True)


def sequencer() -> subprocess.CompletedProcess:
    """The real process, started anew; the one of this process, which is its connection, has ended."""
    connection.close()
    command = [sys.executable, "manage.py", "sequencer", "--once"]
    return subprocess.run(command, check=False, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60)


def test_an_older_backup_is_named_and_nothing_shorter_is_signed(scene, tmp_path):
    dump(tmp_path / "backup.sql")
    old = LogState.objects.get().size
    happen(LATER)
    before = (scene.log / "checkpoint").read_text()
    size = Checkpoint.parse(before).size

    restore(tmp_path / "backup.sql")

    names(scene.export(), f"Events {old} to {size - 1} are missing.")
    done = sequencer()
    assert done.returncode == 1
    assert "Nothing is signed" in done.stderr
    assert "an older backup was restored" in done.stderr
    assert (scene.log / "checkpoint").read_text() == before
    assert LogState.objects.get().size == old
    assert open_alarms().get().kind == "log-set-back"


@pytest.mark.slow
def test_an_older_backup_of_database_and_files_is_named(scene, tmp_path, settings, monkeypatch):
    """Both set back together, the witness no longer asked, and the log gone on from there by the operator's key."""
    dump(tmp_path / "backup.sql")
    shutil.copytree(scene.log, tmp_path / "files")
    happen(LATER)
    shutil.copy(scene.log / "checkpoint", scene.kept)
    size = Checkpoint.parse(scene.kept.read_text()).size

    restore(tmp_path / "backup.sql")
    shutil.rmtree(scene.log)
    shutil.copytree(tmp_path / "files", scene.log)

    assert scene.verify("log", scene.log)["code"] == 0, "in itself it is whole"
    names(scene.verify("log", scene.log, "--since", "kept"), "The log lost entries", f"kept saw {size}")
    assert "w0 saw" in sequencer().stderr, "the witness remembers"

    scene.without_witness(settings, monkeypatch)
    happen(2 * LATER)
    names(scene.verify("log", scene.log, "--since", "kept"), "The log was rewritten")


@pytest.mark.slow
def test_a_whole_past_written_anew_and_signed_again_is_named(scene, settings, monkeypatch):
    """Database, files and signatures, all by the operator: nothing in them disagrees. What a witness saw does."""
    as_superuser(
        UNSEEN,
        f"UPDATE audit_event SET body = replace(body, 'test', 'nobody') WHERE id = {event(100).pk}",
        "TRUNCATE audit_entry, audit_logstate",
    )
    shutil.rmtree(scene.log)
    assert "w0 saw" in sequencer().stderr, "the witness remembers"
    scene.without_witness(settings, monkeypatch)
    happen(LATER)
    assert Entry.objects.count() == Event.objects.count()

    assert scene.verify("log", scene.log)["code"] == 0, "in itself it is whole"
    names(scene.verify("log", scene.log, "--since", "kept"), "The log was rewritten")
    names(scene.export(), "The log was rewritten")


def test_a_past_written_anew_of_the_same_length_is_two_checkpoints_of_one_size(scene):
    """The operator signs another tree of the size that the witness saw, and shows it to somebody else."""
    point = Checkpoint.parse(scene.kept.read_text())
    text = Checkpoint.text(point.origin, point.size, bytes(32))
    (scene.auditor.folder / "shown").write_text(text + "\n" + log_signers()[0].sign(text))

    names(scene.verify("consistency", "kept", "shown"), "Two different checkpoints of one size")
    names(scene.verify("log", scene.log, "--since", "shown"), "Two different checkpoints of one size")


@pytest.mark.slow
def test_a_log_signed_by_another_key_is_not_believed(scene, tmp_path, settings, monkeypatch):
    call_command("log_key", "new", str(tmp_path / "other.key"))
    settings.LOG_KEY_FILE = str(tmp_path / "other.key")
    scene.without_witness(settings, monkeypatch)
    shutil.rmtree(scene.log)
    as_superuser(UNSEEN, "TRUNCATE audit_entry, audit_logstate")
    happen(1)

    names(scene.verify("log", scene.log), "is not signed by a key that you trust")
