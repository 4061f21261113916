"""A few rows as the requester would get them, read through the gate by whoever looks at a dry run."""

from audit.actor import Actor
from catalog.gate import open_proposed
from catalog.preview import WIDEST, Preview, as_text, unsaid
from catalog.rows.errors import EngineBusy, QueryError, Stopped, TooCostly
from catalog.rows.query import RowQuery
from catalog.terms import Terms
from sharing.dry_run.proposing import looked_at
from sharing.models import DryRun

ROWS = 3


def sample_of(run: DryRun, *, by: Actor) -> Preview:
    """Three rows of the version that the figures are about, under their terms; or why there are none now."""
    look = looked_at(run.request, by=by)
    proposed = Terms.from_json(run.terms).of_table(look.table.name, look.table.types)
    query = RowQuery(table=look.table.name, sample=ROWS, limit=ROWS)
    try:
        rows = open_proposed(query, proposed, over=[(run.version, look.basis)], by=by)
        names = [column.name for column in rows.columns]
        cells = [[as_text(row[name]) for name in names[:WIDEST]] for row in rows.dicts()]
    except (QueryError, EngineBusy, TooCostly, Stopped) as reason:
        return unsaid(reason)
    return Preview(names[:WIDEST], cells, len(names[WIDEST:]))
