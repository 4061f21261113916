"""The pages by which data is asked for, as one table: five tasks, one thing a page.

What each page asks is its form; when it is shown follows from who asks, for what. Which answers are missing is no
matter of pages: `sharing.policies.requests.missing_answers` says that.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from catalog.models import Department
from sharing.forms import asking
from sharing.forms import asking_terms as terms
from sharing.forms.asked_columns import ColumnsForm
from sharing.models import Request
from sharing.policies.requests import needed_fields

TASKS = {
    "purpose": _("State the purpose"),
    "scope": _("Choose columns and rows"),
    "law": _("Name the law"),
    "safety": _("Say how it comes and is kept safe"),
    "time": _("Say until when, and who answers for it"),
}

HEADINGS = {
    "purpose": _("Purpose"),
    "scope": _("Columns and rows"),
    "law": _("Law"),
    "safety": _("Delivery and safekeeping"),
    "time": _("Time and people"),
}
OF_ENTERPRISES = {"law": (_("Accept the terms"), _("Terms"))}


def always(_draft: Request) -> bool:
    """Everybody answers it."""
    return True


def is_department(draft: Request) -> bool:
    """A department of the city asks."""
    return draft.department.kind != Department.Kind.ENTERPRISE


def is_enterprise(draft: Request) -> bool:
    """An enterprise asks."""
    return not is_department(draft)


def needs(name: str) -> Callable[[Request], bool]:
    """Shown where the request must answer this field."""
    return lambda draft: name in needed_fields(draft)


@dataclass(frozen=True)
class Page:
    """One page: its place in the address, its task, its question, its form and when it is shown."""

    slug: str
    task: str
    title: str
    form: type
    shown: Callable[[Request], bool] = always

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of a request that it answers."""
        if self.form is ColumnsForm:
            return ("columns",)
        return (*self.form._meta.fields, *(["where"] if self.form is asking.RowsForm else []))


PAGES = (
    Page("function", "purpose", _("Which duty of your department needs it?"), asking.FunctionForm, is_department),
    Page("aim", "purpose", _("What will you do with the data?"), asking.AimForm),
    Page("benefits", "purpose", _("Who benefits?"), asking.BenefitsForm, is_department),
    Page("columns", "scope", _("What is each column needed for?"), ColumnsForm),
    Page("level", "scope", _("What is the least answer that serves?"), asking.LevelForm),
    Page("rows", "scope", _("Which rows do you need?"), asking.RowsForm, is_department),
    Page("period", "scope", _("Which time must the data cover?"), asking.PeriodForm, is_department),
    Page("frequency", "scope", _("How often will you read it?"), asking.FrequencyForm),
    Page("data-life", "scope", _("How long will you keep what you receive?"), asking.DataLifeForm),
    Page("law", "law", _("Which law allows it?"), terms.LawForm, is_department),
    Page("assessment", "law", _("Which assessment covers it?"), terms.AssessmentForm, needs("impact_assessment")),
    Page("exemption", "law", _("Which exemption do you rely on?"), terms.ExemptionForm, needs("exemption")),
    Page("terms", "law", _("Do you accept the terms of use?"), terms.TermsForm, is_enterprise),
    Page("delivery", "safety", _("How should the data come to you?"), terms.DeliveryForm, is_department),
    Page("keeping", "safety", _("Where will you keep it?"), terms.KeepingForm, is_department),
    Page("security", "safety", _("Who is your security contact?"), terms.SecurityForm, is_department),
    Page("disposal", "safety", _("How will you dispose of it?"), terms.DisposalForm, is_department),
    Page("needed", "time", _("When do you need the first data?"), terms.NeededForm, is_department),
    Page("until", "time", _("Until when do you need access?"), terms.UntilForm),
    Page("people", "time", _("Who answers for it?"), terms.PeopleForm),
)


def pages_of(draft: Request) -> list[Page]:
    """The pages of this request, in order."""
    return [page for page in PAGES if page.shown(draft)]


def tasks_of(pages: list[Page]) -> dict[str, list[Page]]:
    """The tasks that have pages, each with its pages."""
    return {task: found for task in TASKS if (found := [page for page in pages if page.task == task])}


def task_name(draft: Request, task: str) -> str:
    """The task as an order; what departments do with a law, an enterprise does with the terms."""
    return str(OF_ENTERPRISES[task][0] if is_enterprise(draft) and task in OF_ENTERPRISES else TASKS[task])


def heading_of(draft: Request, task: str) -> str:
    """The task as a heading above its answers."""
    return str(OF_ENTERPRISES[task][1] if is_enterprise(draft) and task in OF_ENTERPRISES else HEADINGS[task])
