"""The dry run of counts, and of yes or no: no row would leave, so it says what could be told."""

import random
from collections import Counter, defaultdict

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from audit.models import Event
from sharing.actions.decisions import approve_request
from sharing.dry_run.picture import picture_of
from sharing.limits import Limits
from tests import world
from tests.api import caller
from tests.sharing.test_dry_run import asked, city, residents, try_it

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast():
    return city(residents(random.Random(11), 90))


def test_it_says_what_a_plain_evaluator_counts(settings):
    settings.COUNTS_GROUP = 3
    rows = residents(random.Random(5), 90)
    cast = city(rows)
    people = defaultdict(set)
    for row in rows:
        people[row["sex"], row["district"], row["born"]].add(row["person"])
    sizes = Counter((row["sex"], row["district"], row["born"]) for row in rows)

    counts = try_it(cast, asked(cast, level="count")).figures["counts"]

    assert (counts["least"], counts["group"], counts["questions"], counts["people"]) == ("count", 3, 100, "person")
    assert (counts["rows"], counts["groups"], counts["smallest"]) == (90, len(sizes), min(sizes.values()))
    assert counts["large"] == sum(len(found - {None}) >= 3 for found in people.values())
    assert counts["counted"] == {"person": len({row["person"] for row in rows} - {None})}


@pytest.mark.parametrize("level", ["count", "yes-no"])
def test_it_adds_no_column_and_shows_no_row(cast, level):
    world.basis("grant", cast.version, {"district": None}, to=cast.health, roles=["requester"])
    run = try_it(cast, asked(cast, level=level))
    before = Event.objects.filter(kind="disclosure.opened").count()
    shown = picture_of(run, by=world.by(cast.approver))

    assert [line.added for line in shown.lines][:2] == ["0", "0"]
    assert [column.name for column in shown.columns] == ["district"] and not shown.columns[0].is_more
    assert not shown.preview.rows and not shown.ledger and not shown.suggestions
    assert Event.objects.filter(kind="disclosure.opened").count() == before
    told = {line.label: line.proposed for line in shown.counts}
    assert told["Smallest group that is told, in people"] == "10"
    assert ("Of these large enough to be told" in told) == (level == "count")


def test_rows_and_counts_of_the_same_terms_are_two_dry_runs_and_the_decision_names_its_own(cast):
    request = asked(cast, level="pseudonymous")
    rows, counts = try_it(cast, request), try_it(cast, request, least="count")
    assert rows.pk != counts.pk and rows.terms_sha256 == counts.terms_sha256
    assert try_it(cast, request, least="count").pk == counts.pk

    approve_request(request, by=world.by(cast.approver), limits=Limits(way="", least="count"))
    assert request.decisions.get().dry_run == counts


def test_the_decision_for_rows_does_not_name_a_dry_run_of_counts(cast):
    request = asked(cast, level="pseudonymous")
    try_it(cast, request, least="count")
    approve_request(request, by=world.by(cast.approver))
    assert request.decisions.get().dry_run is None


def test_more_than_was_asked_for_is_not_tried_and_the_stranger_tries_nothing(cast):
    request = asked(cast, level="yes-no")
    with pytest.raises(ValidationError, match="Only this was asked for"):
        try_it(cast, request, least="count")
    with pytest.raises(PermissionDenied):
        try_it(cast, request, who=cast.stranger, least="yes-no")


def test_the_page_before_approving_and_the_api_say_it(cast, client):
    request = asked(cast, level="count")
    client.force_login(cast.approver)
    page = client.post(reverse("inbox-approve", args=[request.pk]), {"step": "check"}).content.decode()
    assert "no row would leave" in page and "Three rows as they would be" not in page
    answer = caller(cast.approver).post(f"/api/v1/requests/{request.pk}/dry-runs", {}, content_type="application/json")
    told = answer.json()
    assert answer.status_code == 200 and told["proposed"] is None
    assert told["counts"]["least"] == "count" and told["counts"]["rows"] == 90
