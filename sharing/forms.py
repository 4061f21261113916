"""The forms by which data is lent and taken back."""

from datetime import datetime, time

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.choosing import ChoosesColumns
from catalog.forms import ActionForm
from catalog.models import Dataset, Department, Table

OPERATORS = [
    ("=", _("is")),
    ("<>", _("is not")),
    ("<", _("is less than")),
    ("<=", _("is at most")),
    (">", _("is more than")),
    (">=", _("is at least")),
    ("begins", _("begins with")),
    ("empty", _("is empty")),
    ("given", _("is not empty")),
]


class GrantForm(ChoosesColumns, ActionForm):
    """Who receives which columns of which rows, for what, until when. One page, in parts."""

    recipient = forms.ModelChoiceField(
        Department.objects.none(), label=_("Department"), required=False, empty_label=_("Choose a department")
    )
    enterprise = forms.CharField(
        label=_("Or an enterprise, by its code"), required=False, max_length=40,
        help_text=_("The unified social credit code of an enterprise that was verified."),
    )  # fmt: skip
    filter_column = forms.ChoiceField(label=_("Only rows whose"), required=False)
    filter_operator = forms.ChoiceField(label=_("Comparison"), choices=OPERATORS, required=False)
    filter_value = forms.CharField(label=_("Value"), required=False, max_length=200)
    where = forms.CharField(
        label=_("Further condition"), required=False, max_length=3_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For example: district = 'North' and day >= '2026-01-01'. It may use columns that are not lent."),
    )  # fmt: skip
    purpose = forms.CharField(
        label=_("Purpose"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What the recipient will do with the data. It stands in the log beside each reading."),
    )  # fmt: skip
    legal_basis = forms.CharField(
        label=_("Legal basis"), max_length=300, help_text=_("The law and the article that allow this.")
    )
    valid_until = forms.DateField(
        label=_("Last day"), widget=forms.DateInput, help_text=_("Five years from now at most. It can be ended sooner.")
    )
    note = forms.CharField(
        label=_("Note to the recipient"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, dataset: Dataset, table: Table, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.table = table
        self.fields["recipient"].queryset = Department.objects.filter(kind=Department.Kind.DEPARTMENT).exclude(
            pk=dataset.department_id
        )
        self.fields["filter_column"].choices = [("", _("All rows")), *((name, name) for name in table.types)]
        self.add_columns(dataset.current, [table])

    def clean_enterprise(self) -> Department | None:
        """The enterprise of this code."""
        code = self.cleaned_data["enterprise"].strip()
        if not code:
            return None
        found = Department.objects.filter(kind=Department.Kind.ENTERPRISE, code=code).first()
        if found is None:
            raise ValidationError(_("No enterprise with this code has an account here."))
        return found

    def clean_valid_until(self) -> datetime:
        """The end of the last day."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["valid_until"], time(23, 59, 59)))

    def clean(self) -> None:
        """One recipient, and a comparison that is whole."""
        given = self.cleaned_data
        if "enterprise" in given and bool(given.get("recipient")) == bool(given["enterprise"]):
            self.add_error("recipient", _("Choose one recipient: a department, or an enterprise by its code."))
        if given.get("filter_column") and not self.condition():
            self.add_error("filter_value", _("Say what the column is compared with."))

    def condition(self) -> str:
        """The comparison of the simple fields as a condition; empty where it lacks its value."""
        column, operator = f'"{self.cleaned_data["filter_column"]}"', self.cleaned_data.get("filter_operator")
        value = self.cleaned_data.get("filter_value", "")
        text = "'" + value.replace("'", "''") + "'"
        if operator in {"empty", "given"}:
            return f"{column} is {'not ' if operator == 'given' else ''}null"
        if not value:
            return ""
        if operator == "begins":  # a range, because “like” has signs of its own
            return f"{column} >= {text} and {column} < {text[:-1]}\U0010ffff'"
        return f"{column} {operator} {text}"

    def wanted(self) -> dict:
        """What the action is asked for."""
        given = self.cleaned_data
        simple = self.condition() if given["filter_column"] else ""
        further = f"({given['where']})" if simple and given["where"] else given["where"]
        return {
            "recipient": given["recipient"] or given["enterprise"],
            "table": self.table.name,
            "columns": self.chosen().get(self.table.name, {}),
            "where": " and ".join(part for part in (simple, further) if part),
            "purpose": given["purpose"],
            "legal_basis": given["legal_basis"],
            "valid_until": given["valid_until"],
        }


class ReasonForm(ActionForm):
    """Why something is taken away; the other side reads it."""

    reason = forms.CharField(
        label=_("Reason"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The recipient reads it, and it is kept in the log."),
    )  # fmt: skip


class ResumeForm(ActionForm):
    """Nothing needs to be said to resume."""

    reason = forms.CharField(
        label=_("Note"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )
