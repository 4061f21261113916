"""The forms of the first two tasks of a request, one thing each: its purpose, and its columns and rows."""

from typing import ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalog.rows.letting import check_where
from sharing.forms.answering import LEFT, AnswerForm
from sharing.forms.narrowing import NarrowsRows
from sharing.models import Request


class FunctionForm(AnswerForm):
    class Meta:
        model = Request
        fields = ("function",)
        help_texts: ClassVar = {"function": _("One of the duties that a law or the city gives your department.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["function"].widget.attrs |= {"list": "duties", "autocomplete": "off"}


class AimForm(AnswerForm):
    class Meta:
        model = Request
        fields = ("aim",)
        widgets: ClassVar = {"aim": forms.Textarea(attrs={"rows": 6, **LEFT})}
        help_texts: ClassVar = {
            "aim": _("Plain words that a resident would understand. It stands in the log beside each reading.")
        }


class BenefitsForm(AnswerForm):
    class Meta:
        model = Request
        fields = ("benefits",)
        widgets: ClassVar = {"benefits": forms.Textarea(attrs={"rows": 4, **LEFT})}
        help_texts: ClassVar = {"benefits": _("Say also what would happen without the data.")}


class LevelForm(AnswerForm):
    class Meta:
        model = Request
        fields = ("level",)
        widgets: ClassVar = {"level": forms.RadioSelect}
        help_texts: ClassVar = {"level": _("Choose the first one that is enough. The less you ask for, the sooner.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = [choice for choice in self.fields["level"].choices if choice[0]]


class RowsForm(NarrowsRows, AnswerForm):
    optional = ("area",)

    class Meta:
        model = Request
        fields = ("area",)
        help_texts: ClassVar = {"area": _("For example: North district only. Leave it empty for the whole city.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        table = self.draft.dataset.current.tables.filter(name=self.draft.table).first()
        self.types = table.types if table else {}
        self.offer_filters(list(self.types))
        self.fields["where"].initial = self.draft.where
        self.order_fields(["area", "filter_column", "filter_operator", "filter_value", "where"])

    def clean(self) -> None:
        """A filter that the rows can be asked with."""
        self.check_comparison()
        if not self.errors and (text := self.narrowed()):
            try:
                check_where(text, self.types)
            except ValidationError as wrong:
                self.add_error("where", wrong)

    def answers(self) -> dict:
        """The area in words, and the condition."""
        return {"area": self.cleaned_data["area"], "where": self.narrowed()}


class PeriodForm(AnswerForm):
    optional = ("period_from", "period_until")

    class Meta:
        model = Request
        fields = ("period_from", "period_until")
        widgets: ClassVar = {"period_from": forms.DateInput, "period_until": forms.DateInput}
        help_texts: ClassVar = {"period_from": _("Of what time the data is about. Leave both empty for all times.")}

    def clean(self) -> None:
        """The end does not lie before the beginning."""
        start, end = self.cleaned_data.get("period_from"), self.cleaned_data.get("period_until")
        if start and end and end < start:
            self.add_error("period_until", _("The last day lies before the first."))


class FrequencyForm(AnswerForm):
    optional = ("rows_expected",)

    class Meta:
        model = Request
        fields = ("frequency", "rows_expected")
        widgets: ClassVar = {"frequency": forms.RadioSelect}
        help_texts: ClassVar = {"rows_expected": _("About how many rows you will need in all.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["frequency"].choices = [choice for choice in self.fields["frequency"].choices if choice[0]]


class DataLifeForm(AnswerForm):
    class Meta:
        model = Request
        fields = ("data_life_days",)
        help_texts: ClassVar = {
            "data_life_days": _("After that many days what you received is disposed of, whether access goes on or not.")
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["data_life_days"].min_value = 1
        self.fields["data_life_days"].widget.attrs["min"] = 1
