"""The dictionary of a table as a page shows it: what the basis lets out of each column, and how full it is."""

from dataclasses import dataclass

from catalog.codes import ColumnType
from catalog.masks import type_under
from catalog.models import Column, Extent
from catalog.row_keys import key_under, keys_in
from catalog.terms import TableTerms
from catalog.wording import mask_words
from portal.pages.entry import Entry

NUMBERS = {ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.FLOAT}


@dataclass(frozen=True)
class Head:
    """One column: what it is, what it means, how full it is, under which mask it is shown."""

    name: str
    column: Column | None
    type: str
    is_number: bool
    mask: str
    profile: dict
    is_key: bool = False

    @property
    def present(self) -> int | None:
        """How many of a hundred rows have a value; none where it was not counted."""
        rows = self.profile.get("rows")
        return int(100 * (rows - self.profile["nulls"]) / rows) if rows else None


def read_dictionary(entry: Entry) -> list[Head]:
    """What each column means that the basis lets out, in the order in which rows come."""
    named = {c.name: c for c in Column.objects.filter(dataset=entry.dataset, table=entry.table.name)}
    key = key_under(keys_in(named.values()).get(entry.table.name, []), TableTerms(entry.columns), entry.table.types)
    extent = Extent.objects.filter(basis=entry.basis, version=entry.version, table=entry.table.name).first()
    profiles = {item["name"]: {"rows": extent.rows, **item} for item in extent.profile or []} if extent else {}
    return [
        _head(name, mask, entry, named.get(name), profiles.get(name, {}), is_key=name in key)
        for name, mask in entry.columns.items()
    ]


def _head(name: str, text: str | None, entry: Entry, column: Column | None, profile: dict, *, is_key: bool) -> Head:
    kind = type_under(text, column=name, column_type=entry.table.types[name])
    words = mask_words(text) if text else ""
    return Head(name, column, str(ColumnType(kind).label), kind in NUMBERS, words, profile, is_key)
