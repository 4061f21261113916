"""What the clock does by itself: each reminder once, a lapse in plain sight, and never an answer for the owner."""

import json
from datetime import date, datetime, time
from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.actor import service
from audit.models import Event
from sharing.actions import deadlines
from sharing.actions.decisions import approve_request, second_request, transfer_request
from sharing.actions.requests import answer_questions
from sharing.calendar import city_calendar
from sharing.models import CalendarDay, Deadline, Decision, Request
from sharing.permissions import PLATFORM
from sharing.standing import is_late
from tests import world
from tests.sharing import requests as made

pytestmark = pytest.mark.django_db
CLOCK = service(PLATFORM)


@pytest.fixture
def cast():
    return made.people()


@pytest.fixture
def waiting(cast) -> Request:
    return made.brought_to(cast, "reply-due")


def on(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(9)))


def after(count: int) -> datetime:
    """The morning of the working day so many after today."""
    return on(city_calendar().add_working(timezone.localdate(), count))


def look(now: datetime) -> None:
    deadlines.look_at_clocks(by=CLOCK, now=now)


def it_is(now: datetime, monkeypatch) -> datetime:
    """All acts are of this moment from now on."""
    monkeypatch.setattr(timezone, "now", lambda: now)
    return now


def said(kind: str = "request.reminded") -> list[dict]:
    return [json.loads(event.body)["facts"] for event in Event.objects.filter(kind=kind).order_by("id")]


def marks(stage: str = "reply") -> list[str]:
    return [facts["mark"] for facts in said() if facts["stage"] == stage]


def test_it_reminds_at_half_at_most_on_the_last_day_and_after_it_each_once(waiting):
    for count in range(12):
        look(after(count))
        look(after(count))
    assert marks() == ["half", "most", "due", "overdue"]
    assert said()[0] == {
        "reference": waiting.reference, "stage": "reply", "mark": "half", "whose": "parks",
        "due_on": city_calendar().add_working(timezone.localdate(), 10).isoformat(),
    }  # fmt: skip


def test_a_look_that_comes_late_says_only_how_it_stands_now(waiting):
    look(after(9))
    assert marks() == ["most"]


def test_a_lapse_is_said_once_goes_to_the_authority_and_decides_nothing(cast, waiting, monkeypatch):
    look(after(10))
    assert said("request.clock_missed") == []
    assert not is_late(Request.objects.get())
    late = it_is(after(11), monkeypatch)
    look(late)
    look(late)

    found = Request.objects.get()
    assert [facts["stage"] for facts in said("request.clock_missed")] == ["reply"]
    assert (found.with_authority, found.state) == (True, "reply-due")
    assert found.grant is None and not Decision.objects.exists()
    assert list(found.moves.values_list("verb", flat=True)).count("escalate") == 1
    lapsed = found.deadlines.get(stage="reply")
    assert (lapsed.state, lapsed.missed_at, lapsed.department) == ("missed", late, cast.parks)
    assert found.deadlines.get(stage="dispute").department == cast.city
    assert is_late(found)


def test_what_nobody_seconds_in_time_goes_to_the_authority_and_the_decision_stands_no_more(cast, monkeypatch):
    proposed = made.brought_to(cast, "second-approval")
    late = it_is(after(11), monkeypatch)
    look(late)
    look(late)

    found = Request.objects.get()
    assert (found.with_authority, found.state, found.grant) == (True, "reply-due", None)
    decision = found.decisions.get()
    assert (decision.overturned_at, decision.overturned_by) == (late, None)
    with pytest.raises(DatabaseError), transaction.atomic():
        found.decisions.update(overturned_at=None)
    with pytest.raises(ValidationError):
        second_request(proposed, by=world.by(cast.second))
    assert approve_request(found, by=world.by(cast.authority)).state == "second-approval"


def test_a_lapse_that_was_said_while_questions_were_open_is_handed_over_later(cast, waiting, monkeypatch):
    it_is(after(11), monkeypatch)
    made.STEPS["return"](cast, waiting)
    look(timezone.now())
    assert [facts["stage"] for facts in said("request.clock_missed")] == ["reply"]

    it_is(after(12), monkeypatch)
    answer_questions(waiting, {waiting.questions.get().pk: "2020"}, by=world.by(cast.requester))
    look(after(13))
    assert Request.objects.get().with_authority


@pytest.mark.parametrize(
    ("state", "stage", "days", "whose"),
    [
        ("internal-review", "review", 3, "health"),
        ("compliance-check", "check", 2, "city"),
        ("incomplete", "completion", 5, "health"),
        ("delivery-due", "delivery", 20, "parks"),
        ("disposal-due", "attest", 10, "health"),
    ],
)
def test_every_other_step_has_its_deadline_and_a_lapse_moves_nothing(cast, state, stage, days, whose):
    made.brought_to(cast, state)
    look(after(days))
    assert marks(stage) == ["due"] and said("request.clock_missed") == []
    look(after(days + 1))
    assert marks(stage) == ["due", "overdue"]
    (missed,) = said("request.clock_missed")
    assert (missed["stage"], missed["whose"], Request.objects.get().state) == (stage, whose, state)


