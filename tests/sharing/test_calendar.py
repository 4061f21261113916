"""The city's calendar: the authority sets days, everybody of the city reads them, and clocks follow."""

import json
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from sharing import calendar, checks
from sharing.actions import deadlines
from sharing.actions.calendar import clear_days, set_days
from sharing.calendar import Calendar, city_calendar
from sharing.models import CalendarDay, Deadline, Request
from tests import world
from tests.sharing import requests as made
from tests.sharing.test_deadlines import CLOCK

pytestmark = pytest.mark.django_db
WHY = "Mayor's notice 12"


@pytest.fixture
def cast():
    return made.people()


def next_working(count: int = 1) -> date:
    return city_calendar().add_working(timezone.localdate(), count)


def signed_in(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_authority_sets_days_and_the_log_says_so(cast):
    day = next_working()
    set_days(day, day, is_working=False, why=WHY, by=world.by(cast.authority))
    assert not city_calendar().is_working(day)
    facts = json.loads(Event.objects.get(kind="calendar.set").body)["facts"]
    assert facts == {"first": day.isoformat(), "last": day.isoformat(), "working": False, "reason": WHY}

    assert clear_days(day, day, why="Taken back", by=world.by(cast.authority)) == 1
    assert city_calendar().is_working(day) and Event.objects.filter(kind="calendar.cleared").count() == 1


def test_nobody_else_sets_them_and_no_key_does(cast):
    day = next_working()
    for person in (cast.approver, cast.administrator, cast.auditor, cast.stranger, cast.citizen):
        with pytest.raises(PermissionDenied):
            set_days(day, day, is_working=False, why=WHY, by=world.by(person))
        with pytest.raises(PermissionDenied):
            clear_days(day, day, why=WHY, by=world.by(person))
    with pytest.raises(PermissionDenied):
        set_days(day, day, is_working=False, why=WHY, by=world.by(cast.authority, key=object()))
    assert not CalendarDay.objects.exists()


def test_it_refuses_what_makes_no_sense(cast):
    by, today = world.by(cast.authority), timezone.localdate()
    day = next_working()
    wrong = [
        (today - timedelta(days=1), today, False, WHY),
        (day, day - timedelta(days=1), False, WHY),
        (day, day + timedelta(days=31), False, WHY),
        (day + timedelta(days=900), day + timedelta(days=900), False, WHY),
        (day, day, False, "  "),
        (day, day, True, WHY),
    ]
    for first, last, working, why in wrong:
        with pytest.raises(ValidationError):
            set_days(first, last, is_working=working, why=why, by=by)
    with pytest.raises(ValidationError, match="None of these days"):
        clear_days(day, day, why=WHY, by=by)


def test_clocks_that_run_follow_and_those_that_ended_do_not(cast):
    ended = made.brought_to(cast, "refused")
    waiting = made.brought_to(cast, "reply-due", aim="Another one")
    deadlines.look_at_clocks(by=CLOCK)
    assert not Deadline.objects.filter(ended_at=None, looked_on=None).exists()
    before, kept = waiting.due_on, ended.deadlines.get(stage="reply").due_on

    day = next_working(2)
    set_days(day, day, is_working=False, why=WHY, by=world.by(cast.authority))
    deadlines.look_at_clocks(by=CLOCK)
    assert Request.objects.get(pk=waiting.pk).due_on == city_calendar().add_working(before, 1)
    assert ended.deadlines.get(stage="reply").due_on == kept

    clear_days(day, day, why=WHY, by=world.by(cast.authority))
    deadlines.look_at_clocks(by=CLOCK)
    assert Request.objects.get(pk=waiting.pk).due_on == before


def test_half_a_change_is_none(cast, monkeypatch):
    day = next_working()

    def broken(*_args, **_kwargs):
        raise RuntimeError("lost")

    monkeypatch.setattr("sharing.actions.calendar.record", broken)
    with pytest.raises(RuntimeError):
        set_days(day, day, is_working=False, why=WHY, by=world.by(cast.authority))
    assert not CalendarDay.objects.exists()


def test_the_page_lists_them_and_the_authority_changes_them_there(cast, client):
    day = next_working()
    signed_in(client, cast.authority)
    answer = client.post(reverse("calendar-set"), {"first": day, "last": "", "working": "no", "why": WHY})
    assert answer.status_code == 302
    page = client.get(reverse("calendar")).content.decode()
    assert "is free" in page and "Mayor" in page and "Tora" in page
    answer = client.post(reverse("calendar-set"), {"first": day, "last": "", "working": "no", "why": WHY})
    assert "The calendar says so already." in answer.content.decode()

    page = signed_in(client, cast.stranger).get(reverse("calendar")).content.decode()
    assert "Mayor" in page and reverse("calendar-set") not in page
    assert signed_in(client, cast.citizen).get(reverse("calendar")).status_code == 403


def test_the_api_lists_them_by_cursor(cast, client):
    signed_in(client, cast.stranger)
    days = [next_working(count) for count in (1, 2, 3)]
    for day in days:
        set_days(day, day, is_working=False, why=WHY, by=world.by(cast.authority))
    first = client.get(reverse("api-calendar"), {"limit": 2}).json()
    then = client.get(reverse("api-calendar"), {"limit": 2, "after": first["next"]}).json()
    assert [one["day"] for one in first["results"] + then["results"]] == sorted(day.isoformat() for day in days)
    assert (first["country"], then["next"]) == ("china", None)
    assert signed_in(client, cast.citizen).get(reverse("api-calendar")).json()["results"] == []


def test_a_year_that_is_not_announced_is_seen_by_who_deploys_and_on_the_page(cast, client, monkeypatch):
    late = date(2099, 11, 30)
    monkeypatch.setattr(timezone, "localdate", lambda *_args: late)
    assert "2099, 2100" in calendar.warning()
    (said,) = checks.check_years()
    assert said.id == "sharing.W001" and "2099" in said.msg
    monkeypatch.undo()
    monkeypatch.setattr("sharing.views.calendar.warning", lambda: "2099 is not in the calendar yet")
    assert "2099 is not in" in signed_in(client, cast.stranger).get(reverse("calendar")).content.decode()


def test_a_year_that_was_set_by_hand_or_is_known_warns_of_nothing():
    assert Calendar("china").unknown_years(date(2026, 1, 1), date(2026, 12, 31)) == []
    assert Calendar("weekdays").unknown_years(date(2099, 1, 1), date(2100, 1, 1)) == []


def test_rules_that_mean_nothing_stop_the_start(settings):
    assert checks.check_rules() == []
    settings.CLOCK_RULES, settings.WORKING_CALENDAR = "lenient", "mars"
    assert [error.id for error in checks.check_rules()] == ["sharing.E001", "sharing.E002"]
    assert checks.check_years() == []
