"""What a basis lets out, counted and profiled through the gate and kept: never a number over hidden rows."""

from audit.actor import Actor
from catalog.gate import open_statistics
from catalog.models import Basis, Extent, Version

LONGEST = 200


def extent(version: Version, basis: Basis, table: str, *, by: Actor) -> Extent:
    """The rows and the profile of one table under one basis; made at the first asking."""
    kept = Extent.objects.filter(basis=basis, version=version, table=table).first()
    if kept is not None:
        return kept
    found = open_statistics(table, over=[(version, basis)], by=by)
    made, _new = Extent.objects.get_or_create(
        basis=basis,
        version=version,
        table=table,
        defaults={"rows": found[0]["rows"], "profile": [_described(column) for column in found]},
    )
    return made


def _described(column: dict) -> dict:
    """A column's profile as kept; a value that is frequent only once is not frequent."""
    frequent = [[item["value"][:LONGEST], item["count"]] for item in column["frequent"] or [] if item["count"] > 1]
    return {
        "name": column["name"],
        "type": column["type"],
        "nulls": column["nulls"],
        "distinct": column["distinct_values"],
        "min": (column["least"] or "")[:LONGEST] or None,
        "max": (column["greatest"] or "")[:LONGEST] or None,
        "frequent": frequent,
    }