def test_questions_stop_the_owners_clock_so_nobody_is_reminded_of_it(cast):
    made.brought_to(cast, "incomplete")
    for count in range(3, 15):
        look(after(count))
    assert marks("reply") == []
    assert Deadline.objects.get(stage="reply").state == "paused"


def test_more_time_has_reminders_of_its_own(cast, waiting):
    look(after(8))
    for step in ("ask for time", "extend"):
        made.STEPS[step](cast, waiting)
    look(after(9))
    assert marks() == ["most"]
    for count in (10, 16, 20):
        look(after(count))
    assert marks() == ["most", "half", "most", "due"]
    assert said("request.clock_missed") == []


def test_a_day_that_the_city_sets_moves_the_last_day_and_the_list(cast, waiting):
    last = waiting.due_on
    free = city_calendar().add_working(timezone.localdate(), 2)
    CalendarDay.objects.create(day=free, is_working=False, why="Founding day", set_by=cast.authority)
    Deadline.objects.update(looked_on=None)
    look(timezone.now())
    due = city_calendar().add_working(last, 1)
    assert Request.objects.get().due_on == Deadline.objects.get(stage="reply").due_on == due


def test_what_has_ended_stays_as_it_was_counted(cast):
    made.brought_to(cast, "refused")
    before = Deadline.objects.get(stage="reply")
    assert (before.state, before.used, before.ended_by) == ("met", 0, "refuse")
    look(after(30))
    assert marks() == [] and Deadline.objects.get(stage="reply").state == "met"


def test_an_answer_that_came_late_before_anybody_looked_is_a_lapse_all_the_same(cast, waiting, monkeypatch):
    late = it_is(after(11), monkeypatch)
    made.STEPS["refuse"](cast, waiting)
    look(late)
    found = Request.objects.get()
    assert (found.state, found.with_authority) == ("refused", False)
    assert len(said("request.clock_missed")) == 1 and marks() == []
    assert not is_late(found), "it was answered"


def test_half_of_it_is_never_done(waiting, monkeypatch):
    """The lapse is recorded, then handing over fails: neither happened, and the next look does both."""

    def broken(*_args, **_kwargs):
        raise RuntimeError("lost")

    with monkeypatch.context() as patched:
        patched.setattr(deadlines, "escalate_request", broken)
        look(after(11))
    assert said() == [] and said("request.clock_missed") == []
    assert not Deadline.objects.filter(state="missed").exists()
    look(after(11))
    assert len(said("request.clock_missed")) == 1 and marks() == ["overdue"]


def test_one_that_fails_keeps_no_other_waiting(cast, waiting, monkeypatch):
    other = made.brought_to(cast, "compliance-check", aim="Another one")
    whole = deadlines.look_at_clock

    def broken(pk, **given):
        if pk == waiting.pk:
            raise RuntimeError("lost")
        whole(pk, **given)

    monkeypatch.setattr(deadlines, "look_at_clock", broken)
    look(after(2))
    assert {facts["reference"] for facts in said()} == {other.reference}


def test_nobody_but_the_platform_plays_the_clock(cast, waiting):
    for person in (cast.approver, cast.authority, cast.stranger):
        with pytest.raises(PermissionDenied):
            deadlines.look_at_clocks(by=world.by(person))
        with pytest.raises(PermissionDenied), transaction.atomic():
            deadlines.look_at_clock(waiting.pk, by=world.by(person), now=after(11))


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_say_it_once(cast, monkeypatch):
    made.brought_to(cast, "reply-due")
    late, start, failed = it_is(after(11), monkeypatch), Barrier(2), []

    def work():
        try:
            start.wait()
            look(late)
        except Exception as reason:
            failed.append(reason)
        finally:
            connection.close()

    workers = [Thread(target=work) for _number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failed == []
    assert marks() == ["overdue"] and len(said("request.clock_missed")) == 1
    assert Event.objects.filter(kind="request.escalated").count() == 1


def test_it_asks_as_much_for_a_request_with_much_history(cast, waiting):
    short = queries_of_a_look()
    for _time in range(6):
        transfer_request(waiting, cast.second, by=world.by(cast.approver), reason="Away")
        transfer_request(waiting, cast.approver, by=world.by(cast.second), reason="Back")
    assert waiting.moves.count() > 12
    assert queries_of_a_look() == short


def queries_of_a_look() -> int:
    """How many the clock asks while nothing is due."""
    look(timezone.now())
    with CaptureQueriesContext(connection) as asked:
        look(timezone.now())
    return len(asked)
