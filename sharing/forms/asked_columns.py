"""The page of a request that says of each column what it is needed for, and how coarse it may come."""

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actor import Actor
from catalog.forms import ActionForm
from catalog.models import Column
from catalog.wording import ColumnWords, column_words, mask_options
from sharing.actions.drafting import set_columns
from sharing.models import Request, RequestedColumn

MOST = 200


@dataclass(frozen=True)
class Line:
    """One column on the page: what it is, its box, its need and its mask."""

    words: ColumnWords
    use: forms.BoundField
    need: forms.BoundField
    mask: forms.BoundField


class ColumnsForm(ActionForm):
    """Each column of the table: those asked for first, ticked; no other is."""

    taken_over = ""

    def __init__(self, draft: Request, _earlier, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.draft, self.kinds = draft, types_of(draft)
        asked = {column.name: column for column in draft.columns.all()}
        self.shown, self.left_out = _shown(draft, list(asked), self.kinds)
        self.count = sum(words.name in asked for words in self.shown)
        for words in self.shown:
            self._add(words.name, asked.get(words.name))

    def _add(self, name: str, column: RequestedColumn | None) -> None:
        self.fields[f"use-{name}"] = forms.BooleanField(label=name, required=False, initial=column is not None)
        self.fields[f"need-{name}"] = forms.CharField(
            label=_("What %(column)s is needed for") % {"column": name},
            required=False, max_length=300, initial=column.need if column else "",
        )  # fmt: skip
        self.fields[f"mask-{name}"] = forms.ChoiceField(
            label=_("How %(column)s may come") % {"column": name},
            choices=mask_options(self.kinds[name], column.mask if column else None),
            required=False, initial=column.mask if column else "",
        )  # fmt: skip

    def clean(self) -> dict:
        """At least one column, and a need for each."""
        given = super().clean()
        for name in self._ticked():
            if not given.get(f"need-{name}"):
                self.add_error(f"need-{name}", _("Say it in one line, or take the tick of this column away."))
        if not self.chosen():
            self.add_error(None, _("Tick at least one column."))
        return given

    def chosen(self) -> list[tuple[str, str, str]]:
        """Name, need and mask of each ticked column."""
        given = self.cleaned_data
        return [(name, given.get(f"need-{name}", ""), given.get(f"mask-{name}", "")) for name in self._ticked()]

    def _ticked(self) -> list[str]:
        return [words.name for words in self.shown if self.cleaned_data.get(f"use-{words.name}")]

    def answer(self, *, by: Actor) -> Request:
        """Keeps what stands in the form."""
        return set_columns(self.draft, self.chosen(), by=by)

    def asked(self) -> list[Line]:
        """The columns that the draft asks for."""
        return self._lines(self.shown[: self.count])

    def others(self) -> list[Line]:
        """The other columns of the table, to be added."""
        return self._lines(self.shown[self.count :])

    @property
    def is_others_open(self) -> bool:
        """True where something was chosen or is wrong among the others, or nothing is asked for yet."""
        return not self.count or any(line.use.value() or line.need.errors for line in self.others())

    def _lines(self, shown: list[ColumnWords]) -> list[Line]:
        return [
            Line(words, self[f"use-{words.name}"], self[f"need-{words.name}"], self[f"mask-{words.name}"])
            for words in shown
        ]

    @property
    def hidden_words(self) -> str:
        """How many columns of a very wide table stand in the catalogue only."""
        if not self.left_out:
            return ""
        return ngettext(
            "%(count)s more column of this table is in the catalogue.",
            "%(count)s more columns of this table are in the catalogue.",
            self.left_out,
        ) % {"count": self.left_out}


def types_of(draft: Request) -> dict[str, str]:
    """The columns of the asked table with their types, in the version that is current."""
    table = draft.dataset.current.tables.filter(name=draft.table).first() if draft.dataset.current else None
    return table.types if table else {}


def _shown(draft: Request, asked: list[str], kinds: dict[str, str]) -> tuple[list[ColumnWords], int]:
    """Those asked for first, then the others in the order of the table; and how many are left out."""
    names = [name for name in asked if name in kinds] + [name for name in kinds if name not in asked]
    found = Column.objects.filter(dataset=draft.dataset_id, table=draft.table, name__in=names[:MOST])
    known = {column.name: column for column in found}
    words = [column_words(draft.table, name, kinds[name], known.get(name)) for name in names[:MOST]]
    return words, len(names[MOST:])
