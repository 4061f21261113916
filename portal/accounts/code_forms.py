"""The forms of the second step."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.forms import ActionForm
from portal.accounts.forms import own_password, password_field
from portal.models import User


def code_field(label, help_text="", most: int = 12) -> forms.CharField:
    """A code that is typed, pasted or filled in by the browser."""
    attrs = {"autocomplete": "one-time-code", "spellcheck": "false", "autocapitalize": "characters"}
    return forms.CharField(label=label, max_length=most, help_text=help_text, widget=forms.TextInput(attrs=attrs))


class SecondStepForm(ActionForm):
    """The code of the app, or a recovery code."""

    code = code_field(
        _("Code from your authenticator app"),
        _("Six digits, another one every 30 seconds. Without your phone, type one of your recovery codes."),
        most=40,
    )


class PasswordForm(ActionForm):
    """The present password: whoever sits at a page that was left open does not know it."""

    password = password_field(_("Your present password"), "current-password")

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        """It is the account's."""
        return own_password(self.user, self.cleaned_data["password"])


class ProvenForm(PasswordForm):
    """The present password, and a code of the app where there is one: who changes the second step still has it."""

    present = code_field(
        _("Code of your present app"), _("The next one that it shows, or one of your recovery codes."), most=40
    )

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        if user.authenticator is None:
            del self.fields["present"]

    def given(self) -> str:
        """The code that was typed; empty where there was none to type."""
        return self.cleaned_data.get("present", "")


class AuthenticatorForm(ProvenForm):
    """The first code of a new app, and the password."""

    code = code_field(_("Code that the app shows now"), _("Six digits."))
    field_order = ["code", "present", "password"]
