"""What changed in a version, in the words of a list."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.codes import ColumnType
from catalog.version_lines import Line, TableLine
from portal.templatetags.causeway import grouped

MOST_NAMES = 8


def change_words(line: Line) -> list[str]:
    """Short phrases: rows that came, went and changed, columns that came, went or are of another type."""
    several = len(line.tables) > 1
    found = []
    for table in line.tables:
        words = [*_rows(table), *_columns(table)]
        found += [f"{table.name}: {text}" for text in words] if several else words
    return found


def _rows(table: TableLine) -> list[str]:
    rows = table.rows
    if rows is None:
        return []
    if not (rows.added or rows.removed or rows.changed):
        return [_("no row changed")]
    counts = [
        (rows.added, ngettext("%(count)s row added", "%(count)s rows added", rows.added)),
        (rows.removed, ngettext("%(count)s row removed", "%(count)s rows removed", rows.removed)),
        (rows.changed, ngettext("%(count)s row changed", "%(count)s rows changed", rows.changed)),
    ]
    return [text % {"count": grouped(count)} for count, text in counts if count]


def _columns(table: TableLine) -> list[str]:
    columns = table.columns
    found = []
    if columns.added:
        found.append(_("new columns: %(names)s") % {"names": _names(columns.added)})
    if columns.gone:
        found.append(_("columns gone: %(names)s") % {"names": _names(columns.gone)})
    retyped = [
        f"{name} ({ColumnType(before).label} → {ColumnType(after).label})" for name, before, after in columns.retyped
    ]
    if retyped:
        found.append(_("columns of another type: %(names)s") % {"names": _names(retyped)})
    return found


def _names(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (_(" and %(count)s more") % {"count": more} if more > 0 else "")
