"""Whether a column of a new version is one of the former version under another name, judged by what is known of both.

No row is read: the evidence is the type, the place among the other columns, the most frequent values, the least and the
greatest, and the name.
"""

from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher

from django.utils.translation import gettext as _

NUMBERS = frozenset({"integer", "decimal", "float"})
MOMENTS = frozenset({"date", "timestamp", "timestamptz"})
ALIKE = 0.5
MOST_PAIRS = 40_000


@dataclass(frozen=True)
class Likeness:
    """What speaks for one column being the other: values alike (0 to 1, or unknown), the same place, the name."""

    old: str
    new: str
    same_type: bool
    values: float | None
    same_place: bool
    name: float

    @property
    def score(self) -> float:
        """How much speaks for it: values most, the name least."""
        return (
            3 * (0.3 if self.values is None else self.values) + 1.5 * self.same_place + self.name + self.same_type / 2
        )

    @property
    def is_likely(self) -> bool:
        """True where the values are alike, or nothing in them speaks against the same place or nearly the same name."""
        if self.values is not None and self.values >= ALIKE:
            return self.same_place or self.name >= ALIKE or self.values > 0.9
        return self.values != 0 and (self.same_place or self.name >= 0.8)

    def words(self) -> str:
        """The evidence as a person reads it."""
        said = [_("same type") if self.same_type else _("similar type")]
        if self.values:
            said.append(_("%(share)s %% of the values compared are alike") % {"share": f"{self.values * 100:.0f}"})
        if self.same_place:
            said.append(_("same place"))
        if self.name >= ALIKE:
            said.append(_("similar name"))
        return ", ".join(said)


def likely_renames(before: list[dict], after: list[dict]) -> dict[str, Likeness]:
    """For each new column that is likely a former one, the evidence; each former column is taken once."""
    old_names, new_names = [about["name"] for about in before], [about["name"] for about in after]
    gone = [about for about in before if about["name"] not in set(new_names)]
    added = [about for about in after if about["name"] not in set(old_names)]
    if len(gone) * len(added) > MOST_PAIRS:
        return {}
    old_places, new_places = _places(old_names), _places(new_names)
    pairs = [
        Likeness(
            old["name"],
            new["name"],
            old["type"] == new["type"],
            _values_alike(old, new),
            _same_place(old_places[old["name"]], new_places[new["name"]], len(before) == len(after)),
            SequenceMatcher(None, old["name"], new["name"]).ratio(),
        )
        for old in gone
        for new in added
        if _kin(old["type"], new["type"])
    ]
    found, taken = {}, set()
    for pair in sorted((pair for pair in pairs if pair.is_likely), key=lambda pair: -pair.score):
        if pair.new not in found and pair.old not in taken:
            found[pair.new] = pair
            taken.add(pair.old)
    return found


def _places(names: list[str]) -> dict[str, tuple]:
    """For each name its number and its neighbours."""
    around = [None, *names, None]
    return {name: (at, around[at], around[at + 2]) for at, name in enumerate(names)}


def _same_place(old: tuple, new: tuple, same_count: bool) -> bool:
    return (same_count and old[0] == new[0]) or (old[1:] == new[1:] and old[1:] != (None, None))


def _kin(old: str, new: str) -> bool:
    return old == new or {old, new} <= NUMBERS or {old, new} <= MOMENTS


def _values_alike(old: dict, new: dict) -> float | None:
    """The share of frequent values, of the span, or of the outermost values that both have; None where unknown."""
    frequent = [{str(value) for value, _count in about.get("frequent") or []} for about in (old, new)]
    if all(frequent):
        return len(frequent[0] & frequent[1]) / min(map(len, frequent))
    ends = [[about.get("min"), about.get("max")] for about in (old, new)]
    if None in (*ends[0], *ends[1]):
        return None
    spans = [[_number(value, about["type"]) for value in pair] for pair, about in zip(ends, (old, new), strict=True)]
    if None in (*spans[0], *spans[1]):
        return sum(one == other for one, other in zip(*ends, strict=True)) / 2 or None
    (low, high), (other_low, other_high) = spans
    shared, all_of = min(high, other_high) - max(low, other_low), max(high, other_high) - min(low, other_low)
    return 1.0 if all_of == 0 else max(0.0, shared / all_of)


def _number(value: str, kind: str) -> float | None:
    """A least or greatest value as a number; None where it is none."""
    try:
        if kind in NUMBERS:
            return float(value)
        if kind in MOMENTS:
            return (
                datetime.fromisoformat(value).timestamp()
                if " " in value
                else float(date.fromisoformat(value).toordinal())
            )
    except (ValueError, OverflowError):
        return None
    return None
