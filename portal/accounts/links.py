"""What a link in an e-mail carries: sealed, so that it can neither be read nor changed, and over after two days."""

import base64
import hashlib
import json

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

LASTS = 2 * 24 * 3600


def seal(words: dict[str, str]) -> str:
    """The words as text for an address."""
    return _box().encrypt(json.dumps(words).encode()).decode().rstrip("=")


def unseal(text: str) -> dict[str, str] | None:
    """The words again; None where the link is too old, cut short, or not ours."""
    try:
        return json.loads(_box().decrypt(text + "=" * (-len(text) % 4), ttl=LASTS))
    except (InvalidToken, ValueError):
        return None


def _box() -> Fernet:
    secret = hashlib.sha256(b"portal.accounts.links:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(secret))
