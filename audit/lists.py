"""Long lists in events: an event stays below its 64 KB, and still says exactly what the list was."""

import hashlib

from audit.canonical import canonical

MOST_ITEMS = 200
MOST_BYTES = 8_000
MOST_OF_A_LETTER = 6  # bytes of the JSON of one, and of the marks around and between two texts


def stated(things: list[str] | dict[str, str]):
    """The list itself; above 200 items, or 8,000 bytes, their number and the SHA-256 of the sorted list as JSON."""
    if not is_long(things):
        return things
    return {"count": len(things), "sha256": hashlib.sha256(_text(things)).hexdigest()}


def spelled_out(name: str, things: list[str] | dict[str, str]) -> dict[str, str]:
    """What belongs in the event's details: the whole list, where the event states only its digest."""
    return {name: _text(things).decode()} if is_long(things) else {}


def is_long(things: list[str] | dict[str, str]) -> bool:
    """True for a list that an event cannot be asked to carry."""
    if len(things) > MOST_ITEMS:
        return True
    letters = sum(map(len, things)) + (sum(map(len, things.values())) if isinstance(things, dict) else 0)
    if (letters + len(things)) * MOST_OF_A_LETTER <= MOST_BYTES:
        return False
    return len(_text(things)) > MOST_BYTES


def _text(things: list[str] | dict[str, str]) -> bytes:
    return canonical(things if isinstance(things, dict) else sorted(things))
