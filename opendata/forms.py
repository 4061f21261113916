"""The forms by which a dataset is proposed, decided about and taken back."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.choosing import ChoosesColumns
from catalog.forms import ActionForm
from catalog.models import Version
from catalog.terms import TableTerms, Terms
from catalog.wording import ColumnWords


class SubmitForm(ChoosesColumns, ActionForm):
    """Which columns everybody may see, under which masks. It starts from the last release where there is one."""

    documents = forms.BooleanField(label=_("Open the documents of this version too"), required=False)
    note = forms.CharField(
        label=_("Note to the reviewer"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What changed, and why nothing in it harms anybody."),
    )  # fmt: skip

    def __init__(self, version: Version, last: Terms | None, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if version.documents.exists():
            self.fields["documents"].initial = last is None or last.documents
        else:
            del self.fields["documents"]
        self.add_columns(version, list(version.tables.all()), start=lambda words: first_choice(words, last))

    def terms(self) -> Terms:
        """What was chosen."""
        tables = {name: TableTerms(columns=columns) for name, columns in self.chosen().items()}
        return Terms(tables=tables, documents=self.cleaned_data.get("documents", False))


def first_choice(words: ColumnWords, last: Terms | None) -> tuple[bool, str | None]:
    """Ticked as in the last release; without one, all that is neither personal nor sensitive."""
    if last is None:
        return not words.is_protected, None
    columns = last.tables[words.table].columns if words.table in last.tables else {}
    return words.name in columns, columns.get(words.name)


class WithdrawForm(ActionForm):
    """Why nothing of the dataset is open any more."""

    reason = forms.CharField(
        label=_("Reason"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Everybody reads it on the page that says that the dataset was withdrawn."),
    )  # fmt: skip


class TakeBackForm(ActionForm):
    """Why the owner no longer wishes it, if they care to say."""

    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 3})
    )
