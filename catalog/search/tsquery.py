"""Turns what is asked into PostgreSQL's own text queries, and into the sum that says how well an entry meets it."""

from catalog.search.asked import Asked, Choice, Group, Way, is_positive
from catalog.search.weights import FIELDS, LETTERS
from catalog.search.words import quoted

ALONE = 1.645  # ts_rank gives a word that stands once 1/1.645 of its weight, and neighbours the whole of it
MOST_SCORED = 160  # ways; beyond that a query is matched, and the rest of its ways add nothing to the score


def matching(asked: Asked) -> str:
    """What an entry must hold to be found, as a tsquery; empty where nothing is asked."""
    told = [group for group in asked.groups if not any(choice.negated and choice.fields for choice in group)]
    needed = [f"({_group(group)})" for group in told if is_positive(group)]
    refused = [f"({_group(group)})" for group in told if not is_positive(group)]
    joined = " & " if asked.required >= len(asked.positive) else " | "
    parts = [f"({joined.join(needed)})"] if needed else []
    return " & ".join(parts + refused)


def conditions(asked: Asked, params: dict) -> list[str]:
    """What a tsquery cannot say: that a word stands in a named field, and how many of the groups are enough."""
    said, positive = [], asked.positive
    every = asked.required >= len(positive)
    in_fields = any(choice.fields for group in positive for choice in group)
    if not every and (asked.required > 1 or in_fields):  # one is what `matching` asks for already
        counted = " + ".join(f"({_group_test(group, params)})::int" for group in positive)
        said.append(f"({counted}) >= {int(asked.required)}")
    for group in asked.groups:
        if any(choice.fields for choice in group) and (every or group not in positive):
            said.append(f"({_group_test(group, params)})")
    return said


def score(asked: Asked, params: dict) -> str:
    """The sum over the groups of the best of their ways, as SQL; `params` gets its values."""
    left, groups = MOST_SCORED, []
    for group in (*asked.groups, *((lift,) for lift in asked.lifts)):
        ways = [(choice, way) for choice in group if not choice.negated for way in choice.ways][:left]
        left -= len(ways)
        if ways:
            ranks = [f"{choice.weight * way.weight:.6f} * {_rank(way, choice.fields, params)}" for choice, way in ways]
            groups.append(f"greatest({', '.join(ranks)})")
    return " + ".join(groups) or "0"


def _rank(way: Way, fields: tuple[str, ...] | None, params: dict) -> str:
    """How well an entry meets the way, as SQL: a word more where it stands often, neighbours more where they are near.

    Several words are worth the best place where they stand as the way wants them, however often each stands apart.
    """
    letters = _letters(fields)
    asked = f"{_named(params, _way(way, letters))}::tsquery"
    if len(way.tokens) == 1 or way.kind == "lift":
        weights = "{" + ", ".join(map(str, LETTERS)) + "}"
        return f"{ALONE if len(way.tokens) == 1 else 1.0} * ts_rank('{weights}', e.words, {asked})"
    best = [
        f"WHEN e.words @@ {_named(params, _way(way, letter))}::tsquery THEN {weight}"
        for letter, weight in zip("ABC", reversed(LETTERS), strict=False)
        if letter in (letters or "ABC")
    ]
    return f"CASE WHEN NOT e.words @@ {asked} THEN 0 {' '.join(best)} ELSE {LETTERS[0]} END"


def _group(group: Group) -> str:
    return " | ".join(_choice(choice) for choice in group)


def _choice(choice: Choice) -> str:
    ways = " | ".join(_way(way, _letters(choice.fields)) for way in choice.ways)
    return f"!({ways})" if choice.negated else f"({ways})"


def _letters(fields: tuple[str, ...] | None) -> str:
    return "".join(sorted({FIELDS[name].letter for name in fields})) if fields else ""


def _way(way: Way, letters: str) -> str:
    last = len(way.tokens) - 1
    parts = [
        quoted(token) + _flags(letters, prefix=way.prefix and place == last) for place, token in enumerate(way.tokens)
    ]
    return f"({(' <-> ' if way.ordered else ' & ').join(parts)})"


def _flags(letters: str, *, prefix: bool) -> str:
    return f":{'*' if prefix else ''}{letters}" if prefix or letters else ""


def _named(params: dict, value) -> str:
    name = f"t{len(params)}"
    params[name] = value
    return f"%({name})s"


def _group_test(group: Group, params: dict) -> str:
    return " OR ".join(_choice_in_fields(choice, params) for choice in group)


def _choice_in_fields(choice: Choice, params: dict) -> str:
    if not choice.fields:
        return f"e.words @@ {_named(params, _choice(choice))}::tsquery"
    ways = " OR ".join(_way_in_fields(way, choice.fields, params) for way in choice.ways)
    return f"NOT ({ways})" if choice.negated else f"({ways})"


def _way_in_fields(way: Way, fields: tuple[str, ...], params: dict) -> str:
    """True where one of the fields itself holds all the tokens, and the entry holds them as the way wants them."""
    one_of = []
    for name in fields:
        held = [_token_in(name, token, params, prefix=way.prefix and token == way.tokens[-1]) for token in way.tokens]
        one_of.append(f"({' AND '.join(held)})")
    whole = f"e.words @@ {_named(params, _way(way, _letters(fields)))}::tsquery"
    return f"({whole} AND ({' OR '.join(one_of)}))"


def _token_in(field: str, token: str, params: dict, *, prefix: bool) -> str:
    test = "@ starts with $token" if prefix else "@ == $token"
    path = f"$.{field}[*][*] ? ({test})"
    return (
        f"jsonb_path_exists(e.fields, {_named(params, path)}::jsonpath,"
        f" jsonb_build_object('token', {_named(params, token)}::text))"
    )
