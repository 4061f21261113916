"""Questions: the same answer as their queryset gives, at this moment, whatever became of the database's plan."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from catalog import holding
from catalog.models import Basis, Dataset, Department, Version
from catalog.permissions import bases_open_to
from catalog.questions import Question
from catalog.versions import versions_under
from tests import world

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = ["owner", "approver", "requester", "reviewer", "auditor", "administrator", "stranger", "citizen"]


@pytest.fixture
def city():
    """Parks' trees in three versions, under every kind of basis in every state and span of time."""
    people = world.cast()
    trees = world.dataset(people.owner, people.parks)
    people.versions = [world.version(trees, {"n": ("integer", [number])}) for number in range(3)]
    Version.objects.filter(pk=people.versions[2].pk).update(state="proposed")
    now = timezone.now()
    hour = timedelta(hours=1)
    first = people.versions[0]
    people.bases = [
        world.basis("grant", first, {"n": None}, to=people.health),
        world.basis("grant", first, {"n": None}, to=people.health, roles=["steward"]),
        world.basis("grant", first, {"n": None}, to=people.schools, roles=["requester"], version=first),
        world.basis("grant", first, {"n": None}, to=people.health, valid_from=now + hour),
        world.basis("grant", first, {"n": None}, to=people.health, valid_from=now - 2 * hour, valid_until=now - hour),
        world.basis("grant", first, {"n": None}, to=people.health, state="suspended"),
        world.basis("grant", first, {"n": None}, recipient="account", department=None, account=people.citizen),
        world.basis("duty", first, {"n": None}, to=people.parks, roles=["steward", "approver"]),
        world.basis("release", people.versions[1], {"n": None}),
        world.basis("release", people.versions[0], {"n": None}, state="withdrawn"),
    ]
    return people


@pytest.mark.parametrize("who", [*PEOPLE, None])
def test_it_answers_as_the_rule_does(city, who):
    by = world.by(getattr(city, who) if who else None)
    let_in = set(bases_open_to(by).values_list("pk", flat=True))
    for basis in city.bases:
        assert (holding.held(basis, by) == basis) == holding.still_held(basis, by) == (basis.pk in let_in)
    assert {basis.pk for basis in holding.bases_over(city.bases[0].dataset_id, by)} == let_in


def test_it_finds_the_table_of_a_version_that_the_basis_opens(city):
    for basis in city.bases:
        opened = set(versions_under(basis))
        for version in city.versions:
            table = holding.covered_table(basis, version, "main")
            assert (table == version.tables.get()) if version in opened else table is None
            assert holding.covered_table(basis, version, "other") is None


def test_an_opened_table_is_the_same_as_basis_and_table_asked_one_by_one(city):
    for who in [*PEOPLE, None]:
        by = world.by(getattr(city, who) if who else None)
        for basis in city.bases:
            for version in city.versions:
                for _again in range(2):
                    opened = holding.opened_table(basis, version, "main", by)
                    fresh = holding.held(basis, by)
                    table = fresh and holding.covered_table(fresh, version, "main")
                    assert (opened and (opened.basis, opened.table)) == (table and (fresh, table))
                    assert holding.opened_table(basis, version, "other", by) is None


def test_what_did_not_change_is_not_read_again_and_what_did_is_seen_at_once(city):
    basis, version, by = city.bases[0], city.versions[1], world.by(city.requester)

    def opened():
        return holding.opened_table(basis, version, "main", by)

    assert opened() is opened() is not None
    changes = [
        (Basis.objects.filter(pk=basis.pk), {"state_reason": "another"}, lambda one: one.basis.state_reason),
        (Dataset.objects.filter(pk=basis.dataset_id), {"title_en": "another"}, lambda one: one.basis.dataset.title_en),
        (Department.objects.filter(pk=city.parks.pk), {"code": "px"}, lambda one: one.basis.dataset.department.code),
        (Department.objects.filter(pk=city.health.pk), {"code": "hx"}, lambda one: one.basis.department.code),
        (version.tables.all(), {"rows": 77}, lambda one: one.table.rows),
    ]
    for rows, change, read in changes:
        before = opened()
        rows.update(**change)
        assert [read(opened())] == list(change.values())
        assert opened() is opened() is not before
    Basis.objects.filter(pk=basis.pk).update(state="suspended")
    assert opened() is None


def test_it_sees_what_was_committed_a_moment_ago(city):
    basis, by = city.bases[0], world.by(city.requester)
    for state in ("suspended", "active", "revoked"):
        Basis.objects.filter(pk=basis.pk).update(state=state)
        assert holding.still_held(basis, by) == (state == "active")


@pytest.mark.parametrize("lost", ["DEALLOCATE ALL", "DISCARD ALL", "connection"])
def test_it_answers_although_the_plan_was_lost(city, lost):
    basis, by = city.bases[0], world.by(city.requester)
    question = Question(lambda basis: Basis.objects.filter(pk=basis), basis="uuid")
    assert question.ask(basis=basis.pk) == [basis]
    if lost == "connection":
        connection.close()
    else:
        with connection.cursor() as cursor:
            cursor.execute(lost)
    for _ in range(3):
        assert question.ask(basis=basis.pk) == [basis]
        assert holding.held(basis, by) == basis


def test_it_asks_for_patterns_too(city):
    question = Question(lambda basis: Basis.objects.filter(pk=basis, purpose__contains="o t"), basis="uuid")
    assert [question.ask(basis=city.bases[0].pk) for _ in range(2)] == [[city.bases[0]]] * 2


def test_it_answers_inside_a_transaction(city):
    basis, by = city.bases[0], world.by(city.requester)
    with transaction.atomic():
        Basis.objects.filter(pk=basis.pk).update(state="revoked")
        assert holding.held(basis, by) is None
        transaction.set_rollback(True)
    assert holding.held(basis, by) == basis


def test_it_refuses_a_moment_that_is_not_now(city):
    """Written once, such a moment would stay the same for ever; whoever changes the rule so is told at once."""
    question = Question(
        lambda basis: Basis.objects.filter(pk=basis, made_at__gt=timezone.now() - timedelta(days=1)), basis="uuid"
    )

    with pytest.raises(TypeError, match="neither now"):
        question.ask(basis=city.bases[0].pk)
