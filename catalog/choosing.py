"""The part of a form that chooses columns and masks, for whoever lends and whoever opens."""

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext as _

from catalog.models import Column, Table, Version
from catalog.wording import ColumnWords, column_words, mask_options


@dataclass(frozen=True)
class Choice:
    """One column on the form: what it is, its box and its mask."""

    words: ColumnWords
    use: forms.BoundField
    mask: forms.BoundField


class ChoosesColumns:
    """Gives a form a box and a mask for each column; `chosen` is what was ticked, in the order of the table."""

    def add_columns(self, version: Version, tables: list[Table], *, start=lambda words: (False, None)) -> None:
        """Adds the fields; `start` says of a column whether its box is ticked at first, and under which mask."""
        known = {(column.table, column.name): column for column in Column.objects.filter(dataset=version.dataset_id)}
        self.words: list[ColumnWords] = []
        for table in tables:
            for name, kind in table.types.items():
                words = column_words(table.name, name, kind, known.get((table.name, name)))
                self.words.append(words)
                ticked, under = start(words)
                self.fields[box(words)] = forms.BooleanField(label=name, required=False, initial=ticked)
                self.fields[mask(words)] = forms.ChoiceField(
                    label=_("How %(column)s is shown") % {"column": name},
                    choices=mask_options(kind, under),
                    required=False,
                    initial=under or "",
                )

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
            found.setdefault(words.table, []).append(Choice(words, self[box(words)], self[mask(words)]))
        return list(found.items())


def box(words: ColumnWords) -> str:
    """The name of the box of a column; names of tables and columns hold no hyphen."""
    return f"use-{words.table}-{words.name}"


def mask(words: ColumnWords) -> str:
    """The name of the mask of a column."""
    return f"mask-{words.table}-{words.name}"
