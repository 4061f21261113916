"""Columns that look personal: what the reader suspects, with its evidence, until a steward marks them or does not."""

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.codes import IdentityRole, Sensitivity
from catalog.forms import ActionForm
from catalog.models import Column, Table

# What the reader calls it; in words; the marks that fit it in the dictionary; whether that is proposed ready-ticked.
KINDS = {
    "person_code": (gettext_lazy("person code"), Sensitivity.SENSITIVE, IdentityRole.PERSON_CODE, True),
    "enterprise_code": (gettext_lazy("enterprise code"), Sensitivity.INTERNAL, IdentityRole.ENTERPRISE_CODE, True),
    "email": (gettext_lazy("e-mail address"), Sensitivity.PERSONAL, IdentityRole.NONE, True),
    "phone": (gettext_lazy("phone number"), Sensitivity.PERSONAL, IdentityRole.NONE, True),
    "name": (gettext_lazy("name of a person"), Sensitivity.PERSONAL, IdentityRole.NONE, True),
    "address": (gettext_lazy("address"), Sensitivity.PERSONAL, IdentityRole.ADDRESS, False),
    "place": (gettext_lazy("precise place"), Sensitivity.PERSONAL, IdentityRole.PLACE, False),
    "free_text": (gettext_lazy("free text that may name people"), Sensitivity.PERSONAL, IdentityRole.NONE, False),
}


def evidence_words(about: dict) -> str:
    """What a column looks like, and in how many of the cells looked at; empty where it looks like nothing."""
    seen = about.get("personal")
    if not seen or seen["kind"] not in KINDS:
        return ""
    return _("Looks like: %(kind)s (%(share)s %% of %(of)s cells looked at)") % {
        "kind": KINDS[seen["kind"]][0],
        "share": f"{seen['share'] * 100:.3g}",
        "of": f"{seen['of']:,}",
    }


@dataclass(frozen=True)
class Mark:
    """A column of the dictionary that says nothing yet, and what it would say."""

    column: Column
    about: dict

    @property
    def fields(self) -> dict:
        """The marks as the dictionary keeps them."""
        _words, sensitivity, role, _ticked = KINDS[self.about["personal"]["kind"]]
        return {"sensitivity": sensitivity.value, "identity_role": role.value}

    @property
    def label(self) -> str:
        """The column, the evidence, and the marks."""
        marks = [Sensitivity(self.fields["sensitivity"]).label]
        if self.fields["identity_role"] != IdentityRole.NONE:
            marks.append(IdentityRole(self.fields["identity_role"]).label)
        words = {"name": self.column.name, "evidence": evidence_words(self.about), "marks": ", ".join(map(str, marks))}
        return _("%(name)s. %(evidence)s. Mark: %(marks)s") % words

    @property
    def is_ticked(self) -> bool:
        """False where such a column is often no person's: the steward ticks it."""
        return KINDS[self.about["personal"]["kind"]][3]


def marks_of(table: Table) -> list[Mark]:
    """The suspected columns of a table of which the dictionary says nothing yet."""
    suspected = {about["name"]: about for about in table.schema if evidence_words(about)}
    unmarked = Column.objects.filter(
        dataset=table.version.dataset_id,
        table=table.name,
        name__in=suspected,
        sensitivity=Sensitivity.INTERNAL,
        identity_role=IdentityRole.NONE,
    )
    return [Mark(column, suspected[column.name]) for column in unmarked]


class MarkForm(ActionForm):
    """Which of the suspected columns are what they look like."""

    marked = forms.MultipleChoiceField(
        label=gettext_lazy("Columns to mark in the dictionary"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data=None, *, marks: list[Mark]):
        super().__init__(data)
        self.marks = {str(mark.column.pk): mark for mark in marks}
        self.fields["marked"].choices = [(pk, mark.label) for pk, mark in self.marks.items()]
        self.initial["marked"] = [pk for pk, mark in self.marks.items() if mark.is_ticked]

    def changes(self) -> dict:
        """The dictionary's fields by the columns' identifiers."""
        return {self.marks[pk].column.pk: self.marks[pk].fields for pk in self.cleaned_data["marked"]}
