"""The forms of the catalogue and the basket."""

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.forms import ActionForm
from catalog.models import Column, Department


class ChosenColumnsForm(ActionForm):
    """A box for each column of the page, none of them ticked."""

    def __init__(self, columns: list[Column], *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.columns = columns
        for column in columns:
            label = _("Ask for %(column)s") % {"column": column.name}
            self.fields[f"column-{column.pk}"] = forms.BooleanField(label=label, required=False)

    def chosen(self) -> list[tuple[str, str]]:
        """Table and name of each ticked column."""
        return [(one.table, one.name) for one in self.columns if self.cleaned_data.get(f"column-{one.pk}")]


class AskForm(ActionForm):
    """For which of one's departments the basket is asked for; where there is one only, that."""

    department = forms.ModelChoiceField(Department.objects.none(), label=gettext_lazy("For"), empty_label=None)

    def __init__(self, departments: QuerySet[Department], *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = departments
        first = departments.first()
        self.fields["department"].initial = first
        if departments.count() == 1:
            self.fields["department"].widget = forms.HiddenInput()
