"""The log's side: what witnesses answer is verified, bounded in time and size, and their worst does no harm."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.exceptions import ImproperlyConfigured

from audit.alarms import open_alarms
from audit.signing import Signer, log_signers
from audit.verify import COSIGNATURE, Checkpoint, Witness
from audit.witness.client import Outcome, latest, submit
from audit.witness.submission import Submission
from audit.witnesses import cosign, read_policy
from tests.server import allowed
from tests.witness.logs import Log
from tests.witness.processes import policy

SIGNER = Signer.new("witness.example/odd", COSIGNATURE)


class Odd:
    """A witness that answers as `answer(handler, body)` says."""

    def __init__(self, port: int):
        self.key, self.url, self.asked = SIGNER.key, f"http://127.0.0.1:{port}", []


@contextmanager
def odd(answer):
    """A server on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.witness.asked.append(body)
            answer(self, body)

        def do_GET(self):
            self.server.witness.asked.append(self.path.encode())
            answer(self, b"")

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.witness = Odd(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.witness
    finally:
        server.shutdown()
        server.server_close()


def say(handler, status: int, text: str | bytes = "", **headers: str) -> None:
    data = text.encode() if isinstance(text, str) else text
    handler.send_response(status)
    for name, value in ({"Content-Length": str(len(data))} | headers).items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(data)


def cosigned(body: bytes, *, signer: Signer = SIGNER, seconds: int | None = None, change: bytes = b"") -> str:
    text = Submission.parse(body).checkpoint.note.text
    return signer.cosign(text + change.decode(), int(time.time()) if seconds is None else seconds)


def asked_once(answer, seconds: float = 2.0):
    log = Log().add(3)
    with odd(answer) as witness:
        submission = Submission(0, (), Checkpoint.parse(log.note()))
        return submit(Witness("odd", witness.key, witness.url), submission, seconds), witness


def test_it_takes_the_witness_own_line_alone():
    stranger = Signer.new("stranger.example", COSIGNATURE)

    def answer(handler, body):
        say(
            handler,
            200,
            cosigned(body, signer=stranger)
            + cosigned(body)
            + cosigned(body, signer=Signer.new("x.example", COSIGNATURE)),
        )

    reply, witness = asked_once(answer)
    assert reply.outcome == Outcome.COSIGNED
    assert reply.line.startswith("— witness.example/odd ") and reply.line.count("\n") == 1
    assert len(witness.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        lambda handler, body: say(handler, 200, ""),
        lambda handler, body: say(handler, 200, "thank you\n"),
        lambda handler, body: say(handler, 200, b"\xff\xfe"),
        lambda handler, body: say(handler, 200, cosigned(body).strip()),
        lambda handler, body: say(handler, 200, cosigned(body, change=b"x")),
        lambda handler, body: say(handler, 200, cosigned(body, seconds=0)),
        lambda handler, body: say(handler, 200, cosigned(body, seconds=2**62)),
        lambda handler, body: say(handler, 200, cosigned(body, signer=Signer.new(SIGNER.key.name, COSIGNATURE))),
        lambda handler, body: say(handler, 200, "extension\n\n" + cosigned(body)),
        lambda handler, body: say(handler, 307, "", Location=f"{handler.server.witness.url}/elsewhere"),
        lambda handler, body: say(handler, 400),
        lambda handler, body: say(handler, 403),
        lambda handler, body: say(handler, 404),
        lambda handler, body: say(handler, 500),
        lambda handler, body: say(handler, 409, "many"),
        lambda handler, body: say(handler, 409, "-1"),
        lambda handler, body: say(handler, 409, "9" * 5_000),
        lambda handler, body: say(handler, 200, b"x" * 1_000_000),
        lambda handler, body: handler.connection.close(),
        lambda handler, body: handler.wfile.write(b"nonsense\r\n\r\n"),
    ],
)
def test_it_believes_nothing_that_is_no_cosignature(answer):
    reply, witness = asked_once(answer)
    assert reply.outcome in {Outcome.REFUSED, Outcome.SILENT}
    assert reply.sentence.endswith(".") and reply.line == ""
    assert not any(b"elsewhere" in one for one in witness.asked), "followed a redirection"


def test_it_waits_for_a_slow_answer_no_longer_than_it_says():
    def drip(handler, body):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _byte in range(100):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.1)

    began = time.monotonic()
    reply, _witness = asked_once(drip, seconds=0.5)
    assert reply.outcome == Outcome.SILENT
    assert time.monotonic() - began < allowed(3)


