"""What is looked for, as every engine takes it: groups of choices, each found in any of its ways."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    """Tokens of the index that must all be found; side by side and in one field where they are `ordered`."""

    kind: str  # one of weights.WAYS
    tokens: tuple[str, ...]
    weight: float
    prefix: bool = False  # the last token may go on
    ordered: bool = False
    source: str = ""  # the word of the query, or the synonym or corrected word in its place

    @property
    def together(self) -> bool:
        """True where the tokens cannot be found apart from each other."""
        return self.ordered or len(self.tokens) == 1


@dataclass(frozen=True)
class Choice:
    """One term: found where any of its ways is, in the named fields or in all (None); negated, where none is."""

    ways: tuple[Way, ...]
    negated: bool = False
    fields: tuple[str, ...] | None = None
    weight: float = 1.0  # how telling the term is: a rare word is more so than a common one


Group = tuple[Choice, ...]


def is_positive(group: Group) -> bool:
    """True for a group that is found; one of negated choices alone holds always."""
    return any(not choice.negated for choice in group)


@dataclass(frozen=True)
class Asked:
    """Groups of choices; in each group one is enough.

    `required` groups of those that are not negated must be found, the others only add to the score, as the `lifts` do.
    `empty` says that nothing was typed that can be looked for. `loosened` is the same, less strictly; None where there
    is no looser way.
    """

    groups: tuple[Group, ...] = ()
    required: int = 0
    empty: bool = False
    corrected: str = ""
    lifts: tuple[Choice, ...] = ()
    loosened: "Asked | None" = None

    @property
    def positive(self) -> list[Group]:
        """The groups that are not negated."""
        return [group for group in self.groups if is_positive(group)]
