"""Column and table names that are safe in addresses and queries, in the script of the file."""

import unicodedata

LONGEST = 80
RESERVED = frozenset(
    (
        "select",
        "where",
        "group_by",
        "order_by",
        "limit",
        "after",
        "basis",
        "format",
        "total",
        "distinct",
        "sample",
        "facets",
        "timezone",
        "as_of",
        "q",
    )
)


def plain_name(title):
    """The title as a name: letters and digits of any script, lower case, single underscores; may be empty."""
    text = unicodedata.normalize("NFKC", title).strip().lower()
    kept = "".join(letter if unicodedata.category(letter)[0] in "LNM" else "_" for letter in text)
    name = "_".join(part for part in kept.split("_") if part)
    while name and unicodedata.category(name[0])[0] == "M":
        name = name[1:]
    if name and unicodedata.category(name[0])[0] == "N":
        name = f"c_{name}"
    return name[:LONGEST].rstrip("_")


def unique_name(name, taken):
    """The name, or the name with the first free number behind it; remembers it in `taken` (case-folded)."""
    found, number = name, 1
    while found.casefold() in taken:
        number += 1
        found = f"{name[: LONGEST - len(str(number)) - 1].rstrip('_')}_{number}"
    taken.add(found.casefold())
    return found


def column_names(titles):
    """Yields for each header (name, reason), the reason being None, "blank", "duplicate" or "reserved"."""
    taken = set()
    for position, title in enumerate(titles, start=1):
        wanted, reason = plain_name(title), None
        if not wanted:
            wanted, reason = f"column_{position}", "blank"
        elif wanted in RESERVED:
            wanted, reason = f"{wanted}_", "reserved"
        name = unique_name(wanted, taken)
        yield name, reason if name == wanted else "duplicate"
