"""The part of a form that narrows rows: one plain comparison, and a further condition for whoever can write one."""

from django import forms
from django.utils.translation import gettext_lazy as _

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


class NarrowsRows(forms.Form):
    """Gives a form the fields of a row filter; `narrowed` is the whole condition, empty for all rows."""

    filter_column = forms.ChoiceField(label=_("Only rows whose"), required=False)
    filter_operator = forms.ChoiceField(label=_("Comparison"), choices=OPERATORS, required=False)
    filter_value = forms.CharField(label=_("Value"), required=False, max_length=200)
    where = forms.CharField(
        label=_("Further condition"), required=False, max_length=3_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For example: district = 'North' and day >= '2026-01-01'. It may use columns that are not lent."),
    )  # fmt: skip

    def offer_filters(self, names: list[str]) -> None:
        """The columns that the plain comparison may be about."""
        self.fields["filter_column"].choices = [("", _("All rows")), *((name, name) for name in names)]

    def check_comparison(self) -> None:
        """A comparison that was begun is whole."""
        if self.cleaned_data.get("filter_column") and not self.condition():
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

    def narrowed(self) -> str:
        """Both together."""
        given = self.cleaned_data
        simple = self.condition() if given["filter_column"] else ""
        further = f"({given['where']})" if simple and given["where"] else given["where"]
        return " and ".join(part for part in (simple, further) if part)
