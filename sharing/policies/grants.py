"""When a grant may be made, and when it lets rows out. Who may is asked in `permissions.py` of catalog and sharing."""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from catalog import codes
from catalog.models import Basis, Dataset, Department, Version
from catalog.rows.letting import check_where
from catalog.states import GRANT
from catalog.terms import Terms
from sharing.models import Request

LONGEST = timedelta(days=5 * 366)


def check_may_be_lent(dataset: Dataset, version: Version | None, request: Request | None = None) -> None:
    """The dataset has rows to lend, is in use, and no law withholds it, or an exemption was agreed to by request."""
    if dataset.sharing_class == codes.SharingClass.WITHHELD and not (request and request.exemption.strip()):
        raise ValidationError(
            _("This dataset cannot be lent: %(law)s withholds it from sharing."), params={"law": dataset.sharing_law}
        )
    if dataset.state == Dataset.State.RETIRED:
        raise ValidationError(_("This dataset is retired. Restore it before lending it."))
    if version is None:
        raise ValidationError(_("This dataset has no version yet. Load a file first."))
    if version.dataset_id != dataset.pk or version.state != Version.State.KEPT:
        raise ValidationError(_("This is not a version of the dataset that can be lent."))


def why_not_lent(dataset: Dataset) -> str:
    """Why the dataset cannot be lent now; empty where it can. For pages, before anybody fills in a form."""
    try:
        check_may_be_lent(dataset, dataset.current)
        if not dataset.current.tables.exists():
            return _("This dataset has documents only. There are no rows to lend.")
    except ValidationError as refusal:
        return " ".join(refusal.messages)
    return ""


def check_may_receive(recipient: Department, dataset: Dataset) -> None:
    """The recipient is another department of the city, or an enterprise whose code was verified."""
    if recipient.pk == dataset.department_id:
        raise ValidationError(_("A department need not lend its own data to itself. Choose another recipient."))
    if recipient.kind == Department.Kind.ENTERPRISE and not recipient.may_receive:
        raise ValidationError(
            _("%(name)s has not been verified yet. Ask the administrator to verify its code first."),
            params={"name": recipient.name},
        )
    if not recipient.may_receive:
        raise ValidationError(_("Choose a department of the city or a verified enterprise."))


def check_reasons(purpose: str, legal_basis: str) -> None:
    """Data is lent for a stated purpose under a stated law."""
    if not purpose.strip():
        raise ValidationError(_("State the purpose: what the recipient will do with the data."))
    if not legal_basis.strip():
        raise ValidationError(_("State the legal basis: the law and article that allow this."))
    if len(purpose) > 2000 or len(legal_basis) > 300:
        raise ValidationError(_("The purpose has at most 2,000 characters and the legal basis at most 300."))


def is_over(grant: Basis) -> bool:
    """True once its date has passed, even before the clock has said so."""
    return grant.valid_until <= timezone.now()


def check_not_over(grant: Basis) -> None:
    """A grant whose date has passed is not resumed."""
    if is_over(grant):
        raise GRANT.refusal(Basis.State.EXPIRED)


def check_until(valid_until: datetime) -> None:
    """A grant ends, after now and within five years."""
    now = timezone.now()
    if valid_until <= now:
        raise ValidationError(_("The last day must lie in the future."))
    if valid_until > now + LONGEST:
        raise ValidationError(_("A grant lasts five years at most. Choose an earlier day; it can be made anew then."))


def why_closed(grant: Basis) -> str:
    """Why the grant lets no rows out now, and what to do; empty where it does."""
    known = {
        "when": date_format(timezone.localtime(grant.state_at), "DATE_FORMAT"),
        "reason": grant.state_reason,
        "owner": grant.dataset.department.name,
    }
    if grant.state == Basis.State.REVOKED:
        return _("%(owner)s revoked this grant on %(when)s: “%(reason)s”. Ask %(owner)s for a new one.") % known
    if grant.state == Basis.State.SUPERSEDED:
        return _("This grant was renewed on %(when)s. Read under the new one, which stands among your grants.") % known
    if grant.state == Basis.State.RETURNED:
        return _("This grant was given back on %(when)s: “%(reason)s”. Ask %(owner)s for a new one.") % known
    if grant.state == Basis.State.ENDED:
        return _("This grant has ended, and on %(when)s it was attested that the data is disposed of.") % known
    if is_over(grant):
        known["when"] = date_format(timezone.localtime(grant.valid_until), "DATE_FORMAT")
        return _("This grant ended on %(when)s. Ask %(owner)s to lend the data again.") % known
    if grant.state == Basis.State.SUSPENDED:
        said = _("%(owner)s suspended this grant on %(when)s: “%(reason)s”. Ask %(owner)s when it will be resumed.")
        return said % known
    return ""


def check_lets_out(grant: Basis) -> None:
    """A grant that is not in force gives nothing, and says why."""
    if reason := why_closed(grant):
        raise PermissionDenied(reason)


def check_filter_fits(grant: Basis, version: Version | None, table: str) -> None:
    """The version shown still has the columns that the grant's row filter needs; otherwise nothing leaves."""
    found = version.tables.filter(name=table).first() if version else None
    terms = Terms.from_json(grant.terms).tables.get(table)
    if found is None or terms is None:
        raise Http404
    try:
        if terms.where:
            check_where(terms.where, found.types)
    except ValidationError:
        raise PermissionDenied(
            _("The newest version no longer has what this grant's row filter needs. Ask %(owner)s to lend it anew.")
            % {"owner": grant.dataset.department.name}
        ) from None
