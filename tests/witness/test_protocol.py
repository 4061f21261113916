"""The witness answers as C2SP tlog-witness says, whatever it is sent."""

import base64
import hashlib
import io
import sqlite3
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.signing import Signer
from audit.verify import COSIGNATURE, Checkpoint, Key, Refused
from audit.witness.memory import MOST_REFUSED, Memory
from audit.witness.submission import MOST_BYTES, Submission
from audit.witness.web import application
from audit.witness.witness import Witness
from tests.witness.logs import Log


class Asked:
    """A witness of one log in a folder of its own, asked through its WSGI application."""

    def __init__(self, folder, *logs: Log, keys=()):
        self.signer = Signer.new("witness.example/w", COSIGNATURE)
        self.memory = Memory(folder / "witness.sqlite")
        self.witness = Witness([self.signer], [*(log.signer.key for log in logs), *keys], self.memory)
        self.app = application(self.witness)

    def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, str, dict]:
        answered = {}

        def start(status, headers):
            answered.update(status=int(status.split()[0]), headers=dict(headers))

        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": io.BytesIO(body)}
        text = b"".join(self.app(environ, start)).decode()
        return answered["status"], text, answered["headers"]

    def add(self, body: bytes) -> tuple[int, str]:
        return self.ask("POST", "/add-checkpoint", body)[:2]

    def seen(self, log: Log) -> Checkpoint | None:
        status, text, _headers = self.ask("GET", f"/{hashlib.sha256(log.origin.encode()).hexdigest()}/checkpoint")
        return Checkpoint.parse(text) if status == 200 else None


@pytest.fixture
def log():
    return Log().add(8)


@pytest.fixture
def asked(tmp_path, log):
    return Asked(tmp_path, log)


def test_it_cosigns_the_first_checkpoint_and_what_adds_to_it(asked, log):
    for old, size in [(0, 3), (3, 4), (4, 4), (4, 8)]:
        status, line = asked.add(log.submission(old, size))
        assert status == 200
        point = Checkpoint.parse(log.note(size) + line)
        assert abs(point.note.signed_by(asked.signer.key) - time.time()) < 60
        assert asked.seen(log) == point


def test_it_cosigns_an_empty_log(tmp_path):
    empty = Log()
    asked = Asked(tmp_path, empty)
    assert asked.add(empty.submission(0))[0] == 200
    assert asked.add(empty.add(5).submission(0))[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 0",
        b"old 00\n\n",
        b"old 01\n\nNOTE",
        b"old -1\n\nNOTE",
        b"old +1\n\nNOTE",
        b"old  0\n\nNOTE",
        b"old 0 \n\nNOTE",
        b"Old 0\n\nNOTE",
        "old ٣\n\nNOTE".encode(),
        b"old 99999999999999999999\n\nNOTE",
        b"old 9999999999999999999\n\nNOTE",
        b"old 0\r\n\r\nNOTE",
        b"old 0\nAAAA\n\nNOTE",
        b"old 0\n" + base64.b64encode(b"x" * 31) + b"\n\nNOTE",
        b"old 0\n" + (base64.b64encode(b"x" * 32) + b"\n") * 64 + b"\nNOTE",
        b"old 0\n\nno note",
        b"old 0\n\nlog.example/a\n8\n",
        b"\xff\xfe\n\nNOTE",
    ],
)
def test_it_answers_400_to_what_is_not_formed_as_a_submission(asked, log, body):
    assert asked.add(body.replace(b"NOTE", log.note().encode()))[0] == 400
    assert asked.seen(log) is None


def test_it_answers_400_to_an_old_size_above_the_new_one(asked, log):
    assert asked.add(log.submission(5, 4, proof=[]))[0] == 400


def test_it_takes_63_lines_of_proof_and_no_more(asked, log):
    assert asked.add(log.submission(0, 8, proof=[b"x" * 32] * 63))[0] == 422
    assert asked.add(log.submission(0, 8, proof=[b"x" * 32] * 64))[0] == 400


def test_it_answers_404_for_a_log_that_it_was_not_given(asked):
    assert asked.add(Log("log.example/other").add(1).submission(0))[0] == 404


def test_it_answers_403_without_a_signature_of_the_log(asked, log):
    stranger = Log(entries=[1], signer=Signer.new(log.origin))
    assert asked.add(stranger.submission(0))[0] == 403


def test_it_answers_403_to_a_false_signature_of_the_log(asked, log):
    note = log.note(4).replace(log.text(4), log.text(5))
    assert asked.add(b"old 0\n\n" + note.encode())[0] == 403


def test_it_passes_over_signatures_of_strangers_and_does_not_pass_them_on(asked, log):
    stranger = Signer.new("stranger.example")
    note = log.note(4, stranger, log.signer, stranger)
    assert asked.add(b"old 0\n\n" + note.encode())[0] == 200
    assert {one.name for one in asked.seen(log).note.signatures} == {log.origin, "witness.example/w"}


def test_it_answers_409_with_the_size_that_it_has(asked, log):
    asked.add(log.submission(0, 5))
    for old in (0, 4, 6):
        status, text, headers = asked.ask("POST", "/add-checkpoint", log.submission(old, 8))
        assert (status, text, headers["Content-Type"]) == (409, "5\n", "text/x.tlog.size")


def test_it_answers_409_with_zero_before_the_first_one(asked, log):
    assert asked.add(log.submission(3, 8)) == (409, "0\n")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_it_answers_422_to_a_fork_and_keeps_what_it_has(asked, log, size):
    asked.add(log.submission(0, size))
    fork = log.fork(size - 1)
    assert asked.add(fork.submission(size, 8))[0] == 422
    assert asked.add(log.submission(size, 8, proof=[*fork.proof(size, 8)[::-1], b"x" * 32]))[0] == 422
    assert asked.seen(log).size == size
    assert asked.add(log.submission(size, 8))[0] == 200


