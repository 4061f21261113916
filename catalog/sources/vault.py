"""Seals what opens a source, so that the database alone opens nothing: the key is the operator's, and can be changed.

The first key of SOURCE_KEYS seals, all of them open. What was sealed for one source opens no other.
"""

import base64
import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from catalog.models import Source
from catalog.sources.errors import SourceError


def seal(source: Source, password: str) -> str:
    """The password, readable to this deployment alone and for this source alone; empty stays empty."""
    if not password:
        return ""
    return _keys().encrypt(json.dumps({"for": str(source.pk), "password": password}).encode()).decode()


def unseal(source: Source) -> str:
    """The password of the source; raises where the keys of this deployment do not open it."""
    if not source.secret:
        return ""
    try:
        held = json.loads(_keys().decrypt(source.secret.encode()))
    except InvalidToken:
        raise SourceError("source-sealed") from None
    if held["for"] != str(source.pk):
        raise SourceError("source-sealed")
    return held["password"]


def sealed_anew(source: Source) -> str:
    """The same password under the newest key; for `manage.py rotate_source_keys`."""
    return seal(source, unseal(source))


def _keys() -> MultiFernet:
    """One key for each of SOURCE_KEYS, whatever their length; without any, one made from SECRET_KEY."""
    return MultiFernet([Fernet(_derived(text)) for text in settings.SOURCE_KEYS or [settings.SECRET_KEY]])


def _derived(text: str) -> bytes:
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"causeway source credentials").derive(text.encode())
    return base64.urlsafe_b64encode(made)
