"""The witness' judgement: which checkpoint it cosigns, and the answer of C2SP tlog-witness to each other one."""

import hashlib
import sqlite3
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from audit.signing import Signer
from audit.verify import COSIGNATURE, ED25519, EMPTY_ROOT, Checkpoint, Key, Note, Refused, check_consistency
from audit.witness.memory import Memory, Turn
from audit.witness.submission import Submission

PLAIN = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    status: HTTPStatus
    body: str
    type: str = PLAIN


class Witness:
    """Cosigns for the logs that it was given keys of; a log in rotation has several of one name."""

    def __init__(self, signers: Iterable[Signer], logs: Iterable[Key], memory: Memory):
        self.signers = list(signers)
        self.memory = memory
        self.logs: dict[str, list[Key]] = {}
        for key in logs:
            if key.kind != ED25519:
                raise Refused(f"The key of {key.name} is a witness' key, not a log's.")
            self.logs.setdefault(key.name, []).append(key)
        if not self.signers or any(signer.key.kind != COSIGNATURE for signer in self.signers):
            raise Refused("A witness needs a key of its own kind: make one with --new-key.")

    def add_checkpoint(self, body: bytes) -> Answer:
        """The cosignature, once the checkpoint is on the disk; or why there is none."""
        try:
            submission = Submission.parse(body)
        except Refused as reason:
            return Answer(HTTPStatus.BAD_REQUEST, f"{reason}\n")
        point = submission.checkpoint
        if point.origin not in self.logs:
            return Answer(HTTPStatus.NOT_FOUND, "This witness was given no key of that log.\n")
        try:
            point.check_log(self.logs[point.origin])
        except Refused as reason:
            return Answer(HTTPStatus.FORBIDDEN, f"{reason}\n")
        if submission.old > point.size:
            return Answer(HTTPStatus.BAD_REQUEST, "The old size is larger than the checkpoint's.\n")
        try:
            with self.memory.turn(point.origin) as turn:
                return self._judge(submission, turn)
        except sqlite3.Error as error:
            print(f"Nothing was cosigned, since it cannot be kept: {error}", file=sys.stderr, flush=True)
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, "This witness cannot write down what it sees.\n")

    def latest(self, origin_hash: str) -> Checkpoint | None:
        """The latest state of the log whose origin has this SHA-256."""
        for origin in self.logs:
            if hashlib.sha256(origin.encode()).hexdigest() == origin_hash:
                return self.memory.latest(origin)
        return None

    def _judge(self, submission: Submission, turn: Turn) -> Answer:
        point, held = submission.checkpoint, turn.latest
        size, root = (held.size, held.root) if held else (0, EMPTY_ROOT)
        if submission.old != size:
            return Answer(HTTPStatus.CONFLICT, f"{size}\n", SIZE)
        try:
            check_consistency(size, point.size, root, point.root, list(submission.proof))
        except Refused as reason:
            turn.keep_refused(point, str(reason))
            return Answer(HTTPStatus.UNPROCESSABLE_ENTITY, f"{reason}\n")
        lines = "".join(signer.cosign(point.note.text, int(time.time())) for signer in self.signers)
        turn.keep(self._cosigned(point, lines))
        return Answer(HTTPStatus.OK, lines)

    def _cosigned(self, point: Checkpoint, lines: str) -> Checkpoint:
        """The checkpoint with the signatures that were verified, and ours; unknown ones are not passed on."""
        known = {(key.name, key.id): key for key in self.logs[point.origin]}
        verified = [one for one in point.note.signatures if known.pop((one.name, one.id), None)]
        return Checkpoint.parse(str(Note(point.note.text, tuple(verified))) + lines)
