"""Terms in words: what leaves of each table, under which masks, for pages and forms."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.codes import ColumnType, IdentityRole, Sensitivity
from catalog.masks import MASKS, fitting
from catalog.models import Column, Dataset
from catalog.terms import Terms

WIDTHS = {"band": (5, 10, 100, 1000, 10_000), "round": (0, 1, 2, 3, -1, -2, -3), "first": (1, 2, 3, 4, 6, 8)}
BADGES = {
    Sensitivity.PUBLIC: "good",
    Sensitivity.INTERNAL: "",
    Sensitivity.PERSONAL: "warn",
    Sensitivity.SENSITIVE: "bad",
}


@dataclass(frozen=True)
class ColumnWords:
    """One column as people read of it."""

    table: str
    name: str
    title: str
    meaning: str
    type: str
    mask: str
    is_masked: bool
    sensitivity: str
    badge: str
    is_protected: bool
    role: str


@dataclass(frozen=True)
class TableWords:
    """One table of the terms: its row filter and its columns."""

    name: str
    where: str
    columns: list[ColumnWords]


def mask_words(text: str | None) -> str:
    """What the reader gets where this mask lies on a column."""
    if not text:
        return _("As it is")
    name, _colon, number = text.partition(":")
    if name not in WIDTHS or not number:
        return str(MASKS[name][3]) if name in MASKS else text
    count = int(number)
    if name == "band":
        return _("Lower end of a band %(width)s wide") % {"width": f"{count:,}"}
    if name == "first":
        return ngettext("First character only", "First %(count)s characters only", count) % {"count": count}
    if count < 0:
        return _("Rounded to %(unit)s") % {"unit": f"{10**-count:,}"}
    return ngettext("Rounded to %(count)s decimal", "Rounded to %(count)s decimals", count) % {"count": count}


def mask_options(column_type: str, under: str | None = None) -> list[tuple[str, str]]:
    """The masks that a form offers for a column of this type, `under` among them, each with what the reader gets."""
    texts = [
        f"{name}:{width}" if width is not None else name
        for name in fitting(column_type)
        for width in WIDTHS.get(name, (None,))
    ]
    if under and under not in texts:
        texts.append(under)
    return [("", mask_words("")), *((text, mask_words(text)) for text in texts)]


def terms_in_words(terms: Terms, dataset: Dataset, types: dict[str, dict[str, str]]) -> list[TableWords]:
    """The terms, table by table; `types` are the column types of each table of the version shown."""
    known = {(column.table, column.name): column for column in Column.objects.filter(dataset=dataset)}
    return [
        TableWords(
            name,
            table.where,
            [
                column_words(name, column, kind, known.get((name, column)), table.columns[column])
                for column, kind in _in_order(table.columns, types.get(name, {}))
            ],
        )
        for name, table in terms.tables.items()
    ]


def _in_order(columns: dict[str, str | None], types: dict[str, str]) -> list[tuple[str, str]]:
    """The columns with their types in the order of the table; at the end those that the version has no more."""
    there = [(name, kind) for name, kind in types.items() if name in columns]
    return there + [(name, "") for name in columns if name not in types]


def column_words(table: str, name: str, kind: str, column: Column | None, mask: str | None = None) -> ColumnWords:
    """One column with what the dictionary says of it; one that the dictionary lacks counts as internal."""
    sensitivity = Sensitivity(column.sensitivity) if column else Sensitivity.INTERNAL
    role = IdentityRole(column.identity_role) if column else IdentityRole.NONE
    return ColumnWords(
        table=table,
        name=name,
        title=column.title if column else "",
        meaning=column.meaning if column else "",
        type=str(ColumnType(kind).label) if kind else "",
        mask=mask_words(mask),
        is_masked=bool(mask),
        sensitivity=str(sensitivity.label),
        badge=BADGES[sensitivity],
        is_protected=column is not None and column.is_protected,
        role="" if role is IdentityRole.NONE else str(role.label),
    )
