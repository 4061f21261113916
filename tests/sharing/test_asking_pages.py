"""The pages by which data is found, collected and asked for, as each of the cast meets them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.models import Dataset, Role
from sharing.actions.drafting import save_answers
from sharing.asking import PAGES, pages_of
from sharing.models import BasketItem, Request
from sharing.policies.requests import NEEDED, missing_answers
from tests import world
from tests.api import caller
from tests.sharing import requests as made

pytestmark = pytest.mark.django_db

COLUMNS = {
    "code": ("text", ["a1", "b2"]),
    "district": ("text", ["North", "South"]),
    "name": ("text", ["Ann", "Bo"]),
}


@pytest.fixture
def cast():
    people = world.cast()
    people.dataset = world.dataset(people.owner, people.parks, "Residents", opening_class="closed")
    people.version = world.version(people.dataset, COLUMNS)
    people.dataset.columns.filter(name="name").update(sensitivity="personal", identity_role="person_code")
    return people


def as_(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text(answer) -> str:
    return answer.content.decode()


def collect(client, dataset, *names: str):
    boxes = {f"column-{column.pk}": "on" for column in dataset.columns.filter(name__in=names)}
    return client.post(reverse("catalogue-dataset", args=[dataset.pk]), boxes)


def begun(client, cast, *names: str) -> Request:
    """A draft of Rita's, from her basket."""
    collect(as_(client, cast.requester), cast.dataset, *(names or ("district",)))
    client.post(reverse("basket"), {"department": cast.health.pk, "ask": "yes"})
    return Request.objects.get()


def page(draft: Request, slug: str) -> str:
    return reverse("request-page", args=[draft.pk, slug])


def address(name: str, asked: Request) -> str:
    return reverse(f"request-{name}", args=[asked.pk])


def test_it_lists_what_officers_may_ask_for_and_says_how_they_stand_to_it(cast, client):
    world.dataset(cast.owner, cast.parks, "Adoptions", sharing_class="withheld", sharing_law="Act 1")
    world.dataset(cast.owner, cast.parks, "Plans", state="draft")

    seen = text(as_(client, cast.stranger).get(reverse("catalogue")))

    assert "Residents" in seen and "Ask: the owner decides" in seen
    assert "Adoptions" in seen and "Plans" not in seen


def test_it_is_no_page_for_citizens(cast, client):
    assert client.get(reverse("catalogue")).status_code == 302
    as_(client, cast.citizen)
    assert client.get(reverse("catalogue")).status_code == 403
    assert client.get(reverse("catalogue-dataset", args=[cast.dataset.pk])).status_code == 403
    assert client.get(reverse("basket")).status_code == 403


def test_it_narrows_down_and_counts(cast, client):
    world.dataset(cast.owner, cast.schools, "Lessons", theme="education", sharing_class="unconditional")
    as_(client, cast.requester)

    found = text(client.get(reverse("catalogue") + "?department=schools"))

    assert "Lessons" in found and "Residents" not in found
    assert "1 dataset" in found


def test_it_asks_the_same_number_of_questions_for_few_and_for_many(cast, client, django_assert_max_num_queries):
    for number in range(30):
        world.dataset(cast.owner, cast.parks, f"Number {number}")
    as_(client, cast.requester)

    with django_assert_max_num_queries(22):
        assert "Next page" in text(client.get(reverse("catalogue")))


def test_it_says_what_may_be_known_and_why_no_more(cast, client):
    seen = text(as_(client, cast.requester).get(reverse("catalogue-dataset", args=[cast.dataset.pk])))

    assert "You cannot read its rows yet" in seen and "Parks decides" in seen
    assert "Personal" in seen and "Person code" in seen
    assert "checked" not in seen


def test_it_names_the_law_that_withholds_and_the_way_past_it(cast, client):
    cast.dataset.sharing_class, cast.dataset.sharing_law = "withheld", "Secrets law, article 9"
    cast.dataset.save()

    seen = text(as_(client, cast.requester).get(reverse("catalogue-dataset", args=[cast.dataset.pk])))

    assert "Secrets law, article 9" in seen and "only with an exemption" in seen


def test_it_collects_and_takes_out_again(cast, client):
    collect(as_(client, cast.requester), cast.dataset, "district", "name")
    assert sorted(BasketItem.objects.values_list("column", flat=True)) == ["district", "name"]
    assert "name whom a row is about" in text(client.get(reverse("basket")))

    as_(client, cast.stranger).post(reverse("basket"), {"remove": BasketItem.objects.first().pk})
    assert BasketItem.objects.count() == 2
    as_(client, cast.requester).post(reverse("basket"), {"remove": BasketItem.objects.get(column="name").pk})
    assert BasketItem.objects.get().column == "district"


