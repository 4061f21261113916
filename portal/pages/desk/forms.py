"""The forms by which a department describes its datasets."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog import codes
from catalog.actions import columns as column_actions
from catalog.actions import links as link_actions
from catalog.forms import ActionForm, ActionModelForm
from catalog.models import Column, Dataset, Department, Link, Message
from catalog.policies import DESCRIBED

BETWEEN = re.compile(r"[,，、;；\n]+")
CHOSEN = {"theme": codes.Theme, "frequency": codes.Frequency, "licence": codes.Licence, "language": codes.Language}
GROUPS = (
    (
        _("What it is"),
        _("A title in one language is enough; both are better: readers search in English and in Chinese."),
        (
            "department",
            "title_en",
            "title_zh",
            "description_en",
            "description_zh",
            "keywords_en",
            "keywords_zh",
            "theme",
            "language",
        ),
    ),
    (
        _("When and where"),
        _("The promise of the next update is shown as a badge, and turns red when it is broken."),
        ("frequency", "coverage_from", "coverage_until", "place_en", "place_zh"),
    ),
    (
        _("How it may be used"),
        _("Who may have the data, and under which law and licence."),
        ("sharing_class", "sharing_law", "opening_class", "licence", "legal_basis"),
    ),
    (
        _("Whom to ask"),
        _("Shown on the dataset’s page; readers’ messages go there."),
        ("contact_name", "contact_email"),
    ),
)


class KeywordsField(forms.CharField):
    """Words between commas, Western or Chinese."""

    def prepare_value(self, value):
        """The words as one line."""
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value) -> list[str]:
        """The words, each once."""
        words = [word.strip() for word in BETWEEN.split(value or "")]
        return list(dict.fromkeys(word for word in words if word))

    def has_changed(self, initial, data) -> bool:
        """Compares words, not commas."""
        return list(initial or []) != self.to_python(data)


class DatasetForm(ActionModelForm):
    """The whole description of a dataset, in groups."""

    keywords_en = KeywordsField(label=_("Keywords in English"), required=False, help_text=_("Between commas."))
    keywords_zh = KeywordsField(label=_("Keywords in Chinese"), required=False, help_text=_("Between commas."))

    class Meta:
        model = Dataset
        fields = list(DESCRIBED)
        widgets = {
            "description_en": forms.Textarea(attrs={"rows": 6}),
            "description_zh": forms.Textarea(attrs={"rows": 6}),
            "sharing_class": forms.RadioSelect,
            "opening_class": forms.RadioSelect,
        }
        help_texts = {
            "description_en": _("What one row stands for, where it comes from, what is missing. Markdown works."),
            "frequency": _("How often readers can expect a new version."),
            "coverage_from": _("The first day that the data is about."),
            "place_en": _("The part of the city, or the whole of it."),
            "legal_basis": _("The rule under which the department keeps this data."),
            "sharing_law": _("Only where a law forbids sharing: its name and article."),
            "contact_email": _("Empty: the department’s address."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, choices in CHOSEN.items():
            self.fields[name].choices = [("", _("Choose")), *choices.choices]
        self.fields["sharing_class"].choices = codes.SharingClass.choices
        self.fields["opening_class"].choices = codes.OpeningClass.choices
        for name in ("coverage_from", "coverage_until"):
            self.fields[name].widget = forms.DateInput()

    @property
    def groups(self) -> list[dict]:
        """The fields in the order in which one thinks of them."""
        return [
            {"legend": legend, "hint": hint, "fields": [self[name] for name in names if name in self.fields]}
            for legend, hint, names in GROUPS
        ]


class NewDatasetForm(DatasetForm):
    """A description and the department that it belongs to."""

    department = forms.ModelChoiceField(label=_("Department"), queryset=Department.objects.none(), empty_label=None)

    def __init__(self, *args, departments, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = departments


class ColumnForm(ActionModelForm):
    """One row of the dictionary."""

    class Meta:
        model = Column
        fields = list(column_actions.FIELDS)
        widgets = {"meaning_en": forms.Textarea(attrs={"rows": 2}), "meaning_zh": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["sensitivity"].choices = codes.Sensitivity.choices
        self.fields["identity_role"].choices = codes.IdentityRole.choices
        for field in self.fields.values():
            field.help_text, field.template_name = "", "desk/cell.html"


class LinkForm(ActionModelForm):
    """An address elsewhere."""

    url = forms.URLField(label=_("Address"), max_length=500, assume_scheme="https")

    class Meta:
        model = Link
        fields = list(link_actions.FIELDS)


class RetireForm(ActionForm):
    """Why a dataset is retired."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What replaces the dataset, or why it ends. The history keeps it."),
    )


class AnswerForm(ActionModelForm):
    """The answer to a message."""

    class Meta:
        model = Message
        fields = ["answer"]
        widgets = {"answer": forms.Textarea(attrs={"rows": 6})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["answer"].required = True
