"""The forms of the last three tasks of a request, one thing each: its law, its delivery, its time and people."""

from datetime import date
from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from sharing.forms.answering import LEFT, AnswerForm, to_come
from sharing.models import Request


class LawForm(AnswerForm):
    optional = ("instrument_version",)

    class Meta:
        model = Request
        fields = ("instrument", "article", "instrument_version")
        help_texts: ClassVar = {
            "instrument": _("What allows your department to have this data, by its full name."),
            "article": _("For example: article 21, second paragraph."),
            "instrument_version": _("For example: as amended on 1 August 2025."),
        }


class AssessmentForm(AnswerForm):
    class Meta:
        model = Request
        fields = ("impact_assessment",)
        help_texts: ClassVar = {
            "impact_assessment": _("Number and date of the assessment of the impact on personal information.")
        }


class ExemptionForm(AnswerForm):
    class Meta:
        model = Request
        fields = ("exemption",)
        help_texts: ClassVar = {
            "exemption": _("The rule that lets your department have what is withheld from others, with its article.")
        }


class DeliveryForm(AnswerForm):
    class Meta:
        model = Request
        fields = ("delivery",)
        widgets: ClassVar = {"delivery": forms.RadioSelect}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["delivery"].choices = [choice for choice in self.fields["delivery"].choices if choice[0]]


class KeepingForm(AnswerForm):
    class Meta:
        model = Request
        fields = ("kept_where",)
        help_texts: ClassVar = {"kept_where": _("The system, who runs it, and its security grade.")}


class SecurityForm(AnswerForm):
    class Meta:
        model = Request
        fields = ("security_name", "security_email")
        widgets: ClassVar = {
            "security_name": forms.TextInput(attrs={"autocomplete": "off"}),
            "security_email": forms.EmailInput(attrs={"autocomplete": "off"}),
        }
        help_texts: ClassVar = {"security_name": _("Somebody who can be reached when something goes wrong.")}


class DisposalForm(AnswerForm):
    class Meta:
        model = Request
        fields = ("disposal",)
        widgets: ClassVar = {"disposal": forms.Textarea(attrs={"rows": 4, **LEFT})}
        help_texts: ClassVar = {"disposal": _("And how you will prove it: you attest it when access has ended.")}


class NeededForm(AnswerForm):
    optional = ("needed_by", "needed_why")

    class Meta:
        model = Request
        fields = ("needed_by", "needed_why")
        widgets: ClassVar = {"needed_by": forms.DateInput}

    def clean_needed_by(self) -> date | None:
        """A day to come, or none."""
        day = self.cleaned_data["needed_by"]
        return to_come(day) if day else None


class UntilForm(AnswerForm):
    class Meta:
        model = Request
        fields = ("valid_until",)
        widgets: ClassVar = {"valid_until": forms.DateInput}
        help_texts: ClassVar = {"valid_until": _("Five years from now at most. It can be ended sooner.")}

    def clean_valid_until(self) -> date:
        """A day to come."""
        return to_come(self.cleaned_data["valid_until"])


class PeopleForm(AnswerForm):
    optional = ("deputy",)

    class Meta:
        model = Request
        fields = ("accountable", "deputy")
        widgets: ClassVar = {
            "accountable": forms.TextInput(attrs={"autocomplete": "off"}),
            "deputy": forms.TextInput(attrs={"autocomplete": "off"}),
        }
        help_texts: ClassVar = {"accountable": _("Who answers for what your department does with the data.")}


class TermsForm(AnswerForm):
    class Meta:
        model = Request
        fields = ("accepted_terms",)
        labels: ClassVar = {"accepted_terms": _("We accept these terms")}
        help_texts: ClassVar = {"accepted_terms": ""}
