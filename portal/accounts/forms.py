"""The forms of accounts, people, departments and keys."""

import re
from datetime import date, datetime, time, timedelta

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language_info, gettext
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from catalog.actions import departments as department_actions
from catalog.forms import ActionForm, ActionModelForm
from catalog.models import CITY_ROLES, Dataset, Department, Role, Scope
from catalog.permissions import visible_datasets
from portal.models import User
from portal.throttle import check_pace_of

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MOST_DATASETS = 50
MOST_TRIES = 10  # an hour, of one's own password


class _Trapped(forms.BoundField):
    def css_classes(self, extra_classes=None):
        return "hidden-text"


class TrapField(forms.CharField):
    """A field that people do not see and robots fill."""

    bound_field_class = _Trapped

    def __init__(self):
        attrs = {"tabindex": "-1", "autocomplete": "off"}
        super().__init__(label=_("Leave this empty"), required=False, widget=forms.TextInput(attrs=attrs))

    def clean(self, value):
        """Refuses whatever was filled in."""
        if value:
            raise ValidationError(gettext("Leave this field empty: it is there to catch robots."))
        return ""


def password_field(label, autocomplete: str, **fields) -> forms.CharField:
    """A password, never trimmed, never shown again."""
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=200, widget=widget, **fields)


def own_password(user: User, typed: str) -> str:
    """It is the account's; an open session guesses it no more than so many times an hour, right or wrong."""
    check_pace_of(user, "own-password", MOST_TRIES)
    if not user.check_password(typed):
        raise ValidationError(gettext("This is not your present password."))
    return typed


def email_field(autocomplete: str = "email", **fields) -> forms.EmailField:
    """An e-mail address."""
    widget = forms.EmailInput(attrs={"autocomplete": autocomplete})
    return forms.EmailField(label=_("E-mail address"), max_length=254, widget=widget, **fields)


def name_field(**fields) -> forms.CharField:
    """A person's whole name, in any script."""
    return forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}), **fields
    )


class SignInForm(ActionForm):
    """Address and password."""

    email = email_field("username")
    password = password_field(_("Password"), "current-password")


class CitizenForm(ActionForm):
    """What a citizen's account needs."""

    name = name_field()
    email = email_field(help_text=_("We send a link to this address. The account is made once you follow it."))
    trap = TrapField()


class EnterpriseForm(CitizenForm):
    """What an enterprise's first account needs."""

    enterprise = forms.CharField(label=_("Name of the enterprise"), max_length=160)
    code = forms.CharField(
        label=_("Unified social credit code"),
        max_length=40,
        help_text=_("18 characters, as on the business licence. An administrator checks it before data can be lent."),
    )
    field_order = ["enterprise", "code", "name", "email", "trap"]


class EmailForm(ActionForm):
    """An address to send a link to."""

    email = email_field()
    trap = TrapField()


class NewPasswordForm(ActionForm):
    """A password, twice; Django's validators see whose it is."""

    password = password_field(_("Password"), "new-password", help_text=password_validators_help_text_html())
    again = password_field(_("The same password again"), "new-password")

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        """Strong enough, and unlike the person's name and address."""
        validate_password(self.cleaned_data["password"], self.user)
        return self.cleaned_data["password"]

    def clean(self) -> dict:
        """Both are the same."""
        words = super().clean()
        if "password" in words and words.get("again") not in {None, words["password"]}:
            self.add_error("again", gettext("The two passwords differ. Type the same one twice."))
        return words


class ChangePasswordForm(NewPasswordForm):
    """The old password, then the new one twice."""

    old = password_field(_("Your present password"), "current-password")
    field_order = ["old", "password", "again"]

    def clean_old(self) -> str:
        """Whoever sits at a page that was left open does not know it."""
        return own_password(self.user, self.cleaned_data["old"])


