"""The form of days in the city's calendar."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.forms import ActionForm
from sharing.models import CalendarDay

WORKED = (("yes", _("Worked")), ("no", _("Free")))


class ClearDaysForm(ActionForm):
    """From which day to which, and why."""

    first = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Left empty, it is the first day alone."),
    )
    why = forms.CharField(
        label=_("Why"),
        max_length=CalendarDay._meta.get_field("why").max_length,
        help_text=_("Name the announcement that it follows. Everybody reads it beside the day."),
    )

    def wanted(self) -> dict:
        """What the action is to do."""
        first = self.cleaned_data["first"]
        return {"first": first, "last": self.cleaned_data["last"] or first, "why": self.cleaned_data["why"]}


class DaysForm(ClearDaysForm):
    """The same, and whether they are worked."""

    working = forms.ChoiceField(label=_("These days are"), choices=WORKED, widget=forms.RadioSelect)
    field_order = ("working", "first", "last", "why")

    def wanted(self) -> dict:
        """What the action is to do."""
        return super().wanted() | {"is_working": self.cleaned_data["working"] == "yes"}
