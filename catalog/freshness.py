"""Whether a dataset keeps its promise to be updated."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.codes import Frequency, UpdateState


@dataclass(frozen=True)
class Freshness:
    """A judgement (`good`, `warn`, `bad`, or none where nothing was promised) and the words for it."""

    kind: str
    text: str


def freshness(frequency: str, updated_at: datetime | None, now: datetime | None = None) -> Freshness:
    """Compares the last update with the promised frequency: on time, due soon, late, or long overdue."""
    promise = Frequency(frequency)
    if updated_at is None:
        return Freshness("", _("No data yet"))
    if promise.days is None:
        return Freshness("", _("Published once") if promise is Frequency.ONCE else _("Updated now and then"))
    left = updated_at + timedelta(days=promise.days) - (now or timezone.now())
    if left < timedelta(0):
        late = max(1, -left // timedelta(days=1))
        words = ngettext("Late by %(days)d day", "Late by %(days)d days", late) % {"days": late}
        return Freshness("bad" if late > promise.days else "warn", words)
    if left < timedelta(days=promise.days) / 5:
        days = left // timedelta(days=1)
        if days == 0:
            return Freshness("good", _("Next update due today"))
        return Freshness("good", ngettext("Due in %(days)d day", "Due in %(days)d days", days) % {"days": days})
    return Freshness("good", _("Up to date"))


def late_from(frequency: str, updated_at: datetime | None) -> tuple[datetime | None, datetime | None]:
    """When the dataset becomes late and when long overdue, unless it is updated; None where nothing was promised."""
    days = Frequency(frequency).days
    if updated_at is None or days is None:
        return None, None
    due = updated_at + timedelta(days=days)
    return due, due + timedelta(days=days + 1)


def update_state(frequency: str, updated_at: datetime | None, now: datetime | None = None) -> UpdateState:
    """The state of the promise at this moment, as a facet of the search names it."""
    due, overdue = late_from(frequency, updated_at)
    if due is None:
        return UpdateState.UNPROMISED
    moment = now or timezone.now()
    return UpdateState.CURRENT if moment <= due else UpdateState.LATE if moment < overdue else UpdateState.OVERDUE
