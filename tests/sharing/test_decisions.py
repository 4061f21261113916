"""Answering: another department's people decide, by as many as must agree, and never more than was asked."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from audit.actor import Actor, service
from audit.models import Event
from catalog.actions import memberships
from catalog.models import Basis, Column, Membership, Role
from portal import reaction_steps as steps
from sharing import permissions
from sharing.actions.decisions import (
    approve_request,
    disagree_request,
    escalate_request,
    receive_request,
    refuse_request,
    return_request,
    second_request,
    transfer_request,
)
from sharing.actions.drafting import copy_request
from sharing.actions.ending import attest_disposal, deliver_request, end_request, note_deliveries
from sharing.actions.extensions import consent_extension, deny_extension, extend_request
from sharing.actions.grants import make_grant, revoke_grant
from sharing.actions.requests import answer_questions, review_request, send_request
from sharing.asked import changes_since, standing_sha256
from sharing.models import Decision, Request
from sharing.permissions import PLATFORM
from sharing.told import decisions_told
from tests import world
from tests.database import as_superuser
from tests.sharing import requests as made

pytestmark = pytest.mark.django_db
WHY = {"code": "not-needed", "article": "Decree 4, article 9", "appeal": "Write to the city within 60 days"}


@pytest.fixture
def cast():
    return made.people()


def waiting(cast, draft=None) -> Request:
    """A request that waits for the owner's reply."""
    sent = send_request(draft or made.draft(cast), by=world.by(cast.requester))
    return receive_request(review_request(sent, by=world.by(cast.head)), by=world.by(cast.authority))


def withhold(cast) -> None:
    cast.dataset.sharing_class, cast.dataset.sharing_law = "withheld", "Statistics law, article 25"
    cast.dataset.save()


def class_is(cast, sharing_class: str) -> None:
    cast.dataset.sharing_class = sharing_class
    cast.dataset.save()


def test_it_is_agreed_as_asked_and_lent(cast):
    agreed = approve_request(waiting(cast), by=world.by(cast.approver), note="Ask us about the codes.")

    assert agreed.state == "delivery-due" and agreed.due_on is not None
    grant = agreed.grant
    assert grant.terms["tables"]["main"]["columns"] == {"district": None, "income": None}
    assert (grant.department, grant.purpose) == (cast.health, agreed.aim)
    assert grant.legal_basis == "Health rules, 21"
    assert timezone.localdate(grant.valid_until) == made.until()
    decision = agreed.decisions.get()
    assert (decision.outcome, decision.decided_by, decision.needs_second) == ("agreed", cast.approver, False)
    stated = Event.objects.get(kind="grant.made").body
    assert agreed.asked_sha256 in stated and agreed.reference in stated
    assert Event.objects.get(kind="request.agreed").basis == grant.pk


def test_nobody_else_decides_and_the_stranger_does_not(cast):
    request = waiting(cast)
    others = (
        cast.stranger, cast.citizen, cast.owner, cast.requester, cast.head, cast.authority, cast.auditor,
        cast.administrator, None,
    )  # fmt: skip
    for other in others:
        for act in (
            lambda by: approve_request(request, by=by),
            lambda by: refuse_request(request, by=by, **WHY),
            lambda by: return_request(request, ["Why?"], by=by),
            lambda by: transfer_request(request, cast.second, by=by, reason="x"),
            lambda by: escalate_request(request, by=by, reason="x"),
            lambda by: extend_request(request, by=by, reason="x"),
        ):
            with pytest.raises(PermissionDenied):
                act(world.by(other))
    with pytest.raises(PermissionDenied):
        approve_request(request, by=service(PLATFORM))


@pytest.mark.parametrize("role", ["requester", "steward", "approver"])
def test_a_second_role_in_the_asking_department_shuts_out_even_once_it_ended(cast, role):
    request = waiting(cast)
    given = memberships.begin(cast.approver, cast.health, role, by=Actor(service="test"))
    with pytest.raises(PermissionDenied, match="You belong to"):
        approve_request(request, by=world.by(cast.approver))
    memberships.finish(given, by=Actor(service="test"), reason="x")
    with pytest.raises(PermissionDenied, match="You belong to"):
        approve_request(request, by=world.by(cast.approver))
    assert approve_request(request, by=world.by(cast.second)).state == "delivery-due"