def test_it_begins_a_draft_and_leaves_the_basket_empty(cast, client):
    draft = begun(client, cast)

    assert (draft.department, draft.dataset, draft.state) == (cast.health, cast.dataset, "draft")
    assert not BasketItem.objects.exists()
    seen = text(client.get(reverse("request-draft", args=[draft.pk])))
    assert "0 of 5 tasks done" in seen
    save_answers(draft, {"aim": "x", "function": "y", "benefits": "z"}, by=world.by(cast.requester))
    assert "1 of 5 tasks done" in text(client.get(reverse("request-draft", args=[draft.pk])))


def test_it_is_not_there_for_strangers(cast, client):
    draft = begun(client, cast)

    as_(client, cast.stranger)
    for name in ("request", "request-draft", "request-check", "request-sent", "request-withdraw", "request-copy"):
        assert client.get(reverse(name, args=[draft.pk])).status_code == 404
    assert client.get(page(draft, "aim")).status_code == 404
    assert client.post(page(draft, "aim"), {"aim": "Mine"}).status_code == 404
    draft.refresh_from_db()
    assert draft.aim == ""


def test_it_saves_at_each_continue_and_goes_on(cast, client):
    draft = begun(client, cast)

    went = client.post(page(draft, "function"), {"function": "Screening"})
    assert went.url == page(draft, "aim")
    went = client.post(page(draft, "aim") + "?from=check", {"aim": "Invite people"})
    assert went.url == reverse("request-check", args=[draft.pk])
    draft.refresh_from_db()
    assert (draft.function, draft.aim) == ("Screening", "Invite people")


def test_it_shows_what_is_wrong_and_keeps_what_was_typed(cast, client):
    draft = begun(client, cast, "district", "name")

    wrong = text(
        client.post(
            page(draft, "columns"),
            {"use-district": "on", "need-district": "", "use-name": "on", "need-name": "To call"},
        )
    )

    assert "There is a problem" in wrong and "Error:" in wrong
    assert "To call" in wrong
    assert "There is a problem" in text(client.post(page(draft, "aim"), {"aim": ""}))
    assert "There is a problem" in text(client.post(page(draft, "rows"), {"where": "nothing = 1"}))


def test_it_has_a_page_for_every_answer_that_can_be_missing(cast):
    shown = {name for one in PAGES for name in one.fields}

    assert set(NEEDED) | {"columns"} <= shown


def test_it_shows_a_page_for_everything_that_is_missing(cast, client):
    draft = begun(client, cast, "name")

    shown = {name for one in pages_of(draft) for name in one.fields}

    assert {one.field for one in missing_answers(draft)} <= shown


def test_it_sends_only_what_is_whole_and_declared(cast, client):
    draft = begun(client, cast)
    check = reverse("request-check", args=[draft.pk])
    assert "Still missing" in text(client.get(check))

    soon = (timezone.localdate() + timedelta(days=60)).isoformat()
    for slug, answer in {
        "function": {"function": "Screening"},
        "aim": {"aim": "Invite people to screening"},
        "benefits": {"benefits": "Residents over 60"},
        "columns": {"use-district": "on", "need-district": "To plan by district", "mask-district": ""},
        "level": {"level": "identified"},
        "rows": {"area": "", "filter_column": "", "filter_operator": "=", "filter_value": "", "where": ""},
        "frequency": {"frequency": "once"},
        "data-life": {"data_life_days": "90"},
        "law": {"instrument": "Health law", "article": "21"},
        "delivery": {"delivery": "api"},
        "keeping": {"kept_where": "Screening system"},
        "security": {"security_name": "Su", "security_email": "su@health.example"},
        "disposal": {"disposal": "Wiped, with a protocol"},
        "until": {"valid_until": soon},
        "people": {"accountable": "Hu"},
    }.items():
        assert client.post(page(draft, slug), answer).status_code == 302, slug

    assert "There is a problem" in text(client.post(check, {}))
    sent = client.post(check, {"declared": "on"})
    assert sent.url == reverse("request-sent", args=[draft.pk])
    draft.refresh_from_db()
    assert draft.state == "internal-review"
    assert "Request sent" in text(client.get(sent.url))
    assert client.get(check).status_code == 404


