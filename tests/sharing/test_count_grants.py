"""Requests for counts, or for yes or no: what is agreed to, and what the recipient gets of it."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from catalog.gate import open_rows
from catalog.models import CountedQuestion
from catalog.rows.errors import CountsOnly
from catalog.rows.query import RowQuery
from sharing.actions.decisions import approve_request, second_request
from sharing.actions.grants import make_grant
from sharing.actions.renewals import renew_grant
from sharing.calendar import end_of
from sharing.frozen import policy_sha256
from sharing.limits import NO_LIMITS, Limits
from sharing.policies.packages import why_not_packed
from tests import world
from tests.api import caller
from tests.sharing import requests as made

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = RowQuery(select="count(*) as n")


@pytest.fixture
def cast():
    people = made.people()
    columns = {
        "person": ("text", [f"p{number}" for number in range(60)]),
        "district": ("text", ["North"] * 50 + ["South"] * 8 + ["Island"] * 2),
        "income": ("integer", list(range(60))),
    }
    people.version = world.version(people.dataset, columns)
    made.mark(people, "person", sensitivity="personal", identity_role="person_code")
    return people


def waiting(cast, level, **answers):
    request = made.draft(cast, level=level, **answers)
    for step in made.REPLY:
        made.STEPS[step](cast, request)
    request.refresh_from_db()
    return request


def agreed(cast, level="count", **less):
    return approve_request(waiting(cast, level), by=world.by(cast.approver), **less).grant


def read(cast, grant, query=COUNT, who=None) -> list[dict]:
    return list(open_rows(query, over=[(cast.version, grant)], by=world.by(who or cast.requester)).dicts())


@pytest.mark.parametrize("level", ["count", "yes-no"])
def test_what_is_asked_for_below_rows_is_lent_as_such(cast, level):
    grant = agreed(cast, level)

    assert (grant.least, grant.way, grant.people) == (level, "api", "person")
    assert (grant.group_least, grant.questions_most, grant.grant.level) == (10, 100, level)
    assert grant.grant.policy_sha256 == policy_sha256(grant)
    ((found,),) = [row.values() for row in read(cast, grant)]
    assert found in ({True} if level == "yes-no" else {50, 60, 40})
    with pytest.raises(CountsOnly):
        read(cast, grant, RowQuery())
    assert "API and pages only" in why_not_packed(grant)


def test_counts_wanted_as_files_leave_by_the_api(cast):
    grant = approve_request(waiting(cast, "count", delivery="file"), by=world.by(cast.approver)).grant
    assert grant.way == "api"


@pytest.mark.parametrize(("asked", "less"), [("count", "yes-no"), ("pseudonymous", "count")])
def test_less_may_be_agreed_to(cast, asked, less):
    request = approve_request(waiting(cast, asked), by=world.by(cast.approver), limits=Limits(way="", least=less))
    assert (request.grant.least, request.grant.grant.level) == (less, less)
    assert request.decisions.get().outcome == "less"


def test_more_may_not(cast):
    with pytest.raises(ValidationError, match="Only this was asked for"):
        agreed(cast, "yes-no", limits=Limits(way="", least="count"))
    grant = agreed(cast, "yes-no", limits=NO_LIMITS)
    assert grant.least == "yes-no"


def test_the_settings_of_a_later_day_change_no_grant(cast, settings):
    grant = agreed(cast)
    settings.COUNTS_GROUP, settings.COUNTS_QUESTIONS = 2, 9
    grant.refresh_from_db()
    assert (grant.group_least, grant.questions_most) == (10, 100)


def test_a_renewal_answers_no_more(cast):
    grant = agreed(cast)
    before = read(cast, grant)
    again = renew_grant(grant, by=world.by(cast.approver), valid_until=grant.valid_until + timedelta(days=30))
    assert (again.least, again.group_least, again.people) == ("count", 10, "person")
    assert read(cast, again) == before


def test_an_approver_lends_counts_out_of_hand_and_by_program(cast):
    terms = {"columns": {"district": None}, "purpose": "Planning", "legal_basis": "article 1"}
    grant = make_grant(
        cast.dataset, recipient=cast.health, valid_until=timezone.now() + timedelta(days=9),
        limits=Limits(least="count"), by=world.by(cast.approver), **terms,
    )  # fmt: skip
    assert (grant.least, grant.group_least, grant.way) == ("count", 10, "api")
    body = {**terms, "dataset": str(cast.dataset.pk), "recipient": "health", "least": "yes-no",
            "valid_until": made.until().isoformat()}  # fmt: skip
    answer = caller(cast.approver).post("/api/v1/grants", json.dumps(body), content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert [answer.json()[name] for name in ("least", "group_least", "people", "way")] == [
        "yes-no",
        10,
        "person",
        "api",
    ]
    larger = caller(cast.approver).post(
        "/api/v1/grants", json.dumps({**body, "group_least": 50}), content_type="application/json"
    )
    assert larger.json()["group_least"] == 50
    wrong = caller(cast.approver).post(
        "/api/v1/grants", json.dumps({**body, "least": "all"}), content_type="application/json"
    )
    assert wrong.status_code == 400


def test_the_page_says_what_it_answers_and_asks_without_script(cast, client):
    grant = agreed(cast)
    client.force_login(cast.requester)
    page = client.get(reverse("grant", args=[grant.pk]))
    text = page.content.decode()
    assert "Counts only, of 10 people at least" in text and "100 new questions are left" in text
    assert "First rows" not in text and "Encrypted packages" not in text
    assert not CountedQuestion.objects.exists()

    address = reverse("grant", args=[grant.pk])
    told = client.get(address, {"ask": "1", "group_by": "district", "where": ""}).content.decode()
    assert "<td>North</td>" in told and "<td>South</td>" not in told and "99 new questions are left" in told
    wrong = client.get(address, {"ask": "1", "group_by": "", "where": "district ="}).content.decode()
    assert "There is a problem" in wrong
    client.force_login(cast.stranger)
    assert client.get(address, {"ask": "1", "where": ""}).status_code == 404
    client.force_login(cast.approver)
    assert "Ask under this grant" not in client.get(address, {"ask": "1", "where": ""}).content.decode()


def test_the_page_of_the_dataset_shows_no_row(cast, client):
    grant = agreed(cast)
    client.force_login(cast.requester)
    address = reverse("dataset", args=[cast.dataset.pk])
    assert "Counts only, lent to" in client.get(address).content.decode()
    shown = client.get(address, {"basis": str(grant.pk)}).content.decode()
    assert "This grant lets out counts only" in shown
    assert "p59" not in shown


def test_a_second_approver_lends_the_same_answer(cast):
    request = waiting(cast, "identified")
    proposed = approve_request(request, by=world.by(cast.approver), limits=Limits(way="", least="count"))
    if proposed.state == "second-approval":
        proposed = second_request(proposed, by=world.by(cast.second))
    assert proposed.grant.least == "count"
    assert proposed.grant.valid_until == end_of(made.until())


def test_the_stranger_is_answered_nothing(cast):
    grant = agreed(cast)
    with pytest.raises(Exception, match="does not let you in"):
        read(cast, grant, who=cast.stranger)