def test_whoever_left_the_asking_department_lately_is_of_it_still(cast):
    given = memberships.begin(cast.approver, cast.health, "requester", by=Actor(service="test"))
    memberships.finish(given, by=Actor(service="test"), reason="x")
    request = waiting(cast)

    with pytest.raises(PermissionDenied, match="until lately"):
        approve_request(request, by=world.by(cast.approver))
    Membership.objects.filter(pk=given.pk).update(
        starts_at=timezone.now() - timedelta(days=99), ended_at=timezone.now() - timedelta(days=40)
    )
    assert approve_request(request, by=world.by(cast.approver)).state == "delivery-due"


def test_whoever_drafted_what_it_was_copied_from_took_part(cast):
    first = made.draft(cast, who=cast.colleague)
    copy = copy_request(first, by=world.by(cast.requester))
    memberships.finish(cast.colleague.memberships.get(), by=Actor(service="test"), reason="x")
    memberships.begin(cast.colleague, cast.parks, Role.APPROVER, by=Actor(service="test"))
    send_request(copy, by=world.by(cast.requester))
    review_request(copy, by=world.by(cast.head))
    request = receive_request(copy, by=world.by(cast.authority))

    with pytest.raises(PermissionDenied, match="yourself"):
        approve_request(request, by=world.by(cast.colleague))


def test_a_second_account_does_not_help(cast):
    request = waiting(cast)
    for name in ("rita+parks", "RITA+x"):
        alias = world.person(name, cast.parks, Role.APPROVER)
        with pytest.raises(PermissionDenied, match="yourself"):
            approve_request(request, by=world.by(alias))


def test_it_is_decided_once(cast):
    request = waiting(cast)
    stale = Request.objects.get(pk=request.pk)
    approve_request(request, by=world.by(cast.approver))
    with pytest.raises(ValidationError, match="agreed to already"):
        approve_request(stale, by=world.by(cast.second))
    with pytest.raises(ValidationError, match="agreed to already"):
        refuse_request(stale, by=world.by(cast.second), **WHY)
    assert Basis.objects.filter(kind="grant").count() == 1 and request.decisions.count() == 1


def test_a_further_condition_stands_by_itself_and_cannot_open_the_one_that_was_asked(cast):
    request = waiting(cast, made.draft(cast, where="district = 'North'"))
    for opens in ("true) or (true", "income > 1) or (district = 'South'"):
        with pytest.raises(ValidationError):
            approve_request(request, by=world.by(cast.approver), where=opens)
    assert not Basis.objects.filter(kind="grant").exists()


def test_less_is_granted_and_never_more(cast):
    request = waiting(cast, made.draft(cast, [("district", ""), ("income", "band:10")]))
    for wrong in (
        {"columns": {"born": None}},
        {"columns": {"income": None}},
        {"columns": {"income": "band:5"}},
        {"columns": {"income": "band:15"}},
        {"columns": {}},
        {"columns": {"district": "sideways"}},
        {"where": "nothing = 1"},
        {"where": "true) or (true"},
        {"valid_until": timezone.now() + timedelta(days=400)},
        {"valid_until": timezone.now() - timedelta(days=1)},
    ):
        with pytest.raises(ValidationError):
            approve_request(request, by=world.by(cast.approver), **wrong)
    request.refresh_from_db()
    assert request.state == "reply-due" and not request.decisions.exists()

    soon = timezone.now() + timedelta(days=9)
    less = approve_request(
        request, by=world.by(cast.approver), columns={"income": "band:20"}, where="district = 'North'", valid_until=soon
    )
    assert less.grant.terms["tables"]["main"] == {"columns": {"income": "band:20"}, "where": "district = 'North'"}
    decision = less.decisions.get()
    assert (decision.outcome, decision.refused_columns, less.grant.valid_until) == ("less", ["district"], soon)


def test_a_further_condition_narrows_what_was_asked(cast):
    request = waiting(cast, made.draft(cast, where="income > 10 or income < 5"))
    agreed = approve_request(request, by=world.by(cast.approver), where="district = 'North' or district = 'South'")
    assert agreed.grant.terms["tables"]["main"]["where"] == (
        "(income > 10 or income < 5) and (district = 'North' or district = 'South')"
    )


