"""Our log before witnesses that are processes of their own, one of another author, and before Go's own reader."""

import subprocess
import sys
import time
from base64 import b64decode
from contextlib import contextmanager

import pytest
import urllib3

from audit import tasks
from audit.alarms import open_alarms
from audit.checkpoints import published
from audit.models import Entry, Event, LogState
from audit.monitor import watch_witnesses
from audit.sequencer import Sequencer, SetBack
from audit.signing import Signer, log_keys, log_signers
from audit.verify import Checkpoint, Policy, check_consistency
from audit.witness.submission import Submission
from audit.witnesses import read_policy, seen
from tests import world
from tests.api import token_of
from tests.audit.sequencing import happen, run
from tests.database import as_superuser
from tests.peers import litewitness, read_log
from tests.server import ROOT, allowed, end, environment, until, web_server, worker
from tests.witness.logs import Log
from tests.witness.processes import policy, witnesses

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_log")]


def alarms() -> set[tuple[str, str]]:
    """Kind and subject of those that stand."""
    return set(open_alarms().values_list("kind", "about"))


def vkey() -> str:
    return str(log_keys()[0])


@contextmanager
def sequencing(**env: str):
    """A real sequencer."""
    command = [sys.executable, "manage.py", "sequencer"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(LOG_CHECKPOINT_SECONDS="0.2", **env), start_new_session=True
    )
    try:
        yield process
    finally:
        end(process)


@pytest.fixture
def two(tmp_path, settings, monkeypatch):
    """Two witnesses of ours, and a policy that asks for both."""
    with witnesses(tmp_path, vkey(), count=2) as ours:
        believe(policy(tmp_path, 2, *ours), settings, monkeypatch)
        yield ours


def believe(path, settings, monkeypatch) -> None:
    """This policy holds here and in children."""
    settings.LOG_POLICY_FILE = str(path)
    monkeypatch.setenv("LOG_POLICY_FILE", str(path))


@pytest.mark.slow
def test_another_authors_reader_finds_every_entry_and_each_state_follows_from_the_one_before(own_log, tmp_path):
    older = []
    for count in (1, 2, 254, 300, 40):
        happen(count)
        run()
        older.append(tmp_path / f"checkpoint-{count}")
        older[-1].write_text(str(published()))
    leaves = tmp_path / "leaves"
    rows = Entry.objects.order_by("index").values_list("index", "leaf_hash")
    leaves.write_text("".join(f"{index} {bytes(leaf).hex()}\n" for index, leaf in rows))
    size = Event.objects.count()

    with web_server(workers=1, LOG_ENTRIES_PUBLIC="1") as address:
        found = read_log(f"{address}/log", vkey(), *older, entries=True, leaves=leaves)
        assert "error" not in found, found
        assert (found["size"], found["entries"], found["leaves"]) == (size, size, size)
        assert found["proofs"] == 2 * size
        assert found["consistent"] == [Checkpoint.parse(path.read_bytes()).size for path in older]

        stranger = Signer.new(log_keys()[0].name).key
        assert "error" in read_log(f"{address}/log", str(stranger))

        fork = tmp_path / "fork"
        text = Checkpoint.text(log_keys()[0].name, 200, b"x" * 32)
        fork.write_text(f"{text}\n{log_signers()[0].sign(text)}")
        assert "does not begin with" in read_log(f"{address}/log", vkey(), fork)["error"]

        bundle = own_log / "tile/entries/001"
        bundle.write_bytes(bundle.read_bytes().replace(b"account.signed_in", b"account.signed_ou", 1))
        assert "is not the one" in read_log(f"{address}/log", vkey(), entries=True)["error"]
        tile = own_log / "tile/0/000"
        tile.write_bytes(b"x" + tile.read_bytes()[1:])
        assert "error" in read_log(f"{address}/log", vkey(), leaves=leaves)


@pytest.mark.slow
def test_another_authors_reader_reads_hashes_alone_where_entries_are_not_public():
    """Only an auditor's key opens the bundles; a stranger's key does not, and neither does none."""
    cast = world.cast()
    auditor, stranger = (token_of(person, "read") for person in (cast.auditor, cast.stranger))
    happen(5)
    run()
    size = published().size
    with web_server(workers=1) as address:
        assert "error" not in read_log(f"{address}/log", vkey())
        for key in ("", stranger):
            assert "404" in read_log(f"{address}/log", vkey(), entries=True, key=key)["error"]
        assert read_log(f"{address}/log", vkey(), entries=True, key=auditor)["entries"] == size


