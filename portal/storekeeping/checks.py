"""Is a file there, as long as it should be, and the same to the last bit?"""

import hashlib

from catalog.store import CHUNK, store
from portal.storekeeping.claims import Claim

MISSING, DAMAGED = "missing", "damaged"


def trouble(claim: Claim, *, quick: bool = False) -> str:
    """Empty where the file is as it should be; else what is wrong. A quick look compares lengths, not bits."""
    if not store().exists(claim.path):
        return MISSING
    if claim.bytes is not None and store().size(claim.path) != claim.bytes:
        return DAMAGED
    if quick or not claim.sha256:
        return ""
    return "" if digest_of(claim.path) == claim.sha256 else DAMAGED


def digest_of(path: str) -> str:
    """SHA-256 of a stored file, read a piece at a time."""
    digest = hashlib.sha256()
    with store().open(path) as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()