def test_personal_data_as_it_is_takes_two(cast):
    request = waiting(cast, made.bulk(cast))
    proposed = approve_request(request, by=world.by(cast.approver))
    assert proposed.state == "second-approval" and proposed.grant is None
    assert not Basis.objects.filter(kind="grant").exists()

    for other in (cast.approver, cast.owner, cast.requester, cast.head, cast.stranger, cast.authority):
        with pytest.raises(PermissionDenied):
            second_request(proposed, by=world.by(other))
    alias = world.person("anton+two", cast.parks, Role.APPROVER)
    with pytest.raises(PermissionDenied, match="yourself"):
        second_request(proposed, by=world.by(alias))

    agreed = second_request(proposed, by=world.by(cast.second))
    assert agreed.state == "delivery-due"
    assert agreed.grant.terms["tables"]["main"]["columns"] == {"person": None, "born": None}
    assert agreed.decisions.get().second_by == cast.second


@pytest.mark.parametrize(
    ("columns", "rows", "two"),
    [
        ([("district", ""), ("income", "")], 1, False),
        ([("person", "hash"), ("born", "year")], 10, False),
        ([("person", "hash"), ("born", "year")], 3, True),
        ([("born", "")], 10, True),
        ([("born", "year")], 10, False),
    ],
)
def test_what_is_bulk(cast, settings, columns, rows, two):
    settings.BULK_ROWS = rows
    decided = approve_request(waiting(cast, made.draft(cast, columns)), by=world.by(cast.approver))
    assert decided.decisions.get().needs_second is two


@pytest.mark.parametrize(
    ("column_type", "mask", "bare"),
    [
        ("text", "first:4", False), ("text", "first:5", True), ("text", "first:40", True), ("decimal", "round", False),
        ("decimal", "round:2", True), ("float", "round:9", True), ("float", "round:-1", False),
        ("float", "band:1", False), ("integer", "round:2", True), ("date", "year", False),
    ],
)  # fmt: skip
def test_a_mask_that_may_leave_values_whole_hides_nothing(column_type, mask, bare):
    assert Column(name="x", sensitivity="personal").is_bare(mask, column_type) is bare


@pytest.mark.parametrize(("asked", "further"), [("born < '1990-01-01'", None), ("", "born < '1990-01-01'")])
def test_protected_data_that_picks_the_rows_takes_two(cast, asked, further):
    request = waiting(cast, made.draft(cast, where=asked))
    decided = approve_request(request, by=world.by(cast.approver), where=further)
    assert decided.state == "second-approval"


def test_the_second_disagrees_and_it_waits_again(cast):
    proposed = made.brought_to(cast, "second-approval")
    with pytest.raises(ValidationError, match="reason"):
        disagree_request(proposed, by=world.by(cast.second), reason="")
    again = disagree_request(proposed, by=world.by(cast.second), reason="Too much")
    assert again.state == "reply-due"
    with pytest.raises(ValidationError):
        second_request(again, by=world.by(cast.second))
    assert approve_request(again, by=world.by(cast.second)).state == "second-approval"
    assert [one.overturned_by for one in again.decisions.all()] == [cast.second, None]


def test_what_changed_is_confirmed_before_it_is_lent(cast):
    request = waiting(cast)
    made.mark(cast, "income", sensitivity="sensitive")
    assert changes_since(request) and "income" in changes_since(request)[0]
    with pytest.raises(ValidationError, match="changed since"):
        approve_request(request, by=world.by(cast.approver))
    seen = standing_sha256(request)
    made.mark(cast, "district", sensitivity="internal")
    with pytest.raises(ValidationError, match="changed since"):
        approve_request(request, by=world.by(cast.approver), seen_sha256=seen)
    decided = approve_request(request, by=world.by(cast.approver), seen_sha256=standing_sha256(request))
    assert decided.state == "second-approval"  # it is personal data by now

    made.mark(cast, "district", sensitivity="public")
    with pytest.raises(ValidationError, match="changed since the first"):
        second_request(decided, by=world.by(cast.second))


def test_a_column_that_only_picks_rows_is_looked_at_too(cast):
    request = made.brought_to(cast, "reply-due", where="born < '1990-01-01'")
    assert changes_since(request) == []

    made.mark(cast, "born", sensitivity="sensitive")

    assert "born" in changes_since(request)[0]
    with pytest.raises(ValidationError, match="changed since"):
        approve_request(request, by=world.by(cast.approver))


