"""What may be agreed to: as asked or less, never more."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.masks import parse_mask
from catalog.rows.letting import check_where
from catalog.terms import TableTerms, Terms
from sharing.calendar import end_of
from sharing.limits import Limits
from sharing.models import Decision, Request

LONGEST_BASIS = 300
ON_APPLICATION = gettext_lazy("Application for data that is open on application, under the terms accepted")


@dataclass(frozen=True)
class Agreed:
    """The terms that a request would be granted, until when, and what of it stays ungranted."""

    terms: Terms
    valid_until: datetime
    is_less: bool
    refused_columns: list[str]
    limits: Limits

    @property
    def columns(self) -> dict[str, str | None]:
        """The columns that are agreed to, with their masks."""
        return next(iter(self.terms.tables.values())).columns

    @property
    def where(self) -> str:
        """The row filter that is agreed to."""
        return next(iter(self.terms.tables.values())).where


def agree(
    request: Request,
    *,
    columns: dict[str, str | None] | None = None,
    where: str | None = None,
    valid_until=None,
    limits: Limits | None = None,
) -> Agreed:
    """What is agreed to where nothing is said, all that was asked; fewer columns or rows, stronger masks, less long.

    `where` is a further condition: rows must meet it and what was asked.
    """
    asked = {column.name: column.mask or None for column in request.columns.all()}
    wanted = asked if columns is None else {name: mask or None for name, mask in columns.items()}
    _check_no_more(request, asked, wanted)
    until = end_of(request.valid_until)
    if valid_until is not None and valid_until > until:
        raise ValidationError({"valid_until": _("Access was asked for until an earlier day. Choose that, or less.")})
    rows = _both(request.where.strip(), (where or "").strip(), types_of(request))
    terms = Terms(tables={request.table: TableTerms(columns=wanted, where=rows)})
    is_less = wanted != asked or rows != request.where.strip() or (valid_until is not None and valid_until < until)
    limits = limits.within(request) if limits else Limits.asked(request)
    limits.check()
    limits.check_within(request)
    is_less = is_less or limits != Limits.asked(request)
    return Agreed(terms, valid_until or until, is_less, [name for name in asked if name not in wanted], limits)


def agreed_before(request: Request, decision: Decision) -> Agreed:
    """What the first of two approvers agreed to."""
    is_less = decision.outcome == Decision.Outcome.LESS
    terms, limits = Terms.from_json(decision.terms), Limits(**decision.limits)
    return Agreed(terms, decision.valid_until, is_less, decision.refused_columns, limits)


def standing_decision(request: Request) -> Decision | None:
    """The decision that stands; none where nobody has decided."""
    return request.decisions.filter(overturned_at=None).select_related("decided_by").first()


def check_as_decided(request: Request, decision: Decision | None, terms: Terms, valid_until: datetime) -> None:
    """A grant under a request has the terms that were decided, by as many as must agree, and is its only one."""
    if request.grant_id is not None:
        raise ValidationError(_("This request was agreed to already. The grant holds its terms."))
    if decision is None or decision.outcome == Decision.Outcome.REFUSED:
        raise ValidationError(_("Nobody has agreed to this request."))
    if decision.needs_second and decision.second_by_id is None:
        raise ValidationError(_("This request waits for a second approver."))
    if Terms.from_json(decision.terms).sha256 != terms.sha256 or decision.valid_until != valid_until:
        raise ValidationError(_("These are not the terms that were decided about."))


def legal_basis_of(request: Request) -> str:
    """The law relied on in one line, as a grant states it."""
    parts = [request.instrument, request.article, request.instrument_version, request.exemption]
    return ", ".join(part.strip() for part in parts if part.strip()) or str(ON_APPLICATION)


def is_as_strong(mask: str | None, asked: str | None, *, column: str, column_type: str) -> bool:
    """True where whoever sees the column under this mask learns no more of it than under the one that was asked for."""
    if mask == asked or asked is None:
        return True
    given = parse_mask(mask, column=column, column_type=column_type)
    wished = parse_mask(asked, column=column, column_type=column_type)
    if given is None:
        return False
    if given.name == "null" or given == wished:
        return True
    if given.name != wished.name or given.argument is None:
        return False
    if given.name == "band":  # a wider band tells less only where its bounds are bounds of the narrower one
        return given.argument % wished.argument == 0
    return given.argument <= wished.argument


def _check_no_more(request: Request, asked: dict, wanted: dict) -> None:
    if not wanted:
        raise ValidationError(_("Choose at least one column, or refuse the request."))
    more = sorted(wanted.keys() - asked.keys())
    if more:
        raise ValidationError(_("These columns were not asked for: %(columns)s."), params={"columns": ", ".join(more)})
    types = types_of(request)
    for name, mask in wanted.items():
        if name not in types:
            raise ValidationError(_("Column “%(name)s” is gone. Leave it out."), params={"name": name})
        if not is_as_strong(mask, asked[name], column=name, column_type=types[name]):
            raise ValidationError(
                _("Column “%(name)s” was asked for as “%(asked)s”. “%(mask)s” would show more, or something else."),
                params={"name": name, "asked": asked[name], "mask": mask or _("as it is")},
            )


def types_of(request: Request) -> dict[str, str]:
    """The columns of the asked table as they are now, with their types."""
    current = request.dataset.current
    table = current.tables.filter(name=request.table).first() if current else None
    return table.types if table else {}


def _both(asked: str, further: str, types: dict[str, str]) -> str:
    if further:
        check_where(further, types)  # by itself: a bracket in it would otherwise end the one around what was asked
    return f"({asked}) and ({further})" if asked and further else asked or further
