"""Seals the secrets of authenticator apps, so that the database alone makes no code.

The first key of TOTP_KEYS seals, all of them open. What was sealed for one account opens for no other.
"""

import base64
import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from portal.models import User


def seal(user: User, secret: str) -> str:
    """The secret, readable to this deployment alone and for this account alone."""
    return _keys().encrypt(json.dumps({"for": str(user.pk), "secret": secret}).encode()).decode()


def unseal(user: User, sealed: str) -> str:
    """The secret again; empty where it was sealed for another account, or with a key that is gone."""
    try:
        held = json.loads(_keys().decrypt(sealed.encode()))
    except (InvalidToken, ValueError):
        return ""
    return held["secret"] if held["for"] == str(user.pk) else ""


def _keys() -> MultiFernet:
    """One key for each of TOTP_KEYS, whatever their length; without any, one made from SECRET_KEY."""
    return MultiFernet([Fernet(_derived(text)) for text in settings.TOTP_KEYS or [settings.SECRET_KEY]])


def _derived(text: str) -> bytes:
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"causeway authenticator secrets").derive(text.encode())
    return base64.urlsafe_b64encode(made)