def test_a_condition_that_no_longer_fits_is_not_sent(cast):
    draft = made.draft(cast, where="born < '1990-01-01'")
    world.version(cast.dataset, {name: values for name, values in made.COLUMNS.items() if name != "born"})
    draft = Request.objects.get(pk=draft.pk)

    assert standing_sha256(draft)
    with pytest.raises(ValidationError, match="born"):
        send_request(draft, by=world.by(cast.requester))


def test_a_retired_dataset_is_not_lent(cast):
    request = waiting(cast)
    cast.dataset.state = "retired"
    cast.dataset.save()
    with pytest.raises(ValidationError, match="retired"):
        approve_request(request, by=world.by(cast.approver), seen_sha256=standing_sha256(request))


@pytest.mark.django_db(transaction=True)
def test_a_purpose_that_was_edited_behind_its_back_is_noticed(cast):
    request = waiting(cast)
    as_superuser(
        "SET session_replication_role = replica", f"UPDATE sharing_request SET aim = 'x' WHERE id = '{request.pk}'"
    )
    with pytest.raises(ValidationError, match="no longer what was submitted"):
        approve_request(request, by=world.by(cast.approver))


def test_unconditional_is_granted_by_the_platform_at_once(cast):
    class_is(cast, "unconditional")
    lent = waiting(cast)
    assert lent.state == "delivery-due"
    assert lent.decisions.get().decided_by is None and lent.grant.made_by is None
    assert Event.objects.get(kind="request.agreed").dataset == cast.dataset.pk


@pytest.mark.parametrize(
    "columns", [[("district", ""), ("born", "year")], [("person", "hash")]], ids=["personal", "person code"]
)
def test_unconditional_with_personal_columns_goes_to_the_owner(cast, columns):
    class_is(cast, "unconditional")
    request = waiting(cast, made.draft(cast, columns))
    assert request.state == "reply-due" and request.moves.get(verb="receive").facts["treated_as"] == "conditional"


@pytest.mark.parametrize("where", ["born < '1990-01-01'", "district = 'North' and person = 'a'"])
def test_unconditional_picked_by_personal_columns_goes_to_the_owner(cast, where):
    class_is(cast, "unconditional")
    request = waiting(cast, made.draft(cast, where=where, level="identified"))
    assert request.state == "reply-due" and request.moves.get(verb="receive").facts["treated_as"] == "conditional"


def test_unconditional_picked_by_a_column_that_nobody_marked_goes_to_the_owner(cast):
    class_is(cast, "unconditional")
    Column.objects.filter(dataset=cast.dataset, name="income").delete()
    request = waiting(cast, made.draft(cast, [("district", "")], where="income > 10"))
    assert request.state == "reply-due"


def test_unconditional_counts_are_lent_at_once(cast):
    class_is(cast, "unconditional")
    request = waiting(cast, made.draft(cast, level="count"))
    assert (request.state, request.grant.least) == ("delivery-due", "count")


def test_withheld_takes_an_exemption_and_the_authority(cast):
    withhold(cast)
    with pytest.raises(ValidationError, match="exemption"):
        send_request(made.draft(cast), by=world.by(cast.requester))
    request = waiting(cast, made.draft(cast, exemption="Statistics law, article 27"))
    assert request.with_authority
    for other in (cast.approver, cast.second):
        with pytest.raises(PermissionDenied, match="authority"):
            approve_request(request, by=world.by(other))
    agreed = approve_request(request, by=world.by(cast.authority))
    assert agreed.state == "delivery-due" and "article 27" in agreed.grant.legal_basis
    assert agreed.moves.get(verb="agree").department == cast.city


