"""When a bridge between two grants may be asked for, and what it carries."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from catalog.models import Basis
from sharing.models import Bridge
from sharing.policies.grants import check_reasons, check_until


def check_bridgeable(one: Basis, other: Basis, purpose: str, legal_basis: str, ends_at: datetime) -> None:
    """Two grants that are in force and do not join yet, a purpose, a law, and a day on which it ends."""
    for grant in (one, other):
        if not Basis.objects.live().filter(pk=grant.pk, kind=Basis.Kind.GRANT).exists():
            raise ValidationError(_("Both grants must be in force. Resume or renew the one that is not."))
    if one.least or other.least:
        raise ValidationError(_("Under a grant of counts, or of yes or no, nothing leaves that could be joined."))
    if one.pseudonym_domain == other.pseudonym_domain:
        raise ValidationError(_("The pseudonyms of these two grants join already: same recipient, same purpose."))
    check_reasons(purpose, legal_basis)
    check_until(ends_at)


def check_no_other(one: Basis, other: Basis) -> None:
    """Between two grants there is one bridge at a time."""
    pairs = Q(one=one, other=other) | Q(one=other, other=one)
    if Bridge.objects.filter(pairs, state__in=[Bridge.State.ASKED, Bridge.State.ACTIVE]).exists():
        raise ValidationError(_("There is a bridge between these two grants already. Look at it on their pages."))


def check_bridge_carries(bridge: Bridge, grant: Basis, valid_until: datetime) -> None:
    """A grant is renewed under a bridge that stands, that names it, and that does not end before it."""
    if not bridge.is_live:
        raise ValidationError(_("This bridge is not in force. Ask for another one."))
    if grant.pk not in {bridge.one_id, bridge.other_id}:
        raise ValidationError(_("This bridge is between other grants."))
    _check_within(bridge, valid_until)


def check_bridge_stands(grant: Basis, valid_until: datetime | None = None) -> None:
    """A grant made under a bridge is not resumed once that has ended, nor renewed as it is for longer than it lasts."""
    bridge = Bridge.of_domain(grant.domain)
    if bridge is None:
        return
    if not bridge.is_live:
        raise ValidationError(_("The bridge that this grant was made under has ended. Make a grant without it."))
    if valid_until is not None:
        _check_within(bridge, valid_until)


def _check_within(bridge: Bridge, valid_until: datetime) -> None:
    if valid_until > bridge.ends_at:
        raise ValidationError(
            {"valid_until": _("The grant cannot last longer than the bridge that it is renewed under.")}
        )
