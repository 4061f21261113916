"""What the auditor looks for: the form of the timeline, and the events that it finds."""

import uuid

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.kinds import KINDS
from audit.models import Event
from audit.wording import GROUPS
from catalog.models import Basis, Dataset, Department
from portal.models import User

MOST_MEANT = 50


def kinds_of(choice: str) -> list[str]:
    """The kinds of a group by its code, or the one kind of that name."""
    if choice in GROUPS:
        return [kind for kind in KINDS if kind.startswith(GROUPS[choice][1])]
    return [choice]


def _choices() -> list:
    groups = [
        (label, [(code, gettext_lazy("All of this group")), *((kind, kind) for kind in kinds_of(code))])
        for code, (label, _starts) in GROUPS.items()
    ]
    return [("", gettext_lazy("Everything")), *groups]


class FilterForm(forms.Form):
    """All of it may stay empty. A name that means nothing, or too many, is said so beside its field."""

    who = forms.CharField(
        label=gettext_lazy("Who"), required=False, max_length=200,
        help_text=gettext_lazy("Name, e-mail address or identifier of an account"),
    )  # fmt: skip
    department = forms.CharField(
        label=gettext_lazy("Department"), required=False, max_length=200,
        help_text=gettext_lazy("Name or code; of a reading the one that received"),
    )  # fmt: skip
    dataset = forms.CharField(
        label=gettext_lazy("Dataset"), required=False, max_length=300, help_text=gettext_lazy("Title or identifier")
    )
    basis = forms.CharField(
        label=gettext_lazy("Grant or other basis"), required=False, max_length=36,
        help_text=gettext_lazy("Identifier; it stands on the grant’s page"),
    )  # fmt: skip
    kind = forms.ChoiceField(label=gettext_lazy("What happened"), required=False, choices=_choices)
    since = forms.DateTimeField(label=gettext_lazy("From (UTC)"), required=False, widget=forms.DateTimeInput)
    until = forms.DateTimeField(label=gettext_lazy("To (UTC)"), required=False, widget=forms.DateTimeInput)

    def clean_who(self) -> list[uuid.UUID]:
        text = self.cleaned_data["who"].strip()
        named = Q(email=text.lower()) | Q(name__icontains=text)
        return _meant(User.objects.all(), text, named, _("No account has this name, address or identifier."))

    def clean_department(self) -> list[uuid.UUID]:
        text = self.cleaned_data["department"].strip()
        named = Q(code=text) | Q(name_en__icontains=text) | Q(name_zh__icontains=text)
        return _meant(Department.objects.all(), text, named, _("No department has this name or code."))

    def clean_dataset(self) -> list[uuid.UUID]:
        text = self.cleaned_data["dataset"].strip()
        named = Q(title_en__icontains=text) | Q(title_zh__icontains=text)
        return _meant(Dataset.objects.all(), text, named, _("No dataset has this title or identifier."))

    def clean_basis(self) -> list[uuid.UUID]:
        text = self.cleaned_data["basis"].strip()
        return _meant(Basis.objects.none(), text, Q(), _("This is not an identifier of a grant or another basis."))

    def events(self) -> QuerySet[Event]:
        """What the valid form finds."""
        found = {
            "actor__in": self.cleaned_data["who"],
            "department__in": self.cleaned_data["department"],
            "dataset__in": self.cleaned_data["dataset"],
            "basis__in": self.cleaned_data["basis"],
            "kind__in": kinds_of(self.cleaned_data["kind"]) if self.cleaned_data["kind"] else [],
            "time__gte": self.cleaned_data["since"],
            "time__lte": self.cleaned_data["until"],
        }
        return Event.objects.filter(**{name: value for name, value in found.items() if value})

    def stated(self) -> dict[str, str]:
        """The filters as the log keeps them: accounts by identifier, everything else as it was written."""
        written = {name: str(self.data.get(name, "")).strip() for name in self.fields if name != "who"}
        accounts = ", ".join(map(str, self.cleaned_data["who"]))
        return {name: text for name, text in {"who": accounts, **written}.items() if text}

    def private(self) -> dict[str, str]:
        """What was written to find a person: it may be a name, so the log only commits to it."""
        text = str(self.data.get("who", "")).strip()
        return {"who": text} if text else {}


def _meant(things: QuerySet, text: str, named: Q, refusal: str) -> list[uuid.UUID]:
    """The identifiers of what the text means; empty where nothing was written. What has an identifier may be gone."""
    if not text:
        return []
    try:
        return [uuid.UUID(text)]
    except ValueError:
        found = list(things.filter(named).values_list("pk", flat=True)[: MOST_MEANT + 1])
    if not found:
        raise ValidationError(refusal)
    if len(found) > MOST_MEANT:
        raise ValidationError(_("More than %(most)s fit. Write more of it."), params={"most": MOST_MEANT})
    return found
