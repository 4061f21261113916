"""Turns what is asked into PostgreSQL's own text queries, and into the sum that says how well an entry meets it."""

from catalog.search.asked import Asked, Choice, Group, Way, is_positive
from catalog.search.weights import ALSO, FIELDS, WEIGHTS
from catalog.search.words import quoted


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
    """The sum over the groups of the best of their ways, and a little of the others, as SQL; `params` gets values."""
    found = (_best(group, params) for group in (*asked.groups, *((lift,) for lift in asked.lifts)))
    return " + ".join(filter(None, found)) or "0"


def _best(group: Group, params: dict) -> str:
    """What the group's ways are worth in the places of each weight: the best of them, and a little of the others."""
    tests = [
        (choice.weight * way.weight * weight, _way(way, letters))
        for choice in group
        if not choice.negated
        for way in choice.ways
        for letters, weight in _places(way, choice.fields)
    ]
    worth = [f"CASE WHEN e.words @@ {_named(params, q)}::tsquery THEN {worth:.6f} ELSE 0 END" for worth, q in tests]
    if not worth:
        return ""
    return f"(SELECT {1 - ALSO} * max(worth) + {ALSO} * sum(worth) FROM unnest(ARRAY[{', '.join(worth)}]) AS worth)"


def _places(way: Way, fields: tuple[str, ...] | None) -> list[tuple[str, float]]:
    """The letters of the places where the way counts for itself, with their weight; words apart count anywhere too."""
    letters = _letters(fields) or WEIGHTS
    places = [(letter, WEIGHTS[letter]) for letter in letters]
    return places if fields or way.together else [*places, ("", min(WEIGHTS.values()))]


def _group(group: Group) -> str:
    return " | ".join(_choice(choice) for choice in group)


def _choice(choice: Choice) -> str:
    ways = " | ".join(_way(way, _letters(choice.fields)) for way in choice.ways)
    return f"!({ways})" if choice.negated else f"({ways})"


def _letters(fields: tuple[str, ...] | None) -> str:
    return "".join(sorted({FIELDS[name] for name in fields})) if fields else ""


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
