"""The forms of every page: what an action refuses is shown beside the field that it names."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy as _


class Acts:
    """Gives a form `act`, the one place where a page meets its action's refusals."""

    result: Any = None

    def act(self, action: Callable[[], Any]) -> bool:
        """Calls the action if the form is valid, keeps what it gave as `result`, and says whether it was done.

        A view reads: `if request.method == "POST" and form.act(lambda: retire_dataset(...)): return redirect(...)`.
        """
        if not self.is_valid():
            return False
        try:
            self.result = action()
        except ValidationError as refusal:
            self._show(refusal)
            return False
        return True

    def _show(self, refusal: ValidationError) -> None:
        if not hasattr(refusal, "error_dict"):
            self.add_error(None, refusal)
            return
        for name, errors in refusal.error_dict.items():
            self.add_error(name if name in self.fields and name != NON_FIELD_ERRORS else None, errors)


class ActionForm(Acts, forms.Form):
    """A form whose fields are its own."""


class PlainForm(ActionForm):
    """Nothing needs to be said; pressing the button is the act."""


class ReasonForm(ActionForm):
    """Why something is refused, goes back or is taken away."""

    reason = forms.CharField(
        label=_("Reason"), max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3, "data-left": _("%d characters left")}),
        help_text=_("The other side reads it, and it is kept in the log."),
    )  # fmt: skip


class ActionModelForm(Acts, forms.ModelForm):
    """A form whose fields are a model's. It never touches the instance: the action does."""

    def _post_clean(self) -> None:
        """Leaves the checks of the model to the action."""

    def save(self, commit: bool = True):
        """Refuses: a page calls an action."""
        raise NotImplementedError("Call an action with form.cleaned_data: form.act(lambda: ...)")
