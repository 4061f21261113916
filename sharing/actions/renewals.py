"""Renewing: the same terms until a later day, as a new grant; the old one is superseded and lets nothing out."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog.actions.bases import move_basis
from catalog.actions.datasets import locked
from catalog.models import Basis
from catalog.terms import Terms
from sharing.actions.lending import Origin, Said, write_grant
from sharing.limits import Limits
from sharing.models import Bridge, Grant, Request
from sharing.permissions import check_may_lend
from sharing.policies.renewing import check_may_be_renewed
from sharing.promised import Promised
from sharing.usage import use_since_made


@transaction.atomic
def renew_grant(grant: Basis, *, by: Actor, valid_until: datetime, bridge: Bridge | None = None) -> Basis:
    """A new grant of the old one's terms until this day; the log says what was used under the old one.

    Its pseudonyms are those of the old one, or under an approved bridge those of the bridge. Its request follows it.
    """
    check_may_lend(by, grant.dataset, grant.department)

    used = use_since_made(grant)  # before the lock: it goes through what the log says of the grant
    dataset = locked(grant.dataset)
    grant = Basis.objects.select_related("department", "version", "dataset__current").get(pk=grant.pk)
    bridge = _held(grant, bridge)
    check_may_be_renewed(grant, valid_until, bridge)
    day = valid_until.date().isoformat()
    move_basis(grant, "supersede", reason=_("It was renewed until %(day)s.") % {"day": day})

    own = Grant.objects.select_related("asked").get(basis=grant)
    said = Said(
        grant.department, grant.purpose, grant.legal_basis, valid_until, Limits.of(grant), Promised.of(grant), own.note
    )
    domain = grant.pseudonym_domain if bridge is None else bridge.domain
    origin = Origin(request=own.asked, renews=grant, domain=domain)
    made = write_grant(dataset, Terms.from_json(grant.terms), said, by=by, version=grant.version, origin=origin)
    Request.objects.filter(grant=grant).update(grant=made)

    record(
        "grant.superseded",
        by=by,
        on=grant,
        department=dataset.department,
        dataset=dataset,
        basis=grant,
        facts={"renewed_by": made.pk, "until": valid_until, "readings": used.exits, "rows": used.rows},
    )
    return made


def _held(grant: Basis, bridge: Bridge | None) -> Bridge | None:
    """The bridge as it is now; it, or the one that the grant is under, does not end until the renewal is done."""
    under = bridge or Bridge.of_domain(grant.domain)
    held = Bridge.objects.select_for_update().get(pk=under.pk) if under else None
    return held if bridge else None
