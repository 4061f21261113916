"""The log's own keys: read from a file or the environment, never kept in the database."""

import base64
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from audit.verify import COSIGNATURE, ED25519, Key, Refused, Signature

PREFIX = "PRIVATE+KEY+"


@dataclass(frozen=True)
class Signer:
    """The signing half of a key; its text is `PRIVATE+KEY+name+hexid+base64`, as Go's note package writes it."""

    key: Key
    seed: bytes = field(repr=False)

    @classmethod
    def new(cls, name: str, kind: int = ED25519) -> "Signer":
        """A fresh key of this name."""
        return cls.of(name, secrets.token_bytes(32), kind)

    @classmethod
    def of(cls, name: str, seed: bytes, kind: int = ED25519) -> "Signer":
        """The key that follows from a seed of 32 bytes."""
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        return cls(Key.of(name, public, kind), seed)

    @classmethod
    def parse(cls, text: str) -> "Signer":
        """A key from its text; Refused, without a word of its content, where it is none."""
        name, _id, data = (*text.strip().removeprefix(PREFIX).split("+", 2), "", "")[:3]
        try:
            raw = base64.b64decode(data, validate=True)
            signer = cls.of(name, raw[1:], raw[0]) if raw[:1] in {b"\x01", b"\x04"} else None
        except ValueError:
            signer = None
        if signer is None or str(signer) != text.strip():
            raise Refused("The signing key is not one: expected the line that `manage.py log_key new` writes.")
        return signer

    def __str__(self) -> str:
        data = base64.b64encode(bytes([self.key.kind]) + self.seed).decode()
        return f"{PREFIX}{self.key.name}+{self.key.id.hex()}+{data}"

    def sign(self, text: str) -> str:
        """The signature line of a note's text, with its newline."""
        return str(Signature(self.key.name, self.key.id, self._private.sign(text.encode())))

    def cosign(self, text: str, seconds: int) -> str:
        """A witness' line: that at this second the text was the largest consistent state that it had seen."""
        if self.key.kind != COSIGNATURE:
            raise Refused("Only a witness' key cosigns.")
        signature = self._private.sign(f"cosignature/v1\ntime {seconds}\n{text}".encode())
        return str(Signature(self.key.name, self.key.id, seconds.to_bytes(8, "big") + signature))

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def read_key(path: str | Path) -> Signer:
    """The key in a file that only its owner may read; says what to do where others may."""
    try:
        mode = os.stat(path).st_mode & 0o777
        text = Path(path).read_text()
    except OSError as error:
        raise ImproperlyConfigured(f"The key file {path} cannot be read: {error.strerror}.") from None
    if mode & 0o077:
        raise ImproperlyConfigured(f"Others may read the key file {path}: run chmod 600 {path}.")
    try:
        return Signer.parse(text)
    except Refused as reason:
        raise ImproperlyConfigured(f"{path}: {reason}") from None


def write_key(signer: Signer, path: str | Path) -> None:
    """Keeps a key in a new file of mode 0600; a file that is there is never overwritten."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{signer}\n")


def log_signers() -> list[Signer]:
    """Who signs checkpoints: the current key first, then those that are on their way out; empty where none is set."""
    if settings.LOG_KEY:
        current = [Signer.parse(settings.LOG_KEY)]
    else:
        current = [read_key(settings.LOG_KEY_FILE)] if settings.LOG_KEY_FILE else []
    signers = current + [read_key(path) for path in settings.LOG_OLD_KEY_FILES]
    for signer in signers:
        if signer.key.name != settings.LOG_ORIGIN or signer.key.kind != ED25519:
            raise ImproperlyConfigured(
                f"The log's key is for {signer.key.name}, but LOG_ORIGIN is {settings.LOG_ORIGIN}: they must be one."
            )
    return signers


def log_keys() -> list[Key]:
    """The verifier's halves of the same keys: what an auditor or a witness is given.

    A process that only shows the log knows them by LOG_VKEYS and needs no signing key.
    """
    try:
        named = [Key.parse(vkey) for vkey in settings.LOG_VKEYS]
    except Refused as reason:
        raise ImproperlyConfigured(f"LOG_VKEYS: {reason}") from None
    return named or [signer.key for signer in log_signers()]
