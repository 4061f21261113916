"""A transparency log as the standards describe it, by brute force: imports nothing of ours, slow on purpose."""

import base64
import gzip
import hashlib
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ORIGIN = "log.example/causeway"


def leaf(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def tree(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, over leaf hashes."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + tree(leaves[:k]) + tree(leaves[k:])).digest()


def split(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), tree(leaves[k:])]
    return [*path(m - k, leaves[k:]), tree(leaves[:k])]


def proof(m: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """PROOF(m, D[n]) of RFC 6962, 2.1.2."""
    if m == len(leaves):
        return [] if whole else [tree(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*proof(m, leaves[:k], whole), tree(leaves[k:])]
    return [*proof(m - k, leaves[k:], False), tree(leaves[:k])]


class Signer:
    """An Ed25519 key of a log (kind 1) or a witness (kind 4)."""

    def __init__(self, name: str, seed: int = 1, kind: int = 1):
        self.name, self.kind = name, kind
        self.private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public = self.private.public_key().public_bytes_raw()
        self.id = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"

    def line(self, text: str, seconds: int = 1_795_000_000) -> str:
        if self.kind == 4:
            message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
            data = seconds.to_bytes(8, "big") + self.private.sign(message)
        else:
            data = self.private.sign(text.encode())
        return f"— {self.name} {base64.b64encode(self.id + data).decode()}\n"


LOG = Signer(ORIGIN, 1)
WITNESS = Signer("witness.example/w1", 2, kind=4)
SECOND = Signer("witness.example/w2", 3, kind=4)


def checkpoint(entries: list[bytes], *signers: Signer, origin: str = ORIGIN) -> str:
    """A checkpoint over these entries, signed by the log where nobody else is named."""
    text = f"{origin}\n{len(entries)}\n{base64.b64encode(tree([leaf(one) for one in entries])).decode()}\n"
    return text + "\n" + "".join(one.line(text) for one in signers or (LOG,))


def receipt(entries: list[bytes], index: int, *signers: Signer, extra: bool = True) -> str:
    """A tlog-proof for one of the entries."""
    hashes = path(index, [leaf(one) for one in entries])
    lines = ["c2sp.org/tlog-proof@v1"]
    lines += [f"extra {base64.b64encode(entries[index]).decode()}"] if extra else []
    lines += [f"index {index}", *(base64.b64encode(one).decode() for one in hashes), ""]
    return "\n".join(lines) + "\n" + checkpoint(entries, *signers)


def build(folder: Path, entries: list[bytes], *signers: Signer) -> Path:
    """A log as a folder of files (C2SP tlog-tiles); written over what is there."""
    put(folder / "checkpoint", checkpoint(entries, *signers).encode())
    for number in range(0, len(entries), 256):
        some = entries[number : number + 256]
        data = b"".join(len(one).to_bytes(2, "big") + one for one in some)
        put(folder / "tile" / "entries" / tile(number // 256, len(some)), data)
    level, hashes = 0, [leaf(one) for one in entries]
    while hashes:
        for number in range(0, len(hashes), 256):
            some = hashes[number : number + 256]
            put(folder / "tile" / str(level) / tile(number // 256, len(some)), b"".join(some))
        hashes = [tree(hashes[at : at + 256]) for at in range(0, len(hashes) - 255, 256)]
        level += 1
    return folder


def tile(number: int, width: int) -> str:
    name = f"{number % 1000:03d}"
    while number >= 1000:
        number //= 1000
        name = f"x{number % 1000:03d}/{name}"
    return name if width == 256 else f"{name}.p/{width}"


def put(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def events(count: int, *, start: int = 0) -> list[bytes]:
    """Records such as the log holds, a minute apart."""
    return [
        json.dumps(
            {
                "facts": {"note": f"number {n}"},
                "id": f"00000000-0000-4000-8000-{n:012d}",
                "kind": "log.viewed",
                "time": f"2026-{1 + n // 40320:02d}-{1 + n // 1440 % 28:02d}T{n // 60 % 24:02d}:{n % 60:02d}:00+00:00",
            },
            separators=(",", ":"),
        ).encode()
        for n in range(start, start + count)
    ]


def export(file: Path, rows: list[tuple[int | None, bytes]], note: str | None, **filters) -> Path:
    """An export of a database with these rows."""
    lines = [json.dumps({"checkpoint": note, "filter": filters})]
    for index, body in rows:
        event = json.loads(body)["id"]
        lines.append(json.dumps({"index": index, "event": event, "body": body.decode()}, ensure_ascii=False))
    text = "\n".join(lines) + "\n"
    file.write_bytes(gzip.compress(text.encode()) if file.suffix == ".gz" else text.encode())
    return file
