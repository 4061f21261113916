"""When a request may be drafted and sent: what it must say, in words that can be read."""

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.codes import OpeningClass, SharingClass
from catalog.masks import parse_mask
from catalog.models import Dataset, Department
from catalog.policies import faults
from catalog.rows.letting import check_where
from sharing.asked import TASKS
from sharing.models import Level, Request
from sharing.policies.agreeing import LONGEST_BASIS, legal_basis_of, types_of
from sharing.policies.columns import (
    asked_columns,
    is_of_enterprise,
    picking_columns,
)
from sharing.policies.grants import check_may_receive
from sharing.policies.texts import too_long
from sharing.states import ASKING

NEEDED = {
    "function": gettext_lazy("Say for which function of your department the data is needed."),
    "aim": gettext_lazy("Say in plain words what the data is for."),
    "benefits": gettext_lazy("Say who benefits."),
    "level": gettext_lazy("Choose the least answer that serves the purpose."),
    "frequency": gettext_lazy("Say how often the data is needed."),
    "data_life_days": gettext_lazy("Say how many days the data is kept once received."),
    "instrument": gettext_lazy("Name the law or regulation that allows this."),
    "article": gettext_lazy("Name its article."),
    "impact_assessment": gettext_lazy("Name the impact assessment: personal or sensitive data is asked for."),
    "exemption": gettext_lazy("Name the exemption relied on: a law withholds this dataset."),
    "delivery": gettext_lazy("Choose the way of delivery."),
    "kept_where": gettext_lazy("Say where the data will be kept."),
    "security_name": gettext_lazy("Name the security contact."),
    "security_email": gettext_lazy("Give the e-mail address of the security contact."),
    "disposal": gettext_lazy("Say how the data will be disposed of, and how that is proved."),
    "valid_until": gettext_lazy("Say until when access is needed."),
    "accountable": gettext_lazy("Name the accountable officer."),
    "accepted_terms": gettext_lazy("Accept the terms."),
}
OF_ENTERPRISES = ("aim", "level", "frequency", "data_life_days", "valid_until", "accountable", "accepted_terms")
SOMETIMES = frozenset({"impact_assessment", "exemption", "accepted_terms"})


@dataclass(frozen=True)
class Missing:
    """What a draft lacks: in which task of the form, which field, and the sentence that asks for it."""

    task: int
    field: str
    sentence: str


def missing_answers(request: Request) -> list[Missing]:
    """All that the draft lacks before it can be sent, in the order of the form."""
    needed = needed_fields(request)
    lacking = [
        Missing(task, field, str(NEEDED[field]))
        for task, fields in TASKS.items()
        for field in fields
        if field in needed and not getattr(request, field)
    ]
    if not request.columns.exists():
        lacking.append(Missing(2, "columns", _("Choose at least one column.")))
    lacking += [
        Missing(2, "columns", _("Say what column “%(name)s” is needed for.") % {"name": name})
        for name in request.columns.filter(need="").values_list("name", flat=True)
    ]
    return sorted(lacking, key=lambda one: one.task)


def needed_fields(request: Request) -> frozenset[str]:
    """The fields that this request must answer: fewer for an enterprise, more for personal or withheld data."""
    if is_of_enterprise(request):
        return frozenset(OF_ENTERPRISES)
    needed = NEEDED.keys() - SOMETIMES
    if any(column.is_protected for column in asked_columns(request) + picking_columns(request)):
        needed |= {"impact_assessment"}
    if request.dataset.sharing_class == SharingClass.WITHHELD:
        needed |= {"exemption"}
    return frozenset(needed)


def check_may_be_asked(dataset: Dataset, department: Department) -> None:
    """The dataset is in use and another's; an enterprise asks only for what is open on application."""
    check_may_receive(department, dataset)
    if dataset.state == Dataset.State.RETIRED:
        raise ValidationError(
            _("%(owner)s retired this dataset: nothing more of it is lent. Ask there what took its place."),
            params={"owner": dataset.department.name},
        )
    if dataset.state != Dataset.State.ACTIVE or dataset.current is None:
        raise ValidationError(_("This dataset has nothing to ask for yet."))
    if department.kind == Department.Kind.ENTERPRISE and dataset.opening_class != OpeningClass.ON_APPLICATION:
        raise ValidationError(_("Enterprises can ask only for datasets that are open on application."))


