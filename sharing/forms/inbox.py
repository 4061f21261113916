"""What an inbox is narrowed to."""

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from catalog.codes import SharingClass
from sharing.inbox import asks_of_persons
from sharing.models import Request


class InboxFilter(forms.Form):
    """By words, by class, by what is asked for; nothing chosen shows all."""

    q = forms.CharField(label=_("Reference, department or dataset"), required=False, max_length=100)
    sharing = forms.ChoiceField(
        label=_("Sharing class"), required=False, choices=[("", _("Every class")), *SharingClass.choices]
    )
    personal = forms.BooleanField(label=_("Only with personal or sensitive columns"), required=False)

    def narrow(self, found: QuerySet[Request]) -> QuerySet[Request]:
        """Those that fit; what makes no sense narrows nothing."""
        chosen = self.cleaned_data if self.is_valid() else {}
        if words := chosen.get("q", "").strip():
            found = found.filter(
                Q(reference__icontains=words)
                | Q(department__name_en__icontains=words)
                | Q(department__name_zh__icontains=words)
                | Q(dataset__title_en__icontains=words)
                | Q(dataset__title_zh__icontains=words)
            )
        if chosen.get("sharing"):
            found = found.filter(dataset__sharing_class=chosen["sharing"])
        return asks_of_persons(found) if chosen.get("personal") else found
