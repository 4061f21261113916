"""The forms of those who decide about a request, each with the answers as they are shown before they are sent."""

from dataclasses import replace
from datetime import datetime

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from catalog.choosing import ChoosesColumns, mask
from catalog.forms import ActionForm
from catalog.models import Column, Department, Least, Membership, Role
from catalog.rows.letting import check_where
from catalog.wording import column_words, mask_options
from sharing.asked import changes_since, standing_sha256
from sharing.calendar import end_of
from sharing.forms.limits import LimitFields
from sharing.models import Decision, Request
from sharing.policies.agreeing import is_as_strong, types_of
from sharing.policies.answering import MOST_QUESTIONS

FEW = 4  # questions that the form has room for at first


class DecidingForm(ActionForm):
    """A form about one request; `told` is what was answered, for the page that asks whether it is right."""

    def __init__(self, request: Request, by, data=None):
        super().__init__(data)
        self.request, self.by = request, by

    def told(self) -> list[dict]:
        """Each answer that was given, as label and words."""
        return [
            {"label": field.label, "value": _said(field, self.cleaned_data.get(field.name))}
            for field in self.visible_fields()
            if self.cleaned_data.get(field.name) not in (None, "") and field.name in self.spoken()
        ]

    def look_again(self) -> None:
        """Called before the form is shown once more."""

    def spoken(self) -> list[str]:
        """The fields that are told one by one; those of columns are told as a table."""
        return list(self.fields)


def _said(field: forms.BoundField, value) -> str:
    if isinstance(value, bool):
        return _("Yes")
    if isinstance(value, datetime):
        value = value.date()
    return dict(getattr(field.field, "choices", [])).get(value, value)


class PlainForm(DecidingForm):
    """Nothing is to be said."""


