"""The forms by which a bridge between two grants is asked for and renewed under."""

from datetime import datetime

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.forms import ActionForm
from catalog.models import Basis
from sharing.calendar import end_of
from sharing.models import Bridge


class OtherGrant(forms.ModelChoiceField):
    """A grant by its dataset, its recipient and the beginning of its purpose."""

    def label_from_instance(self, grant: Basis) -> str:
        """One line that tells it from others."""
        said = {"dataset": grant.dataset.title, "recipient": grant.department.name, "purpose": grant.purpose[:80]}
        return gettext("%(dataset)s, lent to %(recipient)s: %(purpose)s") % said


class LiveBridge(forms.ModelChoiceField):
    """A bridge by its purpose."""

    def label_from_instance(self, bridge: Bridge) -> str:
        """The beginning of what it is for."""
        return bridge.purpose[:120]


class BridgeForm(ActionForm):
    """With which other grant, for what, by which law, until when."""

    other = OtherGrant(
        Basis.objects.none(), label=_("Joined with"), empty_label=_("Choose a grant"),
        help_text=_("Grants in force that you know of, whose pseudonyms do not join with these yet."),
    )  # fmt: skip
    purpose = forms.CharField(
        label=_("Purpose"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What is found out by joining the two. Owners and recipients read it, and it is kept in the log."),
    )  # fmt: skip
    legal_basis = forms.CharField(
        label=_("Legal basis"), max_length=300, help_text=_("The law and the article that allow this.")
    )
    ends_at = forms.DateField(
        label=_("Last day"), widget=forms.DateInput,
        help_text=_("No grant under the bridge lasts longer. It can be ended sooner."),
    )  # fmt: skip

    def __init__(self, others: QuerySet[Basis], *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["other"].queryset = others

    def clean_ends_at(self) -> datetime:
        """The end of the last day."""
        return end_of(self.cleaned_data["ends_at"])
