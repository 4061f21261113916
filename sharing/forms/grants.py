"""The forms by which data is lent and taken back."""

from dataclasses import replace
from datetime import datetime

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from catalog.choosing import ChoosesColumns
from catalog.forms import ActionForm
from catalog.models import Dataset, Department, Least, Table, Way
from sharing.calendar import end_of
from sharing.forms.bridges import LiveBridge
from sharing.forms.limits import LimitFields
from sharing.forms.narrowing import NarrowsRows
from sharing.limits import MOST_GROUP, Limits
from sharing.models import Bridge


class GrantForm(LimitFields, ChoosesColumns, NarrowsRows, ActionForm):
    """Who receives which columns of which rows, for what, until when. One page, in parts."""

    recipient = forms.ModelChoiceField(
        Department.objects.none(), label=_("Department"), required=False, empty_label=_("Choose a department")
    )
    enterprise = forms.CharField(
        label=_("Or an enterprise, by its code"), required=False, max_length=40,
        help_text=_("The unified social credit code of an enterprise that was verified."),
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
    way = forms.ChoiceField(label=_("How it leaves"), choices=Way.choices, initial=Way.BOTH.value, required=False)
    least = forms.ChoiceField(
        label=_("What it answers"), required=False, choices=[("", _("Rows")), *Least.choices],
        help_text=_("Counts leave for groups that are large enough, never rows."),
    )  # fmt: skip
    group_least = forms.IntegerField(
        label=_("Smallest group that is told"), required=False, max_value=MOST_GROUP,
        help_text=_("For counts, and yes or no. Empty: as the city sets it, and never smaller than that."),
    )  # fmt: skip
    note = forms.CharField(
        label=_("Note to the recipient"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, dataset: Dataset, table: Table, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.dataset, self.table = dataset, table
        self.fields["group_least"].min_value = settings.COUNTS_GROUP
        self.fields["group_least"].validators.append(MinValueValidator(settings.COUNTS_GROUP))
        self.fields["group_least"].widget.attrs["min"] = settings.COUNTS_GROUP
        self.fields["recipient"].queryset = Department.objects.filter(kind=Department.Kind.DEPARTMENT).exclude(
            pk=dataset.department_id
        )
        self.offer_filters(list(table.types))
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
        return end_of(self.cleaned_data["valid_until"])

    def clean(self) -> None:
        """One recipient, and a comparison that is whole."""
        given = self.cleaned_data
        if "enterprise" in given and bool(given.get("recipient")) == bool(given["enterprise"]):
            self.add_error("recipient", _("Choose one recipient: a department, or an enterprise by its code."))
        if given.get("group_least") and not given.get("least"):
            self.add_error("group_least", _("A smallest group goes with counts, or yes or no. Choose one of them."))
        self.check_comparison()

    def wanted(self) -> dict:
        """What the action is asked for."""
        given = self.cleaned_data
        return {
            "recipient": given["recipient"] or given["enterprise"],
            "table": self.table.name,
            "columns": self.chosen().get(self.table.name, {}),
            "where": self.narrowed(),
            "purpose": given["purpose"],
            "legal_basis": given["legal_basis"],
            "valid_until": given["valid_until"],
            "limits": self._limits(),
        }

    def _limits(self) -> Limits:
        """How much may leave, and what alone is answered."""
        given = self.cleaned_data
        said = self.limits(way=given["way"] or Way.BOTH)
        said = replace(said, least=given["least"], group_least=given["group_least"])
        return said.answering(self.dataset, self.table.name)


class ResumeForm(ActionForm):
    """Nothing needs to be said to resume."""

    reason = forms.CharField(
        label=_("Note"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )


class AttestForm(ActionForm):
    """What became of the data, in the words that stand in the log."""

    how = forms.CharField(
        label=_("How it was disposed of, and how that is proved"), max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}), help_text=_("The owner reads it, and it is kept in the log."),
    )  # fmt: skip


class RenewForm(ActionForm):
    """The new last day, and where there are bridges, whether under one of them."""

    valid_until = forms.DateField(
        label=_("New last day"), widget=forms.DateInput, help_text=_("Five years from now at most.")
    )
    bridge = LiveBridge(
        Bridge.objects.none(), label=_("Under a bridge"), required=False,
        empty_label=_("Under none: it goes on as it is"),
        help_text=_("Its pseudonyms are new then, and join with what is lent under the bridge, until its last day."),
    )  # fmt: skip

    def __init__(self, *args, bridges: QuerySet[Bridge] | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        if bridges is None or not bridges:
            del self.fields["bridge"]
        else:
            self.fields["bridge"].queryset = bridges

    def clean_valid_until(self) -> datetime:
        """The end of the last day."""
        return end_of(self.cleaned_data["valid_until"])
