"""Verifies what a Causeway log says: this one file, Python 3.10 or newer and `cryptography`, nothing else.

It is meant to be taken away: an auditor copies it to a machine that the city does not run. The formats are those of
RFC 6962 (the tree) and C2SP (signed-note, tlog-checkpoint, tlog-cosignature, tlog-policy, tlog-proof, tlog-tiles).

    python verify.py --help

The exit code is 0 where everything holds, 1 where something was changed, 2 where it could not be checked.
"""

import argparse
import base64
import functools
import gzip
import hashlib
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from multiprocessing import get_context
from pathlib import Path

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


# -- The log as it is served: a folder of files, or an address ---------------------------------------------------------

MOST_FILE_BYTES = TILE * (2 + 65_535)


class Unchecked(Exception):
    """It could not be checked: something cannot be reached, or was not given."""


@dataclass(frozen=True)
class Folder:
    """A log that was copied into a folder."""

    path: str

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None where there is none."""
        try:
            return Path(self.path, path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise Unchecked(f"{Path(self.path, path)} cannot be read: {error.strerror}.") from None


class _Stay(urllib.request.HTTPRedirectHandler):
    """A key never follows a redirect to somebody else."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        raise Unchecked(f"{req.full_url} has moved to {newurl}: give that address instead.")


@dataclass(frozen=True)
class Address:
    """A log at an address; the token is an API key of a person who may read entries."""

    url: str
    token: str = field(default="", repr=False)

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None where there is none; what fails in passing is asked for again."""
        headers = {"Accept-Encoding": "gzip, identity", "User-Agent": "causeway-verify"}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = urllib.request.Request(f"{self.url}/{path}", headers=headers)  # noqa: S310 - http by `open_log`
        for pause in (0.2, 1, 3, None):
            try:
                return self._once(request)
            except urllib.error.HTTPError as error:
                if error.code in {404, 410}:
                    return None
                if error.code in {401, 403}:
                    raise Unchecked(
                        f"{request.full_url} may not be read by everybody: give an auditor's key with --token-file, "
                        "or check the tree alone with --hashes-only."
                    ) from None
                if error.code < 500 and error.code != 429:
                    raise Unchecked(f"{request.full_url} answers {error.code} {error.reason}.") from None
                reason, wait = f"{error.code} {error.reason}", error.headers.get("Retry-After", "")
                pause = min(int(wait), 60) if pause and wait.isdigit() else pause
            except (OSError, http.client.HTTPException, zlib.error) as error:
                reason = getattr(error, "reason", None) or error
            if pause is not None:
                time.sleep(pause)
        raise Unchecked(f"{request.full_url} could not be read: {reason}.")

    @staticmethod
    def _once(request: urllib.request.Request) -> bytes:
        with urllib.request.build_opener(_Stay).open(request, timeout=60) as answer:
            data = answer.read(MOST_FILE_BYTES + 1)
            if answer.length:
                raise http.client.IncompleteRead(data, answer.length)
            if answer.headers.get("Content-Encoding") == "gzip":
                data = zlib.decompressobj(31).decompress(data, MOST_FILE_BYTES + 1)
        if len(data) > MOST_FILE_BYTES:
            raise Unchecked(f"{request.full_url} is larger than any file of a log.")
        return data


Read = Callable[[str], "bytes | None"]


def open_log(where: str, token: str = "") -> "Folder | Address":
    """The log at this address or in this folder."""
    if where.startswith(("https://", "http://")):
        return Address(where.rstrip("/").removesuffix("/checkpoint"), token)
    if not Path(where).is_dir():
        raise Unchecked(f"{where} is neither a folder nor an address that begins with https://.")
    return Folder(where)


# -- A whole log -------------------------------------------------------------------------------------------------------

SPAN = 64  # tiles that one process takes at a time


@dataclass(frozen=True)
class Tree:
    """What the tiles say: the root, the full leaf tiles' hashes, the leaves of the unfilled one, and what is wrong."""

    size: int
    root: bytes
    tops: bytes
    edge: bytes
    wrong: list[str]


def check_tiles(read: Read, size: int, *, entries: bool, processes: int = 1) -> Tree:
    """Reads every tile of a log of this size, and every entry where asked, and says which do not fit.

    What stands in the tile above is what the checkpoint signs, so the climb goes on with that: where only a lower file
    was changed the root still holds, and the entries concerned are named.
    """
    work = functools.partial(_check_span, read, size, entries)
    firsts = range(0, -(-size // TILE), SPAN)
    if processes > 1 and len(firsts) > 1:
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            spans = list(pool.map(work, firsts))
    else:
        spans = [work(first) for first in firsts]
    wrong = [one for span in spans for one in span[1]]
    below = tops = b"".join(span[0] for span in spans)
    edges = [spans[-1][2]] if spans else []
    level = 1
    while size >> 8 * level:
        count = size >> 8 * level
        stored = bytearray()
        for number in range(-(-count // TILE)):
            mine = below[number * TILE * HASH_BYTES :][: TILE * HASH_BYTES]
            data, trouble = _upper(read, level, number, mine)
            stored += data
            wrong += trouble
        full = count // TILE * TILE * HASH_BYTES
        edges.append(bytes(stored[full:]))
        below = b"".join(_whole_root(stored[at : at + TILE * HASH_BYTES]) for at in range(0, full, TILE * HASH_BYTES))
        level += 1
    root = _fold([peak for edge in reversed(edges) for peak in _peaks(edge)])
    return Tree(size, root, tops, edges[0] if edges else b"", wrong)


def _check_span(read: Read, size: int, entries: bool, first: int) -> tuple[bytes, list[str], bytes]:
    """For some tiles of leaves: the hashes of the full ones, what is wrong, and the leaves of an unfilled one."""
    tops, wrong, edge = [], [], b""
    for number in range(first, min(first + SPAN, -(-size // TILE))):
        width = min(TILE, size - number * TILE)
        hashes = read_cut(read, 0, number, width)
        if hashes is None or len(hashes) != width * HASH_BYTES:
            path = tile_path(0, number, width)
            wrong.append(f"{path} is missing or cut off: {_these(number, width)} cannot be shown.")
            hashes = b""
        if entries:
            wrong += _check_bundle(read, number, width, hashes)
        if width == TILE:
            tops.append(_whole_root(hashes) if hashes else bytes(HASH_BYTES))
        else:
            edge = hashes
    return b"".join(tops), wrong, edge


def _check_bundle(read: Read, number: int, width: int, hashes: bytes) -> list[str]:
    path = tile_path("entries", number, width)
    try:
        data = read_cut(read, "entries", number, width)
        entries = unpack_bundle(data or b"")
    except Refused:
        return [f"{path} is cut off: {_these(number, width)} cannot be shown."]
    if data is None:
        return [f"{path} is missing: {_these(number, width)} cannot be shown."]
    if len(entries) != width:
        return [f"{path} holds {len(entries)} entries in the place of {width}."]
    sha256 = hashlib.sha256
    found = b"".join([sha256(b"\x00" + entry).digest() for entry in entries])
    if found == hashes or not hashes:
        return []
    return [
        f"Entry {number * TILE + at} ({about(entries[at])}) was changed: {path} does not hold what the tree holds."
        for at in range(width)
        if found[at * HASH_BYTES :][:HASH_BYTES] != hashes[at * HASH_BYTES :][:HASH_BYTES]
    ]


def _upper(read: Read, level: int, number: int, mine: bytes) -> tuple[bytes, list[str]]:
    """A tile above the leaves, and where it differs from what the tiles below it lead to."""
    width = len(mine) // HASH_BYTES
    path = tile_path(level, number, width)
    data = read_cut(read, level, number, width)
    if data is None or len(data) != len(mine):
        return mine, [f"{path} is missing or cut off."]
    wrong = []
    for at in range(0, len(mine) if data != mine else 0, HASH_BYTES):
        below = mine[at : at + HASH_BYTES]
        if below not in {data[at : at + HASH_BYTES], bytes(HASH_BYTES)}:
            tile = number * TILE + at // HASH_BYTES
            span = TILE**level
            wrong.append(
                f"Entries {tile * span} to {(tile + 1) * span - 1}: {tile_path(level - 1, tile)} does not lead to what "
                f"{path} says."
            )
    return data, wrong


def _whole_root(hashes: bytes) -> bytes:
    """The root over as many hashes as a power of two."""
    sha256 = hashlib.sha256
    while len(hashes) > HASH_BYTES:
        hashes = b"".join([sha256(b"\x01" + hashes[at : at + 64]).digest() for at in range(0, len(hashes), 64)])
    return bytes(hashes)


def _peaks(hashes: bytes) -> list[bytes]:
    """The roots of the whole subtrees over less than a tile of hashes, the largest first."""
    peaks, at, count = [], 0, len(hashes) // HASH_BYTES
    for height in reversed(range(count.bit_length())):
        if count >> height & 1:
            peaks.append(_whole_root(hashes[at : at + (HASH_BYTES << height)]))
            at += HASH_BYTES << height
    return peaks


def _these(number: int, width: int) -> str:
    return _range(number * TILE, number * TILE + width - 1, "entry", "entries")


def _range(first: int, last: int, one: str, many: str) -> str:
    return f"{one} {first}" if first == last else f"{many} {first} to {last}"


# -- A database export beside the log ----------------------------------------------------------------------------------

LATE = 3600  # seconds that an event may be older than one before it, without being named
WAITING = 60  # seconds for which an event may wait for its entry
MOST_KEPT = 10_000


class Comparison:
    """Rows of a database, one after the other, beside the hashes of the log; then `finish` says what is wrong.

    `leaf_at(index)` gives the log's hash of an entry. Without it the rows must be whole and in order, and lead to the
    roots of the checkpoints that are given. It takes a byte of memory for each entry of the log.
    """

    def __init__(self, size: int, *, leaf_at=None, points: Iterable[Checkpoint] = (), late: int = LATE):
        self.size, self.late = size, timedelta(seconds=late)
        self.rows = self.newer = self.waiting = 0
        self.wrong: list[str] = []
        self.notes: list[str] = []
        self._leaf_at = leaf_at
        self._points = {point.size: point for point in points}
        self._frontier, self._agreed = Frontier(), 0
        self._seen = bytearray(size)
        self._other: dict[int, tuple[bytes, bytes, str]] = {}  # index -> what stands here, what the log holds
        self._loose: list[tuple[datetime | None, str]] = []
        self._newest: tuple[datetime, int] | None = None

    def see(self, index: int | None, event: str, body: str) -> None:
        """One row: its place in the log (None where it has none yet), its identifier, and the record as it is kept."""
        self.rows += 1
        record = _record(body)
        at = _time(record)
        if record.get("id", event) != event:
            self.wrong.append(f"Event {event} is a record of another event, {about(record)}.")
        if index is None:
            self._loose.append((at, about(record)))
            if len(self._loose) > MOST_KEPT:
                raise Refused(f"More than {MOST_KEPT} events are in the database and not in the log.")
            return
        if index >= self.size:
            self.newer += 1
            return
        if self._seen[index]:
            self.wrong.append(f"Event {index} stands there twice, once as {about(record)}.")
            return
        self._seen[index] = 1
        self._check_time(index, at, record)
        leaf = leaf_hash(body.encode("utf-8", "surrogatepass"))
        if self._leaf_at is None:
            self._add(index, leaf)
        elif (expected := self._leaf_at(index)) != leaf:
            self._other[index] = (leaf, expected, about(record))
            if len(self._other) > MOST_KEPT:
                raise Refused(f"More than {MOST_KEPT} events are not what the log holds, the first {min(self._other)}.")

    def finish(self, complete_to: int) -> None:
        """All rows were seen; up to `complete_to` none may be missing."""
        at = self._seen.find(0)
        while 0 <= at < complete_to:
            following = self._seen.find(1, at)
            last = (following if following >= 0 else complete_to) - 1
            verb = "is" if last == at else "are"
            self.wrong.append(f"{_range(at, last, 'Event', 'Events')} {verb} missing.")
            at = self._seen.find(0, following) if following >= 0 else -1
        self._name_others()
        for when, words in self._loose:
            if self._newest and when and when < self._newest[0] - timedelta(seconds=WAITING):
                self.wrong.append(f"Event {words} is in the database and not in the log.")
            else:
                self.waiting += 1
        if self._leaf_at is None and self._agreed < self.size and not self.wrong:
            self.wrong.append(
                f"Something between event {self._agreed} and event {self.size - 1} was changed, or is out of order: "
                f"the events do not lead to the root of the checkpoint of {self.size}. Compare with the log (--log) "
                "to learn which."
            )

    def _name_others(self) -> None:
        place = {expected: index for index, (_leaf, expected, _words) in self._other.items()}
        for index, (leaf, expected, words) in sorted(self._other.items()):
            there = place.get(leaf)
            if there is None:
                self.wrong.append(f"Event {index} ({words}) was changed: the log holds something else there.")
            elif self._other[there][0] != expected:
                self.wrong.append(f"Event {index} ({words}) was moved: the log holds it at {there}.")
            elif index < there:
                self.wrong.append(f"Events {index} and {there} were exchanged ({words}; {self._other[there][2]}).")

    def _check_time(self, index: int, at: datetime | None, record: dict) -> None:
        if at is None:
            return
        if self._newest is None or at > self._newest[0]:
            self._newest = (at, index)
        elif index > self._newest[1] and self._newest[0] - at > self.late and len(self.notes) < MOST_KEPT:
            self.notes.append(
                f"Event {index} ({about(record)}) is late or back-dated: event {self._newest[1]} before it says "
                f"{self._newest[0].isoformat()}."
            )

    def _add(self, index: int, leaf: bytes) -> None:
        if index != self._frontier.size:
            return
        self._frontier.add(leaf)
        point = self._points.get(index + 1)
        if point is not None and self._agreed == max((size for size in self._points if size <= index), default=0):
            self._agreed = point.size if self._frontier.root() == point.root else self._agreed


def about(record: bytes | str | dict) -> str:
    """What an event is, in three words: kind, time, identifier."""
    record = record if isinstance(record, dict) else _record(record)
    return ", ".join(str(record[name])[:80] for name in ("kind", "time", "id") if name in record) or "no event"


def _record(body: bytes | str) -> dict:
    try:
        record = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _time(record: dict) -> datetime | None:
    try:
        at = datetime.fromisoformat(record["time"])
    except (KeyError, TypeError, ValueError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=timezone.utc)  # noqa: UP017 - Python 3.10 has no other name


def read_export(path: str) -> tuple[dict, Iterator[tuple[int | None, str, str]]]:
    """The first line of an export, and its rows, one by one; gzip is understood."""
    try:
        opener = gzip.open if path.endswith(".gz") else open
        file = opener(path, "rt", encoding="utf-8", errors="surrogateescape")
        header = json.loads(file.readline() or "null")
    except (OSError, EOFError, zlib.error) as error:
        raise Unchecked(f"{path} cannot be read: {error}.") from None
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or not isinstance(header.get("checkpoint", 0), str | None):
        raise Unchecked(f"{path} is no export: its first line should name the checkpoint and the filter.")
    return header, _in_file(file, path)


def _in_file(file, path: str) -> Iterator[tuple[int | None, str, str]]:
    try:
        with file:
            yield from rows_of(file)
    except (OSError, EOFError, zlib.error) as error:
        raise Unchecked(f"{path} cannot be read to its end: {error}.") from None


def rows_of(lines: Iterable[str]) -> Iterator[tuple[int | None, str, str]]:
    """The events of an export, from the lines that follow its first."""
    for number, line in enumerate(lines, 2):
        try:
            row = json.loads(line)
            index, event, body = row["index"], row["event"], row["body"]
        except (ValueError, KeyError, TypeError, RecursionError):
            index, event, body = -1, "", ""
        if not (index is None or (type(index) is int and index >= 0)) or not isinstance(body, str):
            raise Refused(f"Line {number} of the export is no event.")
        yield index, str(event), body


# -- What is believed, and what is reported ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Trust:
    """The keys that the auditor believes, and the policy that says how many witnesses are needed."""

    keys: tuple[Key, ...] = ()
    policy: Policy | None = None

    def check(self, point: Checkpoint) -> str:
        """Refuses a checkpoint that the log did not sign or that too few witnesses saw; else says who did."""
        key = point.check_log(self._log_keys())
        times = self._cosigners(point)
        if self.policy and not self.policy.met(self.policy.cosigners(point.note)):
            seen = ", ".join(times) or "no witness"
            raise Refused(f"The checkpoint of {point.size} entries was seen by {seen}: fewer than the policy asks for.")
        return f"signed by {key.name} (key {key.id.hex()})" + self._words(times)

    def check_seen(self, point: Checkpoint) -> str:
        """Refuses an older checkpoint that neither the log nor a witness signed; else says who did."""
        times = self._cosigners(point)
        signed = point.note.signers(key for key in self._log_keys() if key.name == point.origin)
        if not signed and not times:
            raise Refused(f"The checkpoint of {point.size} entries is signed by nobody whom you trust.")
        names = [f"signed by {key.name} (key {key.id.hex()})" for key in signed]
        return ", ".join(names) + self._words(times) if names else self._words(times).lstrip(", ")

    def _log_keys(self) -> list[Key]:
        return [key for key in (*self.keys, *(self.policy.keys() if self.policy else ())) if key.kind == ED25519]

    def _cosigners(self, point: Checkpoint) -> dict[str, int]:
        named = {key: key.name for key in self.keys if key.kind == COSIGNATURE}
        named |= {one.key: name for name, one in self.policy.witnesses.items()} if self.policy else {}
        return {named[key]: seconds for key, seconds in point.note.signers(named).items()}

    @staticmethod
    def _words(times: dict[str, int]) -> str:
        moments = [f"{name} at {_moment(seconds)}" for name, seconds in times.items()]
        return f", cosigned by {', '.join(moments)}" if moments else ""


def follow(tiles: Tiles, point: Checkpoint, older: Checkpoint, name: str) -> str:
    """Refuses unless the log, as it shows itself by `point`, begins with what an older checkpoint saw."""
    if older.origin != point.origin:
        raise Refused(f"{name} is about another log, {older.origin}.")
    if older.size > point.size:
        raise Refused(f"The log lost entries: it shows {point.size} now, and {name} saw {older.size}.")
    if older.size == point.size and older.root != point.root:
        raise Refused(
            f"Two different checkpoints of one size: the log shows {point.size} entries with another root than {name} "
            "saw. Keep both: they prove that the log showed different people different things."
        )
    try:
        check_consistency(older.size, point.size, older.root, point.root, tiles.consistency(older.size))
    except Refused as reason:
        begin = f"its {point.size} entries do not begin with the {older.size} that {name} saw"
        raise Refused(f"The log was rewritten: {begin}. {reason}") from None
    return f"It begins with the {older.size} entries that {name} saw."


@dataclass
class Report:
    """What was found: facts, what holds, what is worth a look, and what is wrong."""

    facts: dict = field(default_factory=dict)
    held: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def attempt(self, check: Callable[..., str | None], *args) -> bool:
        """Runs a check: what it says holds, or the reason of its refusal is wrong."""
        try:
            sentence = check(*args)
        except Refused as reason:
            self.wrong.append(str(reason))
            return False
        if sentence:
            self.held.append(sentence)
        return True

    def show(self, *, as_json: bool, most: int = 50) -> int:
        """Prints it; gives the exit code."""
        result = "refused" if self.wrong else "holds"
        if as_json:
            lists = {"held": self.held, "notes": self.notes, "wrong": self.wrong}
            print(json.dumps({"result": result, **self.facts, **lists}, ensure_ascii=True, indent=1))
            return int(bool(self.wrong))
        for line in self.text:
            print(_plain(line))
        for mark, lines in (("ok    ", self.held), ("note  ", self.notes), ("WRONG ", self.wrong)):
            for line in lines[:most]:
                print(mark + _plain(line))
            if len(lines) > most:
                print(f"{mark}and {len(lines) - most} more (all of them by --json)")
        print("It does not hold." if self.wrong else "It holds.")
        return int(bool(self.wrong))


def _plain(text: str) -> str:
    """Nothing in it moves the cursor of a terminal or turns the direction of writing."""
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text)


def _moment(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")  # noqa: UP017
    except (OverflowError, OSError, ValueError):
        return f"second {seconds}"


def event_lines(entry: bytes) -> list[str]:
    """An event for the eye, a line for each thing that it states."""
    record = _record(entry)
    first = ["kind", "time", "id", "actor", "department", "dataset", "basis", "object"]
    names = [name for name in first if name in record] + sorted(set(record) - set(first))
    return [line for name in names for line in _lines(name, record[name])] or [repr(entry)]


def _lines(name: str, value) -> list[str]:
    if isinstance(value, dict):
        return [line for key, one in value.items() for line in _lines(f"{name}.{key}", one)]
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return [f"  {name}: {shown}"]


# -- The command line --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Defaults:
    """What need not be said where the tool runs inside a deployment: its log, its keys, its database."""

    log: "Folder | Address | None" = None
    trust: Trust = field(default_factory=Trust)
    export: Callable[[], tuple[dict, Iterator[tuple[int | None, str, str]]]] | None = None
    more: Callable[[], list[str]] = list  # what else is wrong with the database


def check_receipt(args, report: Report) -> None:
    """A receipt: one entry, its way to the root, the checkpoint. No network."""
    receipt = Receipt.parse(_file(args.file))
    entry = _file(args.entry) if args.entry else receipt.extra
    if entry is None:
        raise Unchecked("The receipt does not carry its entry: give the entry's bytes with --entry FILE.")
    point = receipt.checkpoint
    report.text = event_lines(entry)
    report.facts = {"index": receipt.index, "event": _record(entry), **_facts(point)}
    report.attempt(lambda: f"The log of {point.size} entries is {args.trust.check(point)}.")
    if report.attempt(receipt.check, entry):
        report.held.append(f"This event is entry {receipt.index} of {point.origin}, byte for byte.")


def check_checkpoint(args, report: Report) -> None:
    """A checkpoint: who signed and who cosigned it."""
    point = _point(args.file)
    report.facts = _facts(point)
    report.text = [f"  {point.origin}", f"  {point.size} entries", f"  root {base64.b64encode(point.root).decode()}"]
    report.attempt(lambda: f"The checkpoint is {args.trust.check(point)}.")


def check_two(args, report: Report) -> None:
    """That a newer checkpoint only adds to an older one."""
    older, newer = _point(args.old), _point(args.new)
    report.facts = {"old": _facts(older), "new": _facts(newer)}
    report.attempt(lambda: f"{args.old} is {args.trust.check_seen(older)}.")
    check = args.trust.check if args.trust.policy else args.trust.check_seen
    report.attempt(lambda: f"{args.new} is {check(newer)}.")
    tiles = Tiles(lambda path: None, newer.size)
    if args.proof:
        lines = _utf8(_file(args.proof), "proof").split()
        tiles.consistency = lambda old: [_base64(line, "hash of the proof") for line in lines]
    elif 0 < older.size < newer.size:
        tiles = Tiles(_log(args).read, newer.size)
    report.attempt(follow, tiles, newer, older, args.old)


def check_log(args, report: Report) -> tuple[Checkpoint, Tree] | None:
    """A whole log: checkpoint, every tile, every entry, and everything that somebody saw of it before."""
    read = _log(args).read
    data = read("checkpoint")
    if data is None:
        raise Unchecked("There is no checkpoint: is this the address of a log?")
    point = Checkpoint.parse(data)
    report.facts |= _facts(point)
    if not report.attempt(lambda: f"The checkpoint of {point.size} entries is {args.trust.check(point)}."):
        return None
    tiles = Tiles(read, point.size)
    for name in args.since:
        older = _point(name)
        if report.attempt(lambda older=older, name=name: f"{name} is {args.trust.check_seen(older)}."):
            report.attempt(follow, tiles, point, older, name)
    if args.entries and point.size and isinstance(_log(args), Address):
        _check_entries_open(read, point.size)
    tree = check_tiles(read, point.size, entries=args.entries, processes=args.processes)
    report.wrong += tree.wrong
    if tree.root != point.root:
        report.wrong.append(f"The tiles do not lead to the root that was signed for {point.size} entries.")
    elif not tree.wrong:
        what = "tiles and entries" if args.entries else "tiles (hashes only)"
        report.held.append(f"All {what} of {point.size} entries lead to the signed root.")
    return point, tree


def _check_entries_open(read: Read, size: int) -> None:
    if read_cut(read, "entries", 0, min(TILE, size)) is None and read_cut(read, 0, 0, min(TILE, size)) is not None:
        raise Unchecked(
            "The entries are not there for everybody: give an auditor's key with --token-file, or check the tree alone "
            "with --hashes-only."
        )


def check_export(args, report: Report) -> None:
    """An export of the database beside the log, or beside a checkpoint that somebody kept."""
    if args.file is None and args.defaults.export is None:
        raise Unchecked("Say which export: a file that was made by manage.py audit export.")
    if args.log or (args.defaults.log and not args.checkpoint):
        _beside_log(args, report)
    else:
        _beside_checkpoints(args, report)


def _beside_log(args, report: Report) -> None:
    header, rows = read_export(args.file) if args.file else args.defaults.export()  # before the log, which only grows
    args.since, args.entries = args.checkpoint, False
    found = check_log(args, report)
    if found is None:
        return
    point, tree = found
    tiles = Tiles(_log(args).read, tree.size)
    complete_to = tree.size
    if header["checkpoint"]:
        own = Checkpoint.parse(header["checkpoint"])
        report.attempt(lambda: f"The export's checkpoint is {args.trust.check_seen(own)}.")
        report.attempt(follow, tiles, point, own, "the export's checkpoint")
        complete_to = min(own.size, tree.size)
    seen: dict[int, bytes] = {}

    def leaf_at(index: int) -> bytes:
        number, offset = divmod(index, TILE)
        if number not in seen:
            seen.clear()
            seen[number] = tiles.tile(0, number)
            top = tree.tops[number * HASH_BYTES :][:HASH_BYTES]
            if (_whole_root(seen[number]) != top) if top else (seen[number] != tree.edge):
                raise Refused(f"The log gave two different answers for {tile_path(0, number)}.")
        return seen[number][offset * HASH_BYTES :][:HASH_BYTES]

    _compare(Comparison(tree.size, leaf_at=leaf_at, late=args.late), header, rows, complete_to, report)
    report.wrong += [] if args.file else args.defaults.more()


def _beside_checkpoints(args, report: Report) -> None:
    header, rows = read_export(args.file) if args.file else args.defaults.export()
    if header.get("filter"):
        raise Unchecked("The export was filtered: only beside the log (--log) can it be checked.")
    texts = {name: _file(name) for name in args.checkpoint}
    if header["checkpoint"]:
        texts["the export's checkpoint"] = header["checkpoint"]
    points = {name: Checkpoint.parse(text) for name, text in texts.items()}
    if not points:
        raise Unchecked("Give the log (--log), or a checkpoint that you kept (--checkpoint).")
    for name, point in points.items():
        report.attempt(lambda name=name, point=point: f"{name} ({point.size} entries): {args.trust.check_seen(point)}.")
    by_size: dict[int, bytes] = {}
    for name, point in points.items():
        if by_size.setdefault(point.size, point.root) != point.root:
            report.wrong.append(f"Two different checkpoints of one size ({point.size} entries), one of them {name}.")
    size = max(by_size)
    report.facts |= _facts(max(points.values(), key=lambda point: point.size))
    _compare(Comparison(size, points=points.values(), late=args.late), header, rows, size, report)


def _compare(comparison: Comparison, header: dict, rows, complete_to: int, report: Report) -> None:
    before = len(report.wrong)
    for row in rows:
        comparison.see(*row)
    comparison.finish(0 if header.get("filter") else complete_to)
    report.wrong += comparison.wrong
    report.notes += comparison.notes
    if header.get("filter"):
        report.notes.append("The export was filtered, so it was not checked whether events are missing.")
    for count, words in ((comparison.newer, "came after the checkpoint"), (comparison.waiting, "wait for their entry")):
        if count:
            report.notes.append(f"{count} events {words}.")
    report.facts |= {"rows": comparison.rows}
    if len(report.wrong) == before:
        report.held.append(f"{comparison.rows} rows of the database are what the log holds.")


def _facts(point: Checkpoint) -> dict:
    return {"origin": point.origin, "size": point.size, "root": base64.b64encode(point.root).decode()}


def _file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(MOST_NOTE_BYTES + 1)
    except OSError as error:
        raise Unchecked(f"{path} cannot be read: {error.strerror}.") from None


def _point(path: str) -> Checkpoint:
    try:
        return Checkpoint.parse(_file(path))
    except Refused as reason:
        raise Refused(f"{path}: {reason}") from None


def _log(args) -> "Folder | Address":
    if not args.log and args.defaults.log is None:
        raise Unchecked("Say where the log is: its address, or a folder with its files.")
    token = _utf8(_file(args.token_file), "token").strip() if args.token_file else ""
    return open_log(args.log, token) if args.log else args.defaults.log


def _trust(args) -> Trust:
    policy = Policy.parse(_file(args.policy)) if args.policy else args.defaults.trust.policy
    keys = [key for given in args.key for key in _keys(given)] or list(args.defaults.trust.keys)
    if not keys and not policy:
        raise Unchecked("Say whom you trust: --key with the log's verifier key, or --policy with a policy file.")
    return Trust(tuple(keys), policy)


def _keys(given: str) -> list[Key]:
    if not os.path.exists(given):
        return [Key.parse(given)]
    lines = [line.strip() for line in _utf8(_file(given), "key file").splitlines()]
    return [Key.parse(line) for line in lines if line and not line.startswith("#")]


def parser(defaults: Defaults = Defaults(), prog: str = "verify.py") -> argparse.ArgumentParser:
    """What can be asked; inside a deployment less need be said."""
    known = defaults.log is not None
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--key", action="append", default=[], metavar="VKEY|FILE", help="a verifier key that you trust")
    common.add_argument("--policy", metavar="FILE", help="a tlog-policy: logs, witnesses, how many must have seen it")
    common.add_argument("--json", action="store_true", help="the result as JSON")
    reading = argparse.ArgumentParser(add_help=False)
    reading.add_argument("--token-file", metavar="FILE", help="a file with an API key that may read entries")
    reading.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="N", help="how many at once")
    top = argparse.ArgumentParser(prog=prog, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask = top.add_subparsers(title="what to check", required=True, metavar="WHAT")

    one = ask.add_parser("receipt", parents=[common], help="one event, by its receipt; works without a network")
    one.add_argument("file", metavar="FILE")
    one.add_argument("--entry", metavar="FILE", help="the event's exact bytes, where the receipt does not carry them")
    one.set_defaults(run=check_receipt)
    one = ask.add_parser("checkpoint", parents=[common], help="who signed a checkpoint, and which witnesses saw it")
    one.add_argument("file", metavar="FILE")
    one.set_defaults(run=check_checkpoint)
    one = ask.add_parser("consistency", parents=[common, reading], help="that a newer checkpoint adds to an older one")
    one.add_argument("old", metavar="OLD")
    one.add_argument("new", metavar="NEW")
    one.add_argument("--log", metavar="URL|DIR", help="where the tiles are")
    one.add_argument("--proof", metavar="FILE", help="a proof in the place of the log: hashes in base64, one a line")
    one.set_defaults(run=check_two)
    one = ask.add_parser("log", parents=[common, reading], help="a whole log, entry by entry")
    one.add_argument("log", metavar="URL|DIR", nargs="?" if known else None)
    one.add_argument("--since", action="append", default=[], metavar="FILE", help="a checkpoint that somebody kept")
    what = one.add_mutually_exclusive_group()
    what.add_argument("--entries", action="store_true", default=True, help="entries too (this is so by itself)")
    what.add_argument("--hashes-only", dest="entries", action="store_false", help="tiles alone: needs no right")
    one.set_defaults(run=check_log)
    one = ask.add_parser("export", parents=[common, reading], help="a database export: which event was changed")
    one.add_argument("file", metavar="FILE", nargs="?" if defaults.export else None)
    one.add_argument("--log", metavar="URL|DIR", help="where the tiles are")
    one.add_argument("--checkpoint", action="append", default=[], metavar="FILE", help="a checkpoint that was kept")
    one.add_argument("--late", type=int, default=LATE, metavar="SECONDS", help="older than an earlier event: named")
    one.set_defaults(run=check_export)
    return top


def main(argv: list[str] | None = None, defaults: Defaults = Defaults(), prog: str = "verify.py") -> int:
    """Checks what the arguments ask for; the exit code says what came of it."""
    args = parser(defaults, prog).parse_args(argv)
    args.defaults, report = defaults, Report()
    try:
        args.trust = _trust(args)
        args.run(args, report)
    except Refused as reason:
        report.wrong.append(str(reason))
    except Unchecked as reason:
        return _unchecked(str(reason), as_json=args.json)
    return report.show(as_json=args.json)


def _unchecked(reason: str, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"result": "unchecked", "reason": reason}))
    else:
        print(f"It could not be checked. {_plain(reason)}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")
    sys.exit(main())
