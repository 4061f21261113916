"""Asking and answering by program, as each of the cast's keys may."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from sharing.models import Request
from tests import world
from tests.api import caller, dataset_url
from tests.sharing import requests as made

pytestmark = pytest.mark.django_db

URL = "/api/v1/requests"
NOWHERE = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def cast():
    return made.people()


def post(client, address, data=None, **headers):
    return client.post(address, json.dumps(data or {}), content_type="application/json", headers=headers)


def patch(client, address, data):
    return client.patch(address, json.dumps(data), content_type="application/json")


def body(cast, **changes) -> dict:
    """A draft with all its answers."""
    asked = {"dataset": str(cast.dataset.pk), "department": "health", "valid_until": made.until().isoformat()}
    columns = [{"name": "district", "need": "to invite"}, {"name": "born", "need": "to invite by age", "mask": "year"}]
    return {**made.ANSWERS, **asked, "columns": columns, **changes}


def address(one: Request, act: str = "") -> str:
    return f"{URL}/{one.pk}" + (f"/{act}" if act else "")


@pytest.mark.django_db(transaction=True)
def test_it_goes_from_the_draft_to_rows_and_to_the_end(cast):
    rita, heike, anton = caller(cast.requester), caller(cast.head), caller(cast.approver)
    drafted = post(rita, URL, body(cast))
    assert drafted.status_code == 201, drafted.content
    at = drafted["Location"]
    assert drafted.json()["state"] == "draft"
    assert drafted.json()["missing"] == []

    assert post(rita, f"{at}/send").json()["state"] == "internal-review"
    submitted = post(heike, f"{at}/submit").json()
    assert submitted["state"] == "compliance-check"
    assert submitted["reference"]
    assert post(caller(cast.authority), f"{at}/receive").json()["state"] == "reply-due"
    less = {"columns": {"born": "year"}, "where": "district = 'North'", "note": "Years serve."}
    agreed = post(anton, f"{at}/approve", less)

    assert agreed.status_code == 200, agreed.content
    answer = agreed.json()
    assert answer["state"] == "delivery-due"
    assert answer["decision"]["outcome"] == "less"
    assert answer["decision"]["refused_columns"] == ["district"]
    assert [move["verb"] for move in answer["moves"]] == ["send", "submit", "receive", "agree"]
    grant = rita.get(f"/api/v1/grants/{answer['grant']}").json()
    assert rita.get(grant["rows_url"]).json()["results"] == [{"born": 1980}, {"born": 2000}]
    post(anton, f"/api/v1/grants/{answer['grant']}/revoke", {"reason": "No longer"})
    assert post(rita, f"{at}/end", {"reason": "It was revoked"}).json()["state"] == "disposal-due"
    assert post(rita, f"{at}/attest", {"how": "Deleted, with a report"}).json()["state"] == "ended"


def test_a_draft_says_what_it_lacks_and_takes_some_answers_at_a_time(cast):
    rita = caller(cast.requester)
    one = post(rita, URL, {"dataset": str(cast.dataset.pk), "department": "health"}).json()
    assert {"columns", "aim", "valid_until"} <= {missing["field"] for missing in one["missing"]}

    patch(rita, f"{URL}/{one['id']}", {"aim": "Invite those of age"})
    changed = patch(rita, f"{URL}/{one['id']}", {"columns": [{"name": "district", "need": "to invite"}]}).json()

    assert changed["answers"]["aim"] == "Invite those of age"
    assert changed["columns"] == [{"name": "district", "need": "to invite", "mask": ""}]
    assert "columns" not in {missing["field"] for missing in changed["missing"]}
    refused = post(rita, f"{URL}/{one['id']}/send")
    assert refused.status_code == 400
    assert len(refused.json()["errors"]) > 5


def test_a_draft_with_one_wrong_answer_is_not_made(cast):
    refused = post(caller(cast.requester), URL, body(cast, columns=[{"name": "nothing"}]))

    assert refused.status_code == 400
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": [{"name": "district"}, {"name": "district"}]},
        {"columns": ["district"]},
        {"columns": [{"name": "district", "mask": "year"}]},
        {"level": "everything"},
        {"where": "nothing = 1"},
        {"data_life_days": 0},
        {"data_life_days": 2**40},
        {"valid_until": "soon"},
        {"period_from": "2026-02-01", "period_until": "2026-01-01"},
        {"security_email": "nobody"},
        {"aim": "x" * 2_001},
        {"table": "other"},
        {"department": "nowhere"},
        {"dataset": "residents"},
    ],
)
def test_it_says_what_is_wrong(cast, changes):
    refused = post(caller(cast.requester), URL, body(cast, **changes))

    assert refused.status_code == 400
    assert refused.json()["errors"]


def test_it_is_not_there_for_those_whom_it_does_not_concern(cast):
    one = made.brought_to(cast, "reply-due")
    assert caller().get(URL).status_code == 401
    for person in (cast.stranger, cast.citizen, cast.reviewer, cast.administrator):
        program = caller(person)
        assert program.get(URL).json()["results"] == []
        missing = program.get(f"{URL}/{NOWHERE}").json()
        found = program.get(address(one))
        assert found.status_code == 404
        assert {**found.json(), "instance": ""} == {**missing, "instance": ""}
        for act in ("approve", "withdraw", "receive", "copy"):
            assert post(program, address(one, act)).status_code == 404


def test_those_who_may_see_it_do_not_act_in_anothers_place(cast):
    one = made.brought_to(cast, "reply-due")
    acts = {
        cast.requester: ("approve", "refuse", "return", "receive", "transfer", "submit"),
        cast.head: ("approve", "refuse", "receive", "copy"),
        cast.owner: ("approve", "refuse", "withdraw", "receive"),
        cast.approver: ("withdraw", "copy", "receive", "consent", "submit"),
        cast.authority: ("approve", "refuse", "withdraw"),
        cast.auditor: ("approve", "withdraw", "receive"),
    }
    for person, tried in acts.items():
        for act in tried:
            assert post(caller(person), address(one, act), {"reason": "because"}).status_code == 403, (person, act)
    assert Request.objects.get(pk=one.pk).state == "reply-due"


def test_a_draft_is_its_drafters_and_its_departments_alone(cast):
    one = made.draft(cast)

    assert caller(cast.colleague).get(address(one)).status_code == 200
    assert patch(caller(cast.colleague), address(one), {"aim": "Mine"}).status_code == 403
    for person in (cast.approver, cast.authority, cast.auditor, cast.stranger):
        assert caller(person).get(address(one)).status_code == 404


def test_a_key_does_only_what_it_was_made_for(cast):
    one = made.brought_to(cast, "reply-due")
    for person, scopes, act in (
        (cast.requester, ("read", "grant"), "withdraw"),
        (cast.requester, ("read",), "copy"),
        (cast.approver, ("read", "ask"), "approve"),
        (cast.head, ("read", "ask"), "submit"),
    ):
        refused = post(caller(person, *scopes), address(one, act), {"reason": "because"})
        assert refused.json()["type"].endswith("/scope-missing/"), act
    assert post(caller(cast.requester, "read"), URL, body(cast)).json()["type"].endswith("/scope-missing/")
    assert caller(cast.requester, "ask").get(URL).json()["type"].endswith("/scope-missing/")


def test_a_key_for_other_datasets_finds_nothing(cast):
    one = made.brought_to(cast, "reply-due")
    other = world.dataset(cast.owner, cast.parks, title="Benches")
    narrow = caller(cast.requester, datasets=[other])

    assert narrow.get(URL).json()["results"] == []
    assert narrow.get(address(one)).status_code == 404
    assert post(narrow, URL, body(cast)).status_code == 404


def test_what_is_hidden_is_asked_for_as_what_is_not_there(cast):
    hidden = world.dataset(cast.owner, cast.parks, title="Plans", state="draft")
    answers = [post(caller(cast.requester), URL, body(cast, dataset=str(pk))) for pk in (hidden.pk, NOWHERE)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


def test_a_step_that_the_table_does_not_have_is_a_conflict(cast):
    one = made.brought_to(cast, "refused")
    refused = post(caller(cast.approver), address(one, "approve"))

    assert refused.status_code == 409
    assert refused.json()["state"] == "refused"
    assert "refused" in refused.json()["detail"]


def test_the_second_of_two_approvers_is_another_person(cast):
    one = made.brought_to(cast, "second-approval")

    assert post(caller(cast.approver), address(one, "second")).status_code == 403
    assert post(caller(cast.second), address(one, "second")).json()["state"] == "delivery-due"


def test_questions_are_answered_by_their_numbers(cast):
    one = made.brought_to(cast, "reply-due")
    asked = post(caller(cast.approver), address(one, "return"), {"questions": ["Which year?", "Whose?"]}).json()
    numbers = [question["id"] for question in asked["questions"]]
    rita = caller(cast.requester)

    for answers in ({str(numbers[0]): "2026"}, {"first": "2026"}, {str(numbers[0]): "", str(numbers[1]): "Ours"}):
        assert post(rita, address(one, "answer"), {"answers": answers}).status_code == 400
    answered = post(rita, address(one, "answer"), {"answers": dict.fromkeys(map(str, numbers), "So")}).json()

    assert answered["state"] == "reply-due"
    assert [question["answer"] for question in answered["questions"]] == ["So", "So"]


def test_a_transfer_does_not_tell_whose_an_address_is(cast):
    one = made.brought_to(cast, "reply-due")
    said = [
        post(caller(cast.approver), address(one, "transfer"), {"to": to, "reason": "Away"}).json()["errors"]
        for to in ("nobody@causeway.example", cast.citizen.email)
    ]

    assert said[0] == said[1]
    handed = post(caller(cast.approver), address(one, "transfer"), {"to": cast.second.email, "reason": "Away"})
    assert handed.status_code == 200


def test_more_time_is_asked_for_and_given(cast):
    one = made.brought_to(cast, "reply-due")
    due = one.due_on

    asked = post(caller(cast.approver), address(one, "extend"), {"reason": "Holidays"}).json()
    given = post(caller(cast.authority), address(one, "consent")).json()

    assert asked["extension"]["reason"] == "Holidays"
    assert given["state"] == "extended"
    assert given["due_on"] > due.isoformat()


def test_it_is_done_once_for_the_same_idempotency_key(cast):
    rita = caller(cast.requester)
    first, again = (post(rita, URL, body(cast), **{"Idempotency-Key": "one"}) for _time in range(2))

    assert first.json()["id"] == again.json()["id"]
    assert Request.objects.count() == 1


def test_it_pages_and_picks_a_state(cast):
    drafts = [str(made.draft(cast).pk) for _number in range(3)]
    sent = made.brought_to(cast, "reply-due")
    rita = caller(cast.requester)

    first = rita.get(f"{URL}?limit=2&state=draft").json()
    second = rita.get(f"{URL}?limit=2&state=draft&after={first['next']}").json()

    assert [one["id"] for one in first["results"] + second["results"]] == drafts[::-1]
    assert second["next"] is None
    assert [one["id"] for one in rita.get(f"{URL}?state=reply-due").json()["results"]] == [str(sent.pk)]
    assert rita.get(f"{URL}?state=lost").status_code == 400


def test_a_page_takes_as_many_queries_for_many_as_for_one(cast, django_assert_max_num_queries):
    made.brought_to(cast, "reply-due")
    anton = caller(cast.approver)
    anton.get(URL)
    for _number in range(4):
        made.brought_to(cast, "reply-due")
    with django_assert_max_num_queries(12):
        assert len(anton.get(URL).json()["results"]) == 5


def test_what_changed_since_is_seen_before_it_is_agreed_to(cast):
    one = made.brought_to(cast, "reply-due")
    made.mark(cast, "district", sensitivity="sensitive")
    anton = caller(cast.approver)

    refused = post(anton, address(one, "approve"))
    seen = anton.get(address(one)).json()
    agreed = post(anton, address(one, "approve"), {"seen_sha256": seen["standing_sha256"]})

    assert refused.status_code == 400
    assert len(seen["changed"]) == 1
    assert agreed.status_code == 200


def test_a_person_is_not_named_to_the_other_side(cast):
    one = made.brought_to(cast, "delivery-due")
    text = caller(cast.requester).get(address(one)).content.decode()

    assert "Anton" not in text
    assert cast.approver.email not in text


@pytest.mark.django_db(transaction=True)
def test_an_unused_draft_leaves_the_dataset_as_it_was(cast):
    post(caller(cast.requester), URL, body(cast))

    assert caller(cast.requester).get(dataset_url(cast.dataset, "/rows")).status_code == 403


def test_a_later_end_than_was_asked_for_is_refused(cast):
    one = made.brought_to(cast, "reply-due")
    later = (timezone.localdate() + timedelta(days=300)).isoformat()

    refused = post(caller(cast.approver), address(one, "approve"), {"valid_until": later})

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "valid_until"