def test_it_lists_my_departments_requests_and_nobody_elses(cast, client):
    draft = begun(client, cast)
    link = reverse("request-draft", args=[draft.pk])

    assert link in text(client.get(reverse("requests")))
    assert link not in text(client.get(reverse("requests") + "?state=closed"))
    assert link not in text(as_(client, cast.stranger).get(reverse("requests")))


def test_it_withdraws_and_copies(cast, client):
    draft = begun(client, cast)

    client.post(reverse("request-withdraw", args=[draft.pk]), {})
    draft.refresh_from_db()
    assert draft.state == "withdrawn"
    client.post(reverse("request-copy", args=[draft.pk]), {})
    assert Request.objects.get(state="draft").copied_from == draft


def test_a_request_about_a_retired_dataset_is_not_copied_and_the_page_says_why(client):
    cast = made.people()
    asked = made.brought_to(cast, "refused")
    Dataset.objects.filter(pk=cast.dataset.pk).update(state="retired")

    seen = text(as_(client, cast.requester).post(address("copy", asked), {}))

    assert "retired this dataset" in seen and cast.parks.name in seen
    answer = caller(cast.requester).post(f"/api/v1/requests/{asked.pk}/copy", {}, content_type="application/json")
    assert answer.status_code == 400 and "retired this dataset" in answer.content.decode()
    assert not Request.objects.filter(state="draft").exists()
    assert as_(client, cast.stranger).post(address("copy", asked), {}).status_code == 404


def test_what_was_granted_is_given_back_on_the_page_of_the_request(client):
    cast = made.people()
    asked = made.brought_to(cast, "delivery-due")

    assert address("end", asked) in text(as_(client, cast.requester).get(reverse("request", args=[asked.pk])))
    client.post(address("end", asked), {"reason": "The screening is over"})

    asked = Request.objects.select_related("grant").get(pk=asked.pk)
    assert (asked.state, asked.grant.state) == ("disposal-due", "returned")
    assert address("attest", asked) in text(client.get(reverse("request", args=[asked.pk])))
    assert as_(client, cast.stranger).post(address("end", asked), {"reason": "No"}).status_code == 404


def test_it_offers_what_the_department_answered_before(client):
    cast = made.people()
    earlier = made.draft(cast)
    later = made.draft(cast, aim="Another", instrument="", kept_where="")

    seen = text(as_(client, cast.requester).get(page(later, "law")))

    assert "Health rules" in seen and "Taken over from your draft about" in seen
    later.refresh_from_db()
    assert later.instrument == "" and earlier.instrument == "Health rules"


def test_it_lets_the_head_submit_or_send_back_and_never_the_drafter(client):
    cast = made.people()
    asked = made.brought_to(cast, "internal-review")
    assert as_(client, cast.requester).post(address("review", asked)).status_code == 403

    as_(client, cast.head)
    assert "Submit this request" in text(client.get(reverse("request", args=[asked.pk])))
    assert "There is a problem" in text(client.post(address("send-back", asked), {"reason": ""}))
    client.post(address("send-back", asked), {"reason": "Name the year"})
    assert "Name the year" in text(as_(client, cast.requester).get(reverse("request-draft", args=[asked.pk])))

    client.post(reverse("request-check", args=[asked.pk]), {"declared": "on"})
    as_(client, cast.head).post(address("review", asked))
    asked.refresh_from_db()
    assert asked.state == "compliance-check"
    seen = text(client.get(reverse("request", args=[asked.pk])))
    assert asked.reference in seen and "Submitted" in seen


def test_it_takes_all_answers_at_once(client):
    cast = made.people()
    asked = made.brought_to(cast, "incomplete")
    question = asked.questions.get()
    as_(client, cast.colleague)

    assert "There is a problem" in text(client.post(address("answer", asked), {}))
    client.post(address("answer", asked), {f"answer-{question.pk}": "This one"})
    asked.refresh_from_db()
    assert asked.state == "reply-due"
    assert "This one" in text(client.get(reverse("request", args=[asked.pk])))


def test_it_adds_a_column_to_what_was_granted(client):
    cast = made.people()
    asked = made.brought_to(cast, "delivery-due")
    as_(client, cast.requester)

    went = client.post(address("column", asked), {"name": "born", "need": "To know the age"})

    draft = Request.objects.get(state="draft")
    assert went.url == reverse("request-draft", args=[draft.pk])
    assert list(draft.columns.values_list("name", flat=True)) == ["district", "income", "born"]


