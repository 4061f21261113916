"""A slow, plain evaluator of bases and queries over lists of rows. It imports nothing of the product.

Conditions are nested tuples, written out as text for the product and evaluated here with SQL's three-valued logic.
"""

import hashlib
import hmac
import operator

COMPARE = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def text_of(condition) -> str:
    """The condition in the query language."""
    kind = condition[0]
    if kind in COMPARE:
        return f"{condition[1]} {kind} {literal(condition[2])}"
    if kind == "null":
        return f"{condition[1]} is null"
    if kind == "in":
        return f"{condition[1]} in ({', '.join(map(literal, condition[2]))})"
    if kind == "between":
        return f"{condition[1]} between {literal(condition[2])} and {literal(condition[3])}"
    if kind == "not":
        return f"not ({text_of(condition[1])})"
    return f"({text_of(condition[1])}) {kind} ({text_of(condition[2])})"


def literal(value) -> str:
    """A value in the query language."""
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def holds(condition, row: dict):
    """True, False, or None for unknown."""
    kind = condition[0]
    if kind == "and":
        sides = [holds(part, row) for part in condition[1:]]
        return False if False in sides else None if None in sides else True
    if kind == "or":
        sides = [holds(part, row) for part in condition[1:]]
        return True if True in sides else None if None in sides else False
    if kind == "not":
        inner = holds(condition[1], row)
        return None if inner is None else not inner
    value = row[condition[1]]
    if kind == "null":
        return value is None
    if value is None:
        return None
    if kind == "in":
        return value in condition[2]
    if kind == "between":
        return condition[2] <= value <= condition[3]
    return COMPARE[kind](value, condition[2])


def masked(value, mask: str | None, key: bytes):
    """What a reader gets of a value."""
    if mask is None or value is None:
        return value
    name, _sep, argument = mask.partition(":")
    if name == "null":
        return None
    if name == "hash":
        return hmac.new(key, str(value).encode(), hashlib.sha256).hexdigest()[:32]
    if name == "year":
        return value.year
    if name == "band":
        return value // int(argument) * int(argument)
    return value[: int(argument)]


def let_out(rows: list[dict], columns: dict, where, key: bytes) -> list[dict]:
    """The rows and columns that a basis lets out."""
    kept = [row for row in rows if where is None or holds(where, row) is True]
    return [{name: masked(row[name], mask, key) for name, mask in columns.items()} for row in kept]


def answer(rows: list[dict], where, order: list[tuple[str, bool]]) -> list[dict]:
    """The rows that a query asks for, in its order; equal ones keep theirs, nulls come last either way."""
    found = [row for row in rows if where is None or holds(where, row) is True]
    for name, down in reversed(order):
        present = sorted((row for row in found if row[name] is not None), key=lambda row: row[name], reverse=down)
        if down:  # a stable sort from the back
            present = _stable_down([row for row in found if row[name] is not None], name)
        found = present + [row for row in found if row[name] is None]
    return found


def _stable_down(rows: list[dict], name: str) -> list[dict]:
    found: list[dict] = []
    for value in sorted({row[name] for row in rows}, reverse=True):
        found += [row for row in rows if row[name] == value]
    return found


def changes(before: list[dict], after: list[dict], key: list[str], form) -> list[dict]:
    """What became of each row: added and changed ones in the newer order, then removed ones in the older.

    Rows that share their key with another of the same side, and all rows where there is no key, are compared whole as
    a bag. `form(name, value, is_after)` gives values that are equal where the product says so.
    """
    common = [name for name in (after or [{}])[0] if before and name in before[0]]
    if not common:
        went = [_change("removed", row, key) for row in before]
        return [_change("added", row, key) for row in after] + went
    formed = [
        [{name: form(name, row[name], n) for name in common} for row in rows] for n, rows in enumerate((before, after))
    ]
    keys = [[tuple(row[name] for name in key) for row in rows] for rows in formed]
    shared = {one for side in keys for one in side if not key or side.count(one) > 1}
    loose = [
        [tuple(row.values()) for row, one in zip(*side, strict=True) if one in shared]
        for side in zip(formed, keys, strict=True)
    ]
    came, went = [], []
    for side, found in ((1, came), (0, went)):
        rows, counts = (before, after)[side], {}
        for n, row in enumerate(rows):
            one, whole = keys[side][n], tuple(formed[side][n].values())
            if one in shared:
                counts[whole] = counts.get(whole, 0) + 1
                if counts[whole] > loose[1 - side].count(whole):
                    found.append(_change("added" if side else "removed", row, key))
            elif one not in keys[1 - side]:
                found.append(_change("added" if side else "removed", row, key))
            elif side:
                other = keys[0].index(one)
                differ = [name for name in common if formed[0][other][name] != formed[1][n][name] and name not in key]
                if differ:
                    found.append(_change("changed", row, key) | {"before": before[other], "columns": differ})
    return came + went


def _change(kind: str, row: dict, key: list[str]) -> dict:
    return {
        "change": kind,
        "key": {name: row[name] for name in key} or None,
        "before": row if kind == "removed" else None,
        "after": None if kind == "removed" else row,
        "columns": [],
    }
