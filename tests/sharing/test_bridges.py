"""Bridges by pages and by program: who asks, who agrees, what joins then, what does not, and how it ends."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from catalog.models import Basis, Role
from sharing.actions.bridges import (
    approve_bridge,
    ask_bridge,
    end_bridge,
    end_past_bridges,
    refuse_bridge,
    withdraw_bridge,
)
from sharing.actions.grants import revoke_grant
from sharing.actions.renewals import renew_grant
from sharing.bridging import bridges_waiting
from sharing.limits import Limits
from sharing.models import Bridge, Grant, Notice
from sharing.notices import give_notices
from tests import world
from tests.api import caller
from tests.sharing import requests as made
from tests.sharing.test_grant_endings import in_days, lend

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = {"purpose": "One count of those screened at school", "legal_basis": "Health rules, article 30"}


@pytest.fixture
def cast():
    people = made.people()
    people.schools_second = world.person("Sven", people.schools, Role.APPROVER)
    people.mine, people.theirs = lend(people), lend(people, to=people.schools)
    return people


def ask(cast, who=None, one=None, other=None) -> Bridge:
    by = world.by(who or cast.approver)
    return ask_bridge(one or cast.mine, other or cast.theirs, ends_at=in_days(20), by=by, **WORDS)


def two_owners(cast):
    """Schools own a register too, and lend it to Health for another purpose."""
    cast.theirs_owner = world.person("Svea", cast.schools, Role.STEWARD)
    dataset = world.dataset(cast.theirs_owner, cast.schools, "Pupils")
    version = world.version(dataset, {"person": ("text", ["a", "b", "z"])})
    grant = world.basis("grant", version, {"person": "hash"}, to=cast.health, purpose="Vaccination at school")
    Grant.objects.create(basis=grant)
    return grant


def send(who, address, body=None):
    answer = caller(who).post(f"/api/v1/{address}", json.dumps(body or {}), content_type="application/json")
    return answer.status_code, answer.json()


def people_in(who, grant) -> set[str]:
    """The pseudonyms in what this person downloads."""
    address = f"/api/v1/datasets/{grant.dataset_id}/rows?basis={grant.pk}&format=csv"
    text = caller(who).get(address).getvalue().decode()
    return {row["person"] for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))}


def test_two_recipients_join_by_chance_alone_and_a_bridge_makes_the_join_work(cast):
    assert not people_in(cast.requester, cast.mine) & people_in(cast.stranger, cast.theirs)
    wanted = {"one": str(cast.mine.pk), "other": str(cast.theirs.pk), "ends_at": in_days(20).isoformat(), **WORDS}

    status, bridge = send(cast.approver, "bridges", wanted)
    assert (status, bridge["state"], bridge["decided_at"]) == (201, "asked", None) and bridge["agreed_at"]
    renewal = {"valid_until": in_days(19).isoformat(), "bridge": bridge["id"]}
    assert send(cast.approver, f"grants/{cast.mine.pk}/renew", renewal)[0] == 400  # nobody has agreed for the other
    status, bridge = send(cast.second, f"bridges/{bridge['id']}/agree")
    assert (status, bridge["state"]) == (200, "active")

    (_s, mine), (_t, theirs) = (
        send(cast.approver, f"grants/{grant.pk}/renew", renewal) for grant in (cast.mine, cast.theirs)
    )
    mine, theirs = (Basis.objects.get(pk=one["id"]) for one in (mine, theirs))
    joined = people_in(cast.requester, mine)
    assert len(joined) == 3 and joined == people_in(cast.stranger, theirs)


def test_it_is_asked_for_agreed_to_and_ended_on_pages(cast, client):
    def page(who, name, pk, **said):
        client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
        answer = client.post(reverse(name, args=[pk]), said) if said else client.get(reverse(name, args=[pk]))
        return answer.url if answer.status_code == 302 else answer.content.decode()

    form = {"other": cast.theirs.pk, **WORDS, "ends_at": in_days(20).date().isoformat()}
    assert "Ask for a bridge" in page(cast.approver, "grant", cast.mine.pk)
    page(cast.approver, "bridge-new", cast.mine.pk, **form)
    bridge = Bridge.objects.get()
    assert "already" in page(cast.approver, "bridge-new", cast.mine.pk, **form)

    client.force_login(cast.second, backend="django.contrib.auth.backends.ModelBackend")
    assert "1 bridge between two grants waits for you" in client.get(reverse("inbox")).content.decode()
    assert WORDS["purpose"] in client.get(reverse("bridges")).content.decode()
    shown = page(cast.second, "bridge", bridge.pk)
    assert "It waits for another one, of Parks" in shown and "Agree" in shown
    assert page(cast.second, "bridge-agree", bridge.pk, sent="1") == reverse("bridge", args=[bridge.pk])
    assert "was agreed to" not in page(cast.second, "bridge-agree", bridge.pk)

    until = in_days(15).date().isoformat()
    assert "Under a bridge" in page(cast.approver, "grant-renew", cast.mine.pk)
    page(cast.approver, "grant-renew", cast.mine.pk, valid_until=until, bridge=bridge.pk)
    renewed = Basis.objects.get(domain=bridge.domain)
    assert "What it joins with" in page(cast.requester, "grant", renewed.pk)

    page(cast.second, "bridge-end", bridge.pk, reason="The count is done")
    renewed.refresh_from_db()
    assert renewed.state == "suspended"
    assert "The count is done" in page(cast.requester, "bridge", bridge.pk)


def test_who_received_both_asks_and_two_owners_agree(cast):
    pupils = two_owners(cast)
    bridge = ask(cast, cast.requester, cast.mine, pupils)
    assert bridge.agreed_by is None
    assert {one.pk for one in bridges_waiting(world.by(cast.approver))} == {bridge.pk}
    assert bridge in bridges_waiting(world.by(cast.schools_second))

    bridge = approve_bridge(bridge, by=world.by(cast.approver))
    assert (bridge.state, bridge.agreed_by) == ("asked", cast.approver)
    for person in (cast.approver, cast.second, cast.requester, cast.stranger, cast.head):
        with pytest.raises(PermissionDenied):
            approve_bridge(bridge, by=world.by(person))
    assert not bridges_waiting(world.by(cast.approver)).exists()

    assert approve_bridge(bridge, by=world.by(cast.schools_second)).state == "active"
    kinds = Event.objects.filter(kind__startswith="bridge.").order_by("time").values_list("kind", flat=True)
    assert list(kinds) == ["bridge.asked", "bridge.agreed", "bridge.approved"]


def test_an_approver_who_belongs_to_a_recipient_speaks_for_no_owner(cast):
    world.memberships.begin(cast.second, cast.schools, "requester", by=world.Actor(service="test"))
    bridge = ask(cast)
    with pytest.raises(PermissionDenied):
        approve_bridge(bridge, by=world.by(cast.second))


def test_the_owner_is_told_of_the_grant_that_it_would_be_joined_with_and_a_recipient_is_not(cast):
    pupils = two_owners(cast)
    health = ask(cast, cast.requester, cast.mine, pupils)
    answer = caller(cast.schools_second).get(f"/api/v1/bridges/{health.pk}").json()
    assert [side["dataset"] for side in answer["grants"]] == ["Trees", "Pupils"]
    assert [side["grant"] for side in answer["grants"]] == [None, str(pupils.pk)]

    other = ask(cast)
    told = caller(cast.stranger).get(f"/api/v1/bridges/{other.pk}").json()
    assert [side["grant"] for side in told["grants"]] == [None, str(cast.theirs.pk)]
    assert told["grants"][0]["dataset"] is None and told["grants"][0]["recipient"]["code"] == "health"


def test_the_stranger_knows_of_none_and_names_none(cast, client):
    bridge = ask(cast)
    nobody = world.person("Nils", world.department("water"), Role.APPROVER)
    assert caller(nobody).get(f"/api/v1/bridges/{bridge.pk}").status_code == 404
    assert caller(nobody).get("/api/v1/bridges").json()["results"] == []
    for verb in ("agree", "refuse", "withdraw", "end"):
        assert send(nobody, f"bridges/{bridge.pk}/{verb}", {"reason": "x"})[0] == 404
    wanted = {"one": str(cast.mine.pk), "other": str(cast.theirs.pk), "ends_at": in_days(9).isoformat(), **WORDS}
    missing = wanted | {"one": "6e8bc430-9c3a-11d9-9669-0800200c9a66"}
    assert send(nobody, "bridges", wanted)[0] == send(nobody, "bridges", missing)[0] == 404
    assert send(cast.requester, "bridges", wanted)[0] == 404  # who received one of them does not know of the other
    client.force_login(nobody)
    assert client.get(reverse("bridge", args=[bridge.pk])).status_code == 404


@pytest.mark.parametrize("verb", ["agree", "refuse", "withdraw", "end"])
@pytest.mark.parametrize("state", ["asked", "active", "refused", "withdrawn", "ended"])
def test_every_move_in_every_state_is_in_the_table_or_refused(cast, state, verb):
    bridge = ask(cast)
    second = world.by(cast.second)
    if state in {"active", "ended"}:
        approve_bridge(bridge, by=second)
    if state == "refused":
        refuse_bridge(bridge, by=second, reason="No")
    if state == "withdrawn":
        withdraw_bridge(bridge, by=second, reason="No")
    if state == "ended":
        send(cast.second, f"bridges/{bridge.pk}/end", {"reason": "Done"})
    body = {"reason": "So it is"} if verb != "agree" else {}

    status, answer = send(cast.second, f"bridges/{bridge.pk}/{verb}", body)

    allowed = verb in {"asked": {"agree", "refuse", "withdraw"}, "active": {"end"}}.get(state, set())
    assert status == (200 if allowed else 409), answer
    bridge.refresh_from_db()
    assert allowed or bridge.state == state


@pytest.mark.parametrize("who", ["stranger", "requester", "head", "owner", "authority", "auditor", "approver"])
def test_nobody_else_agrees(cast, who):
    bridge = ask(cast)
    with pytest.raises(PermissionDenied):
        approve_bridge(bridge, by=world.by(getattr(cast, who)))


def test_counts_do_not_join_and_there_is_one_bridge_at_a_time(cast):
    counts = lend(cast, to=cast.schools, limits=Limits(least="count"), purpose="Planning")
    with pytest.raises(ValidationError, match="nothing leaves that could be joined"):
        ask(cast, other=counts)
    ask(cast)
    with pytest.raises(ValidationError, match="already"):
        ask(cast, one=cast.theirs, other=cast.mine)
    with pytest.raises(IntegrityError), transaction.atomic():
        Bridge.objects.create(one=cast.theirs, other=cast.mine, ends_at=in_days(3), asked_by=cast.approver, **WORDS)


def test_it_ends_by_the_clock_when_a_grant_is_over_and_not_when_it_is_renewed(cast):
    bridge = approve_bridge(ask(cast), by=world.by(cast.second))
    mine = renew_grant(cast.mine, by=world.by(cast.approver), valid_until=in_days(10), bridge=bridge)
    theirs = renew_grant(cast.theirs, by=world.by(cast.approver), valid_until=in_days(10), bridge=bridge)
    assert end_past_bridges() == 0

    revoke_grant(theirs, by=world.by(cast.approver), reason="Over")
    assert (end_past_bridges(), end_past_bridges()) == (1, 0)

    bridge.refresh_from_db()
    mine.refresh_from_db()
    assert (bridge.state, mine.state) == ("ended", "suspended")
    assert "One of its grants is over" in bridge.state_reason
    assert timezone.now() - bridge.state_at < timedelta(minutes=1)


def told(kind: str) -> set[str]:
    """Who has a notice of the last event of this kind."""
    event = Event.objects.filter(kind=kind).latest("id")
    give_notices(event)
    return set(Notice.objects.filter(event=event.uuid).values_list("user__name", flat=True))


def test_both_owners_and_both_recipients_are_told_of_each_step(cast):
    pupils = two_owners(cast)
    outsider = world.person("Ollie", world.department("Roads"), Role.APPROVER)
    owners, recipients = {"Anton", "Anna", "Sven"}, {"Rita", "Rolf", "Heike"}
    bridge = ask(cast, cast.requester, cast.mine, pupils)
    assert told("bridge.asked") == (owners | recipients) - {"Rita"}
    approve_bridge(bridge, by=world.by(cast.approver))
    assert told("bridge.agreed") == (owners | {"Rita"}) - {"Anton"}
    approve_bridge(bridge, by=world.by(cast.schools_second))
    assert told("bridge.approved") == (owners | recipients) - {"Sven"}
    end_bridge(bridge, by=world.by(cast.second), reason="Done")
    assert told("bridge.ended") == (owners | recipients) - {"Anna"}
    refuse_bridge(ask(cast, cast.requester, cast.mine, pupils), by=world.by(cast.schools_second), reason="Too much")
    assert told("bridge.refused") == (owners | recipients) - {"Sven"}
    withdraw_bridge(ask(cast, cast.requester, cast.mine, pupils), by=world.by(cast.requester), reason="Not needed")
    assert told("bridge.withdrawn") == (owners | recipients) - {"Rita"}
    assert not Notice.objects.filter(user=outsider).exists()


def test_a_notice_of_a_bridge_names_departments_and_leads_to_its_page(cast, client, mailoutbox):
    pupils = two_owners(cast)
    cast.schools_second.language = "zh-hans"
    cast.schools_second.save()
    bridge = ask(cast, cast.requester, cast.mine, pupils)
    world.settle()
    client.force_login(cast.approver, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("notices")).content.decode()
    assert "Parks to Health, and Schools to Health" in page
    assert reverse("bridge", args=[bridge.pk]) in page and "Pupils" not in page
    (sent,) = (mail for mail in mailoutbox if mail.to == [cast.schools_second.email] and "关联" in mail.subject)
    assert str(bridge.pk) in sent.body and WORDS["purpose"] not in sent.body
    said = caller(cast.head).get("/api/v1/notices").json()["results"]
    assert str(bridge.pk) in [one["bridge"] for one in said]