def test_it_answers_422_to_another_root_of_the_same_size_and_keeps_both_as_evidence(asked, log):
    asked.add(log.submission(0, 8))
    fork = log.fork(3)
    assert asked.add(fork.submission(8, 8))[0] == 422

    [(_at, reason, shown, held)] = asked.memory.refused()
    assert "different roots" in reason
    assert (Checkpoint.parse(shown).root, Checkpoint.parse(held).root) == (fork.root(), log.root())
    for note in (shown, held):
        assert Checkpoint.parse(note).check_log([log.signer.key])


def test_it_answers_422_to_an_empty_log_with_a_root(asked, log):
    note = Checkpoint.text(log.origin, 0, b"x" * 32)
    assert asked.add(f"old 0\n\n{note}\n{log.signer.sign(note)}".encode())[0] == 422


def test_it_answers_422_to_a_proof_where_there_must_be_none(asked, log):
    assert asked.add(log.submission(0, 8, proof=log.proof(3, 8)))[0] == 422
    asked.add(log.submission(0, 8))
    assert asked.add(log.submission(8, 8, proof=log.proof(3, 8)))[0] == 422


def test_it_does_not_let_replayed_checkpoints_fill_the_disk(asked, log):
    asked.add(log.submission(0, 1))
    log.add(2 * MOST_REFUSED)
    for size in range(2, MOST_REFUSED + 20):
        assert asked.add(log.submission(1, size, proof=[b"x" * 32]))[0] == 422
    assert len(asked.memory.refused()) == MOST_REFUSED
    assert asked.add(log.fork(0).submission(1, 1))[0] == 422
    assert len(asked.memory.refused()) == MOST_REFUSED + 1


def test_it_refuses_a_body_that_is_too_large(asked):
    assert asked.add(b"x" * (MOST_BYTES + 1))[0] == 413


def test_it_knows_several_logs_apart(tmp_path):
    logs = [Log(f"log.example/{i}").add(i + 2) for i in range(3)]
    asked = Asked(tmp_path, *logs)
    for log in logs:
        assert asked.add(log.submission(0))[0] == 200
    assert [asked.seen(log).size for log in logs] == [2, 3, 4]


def test_it_follows_a_log_that_changes_its_key(tmp_path, log):
    new = Signer.new(log.origin)
    asked = Asked(tmp_path, log, keys=[new.key])
    for old, size, signers in [(0, 2, [log.signer]), (2, 3, [log.signer, new]), (3, 4, [new])]:
        note = log.note(size, *signers)
        assert asked.add(bytes(Submission(old, tuple(log.proof(old, size)), Checkpoint.parse(note))))[0] == 200
        assert len(asked.seen(log).note.signatures) == len(signers) + 1


def test_it_refuses_a_note_with_one_right_and_one_false_signature(tmp_path, log):
    new = Signer.new(log.origin)
    asked = Asked(tmp_path, log, keys=[new.key])
    false = new.sign(log.text(3))
    assert asked.add(f"old 0\n\n{log.note(2)}{false}".encode())[0] == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/add-checkpoint", 405),
        ("PUT", "/", 405),
        ("GET", "/nowhere", 404),
        ("POST", "/sign-subtree", 404),
        ("GET", "/" + "0" * 64 + "/checkpoint", 404),
        ("GET", "/" + "A" * 64 + "/checkpoint", 404),
        ("GET", "/", 200),
        ("HEAD", "/", 200),
    ],
)
def test_it_has_no_other_addresses(asked, method, path, status):
    assert asked.ask(method, path)[0] == status


def test_it_says_who_it_is_and_how_far_it_saw(asked, log):
    asked.add(log.submission(0, 5))
    page = asked.ask("GET", "/")[1]
    assert f"key {asked.signer.key}" in page and f"log {log.origin} 5" in page


def test_it_is_not_made_with_a_key_of_the_wrong_kind(tmp_path, log):
    with pytest.raises(Refused, match="own kind"):
        Witness([log.signer], [log.signer.key], Memory(tmp_path / "w"))
    cosigner = Signer.new("w", COSIGNATURE)
    with pytest.raises(Refused, match="not a log's"):
        Witness([cosigner], [cosigner.key], Memory(tmp_path / "w"))


def test_its_database_refuses_to_go_back_whoever_asks(asked, log):
    asked.add(log.submission(0, 5))
    with sqlite3.connect(asked.memory.path) as database:
        for change in ("UPDATE latest SET size = 4", "UPDATE latest SET root = zeroblob(32)", "DELETE FROM latest"):
            with pytest.raises(sqlite3.IntegrityError, match="a witness never"):
                database.execute(change)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_it_never_fails_and_never_signs_what_was_bent(tmp_path_factory, data):
    log = Log().add(6)
    asked = Asked(tmp_path_factory.mktemp("w"), log)
    assert asked.add(log.submission(0, 3))[0] == 200
    body = bytearray(log.submission(3, 6))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        end = min(len(body), at + data.draw(st.integers(0, 40)))
        body[at:end] = data.draw(st.binary(max_size=40))

    status, _line = asked.add(bytes(body))

    assert status in {200, 400, 403, 404, 409, 422}
    if status == 200:  # only what does not matter was bent
        assert asked.seen(log).root == log.root(6)
    else:
        assert asked.seen(log).size == 3


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_it_takes_any_bytes(tmp_path_factory, body):
    assert Asked(tmp_path_factory.mktemp("w"), Log()).add(body)[0] == 400


def test_the_key_in_the_policy_is_the_one_that_signs(asked):
    assert Key.parse(str(asked.signer.key)) == asked.signer.key
