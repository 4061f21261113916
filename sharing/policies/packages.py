"""When a package may be made and fetched. Who may is asked in sharing/packages/permissions.py."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.metering import Limited, check_way
from catalog.models import Basis, Export, Way
from sharing.models import Every, Frequency, Package, PackageLink, RecipientKey
from sharing.packages.signing import package_keys

AN_HOUR = timedelta(hours=1)
MOST_KEPT = 30  # packages of one grant on the way or ready
# Which plans a grant allows by how often it was lent; one that was lent once, or case by case, has none.
AS_OFTEN = {
    Frequency.ONCE: (),
    Frequency.ON_DEMAND: (),
    Frequency.WEEKLY: (Every.WEEK, Every.MONTH),
    Frequency.MONTHLY: (Every.MONTH,),
}
MOST_FAILED = 10  # files of one grant that could not be made within an hour
MOST_WAITING = 5  # keys of one department that nobody has confirmed


def key_in_use(grant: Basis) -> RecipientKey:
    """The public key that files for the grant's recipient are sealed to now."""
    found = RecipientKey.objects.live().filter(department=grant.department_id).first()
    if found is None:
        raise ValidationError(
            _("%(department)s has no confirmed public key, so nothing can be sealed to it. An approver or a steward of "
              "%(department)s registers one on the desk."),
            code="no-recipient-key",
            params={"department": grant.department.name},
        )  # fmt: skip
    return found


def check_can_be_signed() -> None:
    """The platform has a key that signs packages."""
    if not package_keys():
        raise ValidationError(_("This platform has no key yet that signs packages. Ask its operator for one."))


def check_room(grant: Basis) -> None:
    """So many packages of one grant are on the way or kept at a time, and so many are tried that fail."""
    standing = [*Export.OPEN, Export.State.READY]
    if Package.objects.filter(grant=grant, export__state__in=standing).count() >= MOST_KEPT:
        raise ValidationError(
            _("%(most)s packages of this grant are kept. Fetch them, and ask again when the time of one is over."),
            params={"most": MOST_KEPT},
        )
    failed = Export.objects.filter(basis=grant, state=Export.State.FAILED, ended_at__gt=timezone.now() - AN_HOUR)
    if failed.exclude(sealed_to="").count() >= MOST_FAILED:
        raise ValidationError(
            _("%(most)s packages of this grant could not be made within an hour. See why, and ask again later."),
            params={"most": MOST_FAILED},
        )


def why_not_packed(grant: Basis) -> str:
    """Why no package of the grant can be asked for now; empty where one can. For pages, before anybody asks."""
    try:
        check_way(grant, Way.FILE)
        check_can_be_signed()
        key_in_use(grant)
        check_room(grant)
    except ValidationError as refusal:
        return " ".join(refusal.messages)
    except Limited as refusal:
        return str(refusal)
    return ""


def check_may_wait(department) -> None:
    """Only so many keys wait to be confirmed."""
    waiting = RecipientKey.objects.filter(department=department, confirmed_at=None, retired_at=None)
    if waiting.count() >= MOST_WAITING:
        raise ValidationError(_("%(most)s keys wait already. Confirm one or retire it first."),
                              params={"most": MOST_WAITING})  # fmt: skip


def check_ready(package: Package) -> None:
    """Its file is there, and signed."""
    if package.is_open:
        raise ValidationError(_("This package is still being made. Come back in a moment."), code="package-not-ready")
    if not package.is_ready:
        raise ValidationError(_("This package is gone. Ask for it again."), code="package-gone")


def check_link_holds(link: PackageLink) -> None:
    """A link is for a short time, and for one fetching."""
    if link.spent_at is not None or link.sent >= link.export.bytes:
        raise ValidationError(_("This link was used: all of the file has left by it or is leaving. Make another link."))
    if link.is_over:
        raise ValidationError(_("The time of this link is over. Make another link."))


def check_may_be_made_again(package: Package) -> None:
    """A package that is there, or on its way, is not made twice."""
    if not package.may_be_made_again:
        raise ValidationError(_("This package cannot be made again: it is there, on its way, or its grant has ended."))


def check_as_often_as_lent(grant: Basis, every: str) -> None:
    """A plan makes packages no more often than was agreed to; a grant that says nothing of it sets no bound."""
    often = grant.grant.frequency if hasattr(grant, "grant") else ""
    if every not in AS_OFTEN.get(often, Every.values):
        raise ValidationError(
            _("This was lent “%(often)s”. A plan makes no packages more often: plan fewer, or ask for a single one."),
            params={"often": Frequency(often).label},
        )
