"""Asking: a draft is drafted, declared and submitted by two people, and stays as it was declared."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.http import Http404
from django.utils import timezone

from audit.models import Event
from catalog.models import Key, Role
from sharing.actions.decisions import approve_request, receive_request, return_request
from sharing.actions.drafting import add_column, copy_request, save_answers, set_columns, start_requests
from sharing.actions.requests import answer_questions, review_request, send_back, send_request, withdraw_request
from sharing.asked import asked_sha256
from sharing.models import Request, RequestMove
from sharing.permissions import askable_datasets, visible_requests
from sharing.policies.requests import missing_answers
from tests import world
from tests.sharing import requests as made

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return made.people()


def said(refused) -> str:
    return " ".join(refused.value.messages)


def test_it_starts_a_draft_for_each_table_in_one_bundle(cast):
    other = world.dataset(cast.owner, cast.parks, "Ponds")
    world.version(other, made.COLUMNS)
    two = start_requests(
        [(cast.dataset, "main", ["district"]), (other, "main", ["income"])],
        department=cast.health, by=world.by(cast.requester),
    )  # fmt: skip

    assert {one.bundle for one in two} == {two[0].bundle}
    assert [list(one.columns.values_list("name", flat=True)) for one in two] == [["district"], ["income"]]
    assert [one.state for one in two] == ["draft", "draft"]
    assert Event.objects.filter(kind="request.started").count() == 2

    save_answers(two[0], {"aim": "To plant trees", "area": "North"}, by=world.by(cast.requester))
    two[1].refresh_from_db()
    assert (two[1].aim, two[1].area) == ("To plant trees", "")


def test_a_stranger_starts_and_sees_nothing(cast):
    for outsider in (cast.stranger, cast.citizen, cast.owner, cast.head, None):
        with pytest.raises(PermissionDenied):
            start_requests([(cast.dataset, "main", ["district"])], department=cast.health, by=world.by(outsider))
    draft = made.draft(cast)
    for outsider in (cast.stranger, cast.citizen, cast.owner, cast.approver, cast.auditor, cast.authority, None):
        assert not visible_requests(world.by(outsider)).exists()
    assert visible_requests(world.by(cast.colleague)).get() == draft

    sent = made.brought_to(cast, "reply-due")
    for insider in (cast.owner, cast.approver, cast.auditor, cast.authority):
        assert visible_requests(world.by(insider)).get() == sent
    for outsider in (cast.stranger, cast.citizen, cast.reviewer, None):
        assert not visible_requests(world.by(outsider)).exists()


def test_what_one_may_not_know_of_is_asked_for_as_what_is_not_there(cast):
    hidden = world.dataset(cast.owner, cast.parks, "Hidden", state="draft")
    world.version(hidden, made.COLUMNS)
    with pytest.raises(Http404):
        start_requests([(hidden, "main", ["district"])], department=cast.health, by=world.by(cast.requester))
    cast.dataset.sharing_class, cast.dataset.sharing_law = "withheld", "Statistics law, 25"
    cast.dataset.save()
    assert askable_datasets(world.by(cast.requester)).get() == cast.dataset
    assert not askable_datasets(world.by(cast.citizen)).exists()


@pytest.mark.parametrize(
    ("table", "names", "sentence"),
    [
        ("other", ["district"], "no table"),
        ("main", ["nothing"], "no column"),
        ("main", ["district", "district"], "twice"),
    ],
)
def test_it_asks_only_for_what_is_there(cast, table, names, sentence):
    with pytest.raises(ValidationError, match=sentence):
        start_requests([(cast.dataset, table, names)], department=cast.health, by=world.by(cast.requester))


def test_it_says_all_that_is_missing_and_sends_nothing_half_done(cast):
    (draft,) = start_requests(
        [(cast.dataset, "main", ["person"])], department=cast.health, by=world.by(cast.requester)
    )  # fmt: skip
    fields = [one.field for one in missing_answers(draft)]
    assert {"aim", "level", "instrument", "impact_assessment", "valid_until", "columns"} <= set(fields)
    assert "exemption" not in fields and "accepted_terms" not in fields
    with pytest.raises(ValidationError, match="Name the impact assessment"):
        send_request(draft, by=world.by(cast.requester))
    draft.refresh_from_db()
    assert draft.state == "draft" and not draft.moves.exists()


def test_names_are_asked_for_as_pseudonyms_below_the_level_that_names(cast):
    for mask in ("", "first:40"):
        draft = made.draft(cast, [("person", mask)])
        with pytest.raises(ValidationError, match="person would name"):
            send_request(draft, by=world.by(cast.requester))
    assert send_request(made.draft(cast, [("person", "hash")]), by=world.by(cast.requester)).state == "internal-review"


def test_the_condition_names_nobody_below_the_level_that_names_and_needs_its_assessment(cast):
    by = world.by(cast.requester)
    draft = made.draft(cast, where="person = 'a'", impact_assessment="")
    assert [one.field for one in missing_answers(draft)] == ["impact_assessment"]
    save_answers(draft, {"impact_assessment": "IA-1"}, by=by)
    with pytest.raises(ValidationError, match="picks persons by person"):
        send_request(draft, by=by)
    save_answers(draft, {"where": "born < '1990-01-01'"}, by=by)
    assert send_request(draft, by=by).state == "internal-review"


@pytest.mark.django_db(transaction=True)
def test_two_drafts_of_a_bundle_are_saved_at_once(cast):
    other = world.dataset(cast.owner, cast.parks, "Paths")
    world.version(other, made.COLUMNS)
    by, items = world.by(cast.requester), [(cast.dataset, "main", ["district"]), (other, "main", ["district"])]
    start, told = Barrier(2), []

    def save(draft):
        try:
            start.wait(10)
            for count in range(8):
                save_answers(draft, {"aim": f"For a screening, {count}"}, by=by)
            told.append("saved")
        except OperationalError as refused:
            told.append(str(refused))
        finally:
            connection.close()

    both = [Thread(target=save, args=(draft,)) for draft in start_requests(items, department=cast.health, by=by)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert told == ["saved", "saved"]


def test_only_its_drafter_changes_a_draft(cast):
    draft = made.draft(cast)
    for other in (cast.colleague, cast.head, cast.stranger, cast.approver):
        for act in (
            lambda by: save_answers(draft, {"aim": "Other"}, by=by),
            lambda by: set_columns(draft, [("income", "x", "")], by=by),
            lambda by: send_request(draft, by=by),
        ):
            with pytest.raises(PermissionDenied):
                act(world.by(other))


def test_the_head_submits_and_the_clock_starts(cast):
    draft = made.draft(cast)
    sent = send_request(draft, by=world.by(cast.requester))
    assert sent.asked_sha256 == asked_sha256(draft) and sent.declared_by == cast.requester
    submitted = review_request(sent, by=world.by(cast.head))

    assert submitted.state == "compliance-check" and submitted.reviewed_by == cast.head
    assert len(submitted.reference) == 14 and submitted.due_on is not None
    assert submitted.standing["columns"]["district"] == ["text", "public", "none"]
    moves = list(RequestMove.objects.filter(request=submitted))
    assert [(move.verb, move.by, move.department) for move in moves] == [
        ("send", cast.requester, cast.health), ("submit", cast.head, cast.health),
    ]  # fmt: skip
    events = {event.uuid: event.kind for event in Event.objects.filter(kind__startswith="request.")}
    assert [events[move.event] for move in moves] == ["request.sent", "request.submitted"]


def test_nobody_reviews_what_they_drafted_nor_by_a_second_account(cast):
    from audit.actor import Actor
    from catalog.actions import memberships

    sent = made.brought_to(cast, "internal-review")
    memberships.begin(cast.requester, cast.health, Role.APPROVER, by=Actor(service="test"))
    alias = world.person("rita+two", cast.health, Role.APPROVER)
    for other in (cast.requester, alias, cast.colleague, cast.approver, cast.stranger, cast.authority):
        with pytest.raises(PermissionDenied):
            review_request(sent, by=world.by(other))
    assert review_request(sent, by=world.by(cast.head)).state == "compliance-check"


def test_it_is_sent_back_changed_and_sent_again(cast):
    sent = made.brought_to(cast, "internal-review")
    with pytest.raises(ValidationError, match="reason"):
        send_back(sent, by=world.by(cast.head), reason=" ")
    back = send_back(sent, by=world.by(cast.head), reason="Say which district")
    assert (back.state, back.declared_at, back.asked_sha256, back.due_on) == ("draft", None, "", None)
    save_answers(back, {"area": "North"}, by=world.by(cast.requester))
    assert send_request(back, by=world.by(cast.requester)).state == "internal-review"


def test_what_was_sent_stays_as_it_was(cast):
    sent = made.brought_to(cast, "internal-review")
    with pytest.raises(ValidationError, match="cannot be changed"):
        save_answers(sent, {"aim": "Something else"}, by=world.by(cast.requester))
    with pytest.raises(ValidationError, match="cannot be changed"):
        set_columns(sent, [("income", "x", "")], by=world.by(cast.requester))
    for change in (
        lambda: Request.objects.filter(pk=sent.pk).update(aim="Something else"),
        lambda: sent.columns.update(mask="null"),
        lambda: sent.columns.all().delete(),
        lambda: sent.moves.update(reason="other"),
        lambda: sent.moves.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_a_city_switches_review_and_check_off(cast, settings):
    settings.INTERNAL_REVIEW = False
    assert send_request(made.draft(cast), by=world.by(cast.requester)).state == "compliance-check"
    settings.COMPLIANCE_CHECK = False
    sent = send_request(made.draft(cast), by=world.by(cast.requester))
    assert sent.state == "reply-due" and sent.due_on is not None
    assert sent.moves.get(verb="receive").by is None


def test_an_enterprise_asks_for_what_is_open_on_application_alone(cast):
    firm = world.department(
        "91330000", "Firm", kind="enterprise", verified_at=timezone.now(), verified_by=cast.administrator
    )
    fiona = world.person("Fiona", firm, Role.REQUESTER, kind="enterprise")
    with pytest.raises((ValidationError, Http404)):
        made.draft(cast, who=fiona, department=firm)
    cast.dataset.opening_class = "on_application"
    cast.dataset.save()
    draft = made.draft(cast, who=fiona, department=firm)
    with pytest.raises(ValidationError, match="Accept the terms"):
        send_request(draft, by=world.by(fiona))
    save_answers(draft, {"accepted_terms": True}, by=world.by(fiona))
    assert send_request(draft, by=world.by(fiona)).state == "compliance-check"


def test_questions_are_answered_all_at_once(cast):
    returned = made.brought_to(cast, "incomplete")
    question = returned.questions.get()
    for answers in ({}, {question.pk: "  "}, {question.pk: "2020", 999_999: "more"}):
        with pytest.raises(ValidationError):
            answer_questions(returned, answers, by=world.by(cast.requester))
    with pytest.raises(PermissionDenied):
        answer_questions(returned, {question.pk: "2020"}, by=world.by(cast.approver))
    answered = answer_questions(returned, {question.pk: "2020"}, by=world.by(cast.colleague))
    assert answered.state == "reply-due" and answered.due_on is not None
    assert answered.questions.get().answer == "2020"


def test_what_the_check_of_form_asked_goes_back_to_the_check(cast):
    checked = made.brought_to(cast, "compliance-check")
    return_request(checked, ["Which law?"], by=world.by(cast.authority))
    answered = answer_questions(checked, {checked.questions.get().pk: "21"}, by=world.by(cast.requester))
    assert answered.state == "compliance-check" and answered.due_on is not None
    with pytest.raises(ValidationError):
        approve_request(answered, by=world.by(cast.approver))
    received = receive_request(answered, by=world.by(cast.authority))
    assert received.moves.get(verb="receive").facts["treated_as"] == "conditional"


def test_it_is_withdrawn_by_its_people_with_a_reason_once_sent(cast):
    sent = made.brought_to(cast, "reply-due")
    for other in (cast.approver, cast.stranger, cast.authority):
        with pytest.raises(PermissionDenied):
            withdraw_request(sent, by=world.by(other), reason="x")
    with pytest.raises(ValidationError, match="reason"):
        withdraw_request(sent, by=world.by(cast.requester), reason="")
    gone = withdraw_request(sent, by=world.by(cast.head), reason="No longer needed")
    assert (gone.state, gone.due_on) == ("withdrawn", None)
    with pytest.raises(ValidationError, match="withdrawn"):
        withdraw_request(gone, by=world.by(cast.head), reason="Again")


def test_a_copy_is_a_draft_of_whoever_copies_and_terms_are_accepted_anew(cast):
    refused = made.brought_to(cast, "refused")
    with pytest.raises(PermissionDenied):
        copy_request(refused, by=world.by(cast.stranger))
    copy = copy_request(refused, by=world.by(cast.colleague))
    assert (copy.state, copy.drafted_by, copy.copied_from) == ("draft", cast.colleague, refused)
    assert (copy.aim, copy.reference, copy.declared_at) == (refused.aim, None, None)
    assert list(copy.columns.values_list("name", flat=True)) == ["district", "income"]


def test_a_column_is_added_to_what_was_granted_as_a_new_request(cast):
    with pytest.raises(ValidationError, match="granted"):
        add_column(made.brought_to(cast, "reply-due"), "born", "age", by=world.by(cast.requester))
    lent = made.brought_to(cast, "delivery-due")
    with pytest.raises(ValidationError, match="already"):
        add_column(lent, "district", "age", by=world.by(cast.requester))
    more = add_column(lent, "born", "age", by=world.by(cast.requester))
    assert list(more.columns.values_list("name", "need")) == [
        ("district", "to invite"), ("income", "to invite"), ("born", "age"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"where": "nothing = 1"}, "nothing"),
        ({"where": "district ="}, ""),
        ({"level": "all"}, ""),
        ({"security_email": "no address"}, ""),
        ({"aim": "x" * 2001}, ""),
        ({"state": "active"}, "cannot be set"),
        ({"drafted_by": None}, "cannot be set"),
        ({"instrument": "x" * 300, "exemption": "y" * 300}, "together"),
    ],
)
def test_bad_answers_change_nothing(cast, answers, sentence):
    draft = made.draft(cast)
    with pytest.raises(ValidationError) as refused:
        save_answers(draft, answers, by=world.by(cast.requester))
    assert sentence in said(refused)
    assert asked_sha256(Request.objects.get(pk=draft.pk)) == asked_sha256(draft)


def test_a_past_end_is_not_sent(cast):
    draft = made.draft(cast, valid_until=timezone.localdate() - timedelta(days=1))
    with pytest.raises(ValidationError, match="future"):
        send_request(draft, by=world.by(cast.requester))


def test_the_database_refuses_one_person_as_drafter_and_head(cast):
    draft = made.draft(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        Request.objects.filter(pk=draft.pk).update(reviewed_by=cast.requester, reviewed_at=timezone.now())


def test_a_department_does_not_pile_up_requests(cast, settings):
    settings.REQUESTS_OPEN = 1
    made.brought_to(cast, "reply-due")
    with pytest.raises(ValidationError, match="wait already"):
        send_request(made.draft(cast), by=world.by(cast.requester))


def key(cast, user, *scopes, datasets=()):
    """The actor that comes with such a key."""
    held = Key.objects.create(
        user=user, name="by program", start="cw_", digest=str(uuid4()), scopes=list(scopes),
        expires_at=timezone.now() + timedelta(days=9),
    )  # fmt: skip
    held.datasets.set(datasets)
    return world.by(user, held)


def test_a_key_asks_and_decides_only_with_the_scope_for_it(cast):
    items = [(cast.dataset, "main", ["district"])]
    other = world.dataset(cast.owner, cast.parks, "Ponds")
    for wrong in (
        key(cast, cast.requester, "read", "write", "grant"),
        key(cast, cast.requester, "ask", datasets=[other]),
    ):
        with pytest.raises((PermissionDenied, Http404)):
            start_requests(items, department=cast.health, by=wrong)
    (draft,) = start_requests(items, department=cast.health, by=key(cast, cast.requester, "ask"))
    assert not visible_requests(key(cast, cast.requester, "ask", datasets=[other])).exists()

    sent = made.brought_to(cast, "internal-review")
    with pytest.raises(PermissionDenied, match="scope"):
        review_request(sent, by=key(cast, cast.head, "ask"))
    assert review_request(sent, by=key(cast, cast.head, "grant")).state == "compliance-check"
    assert draft.state == "draft"
