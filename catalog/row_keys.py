"""The row key of a table: the columns by which the rows of two versions are held together."""

from collections.abc import Iterable

from catalog.masks import Mask, parse_mask
from catalog.models import Column, Dataset
from catalog.terms import TableTerms


def named_keys(dataset: Dataset) -> dict[str, list[str]]:
    """The columns that the steward named as the row key, by table, in the order of the dictionary."""
    return keys_in(Column.objects.filter(dataset=dataset, row_key=True).only("table", "name", "row_key"))


def keys_in(columns: Iterable[Column]) -> dict[str, list[str]]:
    """The row key of each table in this dictionary."""
    named: dict[str, list[str]] = {}
    for column in columns:
        if column.row_key:
            named.setdefault(column.table, []).append(column.name)
    return named


def key_under(named: list[str], terms: TableTerms, types: dict[str, str]) -> list[str]:
    """The row key as a basis lets it out: whole, or not at all.

    A key of which a column is hidden, or coarsened so that other rows may look the same, names no row for this
    reader. Then there is none, exactly as if the steward had named none: hidden and missing are the same.
    """
    return list(named) if named and all(_names_rows(name, terms, types) for name in named) else []


def _names_rows(name: str, terms: TableTerms, types: dict[str, str]) -> bool:
    if name not in terms.columns or name not in types:
        return False
    mask: Mask | None = parse_mask(terms.columns[name], column=name, column_type=types[name])
    return mask is None or mask.name == "hash" or mask.keeps_all(types[name])