@pytest.mark.parametrize("bend", ["other log", "other witness", "nothing", "garbage"])
def test_it_shows_no_checkpoint_that_the_witness_did_not_cosign(bend):
    log = Log().add(3)
    note = log.note() + SIGNER.cosign(log.text(), 5)
    shown = {
        "other log": Log("b").add(3).note() + SIGNER.cosign(Log("b").add(3).text(), 5),
        "other witness": log.note() + Signer.new(SIGNER.key.name, COSIGNATURE).cosign(log.text(), 5),
        "nothing": log.note(),
        "garbage": "x",
    }
    with odd(lambda handler, body: say(handler, 200, note)) as witness:
        assert latest(Witness("odd", witness.key, witness.url), log.origin, 2).size == 3
    with odd(lambda handler, body: say(handler, 200, shown[bend])) as witness:
        assert latest(Witness("odd", witness.key, witness.url), log.origin, 2) is None


@pytest.fixture
def log():
    return Log(signer=log_signers()[0]).add(5)


def ask(log: Log, path, settings):
    settings.LOG_POLICY_FILE = str(path)
    return cosign(log.note(), consistency=log.proof)


@pytest.mark.django_db
def test_a_witness_that_hangs_delays_nothing_where_the_others_are_enough(tmp_path, settings, log):
    settings.LOG_WITNESS_SECONDS = 4
    hung = threading.Event()
    other = Signer.new("witness.example/good", COSIGNATURE)
    with (
        odd(lambda handler, body: hung.wait(10)) as bad,
        odd(lambda handler, body: say(handler, 200, cosigned(body, signer=other))) as good,
    ):
        good.key = other.key
        path = policy(tmp_path, 1, bad, good)
        for _round in range(3):
            began = time.monotonic()
            answer = ask(log, path, settings)
            assert time.monotonic() - began < 2
            assert answer.met and answer.answers["w0"].outcome == Outcome.SILENT
            assert read_policy().cosigners(Checkpoint.parse(answer.note).note).keys() == {"w1"}
        assert len(bad.asked) == 1, "it still owes the first answer"
        hung.set()


@pytest.mark.django_db
def test_a_witness_that_always_has_another_size_is_asked_a_few_times_only(tmp_path, settings, log):
    sizes = iter(range(1, 1000))
    with odd(lambda handler, body: say(handler, 409, str(next(sizes) % 5))) as witness:
        answer = ask(log, policy(tmp_path, 1, witness), settings)
        assert not answer.met
        assert len([one for one in witness.asked if one.startswith(b"old")]) == 3
    assert set(open_alarms().values_list("kind", flat=True)) == {"witness-refused", "policy-unmet"}


@pytest.mark.django_db
def test_a_witness_alone_cannot_make_us_believe_that_the_log_was_set_back(tmp_path, settings, log):
    """Its word is an alarm of its own; only a checkpoint that our key signed proves more."""
    with odd(lambda handler, body: say(handler, 409, "1000")) as witness:
        ask(log, policy(tmp_path, 1, witness), settings)
    alarm = open_alarms().get(kind="witness-refused")
    assert "has seen 1000 entries" in alarm.sentence
    assert not open_alarms().filter(kind="witness-ahead").exists()


@pytest.mark.django_db
def test_it_proves_from_where_the_witness_is(tmp_path, settings, log):
    def answer(handler, body):
        old = Submission.parse(body).old
        say(handler, 200, cosigned(body)) if old == 3 else say(handler, 409, "3\n")

    with odd(answer) as witness:
        assert ask(log, policy(tmp_path, 1, witness), settings).met
        assert list(Submission.parse(witness.asked[-1]).proof) == log.proof(3)
    assert not open_alarms().exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("quorum nobody\n", "not understood"),
        (f"witness a {SIGNER.key}\nquorum a\n", "no address"),
        (f"witness a {SIGNER.key} file:///etc/passwd\nquorum a\n", "no address"),
        ("", "quorum"),
    ],
    ids=["nobody", "nowhere", "a file", "nothing"],
)
def test_a_policy_that_cannot_be_kept_is_refused_with_a_sentence(tmp_path, settings, text, sentence):
    path = tmp_path / "policy"
    path.write_text(text)
    settings.LOG_POLICY_FILE = str(path)
    with pytest.raises(ImproperlyConfigured, match=sentence):
        read_policy()
    settings.LOG_POLICY_FILE = str(tmp_path / "none")
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        read_policy()
