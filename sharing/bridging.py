"""Bridges as people meet them: which wait for whom, what a grant joins with, and which lead nowhere any more."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from catalog.models import Basis, Role
from catalog.permissions import departments_of
from catalog.terms import Terms
from catalog.wording import mask_words
from sharing.models import Bridge
from sharing.permissions import visible_bridges, visible_grants

MOST = 100
# From each side of a bridge along what renewed it: one that has no live grant on its way is over.
OVER = """
    WITH RECURSIVE line AS (
        SELECT b.id AS bridge, side.grant_id AS root, side.grant_id AS grant_id
        FROM sharing_bridge b CROSS JOIN LATERAL (VALUES (b.one_id), (b.other_id)) AS side (grant_id)
        WHERE b.state = 'active'
        UNION
        SELECT line.bridge, line.root, g.basis_id FROM line JOIN sharing_grant g ON g.renews_id = line.grant_id
    )
    SELECT DISTINCT bridge FROM (
        SELECT line.bridge, line.root FROM line JOIN catalog_basis a ON a.id = line.grant_id
        GROUP BY line.bridge, line.root
        HAVING NOT bool_or(a.state IN ('active', 'suspended') AND a.valid_until > %s)
    ) AS over LIMIT %s
"""


def bridges_to_nowhere(most: int) -> list[UUID]:
    """The bridges in force of which a grant is over, and so is all that renewed it."""
    with connection.cursor() as cursor:
        cursor.execute(OVER, [timezone.now(), most])
        return [row[0] for row in cursor.fetchall()]


def bridges_waiting(by: Actor) -> QuerySet[Bridge]:
    """Those that an approver of an owner may have to decide about; whether that person may is asked by the action."""
    own = departments_of(by, Role.APPROVER)
    owned = Q(one__dataset__department__in=own) | Q(other__dataset__department__in=own)
    mine = Q(asked_by=by.user_id) | Q(agreed_by=by.user_id, agreed_by__isnull=False)
    return visible_bridges(by).filter(owned, state=Bridge.State.ASKED).exclude(mine)


def bridges_of(grant: Basis, *, by: Actor) -> list[Bridge]:
    """The bridges that name this grant, or that it was made under, the newest first."""
    under = Bridge.of_domain(grant.domain)
    named = Q(one=grant) | Q(other=grant) | (Q(pk=under.pk) if under else Q())
    return list(visible_bridges(by).filter(named)[:MOST])


def bridgeable_with(grant: Basis, *, by: Actor) -> QuerySet[Basis]:
    """The live grants of rows that this person knows of and that do not join with this one yet."""
    live = Basis.objects.live().filter(pk__in=visible_grants(by).order_by().values("pk"), least="")
    return live.exclude(pk=grant.pk).exclude(domain=grant.domain).select_related("dataset__department", "department")


def carrying(grant: Basis) -> QuerySet[Bridge]:
    """The bridges in force under which this grant may be renewed."""
    live = Bridge.objects.filter(state=Bridge.State.ACTIVE, ends_at__gt=timezone.now())
    return live.filter(Q(one=grant) | Q(other=grant)).order_by("asked_at")


def awaited(bridge: Bridge) -> list[str]:
    """The owners of whom an approver must agree yet; where one owner lends both, another approver of the same."""
    owners = {grant.dataset.department_id: grant.dataset.department for grant in bridge.grants}
    if bridge.agreed_by is not None and len(owners) > 1:
        spoken_for = set(departments_of(Actor(user=bridge.agreed_by), Role.APPROVER).values_list("pk", flat=True))
        owners = {pk: one for pk, one in owners.items() if pk not in spoken_for} or owners
    return [one.name for one in owners.values()]


@dataclass(frozen=True)
class Side:
    """One grant of a bridge as a reader may know of it: its owner and recipient always, more where it is theirs."""

    grant: Basis
    is_known: bool
    is_told: bool

    @property
    def title(self) -> str:
        """The dataset, for whom it is told."""
        return self.grant.dataset.title if self.is_told else _("A dataset that you may not know of")

    @property
    def columns(self) -> list[str]:
        """The columns that leave under it, each with what is shown of it."""
        lent = [terms.columns for terms in Terms.from_json(self.grant.terms).tables.values()] if self.is_told else []
        return [f"{name} ({_shown(mask)})" if mask else name for columns in lent for name, mask in columns.items()]


def _shown(mask: str) -> str:
    """A pseudonym under a bridge is not for one recipient and purpose, as the words of the mask say."""
    return _("pseudonym") if mask == "hash" else mask_words(mask)


def sides_of(bridges: Iterable[Bridge], *, by: Actor) -> dict[UUID, list[Side]]:
    """Both sides of each bridge; whoever decides for an owner is told of the grant that it would be joined with."""
    bridges = list(bridges)
    grants = {grant.pk for bridge in bridges for grant in bridge.grants}
    known = set(visible_grants(by).filter(pk__in=grants).values_list("pk", flat=True))
    own = set(departments_of(by, Role.APPROVER).values_list("pk", flat=True))
    found = {}
    for bridge in bridges:
        decides = any(grant.dataset.department_id in own for grant in bridge.grants)
        found[bridge.pk] = [Side(one, one.pk in known, decides or one.pk in known) for one in bridge.grants]
    return found