def test_withheld_is_lent_by_no_other_way(cast):
    request = waiting(cast, made.draft(cast, exemption="Statistics law, article 27"))
    withhold(cast)
    with pytest.raises(ValidationError, match="Escalate"):
        approve_request(request, by=world.by(cast.approver), seen_sha256=standing_sha256(request))
    terms = {
        "recipient": cast.health, "columns": {"district": None}, "purpose": "x", "legal_basis": "y",
        "valid_until": timezone.now() + timedelta(days=5),
    }  # fmt: skip
    with pytest.raises(ValidationError, match="withholds it"):
        make_grant(cast.dataset, by=world.by(cast.approver), **terms)
    with pytest.raises(ValidationError, match="Nobody has agreed"):
        make_grant(cast.dataset, by=world.by(cast.approver), request=request, **terms)
    with pytest.raises(PermissionDenied):
        make_grant(cast.dataset, by=world.by(cast.authority), request=request, **terms)


def test_what_was_agreed_before_a_law_withheld_it_is_not_lent(cast):
    proposed = approve_request(waiting(cast, made.bulk(cast, exemption="article 27")), by=world.by(cast.approver))
    decision = proposed.decisions.get()
    decision.second_at, decision.second_by = timezone.now(), cast.second
    decision.save()
    withhold(cast)
    with pytest.raises(ValidationError, match="Escalate"):
        make_grant(
            cast.dataset, by=world.by(cast.second), request=Request.objects.get(pk=proposed.pk), recipient=cast.health,
            columns={"person": None, "born": None}, purpose="x", legal_basis="y", valid_until=decision.valid_until,
        )  # fmt: skip


def test_a_grant_under_a_request_has_the_decided_terms_and_its_decider(cast):
    proposed = made.brought_to(cast, "second-approval")
    decision = proposed.decisions.get()
    terms = {
        "recipient": cast.health, "columns": {"person": None, "born": None}, "purpose": "x", "legal_basis": "y",
        "valid_until": decision.valid_until, "request": proposed,
    }  # fmt: skip
    for other in (cast.approver, cast.second, cast.stranger):
        with pytest.raises(PermissionDenied):
            make_grant(cast.dataset, by=world.by(other), **terms)
    lent = second_request(proposed, by=world.by(cast.second))
    with pytest.raises(ValidationError, match="agreed to already"):
        make_grant(cast.dataset, by=world.by(cast.second), **{**terms, "request": lent})


def test_it_is_refused_with_reason_rule_and_appeal(cast):
    request = waiting(cast)
    for lacking in WHY:
        with pytest.raises(ValidationError):
            refuse_request(request, by=world.by(cast.approver), **{**WHY, lacking: ""})
    with pytest.raises(ValidationError):
        refuse_request(request, by=world.by(cast.approver), **{**WHY, "code": "no-reason"})
    with pytest.raises(ValidationError):
        refuse_request(request, by=world.by(cast.approver), **{**WHY, "appeal": "x" * 1001})
    refused = refuse_request(request, by=world.by(cast.approver), **WHY)
    assert (refused.state, refused.due_on) == ("refused", None)
    assert refused.decisions.get().refused_columns == ["district", "income"]


def test_it_is_returned_once_and_the_clock_stands(cast):
    request = waiting(cast)
    for questions in ([], [" "], ["x" * 2001], ["x"] * 41):
        with pytest.raises(ValidationError):
            return_request(request, questions, by=world.by(cast.approver))
    returned = return_request(request, ["Which year?", "Which district?"], by=world.by(cast.approver))
    assert returned.state == "incomplete" and returned.questions.count() == 2
    with pytest.raises(ValidationError, match="clock stands"):
        approve_request(returned, by=world.by(cast.approver))
    answers = {question.pk: "All" for question in returned.questions.all()}
    answered = answer_questions(returned, answers, by=world.by(cast.requester))
    with pytest.raises(ValidationError, match="once already"):
        return_request(answered, ["And why?"], by=world.by(cast.approver))


def test_more_time_takes_the_authoritys_consent_and_comes_once(cast):
    request = waiting(cast)
    before = request.due_on
    with pytest.raises(ValidationError, match="Nobody has asked"):
        consent_extension(request, by=world.by(cast.authority))
    extend_request(request, by=world.by(cast.approver), reason="Holidays")
    for other in (cast.approver, cast.second, cast.stranger, cast.requester):
        with pytest.raises(PermissionDenied):
            consent_extension(request, by=world.by(other))
    extended = consent_extension(request, by=world.by(cast.authority))
    assert extended.state == "extended" and extended.due_on > before
    with pytest.raises(ValidationError, match="extended already"):
        extend_request(extended, by=world.by(cast.approver), reason="More")

    other = waiting(cast)
    extend_request(other, by=world.by(cast.approver), reason="Holidays")
    denied = deny_extension(other, by=world.by(cast.authority), reason="No")
    assert (denied.state, denied.due_on) == ("reply-due", other.due_on)
    with pytest.raises(ValidationError, match="once at most"):
        extend_request(denied, by=world.by(cast.approver), reason="Again")


