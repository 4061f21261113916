"""The pages of grants, as each of the cast meets them."""

import csv
import hashlib
import io
import json
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from catalog.models import Basis
from sharing.actions.grants import make_grant, revoke_grant, suspend_grant
from tests import world
from tests.sharing import requests as made

pytestmark = pytest.mark.django_db(transaction=True)

COLUMNS = {
    "code": ("text", ["a1", "b2", "c3"]),
    "district": ("text", ["North", "South", "North"]),
    "born": ("date", [date(1980, 1, 1), date(1990, 1, 1), date(2000, 1, 1)]),
    "name": ("text", ["Ann", "Bo", "Cy"]),
}


@pytest.fixture
def cast():
    people = world.cast()
    people.dataset = world.dataset(people.owner, people.parks, opening_class="closed")
    people.version = world.version(people.dataset, COLUMNS)
    people.dataset.columns.filter(name="name").update(sensitivity="personal")
    return people


def lend(cast) -> Basis:
    return make_grant(
        cast.dataset,
        recipient=cast.health,
        columns={"district": None, "born": "year"},
        where="district = 'North'",
        purpose="Screening by age",
        legal_basis="Article 21",
        valid_until=timezone.now() + timedelta(days=90),
        by=world.by(cast.approver),
    )


def answers(cast, **changes) -> dict:
    return {
        "recipient": cast.health.pk,
        "use-main-district": "on",
        "use-main-born": "on",
        "mask-main-born": "year",
        "filter_column": "district",
        "filter_operator": "=",
        "filter_value": "North",
        "purpose": "Screening by age",
        "legal_basis": "Article 21",
        "valid_until": (timezone.localdate() + timedelta(days=90)).isoformat(),
        "step": "check",
        **changes,
    }


def as_(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text(answer) -> str:
    body = answer.getvalue() if answer.streaming else answer.content
    return body.decode()


def test_its_recipient_asks_for_more_time_or_gives_it_back_and_the_owner_renews(cast, client):
    grant = lend(cast)
    address = reverse("grant", args=[grant.pk])
    anew = reverse("catalogue-dataset", args=[cast.dataset.pk])

    page = text(as_(client, cast.requester).get(address))
    assert f'href="{anew}"' in page and f"{address}return/" in page and f"{address}renew/" not in page

    page = text(as_(client, cast.approver).get(address))
    assert f'href="{anew}"' not in page and f"{address}renew/" in page and f"{address}return/" not in page
    assert as_(client, cast.stranger).get(address).status_code == 404


def test_more_time_is_asked_for_by_the_request_that_it_answered(client):
    people = made.people()
    asked = made.brought_to(people, "delivery-due")

    page = text(as_(client, people.requester).get(reverse("grant", args=[asked.grant_id])))

    assert f'href="{reverse("request-copy", args=[asked.pk])}"' in page


def test_it_shows_the_form_with_each_column_and_its_sensitivity(cast, client):
    page = text(as_(client, cast.approver).get(reverse("grant-new", args=[cast.dataset.pk])))

    assert 'name="use-main-name"' in page
    assert "Personal" in page
    assert "Year only" in page


def test_it_checks_the_answers_then_lends(cast, client):
    address = reverse("grant-new", args=[cast.dataset.pk])
    as_(client, cast.approver)

    checked = client.post(address, answers(cast))
    assert checked.status_code == 200
    assert not Basis.objects.filter(kind="grant").exists()
    assert "Check your answers" in text(checked)

    sent = client.post(address, answers(cast, step="send"))
    grant = Basis.objects.get(kind="grant")
    assert sent.url == reverse("grant", args=[grant.pk])
    assert grant.terms["tables"]["main"] == {
        "columns": {"district": None, "born": "year"},
        "where": "\"district\" = 'North'",
    }
    assert grant.valid_until.date() >= date.today() + timedelta(days=89)


def test_it_lends_counts_alone_of_groups_of_so_many(cast, client):
    address = reverse("grant-new", args=[cast.dataset.pk])
    as_(client, cast.approver)

    wanted = answers(cast, least="count", group_least="25")
    assert "Counts only, of 25 rows at least" in text(client.post(address, wanted))
    client.post(address, wanted | {"step": "send"})
    grant = Basis.objects.get(kind="grant")
    assert (grant.least, grant.group_least, grant.way) == ("count", 25, "api")


@pytest.mark.parametrize("step", ["check", "send"])
def test_it_lends_no_personal_column_as_it_is(cast, client, step):
    address = reverse("grant-new", args=[cast.dataset.pk])
    given = answers(cast, **{"use-main-name": "on", "step": step})
    page = text(as_(client, cast.approver).post(address, given))

    assert "personal data in bulk (name): two approvers must agree" in page
    assert not Basis.objects.filter(kind="grant").exists()


def test_it_goes_back_to_the_answers(cast, client):
    address = reverse("grant-new", args=[cast.dataset.pk])
    page = text(as_(client, cast.approver).post(address, answers(cast, step="change")))

    assert "Screening by age" in page
    assert not Basis.objects.filter(kind="grant").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"recipient": ""}, "Choose one recipient"),
        ({"enterprise": "none-such"}, "No enterprise with this code"),
        ({"use-main-district": "", "use-main-born": ""}, "at least one column"),
        ({"filter_value": ""}, "compared with"),
        ({"where": "nothing = 1"}, "no column “nothing”"),
        ({"valid_until": "2001-01-01"}, "future"),
        ({"group_least": "20"}, "goes with counts"),
        ({"least": "count", "group_least": "3"}, "greater than or equal to 10"),
    ],
)
def test_it_shows_what_is_wrong(cast, client, changes, words):
    address = reverse("grant-new", args=[cast.dataset.pk])
    page = text(as_(client, cast.approver).post(address, answers(cast, **changes)))

    assert "There is a problem" in page
    assert words in page


