"""A log's side of the witness protocol: asks one witness, and believes nothing that it cannot verify."""

import hashlib
import time
from dataclasses import dataclass
from enum import StrEnum

import urllib3

from audit.verify import Checkpoint, Note, Refused, Witness
from audit.witness.submission import Submission

MOST_BYTES = 64 * 1024
CLOCKS_DIFFER = 300  # seconds that a witness' clock may be ahead of ours

_pool = urllib3.PoolManager(num_pools=64, maxsize=2, headers={"Accept-Encoding": "identity"})


class Outcome(StrEnum):
    """How a witness answered."""

    COSIGNED = "cosigned"
    CONFLICT = "conflict"
    SPLIT = "split"
    REFUSED = "refused"
    SILENT = "silent"


@dataclass(frozen=True)
class Reply:
    """One answer, in a sentence; with the cosignature's line, or the size that the witness says it has."""

    outcome: Outcome
    sentence: str
    line: str = ""
    size: int = 0


REFUSALS = {
    503: "It cannot write down what it sees, so it cosigns nothing.",
    400: "It did not understand the request.",
    403: "It does not accept the log's signature: give its operator the log's present verifier key.",
    404: "It does not know this log: give its operator the log's verifier key.",
}


def submit(witness: Witness, submission: Submission, seconds: float) -> Reply:
    """What the witness says to a checkpoint; a cosignature only where it is the witness' own, over this text."""
    try:
        status, body = _call("POST", f"{witness.url.rstrip('/')}/add-checkpoint", seconds, bytes(submission))
        text = body.decode("utf-8")
    except (OSError, urllib3.exceptions.HTTPError, UnicodeDecodeError) as reason:
        return Reply(Outcome.SILENT, f"It cannot be reached: {_short(reason)}.")
    if status == 200:
        return _cosigned(witness, submission.checkpoint.note.text, text)
    if status == 409 and text.strip().isascii() and text.strip().isdigit() and len(text) <= 20:
        size = int(text)
        return Reply(Outcome.CONFLICT, f"It has seen {size} entries of this log already.", size=size)
    if status == 422:
        return Reply(Outcome.SPLIT, "What it was shown does not follow from what it saw of this log before.")
    return Reply(Outcome.REFUSED, REFUSALS.get(status, f"It answered with the status {status}."))


def latest(witness: Witness, origin: str, seconds: float) -> Checkpoint | None:
    """The checkpoint that the witness cosigned last, by its own verified signature; None where it shows none."""
    place = hashlib.sha256(origin.encode()).hexdigest()
    try:
        status, body = _call("GET", f"{witness.url.rstrip('/')}/{place}/checkpoint", seconds)
        point = Checkpoint.parse(body) if status == 200 else None
        if point is None or point.origin != origin or point.note.signed_by(witness.key) is None:
            return None
    except (OSError, urllib3.exceptions.HTTPError, Refused):
        return None
    return point


def _cosigned(witness: Witness, text: str, lines: str) -> Reply:
    try:
        note = Note.parse(f"{text}\n{lines}")
        at = note.signed_by(witness.key) if note.text == text else None
    except Refused as reason:
        return Reply(Outcome.REFUSED, f"Its answer is no cosignature: {reason}")
    if at is None:
        return Reply(Outcome.REFUSED, "Its answer holds no cosignature of the key in the policy.")
    if not 0 < at <= time.time() + CLOCKS_DIFFER:
        return Reply(Outcome.REFUSED, f"Its clock is wrong: it signed for the second {at}.")
    ours = next(one for one in note.signatures if (one.name, one.id) == (witness.key.name, witness.key.id))
    return Reply(Outcome.COSIGNED, "It cosigned.", line=str(ours))


def _call(method: str, url: str, seconds: float, body: bytes | None = None) -> tuple[int, bytes]:
    """Status and body; a kept connection that was closed meanwhile is opened once again."""
    try:
        return _call_once(method, url, seconds, body)
    except urllib3.exceptions.ProtocolError:
        return _call_once(method, url, seconds, body)


def _call_once(method: str, url: str, seconds: float, body: bytes | None) -> tuple[int, bytes]:
    until = time.monotonic() + seconds
    response = _pool.request(
        method, url, body=body, timeout=seconds, redirect=False, retries=False, preload_content=False
    )
    data, kept = b"", False
    try:
        while chunk := response.read1(MOST_BYTES + 1 - len(data)):
            data += chunk
            if len(data) > MOST_BYTES:
                raise OSError(f"its answer is longer than {MOST_BYTES} bytes")
            if time.monotonic() > until:
                raise OSError("its answer took too long")
        kept = True
        return response.status, data
    finally:
        response.release_conn() if kept else response.close()


def _short(reason: Exception) -> str:
    if isinstance(reason, urllib3.exceptions.TimeoutError):
        return "no answer in time"
    if isinstance(reason, urllib3.exceptions.HTTPError):
        return "no connection"
    return str(reason)[:200] or type(reason).__name__
