"""`verify.py` as a command, copied alone into an empty folder: what it accepts, what it names, how it ends."""

import ast
import base64
import functools
import http.server
import json
import shutil
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest

from tests.audit import brute
from tests.audit.apart import verifier

COUNT = 700
EVENTS = brute.events(COUNT)
KEY = ("--key", brute.LOG.vkey)
POLICY = f"""log {brute.LOG.vkey}
witness one {brute.WITNESS.vkey}
witness two {brute.SECOND.vkey}
group both all one two
quorum both
"""


@pytest.fixture(scope="module")
def auditor(tmp_path_factory):
    """The folder of an auditor, with an unharmed log in it, checkpoints that were kept, and an export."""
    apart = verifier(tmp_path_factory.mktemp("auditor"))
    brute.build(apart.folder / "log", EVENTS, brute.LOG, brute.WITNESS)
    for size in (0, 1, 256, 300, COUNT):
        brute.put(apart.folder / f"seen-{size}", brute.checkpoint(EVENTS[:size], brute.LOG, brute.WITNESS).encode())
    brute.export(apart.folder / "export.ndjson", list(enumerate(EVENTS)), brute.checkpoint(EVENTS))
    brute.put(apart.folder / "policy", POLICY.encode())
    brute.put(apart.folder / "log.vkey", f"# the log\n{brute.LOG.vkey}\n".encode())
    brute.put(apart.folder / "5.tlog-proof", brute.receipt(EVENTS, 5, brute.LOG, brute.WITNESS).encode())
    return apart


@pytest.fixture
def log(auditor, tmp_path):
    """A copy of the log that a test may harm."""
    return shutil.copytree(auditor.folder / "log", tmp_path / "log")