def test_it_says_on_the_page_why_a_dataset_is_not_lent(cast, client):
    cast.dataset.sharing_class, cast.dataset.sharing_law = "withheld", "Secrets law, article 9"
    cast.dataset.save()

    page = text(as_(client, cast.approver).get(reverse("grant-new", args=[cast.dataset.pk])))

    assert "Secrets law, article 9" in page


def test_it_lends_only_for_approvers(cast, client):
    address = reverse("grant-new", args=[cast.dataset.pk])

    assert client.get(address).status_code == 302
    for name, status in {"owner": 403, "stranger": 403, "requester": 403, "citizen": 404}.items():
        assert as_(client, getattr(cast, name)).get(address).status_code == status
        assert client.post(address, answers(cast, step="send")).status_code == status
    assert not Basis.objects.filter(kind="grant").exists()


def test_it_shows_rows_and_calls_to_the_recipient_and_writes_the_look_down(cast, client):
    grant = lend(cast)

    page = text(as_(client, cast.requester).get(reverse("grant", args=[grant.pk])))

    assert "1980" in page
    assert "2000" in page
    assert "South" not in page
    assert "Ann" not in page
    assert f"basis={grant.pk}" in page
    assert Event.objects.filter(kind="disclosure.opened", basis=grant.pk).count() == 1


def test_it_shows_terms_and_buttons_but_no_rows_to_the_owner(cast, client):
    grant = lend(cast)

    page = text(as_(client, cast.approver).get(reverse("grant", args=[grant.pk])))

    assert "Revoke for good" in page
    assert "1980" not in page
    assert not Event.objects.filter(kind="disclosure.opened").exists()
    assert "Revoke for good" not in text(as_(client, cast.owner).get(reverse("grant", args=[grant.pk])))


def test_it_counts_what_was_read(cast, client):
    grant = lend(cast)
    as_(client, cast.requester)
    assert text(client.get(reverse("grant-csv", args=[grant.pk]))).count("North") == 2

    page = text(as_(client, cast.approver).get(reverse("grant", args=[grant.pk])))

    assert '<dd class="number">2</dd>' in page


def test_it_states_the_digest_of_the_file_that_left(cast, client):
    grant = lend(cast)

    file = b"".join(as_(client, cast.requester).get(reverse("grant-csv", args=[grant.pk])).streaming_content)

    closed = json.loads(Event.objects.get(kind="disclosure.closed").body)["facts"]
    assert (closed["sha256"], closed["bytes"]) == (hashlib.sha256(file).hexdigest(), len(file))


