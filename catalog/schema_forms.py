"""The form with which a steward makes a version current: what became of its columns is asked there."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.codes import ColumnType
from catalog.forms import ActionForm
from catalog.schema_changes import SchemaAnswer, SchemaChanges

MOST_ASKED = 60


class ConfirmForm(ActionForm):
    """Nothing to fill in, unless columns went, changed their type, or may have been renamed."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    meant = forms.BooleanField(
        label=gettext_lazy("I have looked at these changes, and they are meant"),
        error_messages={"required": gettext_lazy("Say whether the changes of the columns are meant.")},
    )

    def __init__(self, data=None, *, changes: SchemaChanges, losers: dict):
        super().__init__(data)
        self.changes, self.losers = changes, losers
        self.initial["seen"] = changes.digest if changes.ask else ""
        if not changes.ask:
            del self.fields["meant"]
        self.asked = {f"former_{n}": key for n, key in enumerate(self._worth_asking())}
        for name, (table, column) in self.asked.items():
            self.fields[name] = self._question(table, column)
            likely = changes.likely.get((table, column))
            self.initial[name] = likely.old if likely else ""

    def answer(self) -> SchemaAnswer:
        """What was said, in the form that the action takes."""
        renames = {key: self.cleaned_data[name] for name, key in self.asked.items() if self.cleaned_data[name]}
        return SchemaAnswer(seen=self.cleaned_data["seen"], renames=renames)

    @property
    def questions(self) -> list:
        """The fields that ask about added columns."""
        return [self[name] for name in self.asked]

    @property
    def rows(self) -> list[tuple]:
        """Each change as (table, column, what happened, who loses it)."""
        names = {key: _("gone") for key in self.changes.gone}
        names |= {
            key: _("was “%(before)s”, is “%(after)s”")
            % {"before": ColumnType(old).label, "after": ColumnType(new).label}
            for key, (old, new) in self.changes.retyped.items()
        }
        names |= {key: _("new") for key in self.changes.added}
        return [(*key, what, self.losers.get(key, [])) for key, what in names.items()]

    def _worth_asking(self) -> list[tuple]:
        """Added columns of tables that lost some: the likely renames first, then as many others as a page can hold."""
        open_ones = [key for key in self.changes.added if self.changes.former(key[0])]
        return sorted(open_ones, key=lambda key: key not in self.changes.likely)[:MOST_ASKED]

    def _question(self, table: str, column: str) -> forms.ChoiceField:
        likely = self.changes.likely.get((table, column))
        former = self.changes.former(table)[:MOST_ASKED]
        former = [likely.old, *(name for name in former if name != likely.old)] if likely else former
        return forms.ChoiceField(
            required=False,
            label=_("What is %(name)s?") % {"name": column},
            help_text=_("Likely the former %(old)s: %(evidence)s.") % {"old": likely.old, "evidence": likely.words()}
            if likely
            else "",
            choices=[("", _("A new column")), *((name, _("The former %(name)s") % {"name": name}) for name in former)],
        )
