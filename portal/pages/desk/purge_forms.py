"""The forms of destruction by law."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.actions.purges import MOST
from catalog.forms import ActionForm

ALL = {"all", "全部"}
PART = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?")


class PurgeForm(ActionForm):
    """Which versions, by what order, and why."""

    numbers = forms.CharField(
        label=_("Versions"),
        max_length=500,
        help_text=_("Their numbers, such as 3, or 1-4, 7; or the word all for every version that holds data."),
    )
    law = forms.CharField(
        label=_("Law or court order"), max_length=300, help_text=_("Its name and date. Everybody reads it afterwards.")
    )
    article = forms.CharField(label=_("Article, or number of the order"), max_length=120)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For the second person and for auditors. The log keeps it: write no names and no personal data."),
    )

    def __init__(self, *args, held: list[int], **kwargs):
        super().__init__(*args, **kwargs)
        self.held = held

    def clean_numbers(self) -> list[int]:
        """The numbers that were meant."""
        text = self.cleaned_data["numbers"].strip().lower()
        if text in ALL:
            return self.held
        found: set[int] = set()
        for part in filter(None, re.split(r"[,，、;\s]+", re.sub(r"\s*[-–]\s*", "-", text))):
            match = PART.fullmatch(part)
            if match is None or (match[2] and int(match[2]) - int(match[1]) > MOST):
                raise forms.ValidationError(_("Write numbers of versions, such as 3, or 1-4, 7."))
            first, last = int(match[1]), int(match[2] or match[1])
            found |= {number for number in range(first, last + 1) if not match[2] or number in self.held}
        return sorted(found)


class DecideForm(ActionForm):
    """The second person's word."""

    read = forms.BooleanField(
        label=_("I have read the order itself, and it names what is to be destroyed here"),
        error_messages={"required": _("Read the order itself first, then tick this.")},
    )
    keep_current = forms.BooleanField(
        label=_("Make the newest version that stays the current one"),
        required=False,
        help_text=_("Otherwise the dataset has no current version until the next file is loaded."),
    )

    def __init__(self, *args, asks_current: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not asks_current:
            del self.fields["keep_current"]


class AnswerForm(ActionForm):
    """Why it is refused or withdrawn."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The log keeps it: write no names and no personal data."),
    )