def test_it_is_not_there_for_strangers(cast, client):
    grant = lend(cast)

    for name in ("grant", "grant-csv", "grant-suspend", "grant-resume", "grant-revoke"):
        address = reverse(name, args=[grant.pk])
        assert client.get(address).status_code == 302
        for person in (cast.stranger, cast.citizen, cast.auditor):
            assert as_(client, person).get(address).status_code == 404
        client.logout()


def test_it_gives_csv_to_the_recipient_alone(cast, client):
    grant = lend(cast)
    address = reverse("grant-csv", args=[grant.pk])

    got = as_(client, cast.requester).get(address)
    rows = list(csv.reader(io.StringIO(text(got))))
    assert rows == [["district", "born"], ["North", "1980"], ["North", "2000"]]
    assert as_(client, cast.approver).get(address).status_code == 403


@pytest.mark.parametrize(("end", "word"), [(suspend_grant, "suspended"), (revoke_grant, "revoked")])
def test_it_tells_the_recipient_why_no_rows_leave(cast, client, end, word):
    grant = lend(cast)
    end(grant, by=world.by(cast.approver), reason="A complaint came in")
    as_(client, cast.requester)

    page = text(client.get(reverse("grant", args=[grant.pk])))
    assert word in page
    assert "A complaint came in" in page
    assert "1980" not in page
    refused = client.get(reverse("grant-csv", args=[grant.pk]))
    assert refused.status_code == 403
    assert "A complaint came in" in text(refused)


def test_it_is_suspended_resumed_and_revoked_on_pages(cast, client):
    grant = lend(cast)
    as_(client, cast.approver)

    assert "Reason" in text(client.get(reverse("grant-suspend", args=[grant.pk])))
    assert "There is a problem" in text(client.post(reverse("grant-suspend", args=[grant.pk]), {"reason": ""}))
    for verb, state in {"suspend": "suspended", "resume": "active", "revoke": "revoked"}.items():
        client.post(reverse(f"grant-{verb}", args=[grant.pk]), {"reason": "So"})
        grant.refresh_from_db()
        assert grant.state == state
    assert "revoked" in text(client.post(reverse("grant-resume", args=[grant.pk]), {}))


def test_it_is_moved_on_pages_by_nobody_else(cast, client):
    grant = lend(cast)

    for person in (cast.requester, cast.owner):
        as_(client, person)
        for verb in ("suspend", "resume", "revoke"):
            assert client.post(reverse(f"grant-{verb}", args=[grant.pk]), {"reason": "x"}).status_code == 403
    grant.refresh_from_db()
    assert grant.state == "active"


def test_it_lists_what_was_lent_to_us_and_by_us(cast, client):
    grant = lend(cast)
    link = reverse("grant", args=[grant.pk])

    assert link in text(as_(client, cast.requester).get(reverse("grants")))
    assert link not in text(client.get(reverse("grants") + "?list=made"))
    assert link in text(as_(client, cast.approver).get(reverse("grants") + "?list=made"))
    assert link not in text(as_(client, cast.stranger).get(reverse("grants")))
    assert client.get(reverse("grants") + "?after=nonsense").status_code == 404


def test_it_pages_through_many_with_a_constant_number_of_queries(cast, client, django_assert_max_num_queries):
    for _number in range(25):
        lend(cast)
    as_(client, cast.requester)

    with django_assert_max_num_queries(14):
        first = text(client.get(reverse("grants")))
    assert first.count(reverse("grants") + "") >= 20
    assert "Next page" in first


def test_it_says_so_when_the_newest_version_lost_what_the_filter_needs(cast, client):
    grant = lend(cast)
    world.version(cast.dataset, {"born": COLUMNS["born"]})
    as_(client, cast.requester)

    assert "no longer has" in text(client.get(reverse("grant", args=[grant.pk])))
    assert client.get(reverse("grant-csv", args=[grant.pk])).status_code == 403
