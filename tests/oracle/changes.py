"""What became of the rows of a table from one version to another."""


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
