"""Verifies what a Causeway log says: this one file, Python 3.10 or newer and `cryptography`, nothing else.

It is meant to be taken away: an auditor copies it to a machine that the city does not run. The formats are those of
RFC 6962 (the tree) and C2SP (signed-note, tlog-checkpoint, tlog-cosignature, tlog-policy, tlog-proof, tlog-tiles).

    python verify.py --help

The exit code is 0 where everything holds, 1 where something was changed, 2 where it could not be checked.
"""

import base64
import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# -- The tree (RFC 6962) -----------------------------------------------------------------------------------------------

EMPTY_ROOT = hashlib.sha256(b"").digest()
HASH_BYTES = 32


class Refused(Exception):
    """What was given is not what it claims to be; the sentence says how."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry: SHA-256 over 0x00 and its bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees: SHA-256 over 0x01, left and right."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that only grows: as much of it as its root needs, some sixty hashes at most."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []  # the roots of whole subtrees, the largest first

    def add(self, leaf: bytes) -> None:
        """One more leaf hash, at the right."""
        rest, top = self.size, leaf
        while rest & 1:
            rest, top = rest >> 1, node_hash(self._peaks.pop(), top)
        self._peaks.append(top)
        self.size += 1

    def root(self) -> bytes:
        """The root over all that was added."""
        return _fold(self._peaks)


def root_of(hashes: Iterable[bytes]) -> bytes:
    """The root over these leaf hashes, in constant memory."""
    tree = Frontier()
    for leaf in hashes:
        tree.add(leaf)
    return tree.root()


def _fold(peaks: list[bytes]) -> bytes:
    return functools.reduce(lambda right, left: node_hash(left, right), reversed(peaks)) if peaks else EMPTY_ROOT


def check_inclusion(index: int, size: int, leaf: bytes, proof: list[bytes], root: bytes) -> None:
    """Refuses unless the leaf hash stands at this index in the tree of this size and root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        raise Refused(f"Entry {index} is not inside a tree of {size} entries.")
    _check_hashes(leaf, root)
    found = leaf
    for sibling, on_left in _climb(index, size - 1, proof):
        found = node_hash(sibling, found) if on_left else node_hash(found, sibling)
    if found != root:
        raise Refused(f"Entry {index} is not what the tree of {size} entries holds there: its proof leads elsewhere.")


def check_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: list[bytes]) -> None:
    """Refuses unless the tree of `new` entries begins with the tree of `old` (RFC 9162, 2.1.4.2); empty fits all."""
    if not 0 <= old <= new:
        raise Refused(f"A tree of {new} entries cannot follow one of {old}.")
    if old in {0, new}:
        if proof:
            raise Refused("The consistency proof must be empty here, and is not.")
        if old_root != (new_root if old == new else EMPTY_ROOT):
            raise Refused(f"Two trees of {old} entries have different roots.")
        return
    if not proof:
        raise Refused("The consistency proof is empty.")
    shift = (~(old - 1) & old).bit_length() - 1  # whole subtrees that both trees have at the old one's right edge
    first, *rest = proof if old & (old - 1) else [old_root, *proof]
    before = after = first
    for sibling, on_left in _climb((old - 1) >> shift, (new - 1) >> shift, rest):
        if on_left:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
        else:
            after = node_hash(after, sibling)
    if before != old_root or after != new_root:
        raise Refused(f"The tree of {new} entries does not begin with the tree of {old}: the log was rewritten.")


