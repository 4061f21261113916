"""The fields by which it is said how often and how much may leave under a grant."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import Span
from sharing.limits import MOST, Limits


class LimitFields(forms.Form):
    """Readings an hour or a day, and rows a day or in all; an empty number is no limit."""

    readings_most = forms.IntegerField(
        label=_("Readings at most"), required=False, min_value=1, max_value=MOST["readings"],
        help_text=_("Empty for any number. A page of rows, a file and a total are a reading each."),
    )  # fmt: skip
    readings_span = forms.ChoiceField(
        label=_("Readings are counted"), required=False, choices=[(Span.DAY, _("a day")), (Span.HOUR, _("an hour"))]
    )
    rows_most = forms.IntegerField(
        label=_("Rows at most"), required=False, min_value=1, max_value=MOST["rows"],
        help_text=_("Empty for any number."),
    )  # fmt: skip
    rows_span = forms.ChoiceField(
        label=_("Rows are counted"), required=False, choices=[(Span.DAY, _("a day")), (Span.TOTAL, _("in all"))]
    )

    def limits(self, *, way: str = "") -> Limits:
        """What was said; a span says nothing without its number."""
        given = {"way": way}
        for name in ("readings", "rows"):
            number = self.cleaned_data.get(f"{name}_most")
            span = self.cleaned_data.get(f"{name}_span") or Span.DAY
            given |= {f"{name}_most": number, f"{name}_span": str(span) if number else ""}
        return Limits(**given)
