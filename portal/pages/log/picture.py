"""The log's tree as a picture: how few hashes stand between any entry and the root."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from portal.charts import HEIGHT, WIDTH

MOST_LEVELS = 40


@dataclass(frozen=True)
class Level:
    """One level of the tree: how many hashes it has, and its bar."""

    label: str
    count: int
    text: str
    x: float
    y: float
    width: float
    height: float


def levels(size: int) -> list[Level]:
    """The levels from the entries at the bottom to the root; a bar is as wide as its level has digits in base two."""
    counts = _counts(size)
    tall = HEIGHT / max(1, len(counts))
    return [
        Level(
            _("Entries") if number == 0 else _("Root") if count == 1 else str(number),
            count,
            f"{count:,}",
            round((WIDTH - _wide(count, counts[0])) / 2, 2),
            round(HEIGHT - tall * (number + 1) + tall * 0.1, 2),
            round(_wide(count, counts[0]), 2),
            round(tall * 0.8, 2),
        )
        for number, count in enumerate(counts)
    ]


def levels_in_words(size: int) -> str:
    """The picture in one sentence."""
    return _("A tree of %(size)s entries: %(steps)s hashes lead from any entry to the root. A table follows.") % {
        "size": f"{size:,}",
        "steps": max(0, len(_counts(size)) - 1),
    }


def _counts(size: int) -> list[int]:
    counts = [size] if size else []
    while counts and counts[-1] > 1 and len(counts) < MOST_LEVELS:
        counts.append((counts[-1] + 1) // 2)
    return counts


def _wide(count: int, entries: int) -> float:
    return WIDTH * count.bit_length() / max(1, entries.bit_length())
