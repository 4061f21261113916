"""Keys that a source signs in with: made here, or taken over from a steward. The public half may be shown to everybody.

A passphrase opens the key once and is not kept: what is sealed is the key itself.
"""

import base64
import hashlib
import io
import struct
from dataclasses import dataclass

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

OPENSSH = "-----BEGIN OPENSSH PRIVATE KEY-----"
PUBLIC = ("ssh-", "ecdsa-", "sk-", "---- BEGIN SSH2 PUBLIC", "-----BEGIN PUBLIC")
_KINDS = _("Only keys of the kinds Ed25519, ECDSA and RSA are taken. Best let this platform make one.")
LEAST_BITS = 2048
MOST_ROUNDS = 256  # of the passphrase: whoever writes a key says how often, and could say a year's worth
KINDS = {
    ed25519.Ed25519PrivateKey: paramiko.Ed25519Key,
    ec.EllipticCurvePrivateKey: paramiko.ECDSAKey,
    rsa.RSAPrivateKey: paramiko.RSAKey,
}


@dataclass(frozen=True)
class Pair:
    """A private key in the form of OpenSSH, and the line that a server's keeper gets."""

    private: str
    public: str


def make(name: str) -> Pair:
    """A new Ed25519 pair; `name` ends the public line, so that a server's keeper knows whose it is."""
    return _pair(ed25519.Ed25519PrivateKey.generate(), name)


def read(text: str, passphrase: str, name: str) -> Pair:
    """The pair of a private key that somebody pasted; what is wrong with it is said beside its field."""
    text = text.strip()
    if text.startswith(PUBLIC):
        words = _("This is the public half. Paste the private key: it begins with %(begin)s.")
        raise _wrong(words % {"begin": OPENSSH})
    key = _loaded(text, passphrase)
    if not isinstance(key, tuple(KINDS)):
        raise _wrong(_KINDS)
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < LEAST_BITS:
        raise _wrong(_("This RSA key is shorter than %(bits)s bits. Make a longer one.") % {"bits": LEAST_BITS})
    try:
        return _pair(key, name)
    except ValueError:  # a curve that SSH has no name for
        raise _wrong(_KINDS) from None


def opened(private: str) -> paramiko.PKey:
    """The sealed key, as the SFTP client takes it."""
    key = load_ssh_private_key(private.encode(), None)
    kind = next(kind for made, kind in KINDS.items() if isinstance(key, made))
    return kind.from_private_key(io.StringIO(private))


def fingerprint(key: str) -> str:
    """A public key in short, as `ssh-keygen -l` and server keepers write it."""
    if not key:
        return ""
    kind, text = key.split()[:2]
    digest = hashlib.sha256(base64.b64decode(text)).digest()
    return f"{kind} SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def _pair(key, name: str) -> Pair:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return Pair(private, f"{public} {name}")


def _loaded(text: str, passphrase: str):
    try:
        if not text.startswith(OPENSSH):
            return load_pem_private_key(text.encode(), None)
        rounds = _rounds(text)
        if rounds and not passphrase:
            raise ValidationError({"passphrase": _("This key is locked. Enter its passphrase.")})
        if rounds > MOST_ROUNDS:
            raise _wrong(_("This key was locked too hard to be opened here. Let this platform make one instead."))
        return load_ssh_private_key(text.encode(), passphrase.encode() if rounds else None)
    except (ValueError, TypeError, IndexError, struct.error, UnsupportedAlgorithm):
        if text.startswith(OPENSSH) and passphrase:
            raise ValidationError({"passphrase": _("The passphrase does not open this key.")}) from None
        raise _wrong(
            _("This is no private key that can be read. Paste all of the file, from %(begin)s to its last line. Another"
              " form is brought into this one by: ssh-keygen -p -f FILE") % {"begin": OPENSSH}
        ) from None  # fmt: skip


def _rounds(text: str) -> int:
    """How often the passphrase is stirred to open the key; 0 of a key that is not locked."""
    blob = base64.b64decode(text.split("-----")[2])
    parts, place = [], len(b"openssh-key-v1\0")
    for _part in ("cipher", "derivation", "options"):
        (length,) = struct.unpack_from(">I", blob, place)
        parts.append(blob[place + 4 : place + 4 + length])
        place += 4 + length
    if parts[0] == b"none":
        return 0
    return struct.unpack(">I", parts[2][-4:])[0]


def _wrong(words) -> ValidationError:
    return ValidationError({"private_key": words})
