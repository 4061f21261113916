"""What grants, duties and releases share: terms that fit, states that move by a table, and an end by the clock."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog.masks import parse_mask
from catalog.models import Basis, Key, Version
from catalog.rows.letting import check_where
from catalog.rows.query import LONGEST
from catalog.states import OF_BASIS
from catalog.terms import TableTerms, Terms

AT_ONCE = 500
ENDED = {Basis.Kind.GRANT: "grant.expired", Basis.Kind.DUTY: "duty.closed"}


def check_terms(terms: Terms, version: Version) -> None:
    """The terms fit the version: its tables and columns, masks that suit them, filters that can be read."""
    if terms.everything:
        raise ValidationError(_("Name the columns one by one."))
    if not terms.tables and not terms.documents:
        raise ValidationError(_("Choose at least one column."))
    if terms.documents and not version.documents.exists():
        raise ValidationError(_("This version has no documents. Leave them out."))
    types = {table.name: table.types for table in version.tables.all()}
    for name, table in terms.tables.items():
        if name not in types:
            raise ValidationError(
                _("There is no table “%(table)s” in this version. It has: %(tables)s."),
                params={"table": name, "tables": ", ".join(types) or "–"},
            )
        check_table_terms(table, types[name], name)


def check_table_terms(terms: TableTerms, types: dict[str, str], name: str) -> None:
    """The terms of one table fit its columns."""
    if not terms.columns:
        raise ValidationError(_("Choose at least one column of table “%(table)s”."), params={"table": name})
    for column, mask in terms.columns.items():
        if column not in types:
            raise ValidationError(
                _("There is no column “%(column)s” in table “%(table)s”. It has: %(columns)s."),
                params={"column": column, "table": name, "columns": ", ".join(types)},
            )
        parse_mask(mask, column=column, column_type=types[column])
    if len(terms.where) > LONGEST:
        raise ValidationError(_("A row filter has at most %(most)s characters."), params={"most": LONGEST})
    if terms.where:
        check_where(terms.where, types)


def check_reason(reason: str) -> None:
    """Whoever takes something away says why."""
    if not reason.strip():
        raise ValidationError(_("Give a reason: the other side reads it."))


def move_basis(basis: Basis, verb: str, *, reason: str = "") -> Basis:
    """The basis, locked and moved by its table of moves; for actions that have checked and will record."""
    basis = (
        Basis.objects.select_for_update(of=("self",))
        .select_related("dataset__department", "department")
        .get(pk=basis.pk)
    )
    basis.state = OF_BASIS[basis.kind].after(basis.state, verb)
    basis.state_reason = reason.strip()
    basis.state_at = timezone.now()
    basis.save(update_fields=["state", "state_reason", "state_at"])
    if basis.state not in {Basis.State.ACTIVE, Basis.State.SUSPENDED}:
        Key.objects.filter(grant=basis).end()
    return basis


@transaction.atomic
def suspend_live(grants: QuerySet[Basis], *, by: Actor, reason: str) -> int:
    """The bare suspension of grants under which something changed, for actions that have checked; how many there were.

    Only an approver of the owner resumes them.
    """
    found = list(grants.filter(kind=Basis.Kind.GRANT, state=Basis.State.ACTIVE).order_by("pk"))
    for grant in found:
        suspended = move_basis(grant, "suspend", reason=reason)
        record(
            "grant.suspended",
            by=by,
            on=suspended,
            department=suspended.dataset.department,
            dataset=suspended.dataset,
            basis=suspended,
            facts={"reason": suspended.state_reason},
        )
    return len(found)


@transaction.atomic
def close_duty(duty: Basis, *, by: Actor, reason: str) -> None:
    """The bare end of a duty, for actions that have checked that its work is done."""
    duty = move_basis(duty, "close", reason=reason)

    record(
        "duty.closed",
        by=by,
        on=duty,
        department=duty.department,
        dataset=duty.dataset,
        basis=duty,
        facts={"reason": reason},
    )


def expire_bases(*, by: Actor) -> int:
    """Grants and duties whose date has passed become expired, one transaction each; returns how many did.

    They let nothing out from the moment of their date: this only says so in their state and in the log.
    """
    due = Basis.objects.filter(
        state__in=[Basis.State.ACTIVE, Basis.State.SUSPENDED], kind__in=ENDED, valid_until__lte=timezone.now()
    )
    return sum(_expire(basis, by=by) for basis in due.order_by("valid_until")[:AT_ONCE])


@transaction.atomic
def _expire(basis: Basis, *, by: Actor) -> bool:
    try:
        basis = move_basis(basis, "expire")
    except ValidationError:  # revoked in the meantime: it has ended by a stronger word
        return False
    facts = {"until": basis.valid_until, "reason": "Its date has passed."}
    record(
        ENDED[basis.kind],
        by=by,
        on=basis,
        department=basis.dataset.department,
        dataset=basis.dataset,
        basis=basis,
        facts=facts,
    )
    return True