@pytest.mark.slow
def test_two_of_three_are_enough_and_one_is_another_authors(tmp_path, settings, monkeypatch):
    """One killed: still met. Two killed: the old checkpoint stays, an alarm stands, and both end when one is back."""
    with witnesses(tmp_path, vkey(), count=2) as [first, second], litewitness(vkey()) as lite:
        believe(policy(tmp_path, 2, first, second, lite), settings, monkeypatch)
        rule = read_policy()
        with sequencing():
            happen(3)
            until(lambda: published() and len(rule.cosigners(published().note)) == 3, allowed(30))

            first.stop()
            happen(3)
            until(lambda: published().size == Event.objects.count(), allowed(30))
            until(lambda: set(rule.cosigners(published().note)) == {"w1", "w2"}, allowed(30))
            assert ("policy-unmet", "") not in alarms()

            lite.stop()
            happen(3)
            until(lambda: ("policy-unmet", "") in alarms(), allowed(30))
            stays = published()
            happen(3)
            until(lambda: LogState.objects.get().size == Event.objects.count(), allowed(30))
            assert str(published()) == str(stays)
            assert Event.objects.filter(kind="log.alarm_raised").count() == 1, "said once, not each second"
            alarm = open_alarms().get()
            assert "w0: It cannot be reached" in alarm.sentence and "w1: It cosigned" in alarm.sentence

            lite.start()
            until(lambda: published().size == Event.objects.count() and not open_alarms().exists(), allowed(30))
            assert set(rule.cosigners(published().note)) == {"w1", "w2"}
            first.start()
            happen(1)
            until(lambda: len(rule.cosigners(published().note)) == 3, allowed(30))
    assert rule.met(rule.cosigners(published().note))


def test_it_asks_witnesses_that_already_know_the_log_from_where_they_are(two):
    happen(3)
    run()
    happen(4)
    run()
    second = published()
    assert set(read_policy().cosigners(second.note)) == {"w0", "w1"}
    assert {point.size for point in seen().values()} == {second.size}
    watch_witnesses()
    assert alarms() == set()


def test_a_cosignature_that_was_lost_on_the_way_is_given_again(two):
    """One witness has kept the new state already, when the log that never got its answer asks again."""
    happen(3)
    sequencer = Sequencer.begin()
    sequencer._number()
    sequencer._grow()
    sequencer._sign()
    state = Checkpoint.parse(LogState.objects.get().note)
    assert post(two[0], bytes(Submission(0, (), state))) == 200

    sequencer.round()

    assert str(published()).startswith(state.note.text)
    assert set(read_policy().cosigners(published().note)) == {"w0", "w1"}
    assert alarms() == set()


def test_a_witness_with_another_history_refuses_and_both_signed_states_are_the_evidence(two):
    """Split view: another log of the same size, signed by the same key, was shown to one witness."""
    sequencer = Sequencer.begin()
    happen(5)
    log = Log(signer=log_signers()[0]).add(Event.objects.count())
    shown_elsewhere(two[0], log)

    sequencer.round()

    assert published() is None
    assert LogState.objects.get().size == len(log.entries)
    assert {("split-view", "w0"), ("policy-unmet", "")} <= alarms()
    check_evidence(open_alarms().get(kind="split-view").evidence, log)

    two[0].stop()  # what a witness saw is not forgotten by stopping it
    two[0].start()
    sequencer.round()
    assert published() is None
    with pytest.raises(SetBack, match="w0 saw"):
        Sequencer.begin()


@pytest.mark.slow
def test_the_monitor_finds_a_split_view_after_the_fact(two, settings):
    """The sequencer asks nobody; the witness was shown a longer history than ours had at the time, by our key."""
    log = Log(signer=log_signers()[0]).add(3)
    shown_elsewhere(two[1], log)
    settings.LOG_POLICY_FILE, path = "", settings.LOG_POLICY_FILE
    happen(10)
    run()
    settings.LOG_POLICY_FILE = path

    with worker():
        tasks.watch_witnesses.delay()
        until(alarms, allowed(30))
    watch_witnesses()

    assert alarms() == {("split-view", "w1")}
    check_evidence(open_alarms().get().evidence, log)
    assert Event.objects.filter(kind="log.alarm_raised").count() == 1


