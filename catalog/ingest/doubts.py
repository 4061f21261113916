"""What the steward should look at, though every cell fits: dates in two orders, points that may part thousands."""

from catalog.ingest.notes import note

THREE_BEHIND = 3
PARTED = " *-?[1-9][0-9]{0,2}[.][0-9]{3} *"
UNPARTED = " *-?[0-9]{1,3} *"


def about(con, source, chosen):
    """Notes about columns, given as pairs of a column and its choice."""
    return [*_dates(chosen), *_thousands(con, source, chosen)]


def _dates(chosen):
    return [note("ambiguous-dates", name=column.name) for column, choice in chosen if choice.ambiguous]


def _thousands(con, source, chosen):
    """Numbers like 1.613 beside 379: a point with always three digits behind, and none above 999 without it."""
    doubted = [
        column
        for column, choice in chosen
        if not choice.forced and choice.reading.type == "decimal" and choice.fit.scale == THREE_BEHIND
    ]
    if not doubted:
        return []
    answers = con.execute(
        f"SELECT {', '.join(_parts_thousands(column.x) for column in doubted)} FROM {source.relation}"
    )
    return [
        note("maybe-thousands", name=column.name)
        for column, answer in zip(doubted, answers.fetchone(), strict=True)
        if answer
    ]


def _parts_thousands(x):
    """SQL that is true where every number is written as one with parted thousands would be, and both kinds occur."""
    parted, unparted = (f"regexp_full_match({x}, '{pattern}')" for pattern in (PARTED, UNPARTED))
    return f"count_if({unparted}) > 0 AND count_if(trim({x}) <> '' AND NOT {parted} AND NOT {unparted}) = 0"
