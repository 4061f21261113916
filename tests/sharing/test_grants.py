"""An approver lends, suspends, resumes and revokes; nobody else does."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone

from audit import log
from audit.actor import service
from audit.models import Event
from catalog.actions.bases import expire_bases
from catalog.models import Basis
from catalog.permissions import bases_open_to
from sharing.actions.grants import make_grant, resume_grant, revoke_grant, suspend_grant
from sharing.permissions import grants_lent_by, grants_lent_to, visible_grants
from tests import world

pytestmark = pytest.mark.django_db

COLUMNS = {
    "code": ("text", ["a", "b", "c"]),
    "district": ("text", ["North", "South", "North"]),
    "born": ("date", [date(1980, 1, 1), date(1990, 1, 1), date(2000, 1, 1)]),
    "income": ("integer", [10, 20, 30]),
}


@pytest.fixture
def cast():
    people = world.cast()
    people.dataset = world.dataset(people.owner, people.parks)
    people.version = world.version(people.dataset, COLUMNS)
    return people


def lend(cast, who=None, **changes) -> Basis:
    wanted = {
        "recipient": cast.health,
        "columns": {"district": None, "born": "year"},
        "where": "district = 'North'",
        "purpose": "Screening by age",
        "legal_basis": "Health rules, article 21",
        "valid_until": timezone.now() + timedelta(days=90),
        **changes,
    }
    return make_grant(cast.dataset, by=world.by(who or cast.approver), **wanted)


def said(refused) -> str:
    return " ".join(refused.value.messages)


def test_it_lends_chosen_columns_under_masks_and_writes_it_down(cast):
    grant = lend(cast, note="Ask us about the codes.")

    assert grant.terms["tables"]["main"] == {
        "columns": {"district": None, "born": "year"},
        "where": "district = 'North'",
    }
    assert grant.grant.note == "Ask us about the codes."
    assert Event.objects.get(kind="grant.made").basis == grant.pk


def test_it_opens_to_the_recipients_people_and_to_no_stranger(cast):
    grant = lend(cast)

    assert grant in bases_open_to(world.by(cast.requester))
    assert grant in grants_lent_to(world.by(cast.requester))
    assert grant in grants_lent_by(world.by(cast.approver))
    for outsider in (cast.stranger, cast.citizen, cast.auditor, None):
        assert grant not in bases_open_to(world.by(outsider))
        assert grant not in visible_grants(world.by(outsider))


def test_it_is_for_every_person_of_an_enterprise(cast):
    firm = world.department(
        "91330000", "Firm", kind="enterprise", verified_at=timezone.now(), verified_by=cast.administrator
    )
    member = world.person("Fang", firm, "requester", kind="enterprise")

    grant = lend(cast, recipient=firm)

    assert grant.roles == []
    assert grant in bases_open_to(world.by(member))
    assert grant not in bases_open_to(world.by(cast.stranger))


@pytest.mark.parametrize(
    "name", ["owner", "requester", "stranger", "citizen", "reviewer", "administrator", "authority"]
)
def test_it_refuses_everybody_but_an_approver_of_the_owner(cast, name):
    with pytest.raises(PermissionDenied, match="approver of Parks"):
        lend(cast, getattr(cast, name))

    assert not Basis.objects.filter(kind="grant").exists()


def test_it_refuses_an_approver_of_another_department(cast):
    with pytest.raises(PermissionDenied):
        lend(cast, world.person("Ines", cast.schools, "approver"))


def test_it_refuses_what_a_law_withholds_and_names_the_law(cast):
    cast.dataset.sharing_class, cast.dataset.sharing_law = "withheld", "State secrets law, article 9"
    cast.dataset.save()

    with pytest.raises(ValidationError) as refused:
        lend(cast)

    assert "State secrets law, article 9" in said(refused)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"columns": {}}, "at least one column"),
        ({"columns": {"nothing": None}}, "There is no column “nothing”"),
        ({"columns": {"district": "year"}}, "does not fit"),
        ({"columns": {"district": "blur"}}, "is no mask"),
        ({"where": "nothing = 'x'"}, "There is no column “nothing”"),
        ({"where": "1; drop table x"}, "no meaning"),
        ({"where": "district = 'x' or " * 300 + "district = 'y'"}, "at most"),
        ({"table": "other"}, "no table “other”"),
        ({"purpose": "  "}, "purpose"),
        ({"legal_basis": ""}, "legal basis"),
        ({"valid_until": timezone.now() - timedelta(minutes=1)}, "future"),
        ({"valid_until": timezone.now() + timedelta(days=6 * 366)}, "five years"),
    ],
)
def test_it_says_what_is_wrong_and_lends_nothing(cast, changes, words):
    with pytest.raises(ValidationError) as refused:
        lend(cast, **changes)

    assert words in said(refused)
    assert not Basis.objects.filter(kind="grant").exists()


def test_it_is_never_lent_to_the_owner_the_city_or_an_unverified_enterprise(cast):
    for recipient in (cast.parks, cast.city, world.department("91440000", "New", kind="enterprise")):
        with pytest.raises(ValidationError):
            lend(cast, recipient=recipient)


def test_it_lends_a_filter_over_a_column_that_is_not_lent_itself(cast):
    grant = lend(cast, columns={"code": "hash"}, where="income > 10")

    assert grant.terms["tables"]["main"]["columns"] == {"code": "hash"}


def test_it_is_suspended_resumed_and_revoked_with_a_reason(cast):
    grant, anton, rita = lend(cast), world.by(cast.approver), world.by(cast.requester)

    suspend_grant(grant, by=anton, reason="Checking a complaint")
    assert grant not in bases_open_to(rita)
    assert grant in visible_grants(rita)
    resume_grant(grant, by=anton)
    assert grant in bases_open_to(rita)
    revoke_grant(grant, by=anton, reason="The purpose has ended")
    assert grant not in bases_open_to(rita)

    kinds = Event.objects.filter(basis=grant.pk).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["grant.made", "grant.suspended", "grant.resumed", "grant.revoked"]


def test_it_refuses_a_move_that_the_table_does_not_have(cast):
    grant, anton = lend(cast), world.by(cast.approver)

    with pytest.raises(ValidationError, match="active"):
        resume_grant(grant, by=anton)
    revoke_grant(grant, by=anton, reason="Over")
    for move in (suspend_grant, revoke_grant, resume_grant):
        with pytest.raises(ValidationError, match="revoked"):
            move(grant, by=anton, reason="Again")


def test_it_asks_for_a_reason(cast):
    grant = lend(cast)

    for move in (suspend_grant, revoke_grant):
        with pytest.raises(ValidationError, match="reason"):
            move(grant, by=world.by(cast.approver), reason=" ")


@pytest.mark.parametrize("move", [suspend_grant, resume_grant, revoke_grant])
def test_it_is_moved_by_no_stranger_and_not_by_the_recipient(cast, move):
    grant = lend(cast)

    for person in (cast.stranger, cast.requester, cast.owner, cast.citizen):
        with pytest.raises(PermissionDenied):
            move(grant, by=world.by(person), reason="Because")


def test_it_ends_by_the_clock(cast):
    grant = lend(cast, valid_until=timezone.now() + timedelta(seconds=1))
    later = timezone.now() + timedelta(seconds=2)
    assert grant not in Basis.objects.live(now=later)

    assert expire_bases(by=service("clock")) == 0
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(timezone, "now", lambda: later)
        assert expire_bases(by=service("clock")) == 1
        assert expire_bases(by=service("clock")) == 0
        with pytest.raises(ValidationError, match="ended"):
            revoke_grant(grant, by=world.by(cast.approver), reason="Late")

    grant.refresh_from_db()
    assert grant.state == "expired"
    assert '"service":"clock"' in Event.objects.get(kind="grant.expired").body


def test_it_is_not_resumed_past_its_date(cast):
    grant = lend(cast, valid_until=timezone.now() + timedelta(seconds=1))
    suspend_grant(grant, by=world.by(cast.approver), reason="Wait")

    with pytest.MonkeyPatch.context() as clock:
        later = timezone.now() + timedelta(seconds=2)
        clock.setattr(timezone, "now", lambda: later)
        with pytest.raises(ValidationError, match="ended"):
            resume_grant(grant, by=world.by(cast.approver))


def test_it_never_changes_its_terms(cast):
    grant = lend(cast)

    with pytest.raises(DatabaseError, match="never change"), transaction.atomic():
        Basis.objects.filter(pk=grant.pk).update(valid_until=timezone.now() + timedelta(days=900))


@pytest.mark.parametrize("ended", ["revoked", "expired"])
def test_it_never_comes_back_past_the_action(cast, ended):
    grant = lend(cast)
    Basis.objects.filter(pk=grant.pk).update(state=ended)

    with pytest.raises(DatabaseError, match="stays ended"), transaction.atomic():
        Basis.objects.filter(pk=grant.pk).update(state="active")


def test_it_does_nothing_where_it_cannot_be_written_down(cast, monkeypatch):
    grant = lend(cast)
    monkeypatch.setattr(log, "LIMIT", 10)

    with pytest.raises(log.Unrecordable):
        lend(cast)
    with pytest.raises(log.Unrecordable):
        revoke_grant(grant, by=world.by(cast.approver), reason="Over")

    grant.refresh_from_db()
    assert grant.state == "active"
    assert Basis.objects.filter(kind="grant").count() == 1
