"""Which entries of the index a reader may know of: asked of the live rights at every search, and decided here alone."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from audit.actor import Actor
from catalog.models import Dataset, SearchEntry
from catalog.permissions import is_officer, visible_datasets

Audience = SearchEntry.Audience
# Every officer may know of these; of any other only whom a role or a basis lets.
GENERAL = Q(state=Dataset.State.ACTIVE) & ~Q(sharing_class="withheld")
LIVE = """EXISTS (SELECT 1 FROM catalog_basis b WHERE b.id = e.basis_id AND b.kind = 'release' AND b.state = 'active'
          AND b.valid_from <= %(now)s AND (b.valid_until IS NULL OR b.valid_until > %(now)s))"""


def audience(by: Actor) -> Audience:
    """Officers look in the internal index, everybody else in the public one."""
    return Audience.INTERNAL if is_officer(by) else Audience.PUBLIC


def condition(by: Actor) -> tuple[str, dict]:
    """SQL over an entry `e`, with its parameters: true of all that may be found and counted.

    The entry of a release goes in the transaction that ends it; what ends by time alone is looked at here. Officers
    know of all but few datasets: these few are read once, and no entry is asked about alone.
    """
    params = {"audience": audience(by).value, "now": timezone.now()}
    if params["audience"] == Audience.PUBLIC:
        return "e.audience = %(audience)s AND (e.valid_until IS NULL OR e.valid_until > %(now)s)", params
    hidden, values = _hidden(by).values("pk").query.sql_with_params()
    for n, value in enumerate(values):
        hidden = hidden.replace("%s", f"%(v{n})s", 1)
        params[f"v{n}"] = value
    return f"e.audience = %(audience)s AND e.dataset_id NOT IN ({hidden})", params


def confirmed(by: Actor) -> tuple[str, dict]:
    """The same for the few that are shown: for the public the release itself is looked at as well."""
    sql, params = condition(by)
    return (f"{sql} AND {LIVE}" if params["audience"] == Audience.PUBLIC else sql), params


def beyond_general(by: Actor) -> QuerySet[Dataset]:
    """What this officer may know of beyond what every officer may."""
    return visible_datasets(by).exclude(GENERAL).order_by()


def hidden(by: Actor, most: int) -> list[UUID]:
    """The datasets that this officer may not know of, in the order of their identifiers; at most so many."""
    return list(_hidden(by).order_by("pk").values_list("pk", flat=True)[:most])


def _hidden(by: Actor) -> QuerySet[Dataset]:
    return Dataset.objects.exclude(GENERAL).exclude(Exists(visible_datasets(by).filter(pk=OuterRef("pk")))).order_by()
