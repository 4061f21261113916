"""The forms of packages, of their plans, and of the keys that they are sealed to."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.forms import ActionForm
from catalog.models import Department
from sharing.models import Every, PackageFormat


class PackageForm(ActionForm):
    """What is to be inside."""

    format = forms.ChoiceField(label=_("Format"), choices=PackageFormat, widget=forms.RadioSelect, initial="csv")


class PlanForm(PackageForm):
    """And how often."""

    every = forms.ChoiceField(label=_("How often"), choices=Every, widget=forms.RadioSelect, initial="monthly")
    hour = forms.IntegerField(
        label=_("Hour of the day"), min_value=0, max_value=23, initial=5,
        help_text=_("From 0 to 23, in the city’s time."),
    )  # fmt: skip
    only_new = forms.BooleanField(
        label=_("Only when there is a new version"), required=False, initial=True,
        help_text=_("In a period in which nothing new came, no package is made."),
    )  # fmt: skip


class RecipientKeyForm(ActionForm):
    """A public key, and where its other half is."""

    department = forms.ModelChoiceField(label=_("Department"), queryset=Department.objects.none(), empty_label=None)
    public_key = forms.CharField(
        label=_("Public key"), max_length=400, widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("One line that begins with “age1”. Never the line that begins with “AGE-SECRET-KEY”."),
    )  # fmt: skip
    name = forms.CharField(
        label=_("Where the private key is kept"), max_length=80,
        help_text=_("In your words, such as “the safe of the data room”. We never have it, and cannot replace it."),
    )  # fmt: skip

    def __init__(self, departments, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = departments


class FingerprintForm(ActionForm):
    """What was computed where the private key is."""

    fingerprint = forms.CharField(
        label=_("Fingerprint computed where the private key is"), max_length=80,
        help_text=_("32 digits and letters from a to f; spaces do not matter."),
    )  # fmt: skip


class RetireKeyForm(ActionForm):
    """Why a key is used no more."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Lost, stolen, or no longer used. It is kept in the log."),
    )  # fmt: skip
