"""The linkage ledger: what could be joined is told in rounded shares, and nobody sees another owner's values for it."""

import random
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from audit.actor import service
from audit.models import Event
from catalog.actions.duties import make_owner_duty, make_service_duty
from catalog.gate import BasisEnded, open_matches, open_rows
from catalog.models import Basis, Column
from catalog.permissions import bases_open_to
from catalog.rows.matching import Matching, shifts
from catalog.rows.query import RowQuery
from catalog.terms import TableTerms, Terms
from sharing.actions.dry_runs import make_dry_run
from sharing.actions.grants import make_grant, revoke_grant
from sharing.dry_run.ledger import COMPARER
from sharing.dry_run.picture import picture_of
from tests import world
from tests.sharing import requests as made
from tests.sharing.test_dry_run import waiting

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 200


@pytest.fixture
def cast():
    """Parks keeps residents; Schools keeps pupils, whom Health reads under a grant."""
    people = made.people()
    make_owner_duty(people.dataset, by=world.by(people.owner))
    residents = [f"p{n}" for n in range(MANY)]
    people.version = world.version(
        people.dataset, {"person": ("text", residents), "district": ("text", ["North", "South"] * (MANY // 2))}
    )
    made.mark(people, "person", sensitivity="personal", identity_role="person_code")
    people.keeper = world.person("Kim", people.schools, "steward")
    people.pupils = world.dataset(people.keeper, people.schools, "Pupils")
    return people


def pupils(cast, persons: list[str], *, mask=None, where: str = "", role="person_code") -> Basis:
    """These are the pupils, and Health reads them."""
    marks = ["a", "b"] * len(persons)
    cast.pupil_rows = world.version(cast.pupils, {"code": ("text", persons), "mark": ("text", marks[: len(persons)])})
    Column.objects.filter(dataset=cast.pupils, name="code").update(identity_role=role)
    return world.basis("grant", cast.pupil_rows, {"code": mask}, where=where, to=cast.health, roles=["requester"])


def ledger(cast, mask: str = "", **less) -> list[dict]:
    request = waiting(cast, {"person": mask}, level="identified" if not mask else "pseudonymous")
    cast.run = make_dry_run(request, by=world.by(cast.approver), **less)
    return cast.run.figures["ledger"]["entries"]


def share(mine: list[str], theirs: list[str]) -> float:
    """The share by hand, in per cent: of distinct values here that are there too."""
    return 100 * len(set(mine) & set(theirs)) / len(set(mine))


@pytest.mark.parametrize("seed", range(4))
def test_it_tells_the_share_of_values_that_both_have(cast, seed):
    chance = random.Random(seed)
    persons = [f"p{chance.randrange(3 * MANY)}" for _n in range(chance.randrange(150, 500))]
    pupils(cast, persons)

    (entry,) = ledger(cast)

    assert (entry["mine"], entry["theirs"], entry["why"], entry["bar"]) == ("person", "code", "role", "")
    exact = share([f"p{n}" for n in range(MANY)], persons)
    assert entry["share"] % 10 == 0 and abs(entry["share"] - exact) <= 10, exact


def test_another_version_of_the_owner_tells_nothing_more(cast):
    pupils(cast, [f"p{n}" for n in range(MANY // 2)])
    request, by = waiting(cast, {"person": "", "district": ""}, level="identified"), world.by(cast.approver)
    first = make_dry_run(request, by=by)
    made_up = [f"p{n}" for n in range(MANY // 4)] + [f"nobody {n}" for n in range(MANY)]
    other = world.version(cast.dataset, {"person": ("text", made_up), "district": ("text", ["North"] * len(made_up))})

    second = make_dry_run(request, by=by)

    assert second.pk != first.pk and second.version == other
    assert [run.figures["ledger"]["entries"][0]["share"] for run in (first, second)] == [50, 50]


def test_the_steps_lie_elsewhere_for_each_pair_and_stay():
    pairs = tuple((f"c{n}", "code") for n in range(200))
    drawn = shifts(Matching("main", "main", pairs), "one", "other")
    assert drawn == shifts(Matching("main", "main", pairs), "one", "other")
    assert drawn != shifts(Matching("main", "main", pairs), "one", "third")
    assert min(drawn) >= -5 and max(drawn) < 5 and len(set(drawn)) > 100
    assert sum(one < -2.5 for one in drawn) > 20 and sum(one >= 2.5 for one in drawn) > 20


def test_it_compares_only_what_is_read_there(cast):
    persons = [f"p{n}" for n in range(MANY)]
    pupils(cast, persons, where="mark = 'a'")
    assert ledger(cast)[0]["share"] == 50


def test_a_narrower_try_does_not_tell_more(cast):
    pupils(cast, [f"p{n}" for n in range(MANY // 2)])
    request = waiting(cast, {"person": "", "district": ""}, level="identified")
    by = world.by(cast.approver)
    shares = {
        make_dry_run(request, by=by, where=where).figures["ledger"]["entries"][0]["share"]
        for where in ("", "person = 'p1'", "person in ('p1', 'p2')")
    }
    assert shares == {50}


def test_few_values_have_no_share(cast):
    pupils(cast, [f"p{n}" for n in range(99)])
    (entry,) = ledger(cast)
    assert entry["share"] is None and entry["bar"] == ""


def test_values_that_match_are_found_without_a_mark(cast):
    made.mark(cast, "person", identity_role="none")
    pupils(cast, [f"p{n}" for n in range(MANY)], role="none")
    assert [one["share"] for one in ledger(cast)] == [100]
    pupils(cast, [f"q{n}" for n in range(MANY)], role="none")
    assert ledger(cast) == []  # both grants follow the newest rows


def test_what_is_coarser_on_one_side_is_not_joined(cast):
    pupils(cast, [f"p{n}" for n in range(MANY)], mask="first:2")
    (entry,) = ledger(cast)
    assert (entry["bar"], entry["share"]) == ("coarser", None)


def test_a_pseudonym_and_a_plain_value_are_not_joined(cast):
    pupils(cast, [f"p{n}" for n in range(MANY)])
    (entry,) = ledger(cast, mask="hash")
    assert (entry["bar"], entry["share"]) == ("pseudonym", None)


@pytest.mark.parametrize(("purpose", "share"), [("", 50), ("Something else", None)])
def test_pseudonyms_are_joined_for_one_purpose_alone(cast, purpose, share):
    pupils(cast, [f"p{n}" for n in range(MANY // 2)]).delete()
    head = world.person("Sonja", cast.schools, "approver")
    make_grant(
        cast.pupils, recipient=cast.health, columns={"code": "hash"}, purpose=purpose or made.ANSWERS["aim"],
        legal_basis="article 1", valid_until=timezone.now() + timedelta(days=9), by=world.by(head),
    )  # fmt: skip
    (entry,) = ledger(cast, mask="hash")
    assert (entry["share"], entry["bar"]) == (share, "" if share else "pseudonym")


def test_a_grant_that_ended_holds_nothing(cast):
    grant = pupils(cast, [f"p{n}" for n in range(MANY)])
    head = world.person("Sonja", cast.schools, "approver")
    revoke_grant(grant, by=world.by(head), reason="No longer needed")
    assert ledger(cast) == []


def test_the_duties_end_and_let_no_person_in(cast):
    pupils(cast, [f"p{n}" for n in range(MANY)])
    ledger(cast)

    duties = Basis.objects.filter(recipient="service")
    assert {duty.dataset for duty in duties} == {cast.dataset, cast.pupils}
    assert {duty.state for duty in duties} == {"expired"}
    duty = lent_to_service(cast)
    for person in (cast.approver, cast.keeper, cast.requester, cast.authority, cast.stranger, None):
        assert duty not in bases_open_to(world.by(person))
        with pytest.raises(BasisEnded):
            open_rows(RowQuery(), over=[(cast.pupil_rows, duty)], by=world.by(person))
    with pytest.raises(BasisEnded):
        open_rows(RowQuery(), over=[(cast.pupil_rows, duty)], by=service("files"))


def lent_to_service(cast) -> Basis:
    until = timezone.now() + timedelta(minutes=1)
    terms = Terms(tables={"main": TableTerms({"code": None})})
    return make_service_duty(cast.pupil_rows, terms, purpose="x", legal_basis="y", valid_until=until, by=COMPARER)


def test_both_owners_find_it_in_the_log(cast):
    pupils(cast, [f"p{n}" for n in range(MANY)])
    ledger(cast)
    opened = Event.objects.filter(kind="disclosure.opened", body__contains='"exit":"matches"')
    assert {event.dataset for event in opened} == {cast.dataset.pk, cast.pupils.pk}
    assert {event.actor for event in opened} == {None}
    ended = Event.objects.filter(kind="disclosure.closed", basis__in=[event.basis for event in opened])
    assert ended.count() == 2 and all('"outcome":"complete"' in event.body for event in ended)


def test_no_person_compares_whatever_right_they_have(cast):
    grant = pupils(cast, [f"p{n}" for n in range(MANY)])
    own = Basis.objects.get(kind="duty", dataset=cast.dataset)
    asked = Matching("main", "main", (("person", "code"),))
    with pytest.raises(BasisEnded):
        open_matches(asked, over=[(cast.version, own), (cast.pupil_rows, grant)], by=world.by(cast.approver))
    keeper = make_owner_duty(cast.pupils, by=world.by(cast.keeper))
    world.basis("grant", cast.version, {"person": None}, to=cast.schools)
    lent = Basis.objects.get(kind="grant", dataset=cast.dataset)
    with pytest.raises(PermissionDenied, match="Only the platform compares"):
        open_matches(asked, over=[(cast.version, lent), (cast.pupil_rows, keeper)], by=world.by(cast.keeper))
    with pytest.raises(PermissionDenied, match="by itself"):
        make_service_duty(
            cast.pupil_rows, Terms(), purpose="x", legal_basis="y", valid_until=timezone.now(), by=world.by(cast.keeper)
        )


def test_the_database_keeps_services_to_duties_that_end(cast):
    pupils(cast, ["p1"])
    duty = lent_to_service(cast)
    fields = {"dataset": cast.pupils, "terms": {}, "purpose": "x", "legal_basis": "y", "recipient": "service"}
    for wrong in (
        {"kind": "grant", "service": "x", "valid_until": timezone.now(), "version": cast.pupil_rows},
        {"kind": "duty", "service": "", "valid_until": timezone.now(), "version": cast.pupil_rows},
        {"kind": "duty", "service": "x", "version": cast.pupil_rows},
        {"kind": "duty", "service": "x", "valid_until": timezone.now()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Basis.objects.create(**fields, **wrong)
    with pytest.raises(DatabaseError, match="never change"), transaction.atomic():
        Basis.objects.filter(pk=duty.pk).update(service="files")


def test_a_name_that_the_reader_may_not_know_is_not_told(cast):
    pupils(cast, [f"p{n}" for n in range(MANY)])
    ledger(cast)
    by = world.by(cast.approver)
    (shown,) = picture_of(cast.run, by=by).ledger
    assert (shown.dataset, shown.theirs, shown.percent) == ("Pupils", "code", 100)

    cast.pupils.sharing_class, cast.pupils.sharing_law = "withheld", "Schools law"
    cast.pupils.save()
    (shown,) = picture_of(cast.run, by=by).ledger
    assert "Pupils" not in shown.dataset and shown.theirs == "–"
