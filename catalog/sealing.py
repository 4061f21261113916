"""A file is sealed to one recipient while it is written: age (age-encryption.org/v1), in constant memory.

Only X25519 keys are taken: what every age program opens. We hold public keys alone, so what was sealed is closed to us.
"""

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

import pyrage
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

SUFFIX = "age"
MEDIA_TYPE = "application/octet-stream"
PRIVATE = "AGE-SECRET-KEY-"


def public_key(text: str) -> str:
    """The public key in this text, as age writes it; a text that is none, or is a private key, is refused."""
    given = text.strip()
    if PRIVATE in given.upper():
        raise ValidationError(
            _("This is a private key: it must never leave you. Make another pair, and give the line that begins with "
              "“age1” only.")
        )  # fmt: skip
    try:
        key = pyrage.x25519.Recipient.from_str(given)
        pyrage.encrypt(b"", [key])  # a point of small order is a key that anybody opens
    except (pyrage.RecipientError, pyrage.EncryptError):
        raise ValidationError(
            _("This is no public key of age. It is one line that begins with “age1”; age-keygen -y shows it.")
        ) from None
    return str(key)


def fingerprint(key: str) -> str:
    """The first 128 bits of the SHA-256 of a public key's text, in eight groups: short enough to compare aloud."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return " ".join(digest[at : at + 4] for at in range(0, 32, 4))


def seal(pieces: Iterator[bytes], file: BinaryIO, *, to: str) -> None:
    """Writes the pieces to the file so that only the holder of the private key reads them.

    What the pieces or the file raise is raised here as it was.
    """
    clear, sealed = _Clear(pieces), _Sealed(file)
    try:
        pyrage.encrypt_io(clear, sealed, [pyrage.x25519.Recipient.from_str(to)])
    except pyrage.EncryptError as failed:
        raise clear.reason or sealed.reason or failed from None


class _Clear:
    """The pieces as a file that is read."""

    def __init__(self, pieces: Iterator[bytes]):
        self._pieces, self._left = iter(pieces), memoryview(b"")
        self.reason: BaseException | None = None

    def read(self, size: int) -> bytes:
        """The next bytes, at most so many; none at the end."""
        try:
            while not self._left:
                self._left = memoryview(next(self._pieces))
        except StopIteration:
            return b""
        except BaseException as reason:
            self.reason = reason
            raise
        piece, self._left = bytes(self._left[:size]), self._left[size:]
        return piece


class _Sealed:
    """The file, which remembers what went wrong with it."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self.reason: BaseException | None = None

    def write(self, data: bytes) -> int:
        """Writes all of it."""
        try:
            return self._file.write(data)
        except BaseException as reason:
            self.reason = reason
            raise

    def flush(self) -> None:
        """Nothing is held back here."""
