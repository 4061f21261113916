"""The inbox and the page of a request, as approvers, the authority, heads and strangers meet them."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from catalog.actions import memberships
from catalog.actions.acting import name_acting
from catalog.actions.duties import make_owner_duty
from catalog.models import Basis
from sharing.actions import decisions
from sharing.inbox import others_wait, waiting_for
from sharing.models import Decision, DryRun, Request
from tests import world
from tests.sharing import requests as made

pytestmark = pytest.mark.django_db(transaction=True)

OUTSIDE = ("requester", "colleague", "stranger", "citizen", "administrator", "reviewer")


@pytest.fixture
def cast():
    people = made.people()
    make_owner_duty(people.dataset, by=world.by(people.owner))
    return people


def as_(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(one: Request, name: str = "") -> str:
    return reverse(f"inbox-{name or 'request'}", args=[one.pk])


def page(client, user, url: str, status: int = 200) -> str:
    answer = as_(client, user).get(url)
    assert answer.status_code == status
    return answer.content.decode()


def post(client, user, url: str, **answers) -> str:
    """What comes back: the page, or where one is led to."""
    answer = as_(client, user).post(url, answers)
    return answer.url if answer.status_code == 302 else answer.content.decode()


def now(one: Request) -> Request:
    return Request.objects.get(pk=one.pk)


def listed(client, user, which: str = "mine") -> str:
    return page(client, user, f"{reverse('inbox')}?list={which}")


# The inbox


@pytest.mark.parametrize(
    ("state", "waits_for_them"),
    [
        ("internal-review", {"head"}),
        ("compliance-check", {"authority", "authority_two"}),
        ("incomplete", set()),
        ("reply-due", {"approver", "second"}),
        ("extended", {"approver", "second"}),
        ("second-approval", {"second"}),
        ("delivery-due", set()),
        ("refused", set()),
        ("withdrawn", set()),
    ],
)
def test_it_waits_for_whoever_can_bring_it_on_and_for_nobody_else(cast, state, waits_for_them):
    one = made.brought_to(cast, state)

    everybody = {"head", "authority", "authority_two", "approver", "second", "auditor", "owner", *OUTSIDE}
    found = {who for who in everybody if one in waiting_for(world.by(getattr(cast, who)))}
    assert found == waits_for_them
    assert not any(one in others_wait(world.by(getattr(cast, who))) for who in waits_for_them)
    assert one not in others_wait(world.by(cast.stranger))


def test_it_waits_for_the_person_to_whom_it_was_transferred(cast, client):
    one = made.brought_to(cast, "reply-due")
    decisions.transfer_request(one, cast.second, by=world.by(cast.approver), reason="On leave")

    assert one in waiting_for(world.by(cast.second))
    assert one in others_wait(world.by(cast.approver))
    assert "Anna of Parks" in listed(client, cast.approver, "others")


def test_it_waits_for_the_authority_once_it_was_escalated_or_more_time_is_asked_for(cast):
    escalated, late = made.brought_to(cast, "reply-due"), made.brought_to(cast, "reply-due")
    decisions.escalate_request(escalated, by=world.by(cast.approver), reason="Too hard")
    made.STEPS["ask for time"](cast, late)

    assert set(waiting_for(world.by(cast.authority))) == {escalated, late}
    assert set(waiting_for(world.by(cast.approver))) == {late}


def test_it_lists_what_is_due_first_first_with_clock_and_what_is_personal(cast, client):
    later = made.brought_to(cast, "reply-due")
    soon = made.draft(cast, [("person", ""), ("born", "year"), ("income", "")], level="identified")
    for step in made.REPLY:
        made.STEPS[step](cast, soon)
    today = timezone.localdate()
    Request.objects.filter(pk=soon.pk).update(due_on=today - timedelta(days=7))

    shown = listed(client, cast.approver)
    assert shown.index(now(soon).reference) < shown.index(now(later).reference)
    assert "working days over" in shown
    assert "2 personal" in shown
    assert "None personal" in shown
    assert "Parks · Conditional" in shown


def test_it_is_narrowed_to_words_class_and_personal_data(cast, client):
    plain = now(made.brought_to(cast, "reply-due"))
    personal = made.bulk(cast)
    for step in made.REPLY:
        made.STEPS[step](cast, personal)
    personal = now(personal)

    only = page(client, cast.approver, reverse("inbox") + "?personal=on")
    assert personal.reference in only
    assert plain.reference not in only
    found = page(client, cast.approver, f"{reverse('inbox')}?q={plain.reference}")
    assert plain.reference in found
    assert personal.reference not in found
    assert "No request fits" in page(client, cast.approver, reverse("inbox") + "?sharing=withheld")


def test_it_pages_by_a_cursor_and_refuses_one_that_was_made_up(cast, client):
    for _number in range(3):
        made.brought_to(cast, "reply-due")
    first = as_(client, cast.approver).get(reverse("inbox") + "?limit=2")
    assert len(first.context["lines"]) == 2
    second = client.get(reverse("inbox") + first.context["older"])
    assert len(second.context["lines"]) == 1
    seen = {line.request.pk for line in [*first.context["lines"], *second.context["lines"]]}
    assert len(seen) == 3
    assert client.get(reverse("inbox") + "?after=nonsense").status_code == 404


def test_it_is_empty_for_strangers(cast, client):
    one = now(made.brought_to(cast, "reply-due"))

    assert client.get(reverse("inbox")).status_code == 302
    for who in OUTSIDE:
        for which in ("mine", "others", "answered"):
            assert one.reference not in listed(client, getattr(cast, who), which)


# The page of a request


def test_it_shows_what_is_asked_why_and_what_happened(cast, client):
    one = made.brought_to(cast, "reply-due", where="district = 'North'")

    shown = page(client, cast.approver, address(one))
    for words in ("Invite those of age", "to invite", "district = &#x27;North&#x27;", "Health rules",
                  "Found complete", "working days left", "Approve as asked", "Refuse"):  # fmt: skip
        assert words in shown


def test_it_is_not_there_for_strangers(cast, client):
    one = made.brought_to(cast, "reply-due")

    for who in OUTSIDE:
        page(client, getattr(cast, who), address(one), 404)
        for name in ("approve", "refuse", "receive"):
            page(client, getattr(cast, who), address(one, name), 404)
            assert as_(client, getattr(cast, who)).post(address(one, name), {"step": "send"}).status_code == 404
    assert now(one).state == "reply-due"


def test_a_draft_is_not_there_for_anybody_else(cast, client):
    one = made.draft(cast)
    for who in ("head", "approver", "authority", "auditor", "owner"):
        page(client, getattr(cast, who), address(one), 404)


def test_it_offers_acts_to_those_who_may_alone(cast, client):
    one = made.brought_to(cast, "reply-due")

    assert "Approve as asked" not in page(client, cast.owner, address(one))
    assert "Approve as asked" not in page(client, cast.auditor, address(one))
    for who, status in {"owner": 403, "auditor": 403, "authority": 403}.items():
        assert as_(client, getattr(cast, who)).post(address(one, "approve"), {"step": "send"}).status_code == status
    assert now(one).state == "reply-due"


@pytest.mark.parametrize(("mask", "warned"), [("", True), ("first:8", True), ("first:1", False)])
def test_it_warns_before_personal_columns_leave_as_they_are_or_nearly(cast, client, mask, warned):
    made.mark(cast, "district", sensitivity="personal")
    one = made.brought_to(cast, "reply-due", columns=[("district", mask), ("income", "")], impact_assessment="IA-1")
    checked = post(client, cast.approver, address(one, "approve"), step="check")
    assert ("district: they tell of persons" in checked) is warned


def test_the_authority_passes_the_check_of_form(cast, client):
    one = made.brought_to(cast, "compliance-check")

    assert "Pass the check of form" in page(client, cast.authority, address(one))
    assert "Invite those of age" in page(client, cast.authority, address(one, "receive"))
    assert post(client, cast.authority, address(one, "receive"), step="send") == address(one)
    assert now(one).state == "reply-due"


def test_it_is_approved_as_asked_after_a_check(cast, client):
    one = made.brought_to(cast, "reply-due")

    checked = post(client, cast.approver, address(one, "approve"), step="check", note="Gladly")
    assert "Is this right?" in checked
    assert "Gladly" in checked
    assert now(one).state == "reply-due"
    assert "Gladly" in post(client, cast.approver, address(one, "approve"), step="change", note="Gladly")
    assert post(client, cast.approver, address(one, "approve"), step="send", note="Gladly") == address(one)
    assert now(one).grant.terms["tables"]["main"]["columns"] == {"district": None, "income": None}
    assert "agreed to already" in page(client, cast.approver, address(one, "refuse"))


def test_less_is_approved_with_fewer_columns_stronger_masks_fewer_rows_and_an_earlier_end(cast, client):
    one = made.draft(cast, [("person", "hash"), ("district", ""), ("born", ""), ("income", "band:10")])
    for step in made.REPLY:
        made.STEPS[step](cast, one)
    day = timezone.localdate() + timedelta(days=30)
    answers = {
        "use-main-born": "on", "mask-main-born": "year", "use-main-income": "on", "mask-main-income": "band:100",
        "where": "district = 'North'", "valid_until": day.isoformat(), "note": "",
    }  # fmt: skip

    form = page(client, cast.approver, address(one, "approve-less"))
    assert 'value="band:5"' not in form
    checked = post(client, cast.approver, address(one, "approve-less"), step="check", **answers)
    assert "Is this right?" in checked
    assert "person, district" in checked
    assert Decision.objects.count() == 0
    assert post(client, cast.approver, address(one, "approve-less"), step="send", **answers) == address(one)
    grant = now(one).grant
    assert grant.terms["tables"]["main"]["columns"] == {"born": "year", "income": "band:100"}
    assert "North" in grant.terms["tables"]["main"]["where"]
    assert timezone.localdate(grant.valid_until) == day


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"use-main-district": "", "use-main-income": ""}, "Choose at least one column"),
        ({"where": "nothing = 1"}, "no column “nothing”"),
        ({"valid_until": "2099-01-01"}, "Access was asked for until an earlier day"),
        ({"mask-main-income": "round:9"}, "Select a valid choice"),
    ],
)
def test_it_shows_what_is_wrong_with_less(cast, client, changes, words):
    one = made.brought_to(cast, "reply-due")
    answers = {"use-main-district": "on", "use-main-income": "on", "mask-main-income": "", **changes}

    shown = post(client, cast.approver, address(one, "approve-less"), step="check", **answers)
    assert "There is a problem" in shown
    assert words in shown
    assert now(one).state == "reply-due"


def test_less_can_mean_fewer_rows_a_day_and_fewer_readings(cast, client):
    one = made.brought_to(cast, "reply-due")
    answers = {"use-main-district": "on", "rows_most": "0"}

    assert "There is a problem" in post(client, cast.approver, address(one, "approve-less"), step="check", **answers)
    answers |= {"rows_most": "100", "rows_span": "day", "readings_most": "5", "readings_span": "hour"}
    checked = post(client, cast.approver, address(one, "approve-less"), step="check", **answers)
    assert "Rows at most" in checked
    post(client, cast.approver, address(one, "approve-less"), step="send", **answers)
    grant = now(one).grant
    assert (grant.rows_most, grant.rows_span, grant.readings_most, grant.readings_span) == (100, "day", 5, "hour")


def test_a_column_that_was_not_asked_for_cannot_be_slipped_in(cast, client):
    one = made.brought_to(cast, "reply-due")
    answers = {"use-main-district": "on", "use-main-person": "on"}

    post(client, cast.approver, address(one, "approve-less"), step="send", **answers)
    assert list(now(one).grant.terms["tables"]["main"]["columns"]) == ["district"]


def test_what_changed_since_is_shown_and_must_be_looked_at(cast, client):
    one = made.brought_to(cast, "reply-due")
    made.mark(cast, "income", sensitivity="sensitive")

    assert "changed since this was asked" in page(client, cast.approver, address(one))
    form = as_(client, cast.approver).get(address(one, "approve")).context["form"]
    seen = form.initial["seen"]
    assert "There is a problem" in post(client, cast.approver, address(one, "approve"), step="check", seen=seen)
    made.mark(cast, "income", sensitivity="personal")  # and once more, behind the page
    stale = post(client, cast.approver, address(one, "approve"), step="send", seen=seen, looked="on")
    assert "Look at what changed" in stale
    assert now(one).state == "reply-due"
    assert seen not in stale  # what the page shows now is what is confirmed next
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', stale)[1]
    post(client, cast.approver, address(one, "approve"), step="send", seen=seen, looked="on")
    assert now(one).state in {"delivery-due", "second-approval"}


def test_it_is_returned_with_all_questions_at_once(cast, client):
    one = made.brought_to(cast, "reply-due")
    url = address(one, "return")

    assert "Write at least one question" in post(client, cast.approver, url, step="check")
    wider = post(client, cast.approver, url, more="1", rooms="4", **{"question-1": "Which year?"})
    assert 'name="question-8"' in wider
    assert '<input type="hidden" name="rooms" value="8"' in wider
    assert "There is a problem" not in wider
    answers = {"rooms": "8", "question-1": "Which year?", "question-7": "Who reads it?"}
    assert "Who reads it?" in post(client, cast.approver, url, step="check", **answers)
    assert post(client, cast.approver, url, step="send", **answers) == address(one)
    assert [question.text for question in one.questions.all()] == ["Which year?", "Who reads it?"]
    shown = page(client, cast.approver, address(one))
    assert "The clock stands" in shown
    assert "Not answered yet" in shown


def test_it_is_refused_with_a_code_a_rule_and_the_way_to_appeal(cast, client):
    one = made.brought_to(cast, "reply-due")
    answers = {"code": "not-needed", "article": "Decree 809, article 12", "appeal": "Write to the city", "note": ""}

    missing = post(client, cast.approver, address(one, "refuse"), step="check", code="not-needed")
    assert missing.count("This field is required") >= 2
    assert "The purpose does not need this data" in post(
        client, cast.approver, address(one, "refuse"), step="check", **answers
    )
    assert post(client, cast.approver, address(one, "refuse"), step="send", **answers) == address(one)
    assert now(one).state == "refused"
    shown = page(client, cast.approver, address(one))
    assert "Write to the city" in shown
    assert "Approve as asked" not in shown


def test_more_time_is_asked_for_and_the_authority_consents_or_not(cast, client):
    given, denied = made.brought_to(cast, "reply-due"), made.brought_to(cast, "reply-due")
    for one in (given, denied):
        post(client, cast.approver, address(one, "extend"), step="send", reason="Holidays")
    assert "once at most" in page(client, cast.approver, address(given, "extend"))

    assert "Holidays" in page(client, cast.authority, address(given))
    assert post(client, cast.authority, address(given, "consent"), step="send") == address(given)
    assert now(given).state == "extended"
    assert post(client, cast.authority, address(denied, "deny"), step="send", reason="No") == address(denied)
    assert now(denied).state == "reply-due"
    assert "Denied" in page(client, cast.approver, address(denied))


def test_it_is_transferred_to_those_who_may_decide_alone(cast, client):
    one = made.brought_to(cast, "reply-due")
    form = page(client, cast.approver, address(one, "transfer"))
    assert "Anna" in form
    assert "Heike" not in form

    wrong = post(client, cast.approver, address(one, "transfer"), step="send", to=cast.stranger.pk, reason="So")
    assert "There is a problem" in wrong
    post(client, cast.approver, address(one, "transfer"), step="send", to=cast.second.pk, reason="On leave")
    assert now(one).assigned_to == cast.second


def test_it_is_escalated_and_then_the_authority_decides(cast, client):
    one = made.brought_to(cast, "reply-due")
    post(client, cast.approver, address(one, "escalate"), step="send", reason="Too hard")

    assert now(one).with_authority
    page(client, cast.approver, address(one, "approve"), 403)
    assert "Approve as asked" in page(client, cast.authority, address(one))


def test_a_second_approver_agrees_or_does_not(cast, client):
    agreed, other = made.brought_to(cast, "second-approval"), made.brought_to(cast, "second-approval")

    page(client, cast.approver, address(agreed, "second"), 403)
    assert "What was decided" in page(client, cast.second, address(agreed, "second"))
    assert post(client, cast.second, address(agreed, "second"), step="send") == address(agreed)
    assert now(agreed).state == "delivery-due"
    post(client, cast.second, address(other, "disagree"), step="send", reason="Too much")
    assert now(other).state == "reply-due"
    assert "the second approver did not agree" in page(client, cast.second, address(other))
    assert Basis.objects.filter(kind="grant").count() == 1


def test_it_says_before_it_is_sent_that_a_second_approver_must_agree(cast, client):
    one = made.bulk(cast)
    for step in made.REPLY:
        made.STEPS[step](cast, one)

    checked = post(client, cast.approver, address(one, "approve"), step="check")
    assert "A second approver must agree" in checked
    assert "they tell of persons" in checked


def test_a_stale_page_decides_nothing(cast, client):
    one = made.brought_to(cast, "reply-due")
    made.STEPS["withdraw"](cast, one)

    assert "was withdrawn" in post(client, cast.approver, address(one, "approve"), step="send")
    assert Decision.objects.count() == 0


def test_who_belongs_to_the_asking_department_decides_nothing_for_it(cast, client):
    one = made.brought_to(cast, "reply-due")
    world.memberships.begin(cast.approver, cast.health, "steward", by=world.Actor(service="test"))

    page(client, cast.approver, address(one, "approve"), 403)
    assert one not in waiting_for(world.by(cast.approver))


def test_who_decides_chooses_what_tells_people_apart(cast, client):
    one = made.brought_to(cast, "reply-due", columns=[("district", ""), ("born", "")])
    boxes = re.findall(r'<input type="checkbox" name="telling"[^>]*>', page(client, cast.approver, address(one, "try")))
    ticked = [re.search('value="(.+?)"', box)[1] for box in boxes if " checked" in box]
    assert len(boxes) == len(made.COLUMNS) and ticked == ["district", "born"]

    first = post(client, cast.approver, address(one, "try"), telling=["born"])
    second = post(client, cast.approver, address(one, "try"))
    assert first != second and "Told apart by: born." in page(client, cast.approver, first)
    assert "Told apart by: district, born." in page(client, cast.approver, second)
    assert "colour" in post(client, cast.approver, address(one, "try"), telling=["colour"])
    for wrong in ("x", "6e8bc430-9c3a-11d9-9669-0800200c9a66"):
        page(client, cast.approver, f"{address(one, 'try')}?run={wrong}", 404)


def test_the_dry_run_is_made_by_who_decides_and_shown_before_approving(cast, client):
    one = made.brought_to(cast, "reply-due")

    assert "Try the terms as asked" in page(client, cast.approver, address(one, "try"))
    assert DryRun.objects.count() == 0
    made_at = post(client, cast.approver, address(one, "try"))
    assert made_at == f"{address(one, 'try')}?run={DryRun.objects.get().pk}"
    assert "Three rows as they would be" in page(client, cast.approver, made_at)
    checked = post(client, cast.approver, address(one, "approve"), step="check")
    assert "What these terms would let out" in checked
    assert DryRun.objects.count() == 1  # the same terms are not computed twice
    less = {"use-main-district": "on", "where": "district = 'North'"}
    assert "What these terms would let out" in post(
        client, cast.approver, address(one, "approve-less"), step="check", **less
    )
    assert DryRun.objects.count() == 2
    post(client, cast.approver, address(one, "approve-less"), step="send", **less)
    assert Decision.objects.get().dry_run.terms["tables"]["main"]["columns"] == {"district": None}


def test_the_second_approver_sees_the_dry_run_of_the_first(cast, client):
    one = made.bulk(cast)
    for step in made.REPLY:
        made.STEPS[step](cast, one)
    post(client, cast.approver, address(one, "approve"), step="check")
    post(client, cast.approver, address(one, "approve"), step="send")

    assert now(one).state == "second-approval"
    assert "What these terms would let out" in page(client, cast.second, address(one, "second"))


def test_the_authority_decides_without_the_owners_rows(cast, client):
    one = made.brought_to(cast, "reply-due")
    decisions.escalate_request(one, by=world.by(cast.approver), reason="Too hard")

    checked = post(client, cast.authority, address(one, "approve"), step="check")
    assert "There is no dry run" in checked
    assert "Is this right?" in checked
    assert post(client, cast.authority, address(one, "approve"), step="send") == address(one)


def test_each_step_has_a_receipt_for_those_who_see_the_request_and_for_nobody_else(cast, client, own_log):
    one = made.brought_to(cast, "reply-due")
    call_command("sequencer", "--once")
    step = one.moves.get(verb="submit").event
    receipt = reverse("receipt", args=[step])

    assert receipt in page(client, cast.approver, address(one))
    for who in ("approver", "authority", "requester", "head", "owner"):
        assert b"c2sp.org/tlog-proof" in as_(client, getattr(cast, who)).get(receipt).content
    for who in ("stranger", "citizen", "administrator"):
        assert as_(client, getattr(cast, who)).get(receipt).status_code == 404


# The desk


def test_the_desk_shows_what_waits_for_me_and_what_we_asked_for(cast, client):
    waits, asks_back = now(made.brought_to(cast, "reply-due")), now(made.brought_to(cast, "incomplete"))
    desk = reverse("desk")

    shown = page(client, cast.approver, desk)
    assert waits.reference in shown
    assert asks_back.reference not in shown
    shown = page(client, cast.requester, desk)
    assert shown.index(asks_back.reference) < shown.index(waits.reference)  # it waits for her
    assert "Health, to answer the questions" in shown
    for who in ("stranger", "citizen", "administrator"):
        assert waits.reference not in page(client, getattr(cast, who), desk)


def test_it_waits_for_no_second_approver_who_acts_for_the_first(cast):
    one = made.brought_to(cast, "second-approval")
    today = timezone.localdate()
    assert one in waiting_for(world.by(cast.second))
    paula = world.person("Paula", cast.parks, "steward")
    name_acting(paula, cast.parks, today, today + timedelta(days=7), by=world.by(cast.approver))

    assert one not in waiting_for(world.by(paula))
    assert one in waiting_for(world.by(cast.second))


def test_what_was_handed_to_somebody_who_left_waits_for_the_others_again(cast):
    one = made.brought_to(cast, "reply-due")
    decisions.transfer_request(one, cast.second, by=world.by(cast.approver), reason="On leave")
    assert one not in waiting_for(world.by(cast.approver))

    memberships.end_role(cast.second.memberships.get(), by=world.by(cast.administrator), reason="She left")
    assert one in waiting_for(world.by(cast.approver))