class ReasonForm(DecidingForm):
    """Why; both sides read it."""

    reason = forms.CharField(
        label=_("Reason"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The requester and the owner read it, and it is kept in the log."),
    )  # fmt: skip


class TransferForm(ReasonForm):
    """To whom."""

    to = forms.ChoiceField(label=_("Who is to decide"))
    field_order = ("to", "reason")

    def __init__(self, request: Request, by, data=None):
        super().__init__(request, by, data)
        role = {"role": Role.APPROVER, "department": request.dataset.department_id}
        if request.with_authority:
            role = {"role": Role.AUTHORITY, "department__kind": Department.Kind.CITY}
        held = Membership.objects.live().filter(**role).exclude(user=by.user).select_related("user")
        people = {str(one.user_id): one.user.name for one in held.order_by("user__name", "user_id")}
        self.fields["to"].choices = [("", _("Choose a person")), *people.items()]

    def person(self):
        """Who was chosen."""
        return get_user_model().objects.get(pk=self.cleaned_data["to"])


class QuestionsForm(DecidingForm):
    """All open questions at once, each in a field of its own; `rooms` says how many fields there are."""

    def __init__(self, request: Request, by, data=None):
        self.rooms = _rooms(data or {})
        if data is not None:
            data = data.copy()
            data["rooms"] = str(self.rooms)
        super().__init__(request, by, data)
        for number in range(1, self.rooms + 1):
            self.fields[f"question-{number}"] = forms.CharField(
                label=_("Question %(number)s") % {"number": number},
                required=False,
                max_length=2_000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
        self.fields["rooms"] = forms.CharField(widget=forms.HiddenInput, required=False, initial=self.rooms)
        self.has_room = self.rooms < MOST_QUESTIONS

    def clean(self) -> None:
        """Something is asked."""
        if not any(text.strip() for text in self.texts()) and "more" not in self.data:
            self.add_error("question-1", _("Write at least one question."))

    def texts(self) -> list[str]:
        """The questions."""
        return [self.cleaned_data.get(f"question-{number}", "") for number in range(1, self.rooms + 1)]


def _rooms(data) -> int:
    """How many fields there are: as many as before, and some more where that was asked for."""
    text = data.get("rooms", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else FEW
    return min(max(before + FEW * ("more" in data), FEW), MOST_QUESTIONS)


class RefuseForm(DecidingForm):
    """Why nothing is lent, under which rule, and how to appeal."""

    code = forms.ChoiceField(label=_("Reason"), choices=Decision.Code.choices, widget=forms.RadioSelect)
    article = forms.CharField(
        label=_("Rule relied on"), max_length=300, help_text=_("The law or regulation, with its article.")
    )
    appeal = forms.CharField(
        label=_("Way to appeal"), max_length=1_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("To whom the requester can turn, how, and until when."),
    )  # fmt: skip
    note = forms.CharField(
        label=_("Word to the requester"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What would have to be different next time."),
    )  # fmt: skip


class ApproveForm(DecidingForm):
    """As asked. Where the dataset changed since it was asked, whoever approves says that they have seen it."""

    note = forms.CharField(
        label=_("Word to the requester"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, request: Request, by, data=None):
        super().__init__(request, by, data)
        self.initial["seen"] = standing_sha256(request)
        if changes_since(request):
            self.fields["looked"] = forms.BooleanField(label=_("I have looked at what changed since this was asked"))

    def look_again(self) -> None:
        """Where the dataset changed behind the page, what is shown now is what is looked at next."""
        if self.is_bound and self.data.get("seen") != self.initial["seen"]:
            self.data = self.data.copy()
            self.data["seen"] = self.initial["seen"]
            self.data.pop("looked", None)

    def wanted(self) -> dict:
        """What the action is asked for."""
        return {**self.terms(), "note": self.cleaned_data["note"], "seen_sha256": self.cleaned_data["seen"]}

    def terms(self) -> dict:
        """What of it is less than was asked: nothing."""
        return {}


class LessForm(LimitFields, ChoosesColumns, ApproveForm):
    """Fewer columns, stronger masks, fewer rows, an earlier end, so often and so much."""

    where = forms.CharField(
        label=_("Only rows where, beyond what was asked"), required=False, max_length=3_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For example: district = 'North' and day >= '2026-01-01'. It may use columns that are not lent."),
    )  # fmt: skip
    valid_until = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput, help_text=_("Empty: the day that was asked for.")
    )
    least = forms.ChoiceField(
        label=_("What it answers"), required=False, choices=[("", _("As asked")), *Least.choices],
        help_text=_("Counts leave for groups that are large enough, never rows. More than was asked cannot be lent."),
    )  # fmt: skip
    field_order = ("where", "least", "valid_until", "note")

    def __init__(self, request: Request, by, data=None):
        super().__init__(request, by, data)
        self.words = []
        types = types_of(request)
        known = {one.name: one for one in Column.objects.filter(dataset=request.dataset_id, table=request.table)}
        for asked in request.columns.all():
            if asked.name in types:
                self._add(column_words(request.table, asked.name, types[asked.name], known.get(asked.name)),
                          asked.mask, types[asked.name])  # fmt: skip

    def clean_where(self) -> str:
        """A condition over the columns that the table has."""
        where = self.cleaned_data["where"].strip()
        if where:
            check_where(where, types_of(self.request))
        return where

    def _add(self, words, under: str, kind: str) -> None:
        """The box of a column that was asked for, and the masks that show no more than was asked."""
        self._add_box(words, ticked=True)
        options = [
            (text, label)
            for text, label in mask_options(kind, under)
            if is_as_strong(text or None, under or None, column=words.name, column_type=kind)
        ]
        self.fields[mask(words)] = forms.ChoiceField(
            label=_("How %(column)s is shown") % {"column": words.name},
            choices=options,
            required=False,
            initial=under,
        )

    def spoken(self) -> list[str]:
        """The columns are told as a table of their own."""
        return ["note", "looked", "least", *(name for name in LimitFields.base_fields if self._is_told(name))]

    def _is_told(self, name: str) -> bool:
        """A span is told with its number."""
        return self.cleaned_data.get(name.replace("_span", "_most")) is not None

    def terms(self) -> dict:
        """What of it is less than was asked."""
        day = self.cleaned_data["valid_until"]
        return {
            "columns": self.chosen().get(self.request.table, {}),
            "where": self.cleaned_data["where"],
            "valid_until": end_of(day) if day else None,
            "limits": replace(self.limits(), least=self.cleaned_data["least"]),
        }
