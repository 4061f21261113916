"""Pseudonym domains: within one, equal values get equal pseudonyms; between two, nothing joins.

A grant's domain is its recipient and its purpose, or the bridge that it was made under. It is frozen with the grant.
The key of a domain is derived from the platform's secret whenever it is needed (`catalog.rows.letting`) and is never
kept.
"""

import hashlib
import unicodedata

from catalog.models import Basis, Department


def domain_of(recipient: Department, purpose: str) -> str:
    """The domain of what this recipient gets for this purpose: the same words, however they are spaced."""
    words = " ".join(unicodedata.normalize("NFKC", purpose).casefold().split())
    return f"{Basis.Recipient.DEPARTMENT} {recipient.pk} for {hashlib.sha256(words.encode()).hexdigest()[:32]}"
