"""The forms by which machines get keys under a grant."""

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.forms import ActionForm
from catalog.models import Basis
from sharing.calendar import end_of

USUAL = timedelta(days=90)
MOST_DAYS = 7


class GrantKeyForm(ActionForm):
    """What the key is called, and its last day."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("By which your colleagues know the program that uses it.")
    )
    until = forms.DateField(
        label=_("Last day"), widget=forms.DateInput, help_text=_("A key ends no later than its grant, and in a year.")
    )

    def __init__(self, grant: Basis, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._grant = grant
        self.fields["until"].initial = timezone.localtime(min(timezone.now() + USUAL, grant.valid_until)).date()

    def clean_until(self) -> datetime:
        """The end of the last day; on the grant's last day, the grant's end."""
        day = self.cleaned_data["until"]
        end = end_of(day)
        last = self._grant.valid_until
        return last if day == timezone.localtime(last).date() else end


class RotateForm(ActionForm):
    """How long the old key goes on beside the new one."""

    days = forms.IntegerField(
        label=_("Days that the old key lives on"), min_value=0, max_value=MOST_DAYS, initial=MOST_DAYS,
        help_text=_("Seven at most: until then your program takes up the new key."),
    )  # fmt: skip

    def overlap(self) -> timedelta:
        """The time in which both open the grant."""
        return timedelta(days=self.cleaned_data["days"])
