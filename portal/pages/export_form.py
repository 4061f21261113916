"""The form of a prepared file: which columns of which rows, and in which format."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalog.choosing import ChoosesColumns
from catalog.forms import ActionForm
from catalog.models import Format
from catalog.rows.errors import QueryError
from catalog.rows.formats import place_columns
from catalog.rows.plan import OutColumn
from catalog.rows.query import LONGEST
from portal.pages.entry import Entry


class ExportForm(ChoosesColumns, ActionForm):
    """A format that can hold the columns, a box for each of them, and a condition where not all rows are wanted."""

    format = forms.ChoiceField(label=_("Format"), widget=forms.RadioSelect, initial=Format.CSV)
    where = forms.CharField(
        label=_("Only rows where"),
        required=False,
        max_length=4000,
        help_text=_("A condition as the API takes it, such as: district = 'North' and day >= '2026-01-01'"),
    )

    def __init__(self, entry: Entry, *args, **more):
        super().__init__(*args, **more)
        self.table = entry.table
        shown = [OutColumn(name, entry.table.types[name]) for name, mask in entry.columns.items() if not mask]
        placed = bool(place_columns(shown))
        self.fields["format"].choices = [choice for choice in Format.choices if placed or choice[0] != Format.GEOJSON]
        self.add_boxes(entry.version, entry.table, entry.columns)

    def clean(self) -> None:
        """One column at least, and no longer list of them than a question may hold."""
        if not self.chosen():
            raise ValidationError(_("Choose one column at least."))
        if len(self.select()) > LONGEST:
            raise ValidationError(_("This list of columns is too long for a question. Choose fewer, or all of them."))

    def select(self) -> str:
        """The chosen columns as a query names them; nothing where it is all of them."""
        names = self.chosen().get(self.table.name, {})
        return "" if len(names) == len(self.words) else ", ".join(map(_quoted, names))

    def _show(self, refusal: ValidationError) -> None:
        if isinstance(refusal, QueryError):
            self.add_error("where", refusal.sentence)
        else:
            super()._show(refusal)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
