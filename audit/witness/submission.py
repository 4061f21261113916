"""What a log sends to `add-checkpoint`: the size that it believes the witness to have, a proof, the new checkpoint."""

import base64
import re
from dataclasses import dataclass

from audit.verify import MOST_PROOF_LINES, Checkpoint, Refused

MOST_BYTES = 64 * 1024
MOST_ENTRIES = 2**63 - 1  # what the protocol and the database can count
OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True)
class Submission:
    """One request; `str` of it is what goes over the wire."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, data: bytes) -> "Submission":
        """A submission from the body of a request; Refused where it is not formed as one."""
        head, blank, note = data.partition(b"\n\n")
        try:
            first, *lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Refused("The lines before the checkpoint are not plain text.") from None
        old = OLD.fullmatch(first)
        if not blank or not old:
            raise Refused("Expected a line “old” with a size, proof lines, an empty line, and a checkpoint.")
        if len(lines) > MOST_PROOF_LINES:
            raise Refused(f"A proof has at most {MOST_PROOF_LINES} lines.")
        submission = cls(int(old[1]), tuple(_hash(line) for line in lines), Checkpoint.parse(note))
        if max(submission.old, submission.checkpoint.size) > MOST_ENTRIES:
            raise Refused("No log has so many entries.")
        return submission

    def __bytes__(self) -> bytes:
        hashes = "".join(base64.b64encode(one).decode() + "\n" for one in self.proof)
        return f"old {self.old}\n{hashes}\n{self.checkpoint}".encode()


def _hash(line: str) -> bytes:
    try:
        data = base64.b64decode(line, validate=True)
    except ValueError:
        data = b""
    if len(data) != 32 or base64.b64encode(data).decode() != line:
        raise Refused("A line of the proof is not a hash in base64.")
    return data
