"""The form of a dry run: by which columns rows are told apart."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.forms import ActionForm
from catalog.models import Column
from sharing.dry_run.quasi import telling_columns
from sharing.models import DryRun, Request
from sharing.policies.agreeing import types_of


class TryingForm(ActionForm):
    """The columns that together tell people apart: as tried last, else as the dictionary proposes them."""

    telling = forms.MultipleChoiceField(
        label=_("Columns that together tell people apart"),
        help_text=_("Proposed from the dictionary. Tick others to measure by them; without any, the proposal holds."),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-columns"}),
    )

    def __init__(self, request: Request, run: DryRun | None, data=None):
        super().__init__(data)
        types = types_of(request)
        columns = list(Column.objects.filter(dataset=request.dataset_id, table=request.table, name__in=types))
        titles = {column.name: column.title or column.name for column in columns}
        field = self.fields["telling"]
        field.choices = [(name, titles.get(name, name)) for name in types]
        field.initial = run.figures["telling"] if run else telling_columns(columns, types)

    def chosen(self) -> list[str] | None:
        """What was ticked; None for what the dictionary proposes."""
        return self.cleaned_data["telling"] or None
