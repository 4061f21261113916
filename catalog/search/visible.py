"""Which entries of the index a reader may know of: one condition, asked of the live rights at every search."""

from django.utils import timezone

from audit.actor import Actor
from catalog.models import SearchEntry
from catalog.permissions import is_officer, visible_datasets

LIVE = """EXISTS (SELECT 1 FROM catalog_basis b WHERE b.id = e.basis_id AND b.kind = 'release' AND b.state = 'active'
          AND b.valid_from <= %(now)s AND (b.valid_until IS NULL OR b.valid_until > %(now)s))"""


def audience(by: Actor) -> str:
    """Officers look in the internal index, everybody else in the public one."""
    return SearchEntry.Audience.INTERNAL if is_officer(by) else SearchEntry.Audience.PUBLIC


def condition(by: Actor) -> tuple[str, dict]:
    """SQL over an entry `e`, with its parameters."""
    if audience(by) == SearchEntry.Audience.PUBLIC:
        return f"e.audience = 'public' AND {LIVE}", {"now": timezone.now()}
    visible, values = visible_datasets(by).values("pk").query.sql_with_params()
    params = {}
    for n, value in enumerate(values):
        visible = visible.replace("%s", f"%(v{n})s", 1)
        params[f"v{n}"] = value
    return f"e.audience = 'internal' AND e.dataset_id IN ({visible})", params
