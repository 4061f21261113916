"""The law's clock over a request, computed from its moves alone: anybody who has the moves comes to the same days.

The day on which a clock begins does not count; the last working day counts to its end. It stands while questions are
open and then runs on with what was left. One that lapses is missed, whatever comes later, and never an approval.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from math import ceil
from typing import Any

from django.utils import timezone

from sharing.clock_rules import Rules


class Stage(StrEnum):
    """What is to be done while a clock runs."""

    REVIEW = "review"
    CHECK = "check"
    REPLY = "reply"
    DISPUTE = "dispute"
    COMPLETION = "completion"
    DELIVERY = "delivery"
    ATTEST = "attest"


class State(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"


STAGE_OF = {
    "internal-review": Stage.REVIEW,
    "compliance-check": Stage.CHECK,
    "incomplete": Stage.COMPLETION,
    "reply-due": Stage.REPLY,
    "extended": Stage.REPLY,
    "second-approval": Stage.REPLY,
    "delivery-due": Stage.DELIVERY,
    "disposal-due": Stage.ATTEST,
}
# Who must act: the head of the requester, the authority, the owner, or the requester.
WHOSE = {
    Stage.REVIEW: "head",
    Stage.CHECK: "authority",
    Stage.REPLY: "owner",
    Stage.DISPUTE: "authority",
    Stage.COMPLETION: "requester",
    Stage.DELIVERY: "owner",
    Stage.ATTEST: "requester",
}
STANDS = (Stage.CHECK, Stage.REPLY, Stage.DISPUTE)  # the clocks that questions stop
# How much of the time is used when somebody is reminded, in this order; then comes the day after the last.
MARKS = {"half": 0.5, "most": 0.8, "due": 1.0}
OVERDUE = "overdue"


@dataclass(frozen=True)
class Clock:
    """One clock: what it is for, how many working days it has and has used, and where it stands."""

    stage: Stage
    began_at: datetime
    allowed: int
    used: int  # working days, up to now or to its end
    state: State
    due: date | None  # the last day; none while it stands
    lapsed_on: date | None = None  # the first last day that passed without an answer, whatever was extended later
    ended_at: datetime | None = None
    ended_by: str = ""  # the verb of the move
    paused: Any = None  # the move that stopped it: whose, when and why
    turn: "Clock | None" = None  # while it stands: the clock of whoever must answer the questions
    mark: str = ""  # how far it is: half, most, due, overdue

    @property
    def whose(self) -> str:
        """Who must act."""
        return self.turn.whose if self.turn else WHOSE[self.stage]

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act."""
        return self.ended_at is None

    @property
    def due_on(self) -> date | None:
        """The last day of whoever must act now; none where nobody must."""
        if not self.is_open:
            return None
        return self.turn.due if self.turn else self.due


def clock_of(moves: Iterable[Any], rules: Rules, now: datetime | None = None) -> Clock | None:
    """The clock of the step that the request is at, or of its last one; none for a draft that was never sent.

    `moves` are all of the request in their order, each with `at`, `verb` and `after`.
    """
    clocks = clocks_of(moves, rules, now)
    if not clocks:
        return None
    last = clocks[-1]
    if last.stage == Stage.COMPLETION:
        standing = [clock for clock in clocks if clock.state == State.PAUSED]
        return replace(standing[-1], turn=last) if standing and last.is_open else last
    return last


def clocks_of(moves: Iterable[Any], rules: Rules, now: datetime | None = None) -> list[Clock]:
    """Every clock that the moves have started, in the order in which each was last set going."""
    now = now or timezone.now()
    laps = _Laps(rules)
    for move in moves:
        if move.at <= now:
            laps.take(move)
    return [lap.clock(now) for lap in laps.all]


