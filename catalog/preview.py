"""The first rows under a basis as text, for small tables on pages. Rows come from the gate alone."""

from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.utils.translation import gettext as _

from audit.actor import Actor
from catalog.gate import open_rows
from catalog.metering import Limited
from catalog.models import Basis, Version
from catalog.rows.errors import CountsOnly, EngineBusy, QueryError, Stopped, TooCostly
from catalog.rows.query import RowQuery

WIDEST = 60
LONGEST = 160


@dataclass(frozen=True)
class Preview:
    """Columns and rows as text, or the sentence that says why there are none now."""

    columns: list[str] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)
    hidden: int = 0
    sentence: str = ""


def first_rows(table: str, version: Version, basis: Basis, *, limit: int, by: Actor) -> Preview:
    """The first rows that the basis lets out, and its first columns where there are very many."""
    try:
        return answer(RowQuery(table=table, limit=limit), version, basis, by=by)
    except (QueryError, EngineBusy, TooCostly, Stopped) as reason:
        return unsaid(reason)


def answer(query: RowQuery, version: Version, basis: Basis, *, by: Actor) -> Preview:
    """What a question is answered under the basis, or why it is not now; raises where the question is at fault."""
    try:
        rows = open_rows(query, over=[(version, basis)], by=by)
        names = [column.name for column in rows.columns]
        cells = [[as_text(row[name]) for name in names[:WIDEST]] for row in rows.dicts()]
    except (Limited, CountsOnly) as refusal:
        return Preview(sentence=str(refusal))
    return Preview(names[:WIDEST], cells, len(names[WIDEST:]))


def unsaid(reason: Exception) -> Preview:
    """Why there are no rows now, in words."""
    if isinstance(reason, QueryError):
        return Preview(sentence=_("The newest version no longer has what the row filter needs. Ask the owner."))
    return Preview(sentence=_("The rows cannot be shown at this moment. Load the page again in a minute."))


def as_text(value) -> str | None:
    """One cell as text; None stays None, for the page to say that it is empty."""
    if value is None:
        return None
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return value.isoformat(" ")
    text = value.isoformat() if isinstance(value, date | time) else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
