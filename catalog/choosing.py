"""The part of a form that chooses columns and masks, for whoever lends and whoever opens."""

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext as _

from catalog.masks import type_under
from catalog.models import Column, Table, Version
from catalog.wording import ColumnWords, column_words, mask_options


@dataclass(frozen=True)
class Choice:
    """One column on the form: what it is, its box, and its mask where that is to be chosen."""

    words: ColumnWords
    use: forms.BoundField
    mask: forms.BoundField | None


class ChoosesColumns:
    """Gives a form a box and a mask for each column; `chosen` is what was ticked, in the order of the table."""

    def add_columns(self, version: Version, tables: list[Table], *, start=lambda words: (False, None)) -> None:
        """Adds the fields; `start` says of a column whether its box is ticked at first, and under which mask."""
        known = _dictionary(version)
        self.words: list[ColumnWords] = []
        for table in tables:
            for name, kind in table.types.items():
                words = column_words(table.name, name, kind, known.get((table.name, name)))
                ticked, under = start(words)
                self._add_box(words, ticked=ticked)
                self.fields[mask(words)] = forms.ChoiceField(
                    label=_("How %(column)s is shown") % {"column": name},
                    choices=mask_options(kind, under),
                    required=False,
                    initial=under or "",
                )

    def add_boxes(self, version: Version, table: Table, columns: dict[str, str | None]) -> None:
        """Adds a ticked box for each column that a basis lets out; the masks on them are not the reader's to choose."""
        known = _dictionary(version)
        self.words = []
        for name, under in columns.items():
            kind = type_under(under, column=name, column_type=table.types[name])
            self._add_box(column_words(table.name, name, kind, known.get((table.name, name)), under), ticked=True)

    def _add_box(self, words: ColumnWords, *, ticked: bool) -> None:
        self.words.append(words)
        self.fields[box(words)] = forms.BooleanField(label=words.name, required=False, initial=ticked)

    def chosen(self) -> dict[str, dict[str, str | None]]:
        """Table to column to mask, of the ticked ones."""
        found: dict[str, dict[str, str | None]] = {}
        for words in self.words:
            if self.cleaned_data.get(box(words)):
                found.setdefault(words.table, {})[words.name] = self.cleaned_data.get(mask(words)) or None
        return found

    def choices(self) -> list[tuple[str, list[Choice]]]:
        """What the page shows: table by table, column by column."""
        found: dict[str, list[Choice]] = {}
        for words in self.words:
            under = self[mask(words)] if mask(words) in self.fields else None
            found.setdefault(words.table, []).append(Choice(words, self[box(words)], under))
        return list(found.items())


def box(words: ColumnWords) -> str:
    """The name of the box of a column; names of tables and columns hold no hyphen."""
    return f"use-{words.table}-{words.name}"


def mask(words: ColumnWords) -> str:
    """The name of the mask of a column."""
    return f"mask-{words.table}-{words.name}"


def _dictionary(version: Version) -> dict[tuple[str, str], Column]:
    return {(column.table, column.name): column for column in Column.objects.filter(dataset=version.dataset_id)}
