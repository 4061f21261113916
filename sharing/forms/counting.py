"""The question that is put to a grant of counts: which rows, and by which column they are told apart."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from catalog.models import Basis, Least, Version
from catalog.preview import Preview, answer, unsaid
from catalog.rows.errors import EngineBusy, QueryError, Stopped, TooCostly
from catalog.rows.query import LONGEST, MOST_ROWS, RowQuery
from catalog.rows.scope import quoted
from catalog.wording import TableWords


class CountForm(forms.Form):
    """A condition on rows, and at most one column to group them by."""

    where = forms.CharField(
        label=gettext_lazy("Only rows where"), required=False, max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("For example: district = 'North' and born < 1980. Empty for all rows."),
    )  # fmt: skip
    group_by = forms.ChoiceField(label=gettext_lazy("For each"), required=False)

    def __init__(self, grant: Basis, table: TableWords, data=None):
        super().__init__(data)
        self._grant, self._table = grant, table
        if grant.least == Least.YES_NO:
            del self.fields["group_by"]
        else:
            names = [(column.name, column.name) for column in table.columns]
            self.fields["group_by"].choices = [("", _("All together")), *names]

    def answer(self, version: Version, *, by: Actor) -> Preview | None:
        """What is answered, or why nothing is now; none where the question is at fault, which its field says."""
        if not self.is_valid():
            return None
        try:
            return answer(self._query(), version, self._grant, by=by)
        except QueryError as refusal:
            self.add_error("where", ValidationError(refusal.sentence))
        except (EngineBusy, TooCostly, Stopped) as reason:
            return unsaid(reason)
        return None

    def _query(self) -> RowQuery:
        group = self.cleaned_data.get("group_by", "")
        name = _("enough") if self._grant.least == Least.YES_NO else _("count")
        name = "n" if name == group else name
        counted = f"count(*) as {quoted(name)}"
        return RowQuery(
            table=self._table.name,
            select=f"{quoted(group)}, {counted}" if group else counted,
            where=self.cleaned_data["where"].strip(),
            group_by=quoted(group) if group else "",
            limit=MOST_ROWS,
        )
