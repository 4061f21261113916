"""The board: figures that a plain count gives too, each with the requests behind it, for those who answer for them."""

from datetime import datetime, time

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.models import Membership
from sharing.actions import deadlines, decisions
from sharing.board import TILES, board_of, departments_on_board, figures_of, requests_behind
from sharing.calendar import city_calendar
from sharing.models import Deadline
from tests import world
from tests.sharing import requests as made
from tests.sharing.test_deadlines import CLOCK, after, it_is

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return made.people()


@pytest.fixture
def answered(cast, monkeypatch):
    """One refused at once, one agreed to after three days, one refused late, one returned, one that waits too long."""
    cast.refused = made.brought_to(cast, "refused")
    cast.late = made.brought_to(cast, "reply-due", aim="Answered late")
    cast.agreed = made.brought_to(cast, "reply-due", aim="Agreed after three days")
    cast.returned = made.brought_to(cast, "incomplete", aim="Returned")
    cast.overdue = made.brought_to(cast, "reply-due", aim="Nobody answers")
    with monkeypatch.context() as patched:
        it_is(after(3), patched)
        made.STEPS["approve"](cast, cast.agreed)
        it_is(after(12), patched)
        decisions.refuse_request(
            cast.late, by=world.by(cast.approver), code="unsafe", article="article 9", appeal="Write to the city"
        )
        deadlines.look_at_clocks(by=CLOCK, now=timezone.now())
    return cast


def noon(day) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(12)))


def signed_in(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_its_figures_are_what_a_plain_count_gives(answered):
    now = noon(city_calendar().add_working(timezone.localdate(), 12))
    board = board_of(answered.parks, days=90, now=now)
    replies = [one for one in Deadline.objects.filter(stage="reply") if one.ended_at and one.ended_by != "withdraw"]
    used = sorted(one.used for one in replies)
    assert board.replied == len(replies) == 4  # the one that nobody answered was handed on, late
    assert (board.late, board.in_time, board.share) == (2, 2, 50)
    assert board.median == (used[1] + used[2]) / 2
    assert board.refused == {"not-needed": 1, "unsafe": 1}
    assert board.returned == 1
    assert sum(count for _day, count in board.by_days) == 4
    assert dict(board.by_days)[3] == 1


def test_pauses_do_not_count_and_withdrawn_ones_are_no_replies(cast):
    one = made.brought_to(cast, "reply-due")
    made.STEPS["withdraw"](cast, one)
    board = board_of(cast.parks, days=30)
    assert (board.replied, board.share, board.median, board.by_days) == (0, None, None, [])


def test_what_was_handed_to_the_authority_in_time_is_no_reply(cast):
    one = made.brought_to(cast, "reply-due")
    decisions.escalate_request(one, by=world.by(cast.approver), reason="Too hard")
    board = board_of(cast.parks, days=30)
    assert (board.replied, board.in_time, board.by_days) == (0, 0, [])


def test_a_list_has_just_the_requests_that_its_figure_counts(answered):
    by = world.by(answered.approver)

    def behind(tile, **given):
        found = requests_behind(tile, answered.parks, days=365, by=by, **given)
        return set(found.values_list("aim", flat=True))

    plain = made.ANSWERS["aim"]
    Deadline.objects.filter(ended_at__gt=timezone.now()).update(ended_at=timezone.now())
    assert behind("replied") == {plain, "Answered late", "Agreed after three days", "Nobody answers"}
    assert behind("late") == {"Answered late", "Nobody answers"}
    assert behind("in-time") == {plain, "Agreed after three days"}
    assert behind("returned") == {"Returned"}
    assert behind("refused") == {plain, "Answered late"}
    assert behind("refused", code="unsafe") == {"Answered late"}
    assert behind("waiting") == {"Returned", "Agreed after three days"}
    assert behind("overdue") == set()


def test_who_answers_for_it_reads_it_and_nobody_else(cast, client):
    for person in (cast.owner, cast.approver):
        assert list(departments_on_board(world.by(person))) == [cast.parks]
    for person in (cast.authority, cast.auditor):
        assert set(departments_on_board(world.by(person))) == {cast.parks, cast.health, cast.schools}
    for person in (cast.requester, cast.stranger, cast.citizen, cast.reviewer, cast.administrator):
        assert not departments_on_board(world.by(person)).exists()
        signed_in(client, person)
        for address in (reverse("board", args=[cast.parks.pk]), reverse("board-list", args=[cast.parks.pk, "late"])):
            assert client.get(address).status_code == 404
    signed_in(client, cast.head)
    assert client.get(reverse("board", args=[cast.parks.pk])).status_code == 404


def test_each_tile_leads_to_its_list(answered, client):
    signed_in(client, answered.approver)
    page = client.get(reverse("board", args=[answered.parks.pk])).content.decode()
    assert "<svg" in page and "The same as a table" in page and "The data would not be safe with the requester" in page
    for tile in TILES:
        address = reverse("board-list", args=[answered.parks.pk, tile])
        assert address in page and client.get(address).status_code == 200
    assert client.get(reverse("board-list", args=[answered.parks.pk, "nothing"])).status_code == 404
    for odd in ("?days=7", "?days=x", "?code=x&days=30", "?after=x"):
        assert client.get(reverse("board-list", args=[answered.parks.pk, "refused"]) + odd).status_code in {200, 404}


def test_the_table_of_departments_agrees_with_each_board(answered):
    (row,) = figures_of([answered.parks], days=365)
    board = board_of(answered.parks, days=365)
    assert (row["replied"], row["share"], row["median"], row["overdue"]) == (
        board.replied, board.share, board.median, board.overdue,
    )  # fmt: skip


def test_it_asks_a_constant_number_of_questions(cast, client, django_assert_max_num_queries):
    signed_in(client, cast.authority)
    first = made.brought_to(cast, "refused")
    addresses = [
        reverse("boards"),
        reverse("board", args=[cast.parks.pk]),
        reverse("board-list", args=[cast.parks.pk, "refused"]),
    ]

    def count(address) -> int:
        with django_assert_max_num_queries(20) as counted:
            assert client.get(address).status_code == 200
        return len(counted)

    few = [count(address) for address in addresses]
    for number in range(3):
        world.department(f"d{number}")
        made.brought_to(cast, "refused", aim=f"{number}")
    assert first and [count(address) for address in addresses] == few


def test_the_api_says_the_same(answered, client):
    signed_in(client, answered.authority)
    address = reverse("api-board", args=[answered.parks.pk])
    said = client.get(address, {"days": 365}).json()
    board = board_of(answered.parks, days=365)
    assert (said["replied"], said["late"], said["refused"]) == (board.replied, board.late, board.refused)
    assert client.get(address, {"days": 7}).status_code == 400
    assert signed_in(client, answered.stranger).get(address).status_code == 404


def test_a_role_that_ended_shows_nothing_any_more(cast):
    Membership.objects.filter(user=cast.approver).update(ended_at=timezone.now())
    assert not departments_on_board(world.by(cast.approver)).exists()