@contextmanager
def served(folder):
    """A folder as files at an address, one answer at a time as a small server gives them."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    handler.log_message = lambda *_: None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


# -- Help and usage


def test_it_needs_nothing_but_cryptography_and_explains_itself(auditor):
    done = auditor.run("--help")
    assert done.returncode == 0
    for command in ("receipt", "checkpoint", "consistency", "log", "export"):
        assert command in done.stdout
        assert "--key" in auditor.run(command, "--help").stdout
    assert auditor.run().returncode == 2
    for name in ("django", "audit", "rfc8785"):
        assert subprocess.run([auditor.python, "-I", "-c", f"import {name}"], check=False).returncode == 1
    source = (auditor.folder / "verify.py").read_text()
    assert ast.parse(source, feature_version=(3, 10))
    assert len(source.splitlines()) < 1_350  # short enough to be read by whoever relies on it


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["receipt", "5.tlog-proof"], "whom you trust"),
        (["receipt", "nowhere", *KEY], "nowhere cannot be read"),
        (["log", "nowhere", *KEY], "neither a folder nor an address"),
        (["log", ".", *KEY], "no checkpoint"),
        (["export", "log.vkey", "--log", "log", *KEY], "is no export"),
        (["consistency", "seen-1", "seen-300", *KEY], "where the log is"),
        (["log", "http://127.0.0.1:9", *KEY], "could not be read"),
    ],
)
def test_it_says_what_it_lacks_and_ends_with_2(auditor, args, words):
    done = auditor.run(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


# -- Receipts and checkpoints


def test_it_accepts_a_receipt_and_prints_the_event(auditor):
    done = auditor.run("receipt", "5.tlog-proof", "--key", "log.vkey")
    assert done.returncode == 0, done.stdout
    assert "kind: log.viewed" in done.stdout
    assert "facts.note: number 5" in done.stdout
    assert f"entry 5 of {brute.ORIGIN}" in done.stdout
    assert "It holds." in done.stdout


def test_it_accepts_a_receipt_with_its_entry_beside_it(auditor):
    brute.put(auditor.folder / "bare.tlog-proof", brute.receipt(EVENTS, 5, extra=False).encode())
    brute.put(auditor.folder / "entry", EVENTS[5])
    assert auditor.says("receipt", "bare.tlog-proof", *KEY)["code"] == 2
    assert auditor.says("receipt", "bare.tlog-proof", "--entry", "entry", *KEY)["code"] == 0
    brute.put(auditor.folder / "entry", EVENTS[6])
    assert auditor.says("receipt", "bare.tlog-proof", "--entry", "entry", *KEY)["code"] == 1


def test_it_refuses_a_receipt_whose_event_was_changed(auditor):
    text = brute.receipt(EVENTS, 5)
    changed = base64.b64encode(EVENTS[5].replace(b"number 5", b"number 6")).decode()
    brute.put(auditor.folder / "false", text.replace(base64.b64encode(EVENTS[5]).decode(), changed).encode())
    said = auditor.says("receipt", "false", *KEY)
    assert said["code"] == 1
    assert "Entry 5 is not what the tree of 700 entries holds there" in said["wrong"][0]


def test_it_refuses_a_receipt_of_a_key_that_is_not_trusted(auditor):
    brute.put(auditor.folder / "false", brute.receipt(EVENTS, 5, brute.Signer(brute.ORIGIN, 9)).encode())
    said = auditor.says("receipt", "false", *KEY)
    assert (said["code"], said["wrong"]) == (
        1,
        [f"The checkpoint of {brute.ORIGIN} is not signed by a key that you trust."],
    )


def test_it_counts_the_witnesses_of_a_policy(auditor):
    said = auditor.says("receipt", "5.tlog-proof", "--policy", "policy")
    assert (said["code"], said["wrong"]) == (
        1,
        ["The checkpoint of 700 entries was seen by one: fewer than the policy asks for."],
    )
    both = brute.receipt(EVENTS, 5, brute.LOG, brute.WITNESS, brute.SECOND)
    brute.put(auditor.folder / "both.tlog-proof", both.encode())
    said = auditor.says("receipt", "both.tlog-proof", "--policy", "policy")
    assert said["code"] == 0
    assert "cosigned by one at 2026-11-18" in said["held"][0]


def test_it_prints_nothing_that_moves_the_cursor(auditor):
    nasty = [json.dumps({"kind": "\x1b[2Jlog.viewed", "id": "\u202edesrever"}).encode()]
    brute.put(auditor.folder / "nasty", brute.receipt(nasty, 0).encode())
    done = auditor.run("receipt", "nasty", *KEY)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout


def test_it_says_who_signed_a_checkpoint(auditor):
    said = auditor.says("checkpoint", "seen-300", *KEY, "--key", brute.WITNESS.vkey)
    assert (said["code"], said["size"], said["origin"]) == (0, 300, brute.ORIGIN)
    assert brute.WITNESS.name in said["held"][0]
    text = (auditor.folder / "seen-300").read_text().replace("\n300\n", "\n301\n")
    brute.put(auditor.folder / "false", text.encode())
    said = auditor.says("checkpoint", "false", *KEY)
    assert said["wrong"] == [f"The signature of {brute.ORIGIN} is false: what it signed was changed."]


def test_it_follows_a_log_from_one_checkpoint_to_the_next(auditor):
    for old, new in ((0, 1), (1, 256), (256, 300), (300, COUNT), (300, 300)):
        assert auditor.says("consistency", f"seen-{old}", f"seen-{new}", "--log", "log", *KEY)["code"] == 0
    proof = brute.proof(300, [brute.leaf(one) for one in EVENTS])
    brute.put(auditor.folder / "proof", "".join(base64.b64encode(one).decode() + "\n" for one in proof).encode())
    assert auditor.says("consistency", "seen-300", "seen-700", "--proof", "proof", *KEY)["code"] == 0
    assert auditor.says("consistency", "seen-256", "seen-700", "--proof", "proof", *KEY)["code"] == 1
    assert "lost entries" in auditor.says("consistency", "seen-300", "seen-256", *KEY)["wrong"][0]


def test_it_names_two_checkpoints_of_one_size(auditor):
    brute.put(auditor.folder / "other", brute.checkpoint(brute.events(300, start=1)).encode())
    said = auditor.says("consistency", "seen-300", "other", *KEY)
    assert said["code"] == 1
    assert said["wrong"][0].startswith("Two different checkpoints of one size")


# -- A whole log


def test_it_accepts_a_whole_log_from_a_folder_and_over_http(auditor):
    since = [arg for size in (0, 1, 256, 300, COUNT) for arg in ("--since", f"seen-{size}")]
    said = auditor.says("log", "log", *since, *KEY)
    assert (said["code"], said["size"], said["wrong"]) == (0, COUNT, [])
    assert "All tiles and entries of 700 entries lead to the signed root." in said["held"]
    with served(auditor.folder / "log") as address:
        assert auditor.says("log", address, *since, *KEY)["code"] == 0


def test_it_accepts_an_empty_log(auditor, tmp_path):
    brute.build(tmp_path, [])
    assert auditor.says("log", tmp_path, *KEY)["code"] == 0


def test_it_checks_the_tree_alone_where_entries_may_not_be_read(auditor, log):
    shutil.rmtree(log / "tile" / "entries")
    with served(log) as address:
        said = auditor.says("log", address, *KEY)
        assert said["code"] == 2
        assert "--hashes-only" in said["reason"]
        assert said["result"] == "unchecked"
        assert auditor.says("log", address, "--hashes-only", *KEY)["code"] == 0
    assert auditor.says("log", log, *KEY)["wrong"][0].startswith("tile/entries/000 is missing: entries 0 to 255")


@pytest.mark.parametrize("processes", [1, 2])
def test_it_names_an_entry_that_was_changed_in_its_bundle(auditor, tmp_path, processes):
    entries = [b"%d" % n for n in range(20_000)] if processes > 1 else EVENTS
    log = brute.build(tmp_path, entries)
    file = log / "tile" / "entries" / "001"
    file.write_bytes(file.read_bytes().replace(entries[300], entries[300][::-1]))
    said = auditor.says("log", log, "--processes", processes, *KEY)
    assert said["code"] == 1
    assert len(said["wrong"]) == 1
    assert said["wrong"][0].startswith("Entry 300 (")
    assert "was changed" in said["wrong"][0]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("tile/0/001", "Entries 256 to 511: tile/0/001 does not lead to what tile/1/000.p/2 says."),
        ("tile/1/000.p/2", "Entries 0 to 255: tile/0/000 does not lead to what tile/1/000.p/2 says."),
        ("tile/0/002.p/188", "The tiles do not lead to the root that was signed for 700 entries."),
    ],
)
def test_it_names_a_tile_that_was_changed(auditor, log, file, words):
    data = (log / file).read_bytes()
    (log / file).write_bytes(bytes([data[0] ^ 1]) + data[1:])
    said = auditor.says("log", log, *KEY)
    assert said["code"] == 1
    assert words in said["wrong"]


@pytest.mark.parametrize("file", ["tile/0/001", "tile/1/000.p/2", "tile/entries/002.p/188"])
def test_it_names_a_file_that_is_missing_or_cut_off(auditor, log, file):
    (log / file).write_bytes((log / file).read_bytes()[:-1])
    assert any(one.startswith(f"{file} is") for one in auditor.says("log", log, *KEY)["wrong"])
    (log / file).unlink()
    assert any(one.startswith(f"{file} is missing") for one in auditor.says("log", log, *KEY)["wrong"])


def test_it_names_a_log_that_was_written_anew_and_signed_again(auditor, tmp_path):
    """Whole in itself, and signed by the log's own key: only what was kept elsewhere shows it."""
    events = [one.replace(b"number 17", b"number 71") for one in EVENTS]
    log = brute.build(tmp_path, events)
    assert auditor.says("log", log, *KEY)["code"] == 0
    said = auditor.says("log", log, "--since", "seen-300", *KEY)
    assert said["code"] == 1
    assert said["wrong"][0].startswith("The log was rewritten: its 700 entries do not begin with the 300 that seen-300")
    assert auditor.says("log", log, "--since", "seen-1", *KEY)["code"] == 0
    assert auditor.says("log", log, "--since", "seen-700", *KEY)["wrong"][0].startswith("Two different checkpoints")