class AccountForm(ActionForm):
    """One's name and language."""

    name = name_field()
    language = forms.ChoiceField(label=_("Language of pages and e-mails"), widget=forms.RadioSelect)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [
            (code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES
        ]


class ReasonForm(ActionForm):
    """Why something ends."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class RoleForm(ActionForm):
    """A role in a department."""

    department = forms.ModelChoiceField(
        label=_("Department"),
        queryset=Department.objects.none(),
        required=False,
        empty_label=_("Choose"),
        help_text=_("The city-wide roles (authority, reviewer, auditor, administrator) need none."),
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, widget=forms.RadioSelect)
    until = forms.DateField(
        label=_("Until"), required=False, help_text=_("The last day of the role. Empty: until somebody ends it.")
    )

    def __init__(self, *args, also: QuerySet[Department], **kwargs):
        super().__init__(*args, **kwargs)
        of_the_city = ~Q(kind=Department.Kind.ENTERPRISE)
        self.fields["department"].queryset = Department.objects.filter(of_the_city | Q(pk__in=also.values("pk")))

    def clean(self) -> dict:
        """City-wide roles are held in the city, whatever department was left chosen."""
        words = super().clean()
        if words.get("role") in CITY_ROLES:
            words["department"] = Department.objects.get(kind=Department.Kind.CITY)
        elif "role" in words and words.get("department") is None:
            self.add_error("department", gettext("Choose the department in which the role is held."))
        words["until"] = end_of(words.get("until"))
        return words


class MoveForm(RoleForm):
    """A role elsewhere, and why every other one ends."""

    reason = forms.CharField(label=_("Reason"), max_length=500, initial=_("New post"))


class InvitationForm(RoleForm):
    """Who is invited, and to what."""

    name = forms.CharField(label=_("Name"), max_length=120)
    email = email_field("off")
    field_order = ["name", "email", "department", "role", "until"]


class DepartmentForm(ActionModelForm):
    """What a department is called, does, and stands below."""

    class Meta:
        model = Department
        fields = list(department_actions.FIELDS)
        widgets = {"duties_en": forms.Textarea(attrs={"rows": 3}), "duties_zh": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"contact_email": _("Messages about datasets without a contact of their own go here.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        parents = Department.objects.exclude(kind=Department.Kind.ENTERPRISE)
        self.fields["parent"] = forms.ModelChoiceField(
            label=_("Stands below"), queryset=parents, initial=self.instance.parent_id, required=self._below_city
        )
        if not self._below_city:
            del self.fields["parent"]

    @property
    def _below_city(self) -> bool:
        return self.instance.kind == Department.Kind.DEPARTMENT


class NewDepartmentForm(DepartmentForm):
    """A department with its code."""

    code = forms.CharField(
        label=_("Code"), max_length=40, help_text=_("Latin letters, digits and hyphens. It never changes.")
    )
    field_order = ["code", *department_actions.FIELDS]


class KeyForm(ActionForm):
    """What a key is for, and until when."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What will use it, so that you know it again: “nightly report”.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple, initial=[Scope.READ]
    )
    until = forms.DateField(label=_("Last day"), help_text=_("At most a year from now."))
    datasets = forms.CharField(
        label=_("Only these datasets"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Addresses or identifiers of datasets, one on each line. Empty: all that you may read."),
    )

    def __init__(self, *args, actor: Actor, **kwargs):
        super().__init__(*args, **kwargs)
        self.actor = actor

    def clean_until(self) -> datetime:
        """The end of the last day."""
        return end_of(self.cleaned_data["until"])

    def clean_datasets(self) -> list[Dataset]:
        """The datasets named, each of which the person can see."""
        lines = self.cleaned_data["datasets"].split()
        found = {line: UUID.search(line) for line in lines[:MOST_DATASETS]}
        ids = {line: match[0] for line, match in found.items() if match}
        seen = {str(dataset.pk): dataset for dataset in visible_datasets(self.actor).filter(pk__in=ids.values())}
        for line in lines:
            if ids.get(line, "").lower() not in seen:
                raise ValidationError(
                    gettext("There is no dataset “%(line)s” that you can see."), params={"line": line[:80]}
                )
        return list(seen.values())


def end_of(day: date | None) -> datetime | None:
    """The moment at which this day is over where the portal stands."""
    if day is None:
        return None
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
