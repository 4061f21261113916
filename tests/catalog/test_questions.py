"""Questions: the same answer as their queryset gives, at this moment, whatever became of the database's plan."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from catalog import holding
from catalog.models import Basis, Version
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