def test_it_says_to_the_requester_what_was_decided(client):
    cast = made.people()
    refused = made.brought_to(cast, "refused")
    granted = made.brought_to(cast, "delivery-due")
    as_(client, cast.requester)

    seen = text(client.get(reverse("request", args=[refused.pk])))
    assert "The purpose does not need this data" in seen and "Write to the city" in seen
    seen = text(client.get(reverse("request", args=[granted.pk])))
    assert reverse("grant", args=[granted.grant_id]) in seen and "Agreed as asked" in seen
    assert "Lent to you" in text(client.get(reverse("catalogue")))


def test_it_leads_those_who_answer_to_their_own_page(client):
    cast = made.people()
    asked = made.brought_to(cast, "reply-due")

    assert as_(client, cast.approver).get(reverse("request", args=[asked.pk])).url == reverse(
        "inbox-request", args=[asked.pk]
    )
    assert as_(client, cast.stranger).get(reverse("request", args=[asked.pk])).status_code == 404


def test_it_asks_less_of_an_enterprise_and_shows_it_only_what_is_open_on_application(cast, client):
    ferry = world.department("91350100M000100Y43", "Ferry", kind="enterprise")
    erik = world.person("Erik", ferry, Role.REQUESTER, kind="enterprise")
    assert as_(client, erik).get(reverse("catalogue")).status_code == 403
    ferry.verified_at, ferry.verified_by = timezone.now(), cast.administrator
    ferry.save()
    piers = world.dataset(cast.owner, cast.parks, "Piers", opening_class="on_application")
    world.version(piers, COLUMNS)

    seen = text(client.get(reverse("catalogue")))
    assert "Piers" in seen and "Residents" not in seen
    collect(client, piers, "district")
    client.post(reverse("basket"), {"department": ferry.pk, "ask": "yes"})
    draft = Request.objects.get()
    assert [one.slug for one in pages_of(draft)] == [
        "aim", "columns", "level", "frequency", "data-life", "terms", "until", "people",
    ]  # fmt: skip
    assert "We accept these terms" in text(client.get(page(draft, "terms")))
    assert client.get(page(draft, "law")).status_code == 404
    seen = text(client.get(reverse("request-draft", args=[draft.pk])))
    assert "Accept the terms" in seen and "Name the law" not in seen


@pytest.mark.slow
def test_it_asks_as_many_questions_of_ten_thousand_datasets_and_a_hundred_departments(
    cast, client, django_assert_max_num_queries
):
    departments = [world.department(f"d{number}") for number in range(100)]
    like = {"theme": "health", "frequency": "annual", "licence": "cc-by-4.0", "sharing_class": "conditional",
            "opening_class": "closed", "state": "active", "created_by": cast.owner}  # fmt: skip
    Dataset.objects.bulk_create(
        Dataset(title_en=f"Number {number}", department=departments[number % 100], **like) for number in range(10_000)
    )
    as_(client, cast.requester)

    for query in ("", "?department=d7", "?theme=health&department=d8"):
        with django_assert_max_num_queries(22):
            assert "Next page" in text(client.get(reverse("catalogue") + query))


def test_it_leaves_aside_what_was_retired_while_it_lay_in_the_basket(cast, client):
    piers = world.dataset(cast.owner, cast.parks, "Piers")
    world.version(piers, COLUMNS)
    collect(as_(client, cast.requester), piers, "district")
    Dataset.objects.filter(pk=piers.pk).update(state="retired")

    assert "Piers" not in text(client.get(reverse("basket")))
    assert begun(client, cast).dataset == cast.dataset


def test_it_asks_as_many_questions_for_one_request_as_for_many(client, django_assert_max_num_queries):
    cast = made.people()
    made.brought_to(cast, "reply-due")
    as_(client, cast.requester)
    client.get(reverse("requests"))
    with django_assert_max_num_queries(40) as few:
        client.get(reverse("requests"))

    for _number in range(4):
        made.draft(cast)
    with django_assert_max_num_queries(len(few)):
        client.get(reverse("requests"))


def test_it_asks_as_many_questions_for_a_narrow_table_as_for_a_wide_one(cast, client, django_assert_max_num_queries):
    wide = world.dataset(cast.owner, cast.parks, "Wide")
    world.version(wide, {f"c{number}": ("text", ["x"]) for number in range(60)})
    as_(client, cast.requester)
    with django_assert_max_num_queries(60) as few:
        client.get(reverse("catalogue-dataset", args=[cast.dataset.pk]))

    with django_assert_max_num_queries(len(few)):
        assert "c59" in text(client.get(reverse("catalogue-dataset", args=[wide.pk])))
