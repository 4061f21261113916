"""What the forms of a request's pages share: some of its fields, begun with what was answered before."""

from datetime import date
from typing import ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from catalog.forms import Acts
from sharing.actions.drafting import save_answers
from sharing.earlier import Earlier
from sharing.models import Request
from sharing.policies.requests import NEEDED

LEFT = {"data-left": _("%d characters left")}


class AnswerForm(Acts, forms.ModelForm):
    """One page of a request: some of its fields, begun with what was answered before. The action saves them."""

    optional: ClassVar[tuple[str, ...]] = ()

    def __init__(self, draft: Request, earlier: Earlier, *args, **kwargs):
        self.draft, self.earlier = draft, earlier
        names = [name for name in self._meta.fields if not getattr(draft, name)]
        super().__init__(*args, instance=draft, initial=earlier.of(names), **kwargs)
        for name in self._meta.fields:
            self.fields[name].required = name not in self.optional
            if name in NEEDED:
                self.fields[name].error_messages["required"] = NEEDED[name]

    @property
    def taken_over(self) -> str:
        """The reference of the earlier request whose answers stand in the fields; empty where none do."""
        return self.earlier.reference if any(self.initial.get(name) for name in self.earlier.given) else ""

    def _post_clean(self) -> None:
        """Leaves the checks of the model to the action."""

    def save(self, commit: bool = True):
        """Refuses: a page calls an action."""
        raise NotImplementedError("Call form.answer")

    def answer(self, *, by: Actor) -> Request:
        """Keeps what stands in the form."""
        return save_answers(self.draft, self.answers(), by=by)

    def answers(self) -> dict:
        """The fields of the request as answered."""
        return {name: self.cleaned_data[name] for name in self._meta.fields}


def to_come(day: date) -> date:
    """The day, if it still lies ahead."""
    if day <= timezone.localdate():
        raise ValidationError(_("Choose a day that is still to come."))
    return day