def shown_elsewhere(witness, log: Log) -> None:
    """The witness cosigns this log of ours."""
    assert post(witness, log.submission(0)) == 200


def post(witness, body: bytes) -> int:
    """The witness' status for this submission."""
    return urllib3.request("POST", f"{witness.url}/add-checkpoint", body=body).status


def check_evidence(evidence: dict, log: Log) -> None:
    """An outsider needs no more: two states signed by one key, and that the second holds another beginning."""
    held, ours = (Checkpoint.parse(evidence[name]) for name in ("seen", "signed"))
    assert held.check_log(log_keys()) == ours.check_log(log_keys())
    assert (held.size, held.root) == (len(log.entries), log.root())
    root, proof = b64decode(evidence["root"]), [b64decode(one) for one in evidence["proof"]]
    assert root != held.root
    check_consistency(held.size, ours.size, root, ours.root, proof)


def test_it_signs_nothing_when_a_witness_saw_more_than_the_database_knows(two, own_log):
    """An older backup of everything is restored, the log's files too: only the witnesses remember."""
    happen(5)
    run()
    old, files = LogState.objects.get(), (own_log / "checkpoint").read_bytes()
    happen(5)
    run()
    last = Entry.objects.get(index=old.size - 1).event_id
    as_superuser(
        "SET session_replication_role = replica",
        f"DELETE FROM audit_entry WHERE index >= {old.size}",
        f"DELETE FROM audit_event WHERE id > {last}",
        f"UPDATE audit_logstate SET size = {old.size}, root = '\\x{bytes(old.root).hex()}', note = '{old.note}'",
    )
    (own_log / "checkpoint").write_bytes(files)

    with pytest.raises(SetBack, match=r"the witness w\d saw"):
        run()
    watch_witnesses()

    assert {("witness-ahead", "w0"), ("witness-ahead", "w1")} <= alarms()
    held = Checkpoint.parse(open_alarms().filter(kind="witness-ahead").first().evidence["seen"])
    assert held.size > old.size and held.check_log(log_keys())


@pytest.mark.slow
def test_another_authors_witness_refuses_a_split_view_too(tmp_path, settings, monkeypatch):
    with litewitness(vkey()) as lite:
        believe(policy(tmp_path, 1, lite), settings, monkeypatch)
        happen(4)
        shown_elsewhere(lite, Log(signer=log_signers()[0]).add(2))

        run()

        assert published() is None
        assert alarms() == {("witness-refused", "w0"), ("policy-unmet", "")}
        assert "does not follow" in open_alarms().get(kind="witness-refused").sentence


@pytest.mark.slow
def test_a_witness_that_is_not_heard_of_for_long_is_named_until_it_is_back(two, settings):
    happen(2)
    run()
    settings.LOG_WITNESS_SILENT_SECONDS = 1
    two[1].stop()
    settings.LOG_POLICY_FILE, path = "", settings.LOG_POLICY_FILE
    happen(1)
    run()  # published without any
    settings.LOG_POLICY_FILE = path

    watch_witnesses()
    assert alarms() == set(), "not at the first moment"
    time.sleep(1.1)
    watch_witnesses()
    assert alarms() == {("witness-silent", "w1")}

    two[1].start()
    watch_witnesses()
    assert alarms() == set()


@pytest.mark.slow
def test_a_witness_that_was_not_told_of_the_log_is_named(tmp_path, settings, monkeypatch):
    stranger = Log("elsewhere.example/log")
    with witnesses(tmp_path, stranger.vkey) as ours:
        believe(policy(tmp_path, 1, *ours), settings, monkeypatch)
        happen(1)
        run()
        assert alarms() == {("witness-refused", "w0"), ("policy-unmet", "")}
        assert "verifier key" in open_alarms().get(kind="witness-refused").sentence


def test_a_policy_without_witnesses_asks_nobody():
    happen(1)
    run()
    watch_witnesses()
    assert published().size == 2
    assert read_policy() == Policy.parse("quorum none\n")


def test_a_policy_that_cannot_be_read_stops_the_sequencer_with_a_sentence(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "sequencer", "--once"],
        cwd=ROOT, env=environment(LOG_POLICY_FILE=str(tmp_path / "none")), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "The policy file" in done.stderr and "Traceback" not in done.stderr
