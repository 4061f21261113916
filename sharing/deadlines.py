"""Deadlines: the clocks of a request kept beside it, always what its moves say."""

from collections.abc import Sequence
from datetime import date, datetime

from catalog.codes import SharingClass
from catalog.models import Department
from sharing.calendar import Calendar
from sharing.clock_rules import Rules, rules_for
from sharing.clocks import WHOSE, Clock, Stage, clock_of, clocks_of
from sharing.models import Deadline, Request, RequestMove


def rules_of(moves: Sequence[RequestMove], calendar: Calendar | None = None) -> Rules:
    """The rules of the class that the request was received as; of a conditional one until then."""
    treated = next((move.facts["treated_as"] for move in moves if move.verb == "receive"), SharingClass.CONDITIONAL)
    return rules_for(treated, calendar)


def due_day(moves: Sequence[RequestMove], rules: Rules, now: datetime | None = None) -> date | None:
    """The last working day of whoever must act, by the moves and the rules alone."""
    clock = clock_of(moves, rules, now)
    return clock.due_on if clock else None


def keep_deadlines(
    request: Request, moves: Sequence[RequestMove], rules: Rules, now: datetime | None = None
) -> list[tuple[Deadline, Clock]]:
    """Writes down each clock that the moves have started, and gives it with what is kept of it.

    What has ended stays as it was counted when it ended, whatever the calendar becomes.
    """
    kept = {(one.stage, one.began_at): one for one in Deadline.objects.filter(request=request)}
    pairs = []
    for clock in clocks_of(moves, rules, now):
        one = kept.get((clock.stage, clock.began_at)) or Deadline(
            request=request, stage=clock.stage, began_at=clock.began_at, department=_who_acts(request, clock.stage)
        )
        if one.ended_at is None:
            _write(one, clock)
        pairs.append((one, clock))
    return pairs


def _write(one: Deadline, clock: Clock) -> None:
    if one.pk and one.allowed != clock.allowed:
        one.reminded = clock.mark  # more time was given: of that, too, somebody is reminded
    one.due_on, one.allowed, one.used, one.state = clock.due, clock.allowed, clock.used, clock.state
    one.ended_at, one.ended_by = clock.ended_at, clock.ended_by
    one.save()


def _who_acts(request: Request, stage: Stage) -> Department:
    """The department whose turn it is when the clock begins."""
    whose = WHOSE[stage]
    if whose == "authority" or (stage == Stage.REPLY and request.with_authority):
        return Department.objects.get(kind=Department.Kind.CITY)
    return request.dataset.department if whose == "owner" else request.department