def check_columns_exist(dataset: Dataset, table: str, columns: list[tuple[str, str]]) -> None:
    """The table has these columns, each named once, under masks that fit their types."""
    found = dataset.current.tables.filter(name=table).first() if dataset.current else None
    if found is None:
        raise ValidationError(_("The dataset has no table “%(table)s” now."), params={"table": table})
    names = [name for name, _mask in columns]
    if len(names) != len(set(names)):
        raise ValidationError(_("A column was named twice."))
    for name, mask in columns:
        if name not in found.types:
            raise ValidationError(
                _("There is no column “%(column)s” in table “%(table)s”."), params={"column": name, "table": table}
            )
        parse_mask(mask, column=name, column_type=found.types[name])


def check_is_draft(request: Request) -> None:
    """Only a draft is written at: what was declared stays as it was."""
    if request.state != Request.State.DRAFT:
        raise ValidationError(
            _("This request was sent: what it says cannot be changed any more. Withdraw it and copy it as a new one.")
        )


def check_answers(request: Request, fields: tuple[str, ...]) -> None:
    """The answers fit their fields and each other; each fault names its field."""
    wrong = faults(request, fields) | too_long(request, fields)
    if request.period_from and request.period_until and request.period_until < request.period_from:
        wrong["period_until"] = [_("The last day lies before the first.")]
    if "where" in fields and request.where.strip():
        check_where(request.where.strip(), types_of(request))
    if len(legal_basis_of(request)) > LONGEST_BASIS:
        wrong["instrument"] = [
            _("The law, its article and version and the exemption together have at most %(most)s characters.")
            % {"most": LONGEST_BASIS}
        ]
    if wrong:
        raise ValidationError(wrong)


def check_is_lent(request: Request) -> None:
    """A column is added to what was granted."""
    if request.state not in {Request.State.DELIVERY_DUE, Request.State.ACTIVE}:
        raise ValidationError(_("Only what was granted can get a further column. Copy the request instead."))


def check_sendable(request: Request) -> None:
    """The draft is whole, agrees with itself, and the department has not too many that wait."""
    if lacking := missing_answers(request):
        raise ValidationError([one.sentence for one in lacking])
    check_may_be_asked(request.dataset, request.department)
    check_columns_exist(request.dataset, request.table, [(one.name, one.mask) for one in request.columns.all()])
    if request.where.strip():
        check_where(request.where.strip(), types_of(request))
    check_level(request)
    if request.valid_until <= timezone.localdate():
        raise ValidationError({"valid_until": _("The last day must lie in the future.")})
    waiting = Request.objects.filter(department=request.department_id, state__in=set(ASKING) - {"draft"}).count()
    if waiting >= settings.REQUESTS_OPEN:
        raise ValidationError(
            _("%(count)s requests of your department wait already, which is the most. Wait for an answer, or withdraw "
              "one that is no longer needed."), params={"count": waiting}
        )  # fmt: skip


def check_level(request: Request) -> None:
    """An answer below “identified” names nobody: what would is asked for as a pseudonym, or not at all."""
    if request.level == Level.IDENTIFIED:
        return
    masks = dict(request.columns.values_list("name", "mask"))
    bare = sorted(column.name for column in asked_columns(request) if column.shows_persons(masks[column.name]))
    if bare:
        raise ValidationError(
            _("%(columns)s would name whom a row is about. Ask for pseudonyms in their place, or for rows that name "
              "whom they are about."), params={"columns": ", ".join(bare)}
        )  # fmt: skip
    picking = sorted(column.name for column in picking_columns(request) if column.names_persons)
    if picking:
        raise ValidationError(
            _("The condition on rows picks persons by %(columns)s. Leave that out of it, or ask for rows that name "
              "whom they are about."), params={"columns": ", ".join(picking)}
        )  # fmt: skip
