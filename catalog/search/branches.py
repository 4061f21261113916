"""What an entry must hold, parted for PostgreSQL's index: what words alone decide, and the rest.

The index knows which words an entry holds, not where. That two stand side by side is looked up in the entry itself,
and that for whole pages of the table as soon as one entry on it asks for it. So what the index can answer alone is
asked alone, and the few entries that hold all words of a phrase and nothing else that was asked for apart from them.
"""

from dataclasses import replace
from itertools import combinations
from math import comb

from catalog.search.asked import Asked, Choice, Group, Way
from catalog.search.tsquery import matching

MOST_COMBINED = 12  # ways to choose the groups that are enough; with more, each entry is counted through


def branches(asked: Asked) -> list[str]:
    """One or two tsqueries of which each entry that may match meets exactly one; none where nothing is asked."""
    if not decide(asked):
        return [query] if (query := matching(asked)) else []
    lean = replace(asked, groups=tuple(map(_lean, asked.groups)))
    whole = _enough(lean)
    if not whole:
        return []
    plain = replace(lean, groups=tuple(group for group in map(_plain, lean.groups) if group))
    lost = len(lean.groups) - len(plain.groups)
    if plain == lean or (lost and asked.required > len(plain.positive)):
        return [whole]
    alone = _enough(plain)
    return [alone, f"({whole}) & !({alone})"] if alone else [whole]


def decide(asked: Asked) -> bool:
    """True where the queries alone say what is found; else `tsquery.conditions` says the rest of each entry."""
    if any(choice.fields for group in asked.groups for choice in group):
        return False
    number = len(asked.positive)
    return asked.required >= number or comb(number, asked.required) <= MOST_COMBINED


def _enough(asked: Asked) -> str:
    """As `matching`, and where some of the groups are enough, every choice of so many of them."""
    positive = asked.positive
    if asked.required >= len(positive) or asked.required < 2:
        return matching(asked)
    refused = [group for group in asked.groups if group not in positive]
    some = [" & ".join(map(_one, chosen)) for chosen in combinations(positive, asked.required)]
    return " & ".join(["(" + " | ".join(f"({each})" for each in some) + ")", *map(_one, refused)])


def _one(group: Group) -> str:
    return matching(Asked((group,), required=1))


def _lean(group: Group) -> Group:
    """Without the ways that another one makes needless: what holds “car crash” holds “crash”."""
    if any(choice.negated or choice.fields for choice in group):
        return group
    words = {way.tokens[0] for choice in group for way in choice.ways if len(way.tokens) == 1 and not way.prefix}
    kept = tuple(_with(choice, lambda way: len(way.tokens) == 1 or not words & set(way.tokens)) for choice in group)
    return tuple(choice for choice in kept if choice.ways)


def _plain(group: Group) -> Group:
    """With the ways alone that ask for no order; one that refuses stays as it is."""
    if any(choice.negated for choice in group):
        return group
    kept = tuple(_with(choice, lambda way: len(way.tokens) == 1 or not way.ordered) for choice in group)
    return tuple(choice for choice in kept if choice.ways)


def _with(choice: Choice, test) -> Choice:
    ways: tuple[Way, ...] = tuple(filter(test, choice.ways))
    return replace(choice, ways=ways)
