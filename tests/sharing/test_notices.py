"""Notices: whom it concerns hears of it once, on the page and by e-mail, and nobody else."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from audit.kinds import KINDS
from audit.models import Event
from catalog.actions import memberships
from catalog.actions.acting import name_acting
from catalog.models import Membership, Role
from portal import notice_mail
from sharing import notices
from sharing.actions import deadlines
from sharing.actions.grants import suspend_grant
from sharing.circles import HEAR, UNHEARD
from sharing.clocks import MARKS, OVERDUE
from sharing.models import Notice, Request
from sharing.notice_words import WORDS
from tests import world
from tests.sharing import requests as made
from tests.sharing.test_deadlines import CLOCK, after, it_is

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return made.people()


def event(kind: str) -> Event:
    return Event.objects.filter(kind=kind).latest("id")


def told(kind: str) -> set[str]:
    """Who has a notice of the last event of this kind."""
    found = event(kind)
    notices.give_notices(found)
    return set(Notice.objects.filter(event=found.uuid).values_list("user__name", flat=True))


def signed_in(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_every_kind_about_requests_is_heard_or_said_to_concern_nobody():
    of_requests = {kind for kind in KINDS if kind.startswith(("request.", "grant.", "bridge."))}
    assert of_requests - HEAR.keys() == UNHEARD
    said = {kind for kind in HEAR if kind != "request.reminded"}
    assert said | {f"request.reminded {mark}" for mark in (*MARKS, OVERDUE)} == WORDS.keys()


def test_what_is_heard_is_told_by_itself_on_the_page_and_by_mail(cast, mailoutbox):
    made.brought_to(cast, "refused")
    world.settle()
    noticed = Notice.objects.filter(event=event("request.refused").uuid).values_list("user__email", flat=True)
    assert {*noticed} == {cast.requester.email, cast.head.email}
    assert {*noticed} <= {address for mail in mailoutbox if "refused" in mail.subject.lower() for address in mail.to}


def test_each_step_is_heard_by_those_who_are_next_and_those_who_asked(cast):
    made.brought_to(cast, "refused")
    assert told("request.sent") == {"Heike"}
    assert told("request.submitted") == {"Tora", "Tove", "Rita"}
    assert told("request.received") == {"Anton", "Anna", "Rita"}
    assert told("request.refused") == {"Rita", "Heike"}


def test_whoever_acts_is_not_told_and_the_stranger_never_is(cast):
    for state in ("incomplete", "second-approval", "ended"):
        made.brought_to(cast, state, aim=f"For {state}")
    for kind in HEAR:
        for one in Event.objects.filter(kind=kind):
            notices.give_notices(one)
            assert not Notice.objects.filter(event=one.uuid, user=one.actor).exists()
    assert not Notice.objects.filter(user__in=[cast.stranger, cast.citizen, cast.reviewer, cast.administrator]).exists()


def test_a_reminder_goes_to_whose_turn_it_is_and_a_lapse_also_to_the_authority(cast):
    made.brought_to(cast, "internal-review")
    deadlines.look_at_clocks(by=CLOCK, now=after(4))
    assert told("request.reminded") == {"Heike"}
    assert told("request.clock_missed") == {"Tora", "Tove", "Rita"}
    found = Notice.objects.get(kind="request.reminded")
    assert found.facts.keys() == {"stage", "mark", "due_on"}


def test_a_late_reply_is_told_once_to_each_and_the_owner_hears_that_it_was_late(cast, monkeypatch):
    made.brought_to(cast, "reply-due")
    deadlines.look_at_clocks(by=CLOCK, now=it_is(after(11), monkeypatch))
    assert told("request.reminded") == {"Anton", "Anna"}
    assert told("request.clock_missed") == set()
    assert told("request.escalated") == {"Tora", "Tove", "Anton", "Anna", "Rita"}


def test_the_recipient_hears_of_a_grant_that_is_suspended(cast):
    active = made.brought_to(cast, "active")
    suspend_grant(active.grant, by=world.by(cast.approver), reason="Look into it")
    assert told("grant.made") == set()  # whoever asked hears that it was agreed to
    assert told("grant.suspended") == {"Rita", "Rolf", "Heike", "Anna"}


def test_it_is_given_once_however_often_it_runs(cast):
    made.brought_to(cast, "internal-review")
    assert told("request.sent") == told("request.sent") == {"Heike"}
    assert Notice.objects.count() == 1


def test_a_drafter_who_left_is_stood_in_for_by_colleagues(cast):
    made.brought_to(cast, "reply-due")
    (held,) = Membership.objects.filter(user=cast.requester)
    memberships.finish(held, by=CLOCK, reason="Moved away")
    assert told("request.received") == {"Anton", "Anna", "Rolf"}


def test_the_page_shows_what_is_new_until_it_is_read(cast, client):
    made.brought_to(cast, "internal-review")
    told("request.sent")
    page = signed_in(client, cast.head).get(reverse("notices")).content.decode()
    assert "Health wants to ask for “Trees”" in page and "not read" in page

    one = Notice.objects.get()
    client.post(reverse("notices-read"), {"notice": one.pk})
    assert Notice.objects.get().read_at is not None
    assert "Mark as read" not in client.get(reverse("notices")).content.decode()
    assert "Nothing that you have not read" in client.get(reverse("notices") + "?list=unread").content.decode()


def test_all_are_read_but_not_what_came_since_the_page_was_made(cast, client):
    made.brought_to(cast, "internal-review")
    told("request.sent")
    before = Notice.objects.get().at
    signed_in(client, cast.head)
    client.post(reverse("notices-read"), {"until": (before - timedelta(seconds=1)).isoformat()})
    assert Notice.objects.get().read_at is None
    client.post(reverse("notices-read"), {"until": "nonsense"})
    assert Notice.objects.get().read_at is not None


@pytest.mark.parametrize("number", ["x", "²", "9" * 40, "-1", ""])
def test_nobody_reads_for_another_and_nonsense_marks_nothing(cast, client, number):
    made.brought_to(cast, "internal-review")
    told("request.sent")
    one = Notice.objects.get()
    signed_in(client, cast.stranger).post(reverse("notices-read"), {"notice": number or one.pk})
    signed_in(client, cast.head).post(reverse("notices-read"), {"notice": number or "0"})
    assert Notice.objects.get().read_at is None


def test_a_right_that_ended_takes_its_notices_along(cast, client):
    made.brought_to(cast, "internal-review")
    told("request.sent")
    (held,) = Membership.objects.filter(user=cast.head)
    memberships.finish(held, by=CLOCK, reason="Moved away")
    page = signed_in(client, cast.head).get(reverse("notices")).content.decode()
    assert "Trees" not in page and "Mark all as read" in page  # so that the header can be cleared
    notice_mail.mail_notice(event("request.sent"))
    assert mail.outbox == []


def test_the_page_and_the_header_ask_a_constant_number_of_questions(cast, client, django_assert_num_queries):
    one = made.brought_to(cast, "internal-review")
    told("request.sent")
    signed_in(client, cast.head).get(reverse("notices"))
    with django_assert_num_queries(7) as few:
        client.get(reverse("notices"))
    first = Notice.objects.get()
    Notice.objects.bulk_create(
        Notice(user=cast.head, event=uuid4(), kind=first.kind, request=one) for _number in range(20)
    )
    with django_assert_num_queries(len(few)):
        client.get(reverse("notices"))


def test_it_is_mailed_once_in_the_readers_language_and_tells_no_secret(cast):
    made.brought_to(cast, "internal-review")
    cast.head.language = "zh-hans"
    cast.head.save()
    for _time in range(2):
        notice_mail.mail_notice(event("request.sent"))
    (sent,) = mail.outbox
    assert sent.to == [cast.head.email]
    assert "审核" in sent.subject and "Trees" in sent.subject and "\n" not in sent.subject
    assert str(Request.objects.get().pk) in sent.body
    for secret in (made.ANSWERS["aim"], "district", "income", cast.requester.email):
        assert secret not in sent.body


def test_old_ones_are_forgotten(cast):
    made.brought_to(cast, "internal-review")
    told("request.sent")
    assert notices.forget_old_notices() == 0
    Notice.objects.update(at=timezone.now() - notices.KEPT - timedelta(days=1))
    assert notices.forget_old_notices() == 1


def test_the_api_lists_ones_own(cast, client):
    made.brought_to(cast, "internal-review")
    told("request.sent")
    said = signed_in(client, cast.head).get(reverse("api-notices")).json()
    (one,) = said["results"]
    assert (one["kind"], one["request"], one["read_at"]) == ("request.sent", str(Request.objects.get().pk), None)
    assert "Trees" in one["text"] and said["next"] is None
    assert signed_in(client, cast.stranger).get(reverse("api-notices")).json()["results"] == []


def test_who_is_named_to_act_learns_of_it_and_no_other_new_role_is_told(cast):
    for one in Event.objects.filter(kind="membership.given"):
        notice_mail.tell_acting(one)
    assert mail.outbox == []
    colleague = world.person("Paula", cast.parks, Role.STEWARD)
    today = timezone.localdate()
    name_acting(colleague, cast.parks, today, today + timedelta(days=3), by=world.by(cast.approver))
    notice_mail.tell_acting(event("membership.given"))
    (sent,) = mail.outbox
    assert sent.to == [colleague.email] and sent.subject == "You act for Anton, approver of Parks"
