"""The forms of retention, holds and erasure."""

import uuid

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.models import Hold
from catalog.forms import ActionForm
from portal.models import User
from portal.retention.actions import NOUNS


def reason_field() -> forms.CharField:
    """Why; the log keeps it for ever."""
    return forms.CharField(
        label=_("Reason"),
        help_text=_("The log keeps it for ever: write no names and no personal data."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class RetentionForm(ActionForm):
    """For how many months personal details are kept."""

    months = forms.IntegerField(
        label=_("Months"), required=False, help_text=_("6 or more. Left empty, they are kept for ever.")
    )
    reason = reason_field()


class HoldForm(ActionForm):
    """What nothing may be erased of; the form finds it."""

    kind = forms.ChoiceField(label=_("What is it about?"), choices=Hold.Kind, widget=forms.RadioSelect)
    which = forms.CharField(
        label=_("Which one?"),
        max_length=254,
        help_text=_("The identifier from its address; for a department its code, for an account its e-mail address."),
    )
    reason = reason_field()

    def clean(self) -> dict:
        """Adds `about`, the thing itself."""
        cleaned = super().clean()
        kind, which = cleaned.get("kind"), cleaned.get("which", "").strip()
        if kind and which:
            cleaned["about"] = _find(kind, which)
            if cleaned["about"] is None:
                self.add_error("which", gettext("Nothing was found under these words. Check them."))
        return cleaned


class ErasureForm(ActionForm):
    """Whose details, why, and by which law."""

    email = forms.EmailField(label=_("E-mail address of the account"), max_length=254)
    article = forms.CharField(label=_("Article of the law that asks for it"), max_length=200)
    reason = reason_field()

    def clean_email(self) -> User:
        """The account itself."""
        found = _find(Hold.Kind.ACCOUNT, self.cleaned_data["email"])
        if found is None:
            raise ValidationError(gettext("No account has this address."))
        return found


def _find(kind: str, which: str):
    things = NOUNS[kind].objects.all()
    try:
        return things.filter(pk=uuid.UUID(which)).first()
    except ValueError:
        pass
    if kind == Hold.Kind.ACCOUNT:
        return things.filter(email=User.objects.normalize(which)).first()
    return things.filter(code=which.lower()).first() if kind == Hold.Kind.DEPARTMENT else None
