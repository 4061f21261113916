"""The law's clock: the same days from the same moves, no holiday counted, every make-up day counted."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from hypothesis import assume, given
from hypothesis import strategies as st

from sharing.calendar import Calendar
from sharing.clock_rules import NATIONAL, Rules, read_rules
from sharing.clocks import Stage, State, clock_of, clocks_of
from sharing.models import Request
from sharing.standing import clock_words

CHINA = Calendar("china")
RULES = Rules(**NATIONAL | {"reply": 10}, calendar=CHINA)
DAYS = st.dates(date(2025, 1, 1), date(2026, 9, 30))
STEPS = st.lists(st.integers(0, 9), min_size=1, max_size=4)


@dataclass(frozen=True)
class Move:
    """A step as the clock needs it."""

    at: datetime
    verb: str
    after: str


def at(day: date, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


def moves(*steps: tuple[date, str, str]) -> list[Move]:
    return [Move(at(day), verb, after) for day, verb, after in steps]


def left(clock) -> int:
    """The working days that are left of it."""
    return clock.allowed - clock.used


def received(day: date) -> list[Move]:
    return moves((day, "receive", "reply-due"))


def test_it_counts_ten_working_days_over_the_national_day_and_its_make_up_days():
    # 2026: 1 to 7 October are free; Sunday 20 September and Saturday 10 October are worked.
    clock = clock_of(received(date(2026, 9, 18)), RULES, at(date(2026, 9, 20)))
    assert (clock.stage, clock.whose, clock.state) == (Stage.REPLY, "owner", State.RUNNING)
    assert (clock.used, left(clock)) == (1, 9)
    assert clock.due == date(2026, 10, 9)  # the 20th to 24th, 28th to 30th, 8th, 9th; the 25th is free
    assert clock_of(received(date(2026, 9, 21)), RULES, at(date(2026, 9, 21))).due == date(2026, 10, 12)


def test_it_stands_while_questions_are_open_and_runs_on_with_what_was_left():
    asked = received(date(2026, 3, 2)) + moves((date(2026, 3, 4), "return", "incomplete"))
    clock = clock_of(asked, RULES, at(date(2026, 3, 6)))
    assert (clock.stage, clock.state, left(clock), clock.due) == (Stage.REPLY, State.PAUSED, 8, None)
    assert clock.paused.verb == "return"
    assert (clock.turn.stage, clock.whose, clock.due_on) == (Stage.COMPLETION, "requester", date(2026, 3, 11))

    answered = asked + moves((date(2026, 3, 9), "answer", "reply-due"))
    clock = clock_of(answered, RULES, at(date(2026, 3, 9)))
    assert (clock.state, left(clock), clock.due, clock.turn) == (State.RUNNING, 8, date(2026, 3, 19), None)


def test_it_has_more_days_once_extended_and_a_lapse_stays_a_lapse():
    in_time = received(date(2026, 3, 2)) + moves((date(2026, 3, 5), "extend", "extended"))
    clock = clock_of(in_time, RULES, at(date(2026, 3, 20)))
    assert (clock.allowed, clock.state, clock.due) == (20, State.RUNNING, date(2026, 3, 30))

    late = received(date(2026, 3, 2)) + moves((date(2026, 3, 18), "extend", "extended"))
    clock = clock_of(late, RULES, at(date(2026, 3, 20)))
    assert (clock.state, clock.lapsed_on, clock.due) == (State.MISSED, date(2026, 3, 16), date(2026, 3, 30))


def test_it_is_met_on_its_last_day_and_missed_the_day_after():
    last = clock_of(received(date(2026, 3, 2)), RULES, at(date(2026, 3, 2))).due
    on_time = received(date(2026, 3, 2)) + moves((last, "refuse", "refused"))
    late = received(date(2026, 3, 2)) + moves((last + timedelta(days=1), "refuse", "refused"))
    assert clock_of(on_time, RULES, at(last + timedelta(days=9))).state == State.MET
    assert clock_of(late, RULES, at(last + timedelta(days=9))).state == State.MISSED
    assert clock_of(on_time, RULES).due_on is None


def test_it_never_answers_for_the_owner():
    clock = clock_of(received(date(2026, 3, 2)), RULES, at(date(2026, 12, 1)))
    assert (clock.state, clock.is_open, clock.mark) == (State.MISSED, True, "overdue")
    assert left(clock) < 0


def test_it_gives_the_authority_a_clock_of_its_own_once_it_decides():
    escalated = received(date(2026, 3, 2)) + moves((date(2026, 3, 17), "escalate", "reply-due"))
    owners, authoritys = clocks_of(escalated, RULES, at(date(2026, 3, 17)))
    assert (owners.state, owners.ended_by) == (State.MISSED, "escalate")
    assert (authoritys.stage, authoritys.whose, authoritys.due) == (Stage.DISPUTE, "authority", date(2026, 3, 31))


def test_the_check_of_form_stands_in_the_requesters_turn_and_then_all_days_are_the_owners():
    returned = moves(
        (date(2026, 3, 2), "submit", "compliance-check"),
        (date(2026, 3, 3), "return", "incomplete"),
        (date(2026, 3, 5), "answer the check", "compliance-check"),
    )
    stages = [(clock.stage, clock.state) for clock in clocks_of(returned, RULES, at(date(2026, 3, 5)))]
    assert stages == [(Stage.COMPLETION, State.MET), (Stage.CHECK, State.RUNNING)]
    assert left(clock_of(returned, RULES, at(date(2026, 3, 5)))) == 1

    passed = returned + moves((date(2026, 3, 6), "receive", "reply-due"))
    assert [clock.state for clock in clocks_of(passed, RULES, at(date(2026, 3, 6)))][:2] == [State.MET, State.MET]
    assert left(clock_of(passed, RULES, at(date(2026, 3, 6)))) == 10


def test_a_draft_has_no_clock():
    assert clock_of([], RULES) is None


def test_it_says_how_far_it_is():
    start, changed = received(date(2026, 3, 2)), {}
    for day in range(2, 20):
        now = at(date(2026, 3, day), 0 if day > 2 else 10)
        changed.setdefault(clock_of(start, RULES, now).mark, day)
    assert changed == {"": 2, "half": 9, "most": 12, "due": 16, "overdue": 17}


def test_it_says_where_days_are_not_announced_yet():
    far = Request(due_on=date(timezone.localdate().year + 3, 1, 5))
    assert "not announced yet" in clock_words(far, Calendar("china")).sentence
    assert "not announced yet" not in clock_words(far, Calendar("weekdays")).sentence


@given(DAYS, STEPS)
def test_it_counts_each_working_day_that_it_runs_and_no_other(start, gaps):
    """The brute way: walk every day and count those that are worked while nobody owes an answer."""
    day, state, taken, counted = start, "reply-due", received(start), 0
    for number, gap in enumerate(gaps):
        for _step in range(gap):
            day += timedelta(days=1)
            counted += CHINA.is_working(day) and state == "reply-due"
        state = "incomplete" if number % 2 == 0 else "reply-due"
        taken += moves((day, "return" if state == "incomplete" else "answer", state))
    clock = clock_of(taken, RULES, at(day))
    assert clock.stage == Stage.REPLY and clock.used == counted
    assert clock.used <= 10 or clock.lapsed_on is not None


@given(DAYS, st.integers(0, 9), st.integers(0, 40))
def test_a_pause_adds_exactly_the_working_days_that_it_lasts(start, ran, stood):
    returned = CHINA.add_working(start, ran) if ran else start
    answered = returned + timedelta(days=stood)
    taken = received(start) + moves((returned, "return", "incomplete"), (answered, "answer", "reply-due"))
    clock = clock_of(taken, RULES, at(answered))
    assert clock.due == CHINA.add_working(start, 10 + CHINA.working_between(returned, answered))


@given(DAYS, st.integers(1, 30))
def test_a_last_day_is_a_working_day_and_so_many_lie_before_it(start, count):
    due = CHINA.add_working(start, count)
    assert CHINA.is_working(due) and CHINA.working_between(start, due) == count


@given(DAYS, STEPS, st.integers(0, 60))
def test_it_can_be_computed_again_by_anybody(start, gaps, later):
    day, taken = start, received(start)
    for number, gap in enumerate(gaps):
        day += timedelta(days=gap)
        taken += moves((day, "return", "incomplete") if number % 2 == 0 else (day, "answer", "reply-due"))
    now = at(day + timedelta(days=later))
    assert clocks_of(taken, RULES, now) == clocks_of(list(taken), RULES, now)
    # what has happened since does not change how it stood then
    assert clocks_of(taken + moves((now.date() + timedelta(days=1), "withdraw", "withdrawn")), RULES, now) == clocks_of(
        taken, RULES, now
    )


@given(DAYS)
def test_a_day_that_the_authority_sets_moves_the_last_day(start):
    free = CHINA.add_working(start, 3)
    assume(CHINA.is_working(free))
    moved = Calendar("china", {free: False})
    assert moved.add_working(start, 10) == CHINA.add_working(start, 11)


def test_the_setting_is_a_preset_or_a_preset_with_changes():
    assert read_rules("")["reply"] == {"unconditional": 1, "conditional": 10, "withheld": 10}
    assert read_rules("strict-city")["reply"]["conditional"] == 5
    changed = read_rules('{"preset": "national", "reply": {"conditional": 7}, "delivery": 15}')
    assert (changed["reply"]["conditional"], changed["reply"]["unconditional"], changed["delivery"]) == (7, 1, 15)


@pytest.mark.parametrize(
    "text",
    ["lenient", "{", '{"preset": "x"}', '{"answer": 3}', '{"reply": 3}', '{"reply": {"open": 3}}', '{"review": 0}',
     '{"review": "3"}', '{"review": true}', '{"attest": 9999}'],
)  # fmt: skip
def test_a_setting_that_means_nothing_says_what_is_wrong(text):
    with pytest.raises(ImproperlyConfigured, match="CLOCK_RULES"):
        read_rules(text)
