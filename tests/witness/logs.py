"""A log in memory, by the recursion of RFC 6962 alone: what witnesses are shown in tests."""

import hashlib
from functools import lru_cache

from audit.signing import Signer
from audit.verify import Checkpoint
from audit.witness.submission import Submission


class Log:
    """Entries of our choice, signed by a key of our choice; `fork` gives one that differs from an entry on."""

    def __init__(self, name: str = "log.example/a", entries=(), signer: Signer | None = None):
        self.signer = signer or Signer.new(name)
        self.entries = [str(entry).encode() for entry in entries]

    @property
    def origin(self) -> str:
        return self.signer.key.name

    @property
    def vkey(self) -> str:
        return str(self.signer.key)

    def add(self, count: int = 1) -> "Log":
        """More entries."""
        self.entries += [f"entry {len(self.entries) + i}".encode() for i in range(count)]
        return self

    def fork(self, at: int) -> "Log":
        """The same log, with another entry at this place, signed by the same key."""
        twin = Log(entries=(), signer=self.signer)
        twin.entries = [*self.entries]
        twin.entries[at] = b"something else"
        return twin

    def root(self, size: int | None = None) -> bytes:
        """The root over the first entries."""
        return root(tuple(self.entries[: len(self.entries) if size is None else size]))

    def text(self, size: int | None = None) -> str:
        """What is signed."""
        size = len(self.entries) if size is None else size
        return Checkpoint.text(self.origin, size, self.root(size))

    def note(self, size: int | None = None, *more: Signer) -> str:
        """The signed state, by the log's key or by those given instead."""
        text = self.text(size)
        return f"{text}\n{''.join(signer.sign(text) for signer in more or [self.signer])}"

    def proof(self, old: int, new: int | None = None) -> list[bytes]:
        """That the tree of `new` entries begins with that of `old`."""
        new = len(self.entries) if new is None else new
        return subproof(old, tuple(self.entries[:new]), True) if 0 < old < new else []

    def submission(self, old: int, size: int | None = None, *, proof: list[bytes] | None = None) -> bytes:
        """The body of a request."""
        proof = self.proof(old, size) if proof is None else proof
        return bytes(Submission(old, tuple(proof), Checkpoint.parse(self.note(size))))


@lru_cache(4096)
def root(entries: tuple[bytes, ...]) -> bytes:
    """RFC 6962, 2.1."""
    if len(entries) < 2:
        return hashlib.sha256(b"\0" + entries[0] if entries else b"").digest()
    half = split(len(entries))
    return hashlib.sha256(b"\1" + root(entries[:half]) + root(entries[half:])).digest()


def subproof(old: int, entries: tuple[bytes, ...], whole: bool) -> list[bytes]:
    """RFC 6962, 2.1.2."""
    if old == len(entries):
        return [] if whole else [root(entries)]
    half = split(len(entries))
    if old <= half:
        return [*subproof(old, entries[:half], whole), root(entries[half:])]
    return [*subproof(old - half, entries[half:], False), root(entries[:half])]


def split(size: int) -> int:
    """The largest power of two below."""
    return 1 << (size - 1).bit_length() - 1
