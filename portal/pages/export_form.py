"""The form of a prepared file: which rows, and in which format."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalog.forms import ActionForm
from catalog.models import Format
from catalog.rows.errors import QueryError
from catalog.rows.formats import place_columns
from catalog.rows.plan import OutColumn


class ExportForm(ActionForm):
    """A format that can hold the columns, and a condition where not all rows are wanted."""

    format = forms.ChoiceField(label=_("Format"), widget=forms.RadioSelect, initial=Format.CSV)
    where = forms.CharField(
        label=_("Only rows where"),
        required=False,
        max_length=4000,
        help_text=_("A condition as the API takes it, such as: district = 'North' and day >= '2026-01-01'"),
    )

    def __init__(self, *args, types: dict[str, str], columns: dict[str, str | None], **more):
        super().__init__(*args, **more)
        shown = [OutColumn(name, types[name]) for name, mask in columns.items() if not mask]
        placed = bool(place_columns(shown))
        self.fields["format"].choices = [choice for choice in Format.choices if placed or choice[0] != Format.GEOJSON]

    def _show(self, refusal: ValidationError) -> None:
        if isinstance(refusal, QueryError):
            self.add_error("where", refusal.sentence)
        else:
            super()._show(refusal)