class _Laps:
    """Follows the moves: which clock runs, and which one stands meanwhile."""

    def __init__(self, rules: Rules):
        self.rules = rules
        self.all: list[_Lap] = []
        self.running: _Lap | None = None
        self.standing: _Lap | None = None
        self.is_disputed = False

    def take(self, move: Any) -> None:
        """One more move."""
        self.is_disputed = self.is_disputed or move.verb == "escalate"
        stage = STAGE_OF.get(move.after)
        if stage == Stage.REPLY and self.is_disputed:
            stage = Stage.DISPUTE
        if self.running and self.running.stage != stage:
            self._leave(move, stage)
        if stage and not self.running:
            self._enter(move, stage)
        if move.verb == "extend" and self.running:
            self.running.extend(move, self.rules.extension)

    def _leave(self, move: Any, stage: Stage | None) -> None:
        if stage == Stage.COMPLETION and self.running.stage in STANDS:
            self.running.pause(move)
            self.standing, self.running = self.running, None
            return
        self.running.end(move)
        self.running = None
        if self.standing and stage != self.standing.stage:  # withdrawn while the questions were open
            self.standing.end(move)
            self.standing = None

    def _enter(self, move: Any, stage: Stage) -> None:
        if self.standing and stage == self.standing.stage:
            self.running, self.standing = self.standing, None
            self.running.resume(move)
            self.all.remove(self.running)
        else:
            self.running = _Lap(stage, move.at, getattr(self.rules, stage), self.rules.calendar)
        self.all.append(self.running)


class _Lap:
    """One clock while its moves are followed."""

    def __init__(self, stage: Stage, at: datetime, allowed: int, calendar):
        self.stage, self.began_at, self.allowed, self.calendar = stage, at, allowed, calendar
        self.since: date | None = timezone.localdate(at)  # none while it stands
        self.used = 0  # before `since`
        self.due: date | None = calendar.add_working(self.since, allowed)
        self.lapsed_on: date | None = None
        self.paused: Any = None
        self.ended: Any = None

    def pause(self, move: Any) -> None:
        """It stands from this move on; the day of the move counts."""
        self._run_to(timezone.localdate(move.at))
        self.since, self.paused = None, move

    def resume(self, move: Any) -> None:
        """It runs on with what was left."""
        self.since, self.paused = timezone.localdate(move.at), None
        if self.used <= self.allowed:
            self.due = self.calendar.add_working(self.since, self.allowed - self.used)

    def extend(self, move: Any, more: int) -> None:
        """It has more days; one that had lapsed before is missed all the same."""
        self._run_to(timezone.localdate(move.at))
        self.allowed += more
        self.due = self.calendar.add_working(self.due, more)

    def end(self, move: Any) -> None:
        """What was to be done is done, or needs to be no longer."""
        if self.since is not None:
            self._run_to(timezone.localdate(move.at))
        self.ended = move

    def clock(self, now: datetime) -> Clock:
        """How it stands at this moment."""
        runs = self.ended is None and self.since is not None
        if runs:
            self._run_to(timezone.localdate(now))
        return Clock(
            stage=self.stage,
            began_at=self.began_at,
            allowed=self.allowed,
            used=self.used,
            state=self._state(),
            due=None if self.paused and not self.ended else self.due,
            lapsed_on=self.lapsed_on,
            ended_at=self.ended.at if self.ended else None,
            ended_by=self.ended.verb if self.ended else "",
            paused=None if self.ended else self.paused,
            mark=self._mark() if runs else "",
        )

    def _run_to(self, day: date) -> None:
        """Counts the working days up to this one, and notes that the last of them has passed."""
        self.used += self.calendar.working_between(self.since, day)
        self.since = max(self.since, day)
        if day > self.due and self.lapsed_on is None:
            self.lapsed_on = self.due

    def _state(self) -> State:
        if self.paused and not self.ended:
            return State.PAUSED
        if self.lapsed_on is not None:
            return State.MISSED
        return State.MET if self.ended else State.RUNNING

    def _mark(self) -> str:
        if self.since > self.due:
            return OVERDUE
        reached = [name for name, share in MARKS.items() if self.used >= ceil(share * self.allowed)]
        return reached[-1] if reached else ""
