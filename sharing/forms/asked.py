"""The forms of what a requester does with a request: declare, withdraw, answer, add a column, attest."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.forms import ActionForm
from sharing.forms.asked_columns import types_of
from sharing.models import Question, Request

LONG = {"rows": 4, "data-left": _("%d characters left")}


class DeclarationForm(ActionForm):
    """What whoever sends it answers for."""

    declared = forms.BooleanField(
        label=_("I declare that these answers are true, that the law named allows this, and that the data is needed")
    )


class EnterpriseDeclarationForm(ActionForm):
    """The same for an enterprise, which names no law."""

    declared = forms.BooleanField(
        label=_("I declare that these answers are true, that we keep to the terms, and that the data is needed")
    )


class DisposalForm(ActionForm):
    """What became of the data."""

    how = forms.CharField(
        label=_("What was disposed of, how, by whom and when"), max_length=2_000, widget=forms.Textarea(attrs=LONG)
    )


class AnswersForm(ActionForm):
    """All open questions, each with its answer."""

    def __init__(self, questions: list[Question], *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.questions = questions
        for question in questions:
            self.fields[f"answer-{question.pk}"] = forms.CharField(
                label=question.text, max_length=2_000, widget=forms.Textarea(attrs=LONG)
            )

    def answered(self) -> dict[int, str]:
        """Question to answer."""
        return {question.pk: self.cleaned_data[f"answer-{question.pk}"] for question in self.questions}


class ColumnForm(ActionForm):
    """One column more, and what it is needed for."""

    name = forms.ChoiceField(label=_("Column"))
    need = forms.CharField(label=_("What it is needed for"), max_length=300)

    def __init__(self, asked: Request, *args, **kwargs):
        super().__init__(*args, **kwargs)
        known = {column.name for column in asked.columns.all()}
        self.fields["name"].choices = [(name, name) for name in types_of(asked) if name not in known]
