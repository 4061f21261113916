"""What the clock does by itself: it reminds, says that a deadline was missed, and hands over; it never decides."""

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from sharing.actions.decisions import escalate_request
from sharing.actions.moving import held
from sharing.calendar import Calendar, city_calendar
from sharing.clocks import MARKS, OVERDUE, Clock, Stage
from sharing.deadlines import due_day, keep_deadlines, rules_of
from sharing.models import Deadline, Request
from sharing.permissions import check_is_platform
from sharing.states import REQUEST

log = logging.getLogger(__name__)
AT_ONCE = 2000
ORDER = ("", *MARKS, OVERDUE)


def look_at_clocks(*, by: Actor, now: datetime | None = None) -> int:
    """Looks at each clock that runs once a day, and at once when the calendar changed; how many requests had one.

    May run twice, also at the same time: what was said once is not said again.
    """
    check_is_platform(by)
    now, calendar = now or timezone.now(), city_calendar()
    waiting = list(_to_look_at(now)[:AT_ONCE])
    for pk in dict.fromkeys(waiting):
        try:
            look_at_clock(pk, by=by, now=now, calendar=calendar)
        except Exception:  # one that fails must not keep the clocks of all others from being heard
            log.exception("The clock of the request %s could not be looked at; it is tried again.", pk)
    return len(set(waiting))


def _to_look_at(now: datetime):
    unseen = Q(ended_at=None) & (Q(looked_on=None) | Q(looked_on__lt=timezone.localdate(now)))
    found = Deadline.objects.filter(unseen | Q(state=Deadline.State.MISSED, missed_at=None))
    return found.order_by("looked_on", "id").values_list("request", flat=True)


@transaction.atomic
def look_at_clock(pk, *, by: Actor, now: datetime, calendar: Calendar | None = None) -> None:
    """Its days as the calendar has them now, the reminder that is due, and a lapse: all of it or nothing."""
    check_is_platform(by)

    request = held(Request(pk=pk))
    moves = list(request.moves.all())
    rules = rules_of(moves, calendar)
    kept = keep_deadlines(request, moves, rules, now)
    _show_due(request, due_day(moves, rules, now))

    request.deadlines.filter(ended_at=None).update(looked_on=timezone.localdate(now))
    for deadline, clock in kept:
        _remind(request, deadline, clock, by=by)
    for deadline, clock in kept:
        _miss(request, deadline, clock, by=by, now=now)
    if any(_is_to_hand_over(request, clock) for _deadline, clock in kept):  # also one that lapsed on an earlier day
        escalate_request(request, by=by, reason=_("No reply came within the time that the law gives."))


def _show_due(request: Request, due_on) -> None:
    """The day on the request itself, by which lists are sorted."""
    if request.due_on != due_on:
        request.due_on = due_on
        request.save(update_fields=["due_on"])


def _remind(request: Request, deadline: Deadline, clock: Clock, *, by: Actor) -> None:
    """Whose turn it is hears how much of the time is over; of each mark once."""
    if not clock.is_open or ORDER.index(clock.mark) <= ORDER.index(deadline.reminded):
        return
    deadline.reminded = clock.mark
    deadline.save(update_fields=["reminded"])
    _record("request.reminded", request, deadline, by=by, mark=clock.mark)


def _miss(request: Request, deadline: Deadline, clock: Clock, *, by: Actor, now: datetime) -> None:
    """A lapse is said aloud, once; the request stays undecided."""
    if clock.lapsed_on is None or deadline.missed_at is not None:
        return
    deadline.state, deadline.missed_at = Deadline.State.MISSED, now
    deadline.save(update_fields=["state", "missed_at"])
    _record("request.clock_missed", request, deadline, by=by, lapsed_on=clock.lapsed_on)


def _is_to_hand_over(request: Request, clock: Clock) -> bool:
    """A reply that is overdue and still open goes to the authority; no other lapse moves a request."""
    overdue = clock.stage == Stage.REPLY and clock.is_open and clock.mark == OVERDUE
    return overdue and not request.with_authority and REQUEST.allows(request.state, "escalate")


def _record(kind: str, request: Request, deadline: Deadline, *, by: Actor, **facts) -> None:
    record(
        kind,
        by=by,
        on=request,
        department=request.department,
        dataset=request.dataset,
        basis=request.grant,
        facts={"reference": request.reference, "stage": deadline.stage, "due_on": deadline.due_on,
               "whose": deadline.department.code, **facts},
    )  # fmt: skip
