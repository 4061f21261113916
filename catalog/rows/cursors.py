"""Cursors: where a reader has got to. Encrypted, so that they tell nothing; the same place gives the same cursor."""

import base64
import hashlib
import json

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from catalog.rows.errors import QueryError

BLOCK = 64


def write_cursor(about: str, keys: list[str | None]) -> str:
    """A cursor that continues after the row with these order keys, good only for what it is `about`."""
    plain = json.dumps(keys, ensure_ascii=False).encode()
    plain += b" " * (-len(plain) % BLOCK)  # the number of a row must not show in the length
    sealed = _cipher().encrypt(plain, [about.encode()])
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def read_cursor(text: str, about: str, length: int) -> list[str | None]:
    """The order keys in a cursor. One that was made for another query, version or basis is refused."""
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        keys = json.loads(_cipher().decrypt(sealed, [about.encode()]))
    except (ValueError, InvalidTag):
        keys = None
    if not isinstance(keys, list) or len(keys) != length:
        raise QueryError(
            "bad-cursor",
            _("This cursor does not belong to this query. Start again without “after”, and follow “next”."),
            "after",
        )
    return keys


def _cipher() -> AESSIV:
    return AESSIV(hashlib.sha512(b"causeway row cursor" + settings.SECRET_KEY.encode()).digest())