def test_whoever_handed_it_on_leaves_it_to_the_other_who_may_hand_it_back(cast):
    request = waiting(cast)
    first, second = world.by(cast.approver), world.by(cast.second)
    transfer_request(request, cast.second, by=first, reason="Holidays")
    for act in (approve_request, lambda one, by: transfer_request(one, cast.approver, by=by, reason="Back again")):
        with pytest.raises(PermissionDenied, match="You handed this"):
            act(request, by=first)

    transfer_request(request, cast.approver, by=second, reason="Away too")
    with pytest.raises(PermissionDenied, match="You handed this"):
        approve_request(request, by=second)
    assert approve_request(request, by=first).state == "delivery-due"


def test_what_was_handed_to_somebody_who_left_comes_back(cast):
    request = waiting(cast)
    transfer_request(request, cast.second, by=world.by(cast.approver), reason="Holidays")
    memberships.finish(cast.second.memberships.get(), by=Actor(service="test"), reason="x")

    assert approve_request(request, by=world.by(cast.approver)).state == "delivery-due"


def test_who_handed_on_the_decision_may_be_the_second_to_agree(cast):
    request = made.brought_to(cast, "reply-due", columns=[("person", ""), ("born", "")], level="identified")
    transfer_request(request, cast.second, by=world.by(cast.approver), reason="Holidays")
    approve_request(request, by=world.by(cast.second))

    assert second_request(request, by=world.by(cast.approver)).state == "delivery-due"


def test_it_is_transferred_to_somebody_with_the_same_right(cast):
    request = waiting(cast)
    for other in (cast.owner, cast.stranger, cast.requester):
        with pytest.raises(PermissionDenied, match="cannot decide"):
            transfer_request(request, other, by=world.by(cast.approver), reason="Holidays")
    moved = transfer_request(request, cast.second, by=world.by(cast.approver), reason="Holidays")
    assert (moved.state, moved.assigned_to) == ("reply-due", cast.second)


def test_who_asks_reads_what_was_decided_once_a_second_agreed(cast):
    proposed = made.brought_to(cast, "second-approval")
    for asker in (cast.requester, cast.head):
        assert decisions_told(proposed, by=world.by(asker)) == []
    for other in (cast.approver, cast.second, cast.owner, cast.authority, cast.auditor):
        assert len(decisions_told(proposed, by=world.by(other))) == 1
    agreed = second_request(proposed, by=world.by(cast.second))
    assert len(decisions_told(agreed, by=world.by(cast.requester))) == 1


def test_each_step_is_made_for_whoever_takes_it(cast):
    agreed = made.brought_to(cast, "active")
    ended = end_request(agreed, by=world.by(cast.requester), reason="Needed no more")
    assert ended.moves.get(verb="end").department == cast.health


def test_the_first_drafter_stays_in_the_line_of_copies(cast, monkeypatch):
    monkeypatch.setattr(permissions, "LONGEST_LINE", 2)
    first = made.draft(cast)
    second = copy_request(first, by=world.by(cast.colleague))
    third = copy_request(second, by=world.by(cast.requester))
    last = copy_request(third, by=world.by(cast.requester))
    assert permissions.lineage(last) == [last, third, first]
    assert permissions.lineage(first) == [first]


def test_once_escalated_the_authority_decides_alone(cast):
    escalated = escalate_request(waiting(cast), by=world.by(cast.approver), reason="We disagree with the city")
    assert escalated.with_authority and escalated.moves.get(verb="escalate").department == cast.parks
    with pytest.raises(PermissionDenied, match="authority"):
        approve_request(escalated, by=world.by(cast.approver))
    with pytest.raises(ValidationError, match="already"):
        escalate_request(escalated, by=world.by(cast.authority), reason="Again")
    assert approve_request(escalated, by=world.by(cast.authority)).state == "delivery-due"

    late = escalate_request(waiting(cast), by=service(PLATFORM), reason="No reply in time.")
    assert late.with_authority and late.state == "reply-due"