def _climb(position: int, last: int, proof: list[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each hash of a proof on the way to the root, and whether it stands on the left."""
    for sibling in proof:
        _check_hashes(sibling)
        if last == 0:
            raise Refused("The proof has more hashes than the tree has levels.")
        on_left = position % 2 == 1 or position == last
        yield sibling, on_left
        while on_left and position % 2 == 0 and position:
            position, last = position >> 1, last >> 1
        position, last = position >> 1, last >> 1
    if last:
        raise Refused("The proof has fewer hashes than the tree has levels.")


def _check_hashes(*hashes: bytes) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise Refused("A hash does not have 32 bytes.")


# -- Signed notes and their keys (C2SP signed-note, tlog-cosignature) --------------------------------------------------

ED25519, COSIGNATURE = 1, 4
MOST_SIGNATURES = 100
MOST_NOTE_BYTES = 1_000_000


@dataclass(frozen=True)
class Key:
    """The verifier's half of a key: of a log (type 1), or of a witness (type 4)."""

    name: str
    id: bytes
    kind: int
    public: bytes = field(repr=False)

    @classmethod
    def of(cls, name: str, public: bytes, kind: int = ED25519) -> "Key":
        """The key of this name, with the identifier that follows from it."""
        _check_name(name)
        digest = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()
        return cls(name, digest[:4], kind, public)

    @classmethod
    def parse(cls, vkey: str) -> "Key":
        """A key from its text, `name+hexid+base64`."""
        parts = vkey.strip().split("+", 2)
        data = _base64(parts[2], "verifier key") if len(parts) == 3 else b""
        if len(data) != 33 or data[0] not in {ED25519, COSIGNATURE}:
            raise Refused(f"“{vkey.strip()[:80]}” is not a verifier key: expected name+hexid+base64, Ed25519.")
        key = cls.of(parts[0], data[1:], data[0])
        if key.id.hex() != parts[1]:
            raise Refused(f"The verifier key of {parts[0]} was altered: its identifier does not follow from it.")
        return key

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"

    def check(self, text: str, signature: bytes) -> int:
        """Refuses a signature that is not this key's over the text; gives the time of a cosignature, or 0."""
        seconds, message = 0, text.encode()
        if self.kind == COSIGNATURE:
            seconds, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise Refused(f"The signature of {self.name} is false: what it signed was changed.") from None
        return seconds


@dataclass(frozen=True)
class Signature:
    """One line below a note."""

    name: str
    id: bytes
    blob: bytes

    @classmethod
    def parse(cls, line: str) -> "Signature":
        """A signature from its line, without the newline."""
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "—":
            raise Refused("A line below the note is no signature.")
        _check_name(parts[1])
        data = _base64(parts[2], "signature")
        if len(data) < 5:
            raise Refused("A signature below the note is too short.")
        return cls(parts[1], data[:4], data[4:])

    def __str__(self) -> str:
        return f"— {self.name} {base64.b64encode(self.id + self.blob).decode()}\n"


@dataclass(frozen=True)
class Note:
    """A text, and the signatures below it."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes | str) -> "Note":
        """A signed note, or Refused where it is not formed as one."""
        words = _utf8(data, "note")
        text, blank, below = words.rpartition("\n\n")
        if not blank or not below.endswith("\n") or any((ord(c) < 32 and c != "\n") or c == "\x7f" for c in words):
            raise Refused("This is not a signed note: a text, an empty line and signature lines are expected.")
        lines = below[:-1].split("\n")
        if len(lines) > MOST_SIGNATURES:
            raise Refused(f"The note has more than {MOST_SIGNATURES} signatures.")
        return cls(text + "\n", tuple(Signature.parse(line) for line in lines))

    def __str__(self) -> str:
        return self.text + "\n" + "".join(map(str, self.signatures))

    def signed_by(self, key: Key) -> int | None:
        """None without a signature of the key; else its time (0 for a log's); Refused where the signature is false."""
        for signature in self.signatures:
            if (signature.name, signature.id) == (key.name, key.id):
                return key.check(self.text, signature.blob)
        return None

    def signers(self, keys: Iterable[Key]) -> dict[Key, int]:
        """Those of the keys that signed, with the time of each; keys that are not given are passed over."""
        keys = list(keys)
        if len({(key.name, key.id) for key in keys}) < len(set(keys)):
            raise Refused("Two different keys have one name and one identifier.")
        times = {key: self.signed_by(key) for key in keys}
        return {key: seconds for key, seconds in times.items() if seconds is not None}


def _check_name(name: str) -> None:
    if not name or "+" in name or any(c.isspace() for c in name):
        raise Refused(f"“{name[:80]}” cannot be the name of a key: no spaces and no plus.")


def _utf8(data: bytes | str, what: str) -> str:
    if len(data) > MOST_NOTE_BYTES:
        raise Refused(f"The {what} is too long.")
    try:
        return data if isinstance(data, str) else data.decode()
    except UnicodeDecodeError:
        raise Refused(f"The {what} is not UTF-8 text.") from None


def _base64(text: str, what: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise Refused(f"A {what} is not written in base64.") from None
    if base64.b64encode(data).decode() != text:
        raise Refused(f"A {what} is not written in base64 in the one right way.")
    return data


def _number(text: str, what: str) -> int:
    if not text.isascii() or not text.isdigit() or (text[0] == "0" and text != "0") or len(text) > 19:
        raise Refused(f"“{text[:40]}” is not {what}.")
    return int(text)


# -- Checkpoints, policies, receipts (C2SP tlog-checkpoint, tlog-policy, tlog-proof) -----------------------------------


@dataclass(frozen=True)
class Checkpoint:
    """The signed state of a log: how many entries, and the root over them."""

    origin: str
    size: int
    root: bytes
    note: Note

    @classmethod
    def parse(cls, data: bytes | str) -> "Checkpoint":
        """A checkpoint from its text; whether the signatures hold is asked of its note."""
        note = Note.parse(data)
        lines = note.text[:-1].split("\n")
        if len(lines) < 3 or not all(lines):
            raise Refused("This is not a checkpoint: origin, size and root are expected, a line each.")
        root = _base64(lines[2], "root hash")
        _check_hashes(root)
        return cls(lines[0], _number(lines[1], "the size of a log"), root, note)

    @staticmethod
    def text(origin: str, size: int, root: bytes) -> str:
        """What a log signs."""
        return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"

    def __str__(self) -> str:
        return str(self.note)

    def check_log(self, keys: Iterable[Key]) -> Key:
        """The first of the log's keys that signed; Refused where none did, or where the name is another log's."""
        signers = self.note.signers(key for key in keys if key.kind == ED25519 and key.name == self.origin)
        if not signers:
            raise Refused(f"The checkpoint of {self.origin} is not signed by a key that you trust.")
        return next(iter(signers))


@dataclass(frozen=True)
class Witness:
    """Who cosigns: the name in the policy, the key, and where it is asked."""

    name: str
    key: Key
    url: str = ""


@dataclass(frozen=True)
class Policy:
    """Which logs are believed, and how many witnesses must have seen the same."""

    logs: tuple[tuple[Key, str], ...]
    witnesses: dict[str, Witness]
    groups: dict[str, tuple[int, tuple[str, ...]]]
    quorum: str

    @classmethod
    def parse(cls, data: bytes | str) -> "Policy":
        """A policy from its file: lines `log`, `witness`, `group`, and one `quorum`."""
        logs: list[tuple[Key, str]] = []
        witnesses: dict[str, Witness] = {}
        groups: dict[str, tuple[int, tuple[str, ...]]] = {}
        quorum = ""
        grouped: set[str] = set()
        for number, line in enumerate(_utf8(data, "policy").split("\n"), 1):
            kind, *words = line.replace("\t", " ").strip(" ").split(" ")
            words = [word for word in words if word]
            taken = {*witnesses, *groups, "none"}
            if kind == "log" and len(words) in {1, 2}:
                logs.append((Key.parse(words[0]), words[1] if words[1:] else ""))
            elif kind == "witness" and len(words) in {2, 3} and words[0] not in taken:
                witnesses[words[0]] = Witness(words[0], Key.parse(words[1]), words[2] if words[2:] else "")
            elif kind == "group" and len(words) > 2 and words[0] not in taken:
                groups[words[0]] = _group(words[1], words[2:], taken - {"none"} - grouped, number)
                grouped |= set(words[2:])
            elif kind == "quorum" and len(words) == 1 and words[0] in taken and not quorum:
                quorum = words[0]
            elif kind and not kind.startswith("#"):
                raise Refused(f"Line {number} of the policy is not understood: “{line.strip()[:80]}”.")
        if any(key.kind != ED25519 for key, _url in logs) or any(w.key.kind != COSIGNATURE for w in witnesses.values()):
            raise Refused("A policy names logs by keys of type 1, and witnesses by keys of type 4.")
        public = [key.public for key, _url in logs] + [witness.key.public for witness in witnesses.values()]
        if not quorum or len(set(public)) < len(public):
            raise Refused("A policy names each key once, and has one line that says its quorum.")
        return cls(tuple(logs), witnesses, groups, quorum)

    def keys(self) -> list[Key]:
        """The keys of the logs."""
        return [key for key, _url in self.logs]

    def met(self, names: Iterable[str]) -> bool:
        """True where cosignatures of these witnesses are enough."""
        seen = set(names)
        for name, (needed, members) in self.groups.items():  # a group names only what stands before it
            if len(seen.intersection(members)) >= needed:
                seen.add(name)
        return self.quorum == "none" or self.quorum in seen

    def cosigners(self, note: Note) -> dict[str, int]:
        """The witnesses of this policy that cosigned, with the second at which each did."""
        times = note.signers(witness.key for witness in self.witnesses.values())
        return {name: times[one.key] for name, one in self.witnesses.items() if one.key in times}


def _group(count: str, members: list[str], known: set[str], number: int) -> tuple[int, tuple[str, ...]]:
    needed = {"any": 1, "all": len(members)}.get(count) or _number(count, "a number of witnesses")
    if not set(members) <= known or len(set(members)) < len(members) or not 1 <= needed <= len(members):
        raise Refused(f"Line {number} of the policy: a group counts names that stand above it, each in one group.")
    return needed, tuple(members)


RECEIPT = "c2sp.org/tlog-proof@v1"
MOST_PROOF_LINES = 63


@dataclass(frozen=True)
class Receipt:
    """That an entry is in the log: its index, the way to the root, and the checkpoint; the entry itself as extra."""

    index: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint
    extra: bytes | None = None

    @classmethod
    def parse(cls, data: bytes | str) -> "Receipt":
        """A receipt from its text; `check` says whether it holds."""
        head, blank, note = _utf8(data, "receipt").partition("\n\n")
        first, *lines = head.split("\n")
        if not blank or first != RECEIPT:
            raise Refused(f"This is not a receipt: its first line should be {RECEIPT}.")
        extra = _base64(lines.pop(0)[6:], "extra line") if lines and lines[0].startswith("extra ") else None
        if not lines or not lines[0].startswith("index ") or len(lines) > MOST_PROOF_LINES + 1:
            raise Refused("This is not a receipt: it does not say which entry of the log it is about.")
        index = _number(lines[0][6:], "the number of an entry")
        proof = tuple(_base64(line, "hash of the proof") for line in lines[1:])
        return cls(index, proof, Checkpoint.parse(note), extra)

    def __str__(self) -> str:
        extra = [f"extra {base64.b64encode(self.extra).decode()}"] if self.extra is not None else []
        hashes = [base64.b64encode(one).decode() for one in self.proof]
        return "\n".join([RECEIPT, *extra, f"index {self.index}", *hashes, "", str(self.checkpoint)])

    def check(self, entry: bytes) -> None:
        """Refuses unless these bytes are the entry that the checkpoint holds at the index."""
        point = self.checkpoint
        check_inclusion(self.index, point.size, leaf_hash(entry), list(self.proof), point.root)


# -- Tiles (C2SP tlog-tiles) -------------------------------------------------------------------------------------------

TILE = 256  # hashes in a full tile, entries in a full bundle


def tile_path(level: int | str, number: int, width: int = TILE) -> str:
    """Where a tile stands below the log's address; level `entries` for a bundle of entries."""
    path, rest = f"{number % 1000:03d}", number // 1000
    while rest:
        path, rest = f"x{rest % 1000:03d}/{path}", rest // 1000
    return f"tile/{level}/{path}" + (f".p/{width}" if width < TILE else "")


class Tiles:
    """The tree of a log, read tile by tile through `read(path)`, which gives the bytes, or None where there is none."""

    def __init__(self, read: Callable[[str], bytes | None], size: int):
        self.size = size
        self._read = read
        self._kept: dict[tuple[int, int], bytes] = {}

    def root(self, size: int | None = None) -> bytes:
        """The root of the tree, or of the smaller one that it began with."""
        size = self.size if size is None else size
        return self.subtree(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int) -> list[bytes]:
        """The hashes from the entry's sibling up to the root's child (RFC 6962, 2.1.1)."""
        low, high, proof = 0, self.size, []
        while high - low > 1:
            middle = low + _split(high - low)
            if index < middle:
                proof.append(self.subtree(middle, high))
                high = middle
            else:
                proof.append(self.subtree(low, middle))
                low = middle
        return proof[::-1]

    def consistency(self, old: int) -> list[bytes]:
        """The hashes that show that the tree begins with that of `old` entries (RFC 6962, 2.1.2)."""
        low, high, proof = 0, self.size, []
        while 0 < old < high:
            middle = low + _split(high - low)
            if old <= middle:
                proof.append(self.subtree(middle, high))
                high = middle
            else:
                proof.append(self.subtree(low, middle))
                low = middle
        if low and old:
            proof.append(self.subtree(low, high))
        return proof[::-1]

    def subtree(self, low: int, high: int) -> bytes:
        """The hash over the entries from `low` up to `high`, which must be a subtree of the tree."""
        span = high - low
        if span & (span - 1) == 0:
            return self._whole(span.bit_length() - 1, low)
        middle = low + _split(span)
        return node_hash(self.subtree(low, middle), self.subtree(middle, high))

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of a tile, as many as the tree of this size has there."""
        width = min(TILE, (self.size >> 8 * level) - number * TILE)
        data = self._kept.get((level, number))
        if data is None:
            data = read_cut(self._read, level, number, width)
            if data is None or len(data) != width * HASH_BYTES:
                raise Refused(f"The tile {tile_path(level, number, width)} is missing or cut off.")
            self._kept[level, number] = data
        return data

    def _whole(self, height: int, low: int) -> bytes:
        level, rest = divmod(height, 8)
        number, offset = divmod(low >> 8 * level, TILE)
        tile = self.tile(level, number)
        hashes = [tile[(offset + at) * HASH_BYTES :][:HASH_BYTES] for at in range(1 << rest)]
        return root_of(hashes)


def read_cut(read: Callable[[str], bytes | None], level: int | str, number: int, width: int) -> bytes | None:
    """A tile or bundle of this width; where it went because the full one is there, that one's beginning."""
    data = read(tile_path(level, number, width))
    if data is None and width < TILE and (data := read(tile_path(level, number))) is not None:
        data = pack_bundle(unpack_bundle(data)[:width]) if level == "entries" else data[: width * HASH_BYTES]
    return data


def _split(span: int) -> int:
    return 1 << (span - 1).bit_length() - 1


def pack_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries, each with its length in two bytes before it."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unpack_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle; Refused where it is cut off."""
    entries, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        entry = data[at + 2 : at + 2 + length]
        if len(entry) < length or at + 2 > len(data):
            raise Refused("A bundle of entries is cut off.")
        entries.append(entry)
        at += 2 + length
    return entries
