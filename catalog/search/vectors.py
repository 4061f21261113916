"""The places of an entry as a text vector of PostgreSQL."""

from catalog.search.weights import FIELDS
from catalog.search.words import quoted

MOST = 16_000  # positions that it tells apart
MOST_SPOTS = 200  # of one word


def vector(fields: dict[str, list[list[str]]]) -> str:
    """A tsvector as text: the tokens with their positions, each with the letter of its field's weight (A to D)."""
    spots: dict[str, list[str]] = {}
    position = 0
    for name, places in fields.items():
        letter = FIELDS[name]
        for tokens in places[: MOST - position]:
            position += 1
            spot = f"{position}{letter}"
            for token in tokens:
                at = spots.get(token)
                if at is None:
                    spots[token] = [spot]
                elif len(at) < MOST_SPOTS:
                    at.append(spot)
        position += 1  # a phrase does not reach from one field into the next
    return " ".join([f"{quoted(token)}:{','.join(at)}" for token, at in spots.items()])
