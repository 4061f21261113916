"""Ways to make rows harder to tell apart: a coarser mask for a column, or the column left out. Each is measured."""

from dataclasses import dataclass

from catalog.masks import MOMENTS, NUMBERS, Mask, parse_mask
from catalog.models import Table

MOST, MOST_OF_MANY = 12, 4
MANY = 1_000_000  # rows, from which on each suggestion takes a good part of a second to measure
DROP = "drop"
BAND, WIDER = 10, 10
WIDEST_BAND = 10**6
LEAST_PLACES = -6


@dataclass(frozen=True)
class Suggestion:
    """For each column that changes, its mask, or that it is left out."""

    changes: tuple[tuple[str, str], ...]

    def applied(self, columns: dict[str, str | None]) -> dict[str, str | None]:
        """The columns under their masks, were it followed."""
        changed = dict(self.changes)
        return {name: changed.get(name, mask) for name, mask in columns.items() if changed.get(name) != DROP}


def suggestions(columns: dict[str, str | None], telling: list[str], table: Table) -> list[Suggestion]:
    """What is worth measuring for columns that tell rows apart: the mildest for each, then each left out.

    Of several mild ones, also all together.
    """
    about = {column["name"]: column for column in table.schema}
    told = [name for name in telling if name in columns and columns[name] != "null"]
    mild = [(name, mask) for name in told if (mask := coarser(about[name], columns[name]))]
    found = [Suggestion(tuple(mild))] if len(mild) > 1 else []
    found += [Suggestion((one,)) for one in mild]
    found += [Suggestion(((name, DROP),)) for name in told]
    return found[: MOST if table.rows < MANY else MOST_OF_MANY]


def coarser(about: dict, mask: str | None) -> str:
    """The next coarser mask of a column; empty where none is milder than leaving it out."""
    kind, now = about["type"], parse_mask(mask, column=about["name"], column_type=about["type"])
    if kind in MOMENTS:
        return "year" if now is None else ""
    if kind in NUMBERS:
        return _wider(now)
    if kind == "text":
        return _shorter(about, now.argument if now and now.name == "first" else None, is_open=now is None)
    return ""


def _wider(now: Mask | None) -> str:
    """A band, or a wider one; what is rounded stays rounded, to one place less, for a band would say something else."""
    if now is not None and now.name == "round":
        return f"round:{now.argument - 1}" if now.argument > LEAST_PLACES else ""
    width = BAND if now is None else now.argument * WIDER if now.name == "band" else 0
    return f"band:{width}" if 0 < width <= WIDEST_BAND else ""


def _shorter(about: dict, kept: int | None, *, is_open: bool) -> str:
    """The first half of a code, such as a postcode's; words mean nothing cut in two."""
    ends = [str(end) for end in (about.get("min"), about.get("max")) if end]
    if kept is None and not (is_open and ends and all(any(sign.isdigit() for sign in end) for end in ends)):
        return ""
    length = kept or max(map(len, ends))
    return f"first:{min(length // 2, 40)}" if length > 1 else ""