def test_it_names_a_log_that_lost_entries(auditor, tmp_path):
    said = auditor.says("log", brute.build(tmp_path, EVENTS[:400]), "--since", "seen-700", *KEY)
    assert said["wrong"] == ["The log lost entries: it shows 400 now, and seen-700 saw 700."]


def test_it_believes_no_checkpoint_of_strangers(auditor):
    brute.put(auditor.folder / "strange", brute.checkpoint(EVENTS[::-1], brute.Signer(brute.ORIGIN, 9)).encode())
    said = auditor.says("log", "log", "--since", "strange", *KEY)
    assert said["wrong"] == ["The checkpoint of 700 entries is signed by nobody whom you trust."]


def test_it_asks_again_where_an_answer_was_cut_off(auditor, log):
    """A server that hangs up once on each file is no reason to accuse the log."""

    class Flaky(http.server.SimpleHTTPRequestHandler):
        cut: set[str] = set()

        def log_message(self, *_):
            pass

        def copyfile(self, source, target):
            data = source.read()
            target.write(data if self.path in self.cut else data[: len(data) // 2])
            self.cut.add(self.path)

    brute.build(log, EVENTS[:10])
    handler = functools.partial(Flaky, directory=log)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        assert auditor.says("log", f"http://127.0.0.1:{server.server_port}", *KEY)["code"] == 0
        server.shutdown()


def test_it_waits_as_long_as_a_busy_log_asks_for(auditor, log):
    class Busy(http.server.SimpleHTTPRequestHandler):
        turned_away: set[str] = set()

        def log_message(self, *_):
            pass

        def do_GET(self):
            if self.path in self.turned_away:
                super().do_GET()
                return
            self.turned_away.add(self.path)
            self.send_response(429)
            self.send_header("Retry-After", "1")
            self.end_headers()

    brute.build(log, EVENTS[:10])
    handler = functools.partial(Busy, directory=log)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        before = time.monotonic()
        assert auditor.says("log", f"http://127.0.0.1:{server.server_port}", *KEY)["code"] == 0
        server.shutdown()
    assert time.monotonic() - before >= 3


def test_it_carries_its_token_to_the_log_and_to_nobody_else(auditor, log):
    heard = []

    class Door(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            heard.append(self.headers.get("Authorization"))

        def do_GET(self):
            if self.headers.get("Authorization") != "Bearer secret":
                self.send_error(401)
            elif self.path.startswith("/tile/entries/000"):
                self.send_response(302)
                self.send_header("Location", "http://127.0.0.1:9/")
                self.end_headers()
            else:
                super().do_GET()

    brute.put(auditor.folder / "token", b"secret\n")
    handler = functools.partial(Door, directory=log)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        assert "--token-file" in auditor.says("log", address, *KEY)["reason"]
        said = auditor.says("log", address, "--token-file", "token", *KEY)
        server.shutdown()
    assert "has moved to http://127.0.0.1:9/" in said["reason"]
    assert "Bearer secret" in heard


# -- An export of the database


def compared(auditor, rows, *args, note=None, file="some.ndjson", **filters):
    brute.export(auditor.folder / file, rows, brute.checkpoint(EVENTS) if note is None else note, **filters)
    return auditor.says("export", file, *(args or ("--log", "log")), *KEY)


ROWS = list(enumerate(EVENTS))


def test_it_accepts_a_whole_export_beside_the_log_and_beside_checkpoints(auditor):
    said = auditor.says("export", "export.ndjson", "--log", "log", *KEY)
    assert (said["code"], said["rows"], said["notes"]) == (0, COUNT, [])
    assert auditor.says("export", "export.ndjson", *KEY)["code"] == 0
    assert auditor.says("export", "export.ndjson", "--checkpoint", "seen-300", *KEY)["code"] == 0
    assert compared(auditor, ROWS, file="some.ndjson.gz")["code"] == 0
    assert compared(auditor, ROWS[::-1])["code"] == 0
    with served(auditor.folder / "log") as address:
        assert compared(auditor, ROWS, "--log", address)["code"] == 0


def test_it_names_an_event_that_was_changed(auditor):
    rows = [(n, one.replace(b'number 17"', b'number 71"')) for n, one in ROWS]
    said = compared(auditor, rows)
    assert (said["code"], len(said["wrong"])) == (1, 1)
    assert said["wrong"][0].startswith("Event 17 (log.viewed, 2026-01-01T00:17:00+00:00, 00000000-0000-4000-8000-")
    assert said["wrong"][0].endswith("was changed: the log holds something else there.")
    said = compared(auditor, rows, "--checkpoint", "seen-1", "--checkpoint", "seen-300")
    assert said["code"] == 1
    assert "between event 1 and event 699" in said["wrong"][0]


def test_it_names_what_is_missing_or_stands_there_twice(auditor):
    gone = [*ROWS[:3], *ROWS[4:100], *ROWS[200:690]]
    want = ["Event 3 is missing.", "Events 100 to 199 are missing.", "Events 690 to 699 are missing."]
    assert compared(auditor, gone)["wrong"] == want
    assert compared(auditor, gone, "--checkpoint", "seen-300")["wrong"] == want
    assert "Event 5 stands there twice" in compared(auditor, [*ROWS, ROWS[5]])["wrong"][0]


def test_it_says_when_an_export_was_filtered(auditor):
    said = compared(auditor, ROWS[10:20], kind="log.viewed")
    assert said["code"] == 0
    assert "not checked whether events are missing" in said["notes"][0]
    assert compared(auditor, ROWS[10:20], "--checkpoint", "seen-300", kind="x")["code"] == 2


def test_it_is_not_fooled_by_an_export_out_of_order(auditor):
    """Without the log there is only the root: what does not lead to it is refused, whatever the reason."""
    changed = [(n, one.replace(b'number 17"', b'number 71"')) for n, one in ROWS]
    for rows in (changed[::-1], ROWS[::-1], [*ROWS[:5], ROWS[6], ROWS[5], *ROWS[7:]]):
        said = compared(auditor, rows, "--checkpoint", "seen-300")
        assert said["code"] == 1
        assert "was changed, or is out of order" in said["wrong"][0]


def test_it_names_two_events_that_were_exchanged_and_one_that_was_moved(auditor):
    rows = list(ROWS)
    rows[8], rows[300] = (8, EVENTS[300]), (300, EVENTS[8])
    (wrong,) = compared(auditor, rows)["wrong"]
    assert wrong.startswith("Events 8 and 300 were exchanged")
    rows = list(ROWS)
    rows[8], rows[9], rows[10] = (8, EVENTS[9]), (9, EVENTS[10]), (10, EVENTS[8])
    wrong = compared(auditor, rows)["wrong"]
    assert len(wrong) == 3
    assert all("was moved" in one for one in wrong)


def test_it_names_an_event_that_is_not_in_the_log(auditor):
    stranger = EVENTS[17].replace(b'0017"', b'9999"')
    (wrong,) = compared(auditor, [*ROWS, (None, stranger)])["wrong"]
    assert "000000009999 is in the database and not in the log" in wrong
    said = compared(auditor, [*ROWS, (None, brute.events(1, start=COUNT)[0])])
    assert (said["code"], said["notes"]) == (0, ["1 events wait for their entry."])


def test_it_names_an_event_that_came_late_or_was_dated_back(auditor, tmp_path):
    events = [*EVENTS[100:300], *EVENTS[:1], *EVENTS[300:310]]
    brute.export(auditor.folder / "late.ndjson", list(enumerate(events)), brute.checkpoint(events))
    log = brute.build(tmp_path, events)
    said = auditor.says("export", "late.ndjson", "--log", log, *KEY)
    assert said["code"] == 0
    (note,) = said["notes"]
    assert note.startswith("Event 200 (log.viewed, 2026-01-01T00:00:00+00:00")
    assert "is late or back-dated: event 199 before it says 2026-01-01T04:59:00+00:00" in note
    assert auditor.says("export", "late.ndjson", "--log", log, "--late", 86400, *KEY)["notes"] == []


def test_it_sees_that_the_log_is_behind_the_export(auditor, tmp_path):
    said = compared(auditor, ROWS, "--log", brute.build(tmp_path, EVENTS[:400]))
    assert said["code"] == 1
    assert "The log lost entries: it shows 400 now, and the export's checkpoint saw 700." in said["wrong"]


def test_it_refuses_lines_that_are_no_events(auditor):
    for line in (
        "{}",
        "[]",
        '{"index": -1, "event": "", "body": ""}',
        '{"index": true, "event": "", "body": ""}',
        "no",
    ):
        brute.put(auditor.folder / "bad", f'{{"checkpoint": null, "filter": {{}}}}\n{line}\n'.encode())
        assert auditor.says("export", "bad", "--log", "log", *KEY)["wrong"] == ["Line 2 of the export is no event."]


def test_it_judges_whatever_an_export_holds(auditor):
    """Text that is no text, records nested without end, a file cut off: no accusation by accident, and no crash."""
    head = json.dumps({"checkpoint": brute.checkpoint(EVENTS), "filter": {}}).encode() + b"\n"
    for body in (rb'"\ud800"', b'"\xff"', json.dumps("[" * 50_000).encode(), rb'"\u0000"'):
        line = b'{"index": 0, "event": "x", "body": ' + body + b"}\n"
        brute.put(auditor.folder / "odd", head + line)
        said = auditor.says("export", "odd", "--log", "log", *KEY)
        assert said["code"] == 1
        assert "Events 1 to 699 are missing." in said["wrong"]
        assert any("Event 0 (no event) was changed" in one for one in said["wrong"])
    brute.export(auditor.folder / "cut.ndjson.gz", ROWS, None)
    data = (auditor.folder / "cut.ndjson.gz").read_bytes()
    brute.put(auditor.folder / "cut.ndjson.gz", data[: len(data) // 2])
    assert "to its end" in auditor.says("export", "cut.ndjson.gz", "--log", "log", *KEY)["reason"]
    for first in ("5", "{}", '{"checkpoint": 5}', "[" * 50_000):
        brute.put(auditor.folder / "odd", first.encode())
        assert auditor.says("export", "odd", "--log", "log", *KEY)["code"] == 2


def test_it_sees_a_row_that_calls_itself_otherwise(auditor):
    brute.export(auditor.folder / "some", ROWS, brute.checkpoint(EVENTS))
    text = (
        (auditor.folder / "some").read_text().replace('"event": "00000000-0000-4000-8000-000000000005"', '"event": "x"')
    )
    (auditor.folder / "some").write_text(text)
    (wrong,) = auditor.says("export", "some", "--log", "log", *KEY)["wrong"]
    assert wrong.startswith("Event x is a record of another event")