def test_its_end_follows_its_grant(cast):
    lent = approve_request(waiting(cast), by=world.by(cast.approver))
    for act in (deliver_request, lambda one, by: end_request(one, by=by, reason="Over")):
        for person in (cast.stranger, cast.approver, cast.authority):
            with pytest.raises(PermissionDenied):
                act(lent, by=world.by(person))
        with pytest.raises(ValidationError):
            act(lent, by=service(PLATFORM))
    made.read_under(cast, lent)
    active = deliver_request(lent, by=service(PLATFORM))
    assert (active.state, active.due_on) == ("active", None)

    revoke_grant(active.grant, by=world.by(cast.approver), reason="No longer needed")
    over = end_request(active, by=service(PLATFORM), reason="Its grant was revoked.")
    assert over.state == "disposal-due" and over.due_on is not None
    with pytest.raises(PermissionDenied):
        attest_disposal(over, by=world.by(cast.approver), how="Deleted")
    with pytest.raises(ValidationError, match="Say how"):
        attest_disposal(over, by=world.by(cast.requester), how=" ")
    assert attest_disposal(over, by=world.by(cast.requester), how="Deleted, see report 7").state == "ended"


def test_the_database_refuses_impossible_decisions(cast):
    request = waiting(cast)
    whole = {
        "request": request, "outcome": "agreed", "decided_by": cast.approver, "drafted_by": cast.requester,
        "reviewed_by": cast.head, "asked_sha256": request.asked_sha256,
    }  # fmt: skip
    for wrong in (
        {"decided_by": cast.requester},
        {"decided_by": cast.head},
        {"second_by": cast.approver, "second_at": timezone.now()},
        {"second_by": cast.head, "second_at": timezone.now()},
        {"second_by": cast.second},
        {"outcome": "refused"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Decision.objects.create(**{**whole, **wrong})
    decision = Decision.objects.create(**whole)
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(**whole)
    with pytest.raises(DatabaseError), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).update(note="other")


def test_the_platform_notes_the_first_reading_and_the_end_of_the_grant(cast):
    lent = approve_request(waiting(cast), by=world.by(cast.approver))
    assert note_deliveries(by=service(PLATFORM)) == 0
    made.read_under(cast, lent)
    assert (note_deliveries(by=service(PLATFORM)), note_deliveries(by=service(PLATFORM))) == (1, 0)

    revoke_grant(lent.grant, by=world.by(cast.approver), reason="Used for another purpose")
    revoked = Event.objects.get(kind="grant.revoked")
    for _twice in range(2):
        steps.end_request(revoked)
    over = Request.objects.get(pk=lent.pk)
    assert (over.state, over.moves.last().reason) == ("disposal-due", "Used for another purpose")


@pytest.mark.django_db(transaction=True)
def test_one_that_cannot_be_noted_does_not_stop_the_others(cast):
    broken, sound = (approve_request(waiting(cast), by=world.by(cast.approver)) for _number in range(2))
    for one in (broken, sound):
        made.read_under(cast, one)
    as_superuser(
        "SET session_replication_role = replica",
        f"UPDATE sharing_requestmove SET facts = '{{}}' WHERE request_id = '{broken.pk}'",
    )

    assert note_deliveries(by=service(PLATFORM)) == 1
    assert Request.objects.get(pk=sound.pk).state == "active"
    assert Request.objects.get(pk=broken.pk).state == "delivery-due"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_approve_at_once_one_is_told_that_it_was_decided(cast):
    request = waiting(cast)
    start, told = Barrier(2), []

    def approve(person):
        try:
            start.wait(10)
            approve_request(Request.objects.get(pk=request.pk), by=world.by(person))
            told.append("lent")
        except ValidationError as refused:
            told.append(refused.messages[0])
        finally:
            connection.close()

    both = [Thread(target=approve, args=(person,)) for person in (cast.approver, cast.second)]
    for one in both:
        one.start()
    for one in both:
        one.join(30)
    assert sorted(told) == ["This request was agreed to already. The grant holds its terms.", "lent"]
    assert Basis.objects.filter(kind="grant").count() == 1 and request.decisions.count() == 1
