"""Whoever decides says how often and how much may leave: on pages, by program, and the second approver sees it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from catalog.models import Basis
from sharing.actions.decisions import approve_request
from sharing.forms.deciding import LessForm
from sharing.limit_words import terms_of
from sharing.limits import Limits
from sharing.told import decisions_told
from tests import world
from tests.api import caller
from tests.sharing import requests as made

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast():
    return made.people()


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_form_says_limits_and_a_span_alone_says_none(cast):
    one = made.brought_to(cast, "reply-due")
    ticked = {"use-main-district": "on"}
    form = LessForm(one, world.by(cast.approver), {**ticked, "rows_most": "500", "rows_span": "total",
                                                   "readings_span": "hour"})  # fmt: skip
    form.is_valid()

    assert form.limits() == Limits(way="", rows_most=500, rows_span="total")
    assert form.limits().within(one).way == "api"


def test_an_approver_sets_them_by_program(cast):
    one = made.brought_to(cast, "reply-due")
    anton = caller(cast.approver)
    address = f"/api/v1/requests/{one.pk}/approve"

    wrong = anton.post(address, {"limits": {"rows_most": 5}}, content_type="application/json")
    right = anton.post(address, {"limits": {"rows_most": 5, "rows_span": "day"}}, content_type="application/json")

    assert (wrong.status_code, right.status_code) == (400, 200), (wrong.content, right.content)
    grant = Basis.objects.get(kind="grant")
    assert Limits.of(grant) == Limits(way="api", rows_most=5, rows_span="day")


def test_the_second_approver_sees_them(cast):
    one = made.bulk(cast)
    for step in made.REPLY:
        made.STEPS[step](cast, one)
        one.refresh_from_db()
    approve_request(one, by=world.by(cast.approver), limits=Limits(way="", rows_most=7, rows_span="total"))

    (told,) = decisions_told(one, by=world.by(cast.approver))

    assert told["limits"] == ["API and pages", "7 rows in all"]


def test_one_is_said_as_one():
    one = Limits(way="api", readings_most=1, readings_span="day", rows_most=1, rows_span="total")
    assert terms_of(one) == ["API and pages", "1 reading a day", "1 row in all"]
    many = Limits(way="api", readings_most=1000, readings_span="hour", rows_most=2, rows_span="day")
    assert terms_of(many) == ["API and pages", "1,000 readings an hour", "2 rows a day"]


def test_it_is_not_agreed_to_what_cannot_be_counted(cast):
    one = made.brought_to(cast, "reply-due")

    with pytest.raises(ValidationError):
        approve_request(one, by=world.by(cast.approver), limits=Limits(way="", rows_most=7))


def test_it_is_lent_with_limits_on_the_page(cast):
    answers = {
        "recipient": cast.health.pk, "purpose": "Screening", "legal_basis": "Article 21", "use-main-district": "on",
        "valid_until": made.until().isoformat(), "way": "api", "readings_most": "12", "readings_span": "day",
        "rows_most": "", "rows_span": "day",
    }  # fmt: skip
    address = f"/desk/datasets/{cast.dataset.pk}/grants/new/"
    client = signed_in(cast.approver)

    checked = client.post(address, {**answers, "step": "check"})
    sent = client.post(address, {**answers, "step": "send"})

    assert "12 readings a day" in checked.content.decode()
    assert sent.status_code == 302
    grant = Basis.objects.get(kind="grant")
    assert Limits.of(grant) == Limits(way="api", readings_most=12, readings_span="day")
    page = signed_in(cast.requester).get(f"/grants/{grant.pk}/").content.decode()
    assert "12 readings are left" in page


@pytest.mark.parametrize("verb", ["renew", "return"])
def test_it_is_renewed_or_given_back_on_its_page(cast, verb):
    grant = made.brought_to(cast, "delivery-due").grant
    who = cast.approver if verb == "renew" else cast.requester
    client = signed_in(who)
    day = (made.until() + timedelta(days=30)).isoformat()

    page = client.get(f"/grants/{grant.pk}/{verb}/")
    done = client.post(f"/grants/{grant.pk}/{verb}/", {"valid_until": day, "reason": "No longer needed"})

    assert page.status_code == 200
    assert done.status_code == 302, done.content
    grant.refresh_from_db()
    assert grant.state == {"renew": "superseded", "return": "returned"}[verb]
    assert signed_in(who).get(done["Location"]).status_code == 200


def test_a_machine_gets_its_key_on_the_page_of_the_grant(cast):
    grant = made.brought_to(cast, "delivery-due").grant
    client = signed_in(cast.requester)

    made_one = client.post(f"/grants/{grant.pk}/keys/new/", {"name": "nightly", "until": made.until().isoformat()})
    key = grant.keys.get()
    rotated = client.post(f"/grants/{grant.pk}/keys/{key.pk}/rotate/", {"days": "3"})
    page = client.get(f"/grants/{grant.pk}/").content.decode()

    assert key.start in made_one.content.decode()
    assert rotated.status_code == 200 and grant.keys.count() == 2
    assert page.count("nightly") >= 2
    assert signed_in(cast.approver).get(f"/grants/{grant.pk}/keys/new/").status_code == 403
    assert signed_in(cast.stranger).get(f"/grants/{grant.pk}/keys/new/").status_code == 404


@pytest.mark.parametrize(("verb", "body"), [("return", {"reason": "Over"}), ("renew", {"valid_until": "2030-01-01"})])
def test_it_is_moved_by_program_by_whose_move_it_is(cast, verb, body):
    grant = made.brought_to(cast, "delivery-due").grant
    who, other = (cast.approver, cast.requester) if verb == "renew" else (cast.requester, cast.approver)
    scopes = ("read", "grant", "ask")

    def post(user, **said):
        address = f"/api/v1/grants/{grant.pk}/{verb}"
        return caller(user, *scopes).post(address, said, content_type="application/json")

    assert post(other, **body).status_code == 403
    assert post(cast.stranger, **body).status_code == 404
    answer = post(who, **body)
    assert answer.status_code == 200, answer.content
    assert answer.json()["state"] == ("active" if verb == "renew" else "returned")
    assert post(who, **body).status_code == 409
