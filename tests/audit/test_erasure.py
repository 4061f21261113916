"""Personal details go by their age or on request, the events stay, and what is held stays whole."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit import erasure
from audit.checkpoints import published, tree
from audit.erasure import erase_old, months_before
from audit.log import commitment
from audit.models import Event, EventDetail, Hold
from audit.receipts import receipt
from audit.tasks import erase_old_details
from catalog.actions import memberships
from catalog.gate import open_rows
from catalog.models import Role
from catalog.rows.query import RowQuery
from portal.accounts.actions.people import invite
from portal.retention.actions import erase_details, lift_hold, place_hold, set_retention
from tests import world
from tests.audit.test_sequencer import run
from tests.database import as_superuser, events_refused
from tests.world import by

pytestmark = pytest.mark.django_db(transaction=True)
WHY = {"reason": "A court asked."}
LAW = {"reason": "They asked.", "article": "PIPL article 47"}


@pytest.fixture
def people():
    return world.cast()


@pytest.fixture
def lent(people):
    """Health reads of Parks' residents, one of whom it looks for by name."""
    residents = world.dataset(people.owner, people.parks, "Residents")
    version = world.version(residents, {"name": ("text", ["An", "Bo"])})
    grant = world.basis("grant", version, {"name": None}, to=people.health)
    asked = RowQuery(filters=(("name", "eq", "An"),))
    list(open_rows(asked, over=[(version, grant)], by=by(people.requester)).dicts())
    return grant


def age(**span) -> None:
    """Everything that happened happened so long ago."""
    as_superuser(
        "SET session_replication_role = replica",
        f"UPDATE audit_event SET time = time - interval '{span['days']} days'",
    )


def bodies() -> list[str]:
    return list(Event.objects.order_by("id").values_list("body", flat=True))


def facts(kind: str) -> list[dict]:
    """What the events of this kind state, oldest first."""
    return [json.loads(event.body)["facts"] for event in Event.objects.filter(kind=kind).order_by("id")]


def values_of(event: Event) -> dict:
    detail = EventDetail.objects.filter(event_id=event.id).first()
    return detail.values if detail else {}


def test_it_keeps_everything_until_somebody_decides(people):
    age(days=5000)
    assert erase_old() == 0


def test_it_erases_what_is_older_than_the_retention_and_says_so_once(people, lent):
    age(days=400)
    set_retention(12, by=by(people.authority), reason="The archive law.")
    before, young = bodies(), Event.objects.filter(kind="retention.set").get()
    old = Event.objects.exclude(pk=young.pk).filter(detail__isnull=False).count()

    erase_old_details()
    erase_old_details()

    assert set(EventDetail.objects.values_list("event_id", flat=True)) == {young.pk}
    (said,) = facts("details.erased")
    assert (said["count"], said["months"]) == (old, 12)
    assert said["from"] < said["until"] < months_before(timezone.now(), 12).isoformat()
    assert bodies()[: len(before)] == before


def test_it_erases_in_steps_each_with_its_event(people, monkeypatch):
    monkeypatch.setattr(erasure, "AT_ONCE", 3)
    age(days=400)
    set_retention(12, by=by(people.authority), reason="The archive law.")

    assert erase_old() == 8
    assert [said["count"] for said in facts("details.erased")] == [3, 3, 2]


def test_it_erases_nothing_that_it_cannot_write_down(people):
    age(days=400)
    set_retention(12, by=by(people.authority), reason="The archive law.")
    kept = EventDetail.objects.count()

    with events_refused(), pytest.raises(Exception, match="permission denied"):
        erase_old()

    assert EventDetail.objects.count() == kept


@pytest.mark.parametrize("what", ["dataset", "department", "account", "basis"])
def test_it_erases_nothing_under_a_hold_until_it_is_lifted(people, lent, what):
    about = {"dataset": lent.dataset, "department": people.health, "account": people.requester, "basis": lent}[what]
    age(days=400)
    set_retention(12, by=by(people.authority), reason="The archive law.")
    opened = Event.objects.get(kind="disclosure.opened")
    whole = values_of(opened)
    hold = place_hold(about, by=by(people.auditor), **WHY)

    erase_old()
    assert values_of(opened) == whole

    lift_hold(hold, by=by(people.auditor), reason="The case is closed.")
    erase_old()
    assert values_of(opened) == {}
    assert facts("hold.placed")[0]["about"]["id"] == facts("hold.lifted")[0]["about"]["id"] == str(about.pk)
    assert people.requester.name not in "".join(bodies())


def test_it_erases_one_person_and_nobody_else(people, lent):
    memberships.give_role(people.requester, people.parks, Role.STEWARD, by=by(people.administrator))
    given = Event.objects.filter(kind="membership.given").latest("id")
    opened = Event.objects.get(kind="disclosure.opened")
    before = bodies()

    erased, held = erase_details(people.requester, by=by(people.authority), **LAW)

    assert held == 0
    assert erased == facts("details.erased")[0]["count"] == 4  # two roles, and a reading that was opened and closed
    assert values_of(given).keys() == {"actor.name"}
    assert values_of(given)["actor.name"]["value"] == people.administrator.name
    assert values_of(opened) == {}
    assert bodies()[: len(before)] == before
    assert people.requester.name not in json.dumps(list(EventDetail.objects.values_list("values", flat=True)))
    assert facts("details.erased")[0]["article"] == LAW["article"]


def test_it_leaves_commitments_that_still_bind_whoever_kept_the_value(people):
    event = Event.objects.filter(kind="membership.given").latest("id")
    kept = values_of(event)["member"]

    erase_details(people.stranger, by=by(people.authority), **LAW)

    said = json.loads(event.body)["private"]["member"]["commitment"]
    assert commitment(kept["salt"], people.stranger.name) == said


def test_it_erases_the_addresses_of_an_account_and_of_who_tried_to_enter_it(people, client):
    person = invite("Nina@causeway.example", "Nina", people.health, Role.REQUESTER, by=by(people.administrator))
    client.post("/sign-in/", {"email": person.email, "password": "wrong wrong wrong"})
    client.post("/password/reset/", {"email": person.email})
    assert "nina@" in json.dumps(list(EventDetail.objects.values_list("values", flat=True)))

    erase_details(person, by=by(people.authority), **LAW)

    left = json.dumps(list(EventDetail.objects.values_list("values", flat=True))).lower()
    assert "nina" not in left
    assert people.administrator.name.lower() in left


def test_it_refuses_to_erase_what_is_held_and_says_who_can_help(people):
    place_hold(people.requester, by=by(people.auditor), **WHY)

    with pytest.raises(ValidationError, match=r"under a hold\. An auditor"):
        erase_details(people.requester, by=by(people.authority), **LAW)
    assert facts("details.erased") == []


def test_it_refuses_to_erase_twice_what_is_gone(people):
    erase_details(people.requester, by=by(people.authority), **LAW)
    with pytest.raises(ValidationError, match="keep nothing"):
        erase_details(people.requester, by=by(people.authority), **LAW)


@pytest.mark.parametrize("act", ["set", "place", "lift", "erase"])
def test_it_is_done_by_those_whose_task_it_is_alone(people, act):
    hold = place_hold(people.schools, by=by(people.auditor), **WHY)
    acts = {
        "set": ("authority", lambda who: set_retention(24, by=who, reason="x")),
        "place": ("auditor", lambda who: place_hold(people.parks, by=who, reason="x")),
        "lift": ("auditor", lambda who: lift_hold(hold, by=who, reason="x")),
        "erase": ("authority", lambda who: erase_details(people.requester, by=who, **LAW)),
    }
    allowed, do = acts[act]
    before = bodies()
    for name in ("stranger", "owner", "approver", "reviewer", "administrator", "citizen", "auditor", "authority"):
        if name != allowed:
            with pytest.raises(PermissionDenied):
                do(by(getattr(people, name)))
    assert bodies() == before

    do(by(getattr(people, allowed)))
    assert len(bodies()) == len(before) + 1


@pytest.mark.parametrize("months", [0, 5, 1201])
def test_it_refuses_a_time_that_is_no_retention(people, months):
    with pytest.raises(ValidationError, match="from 6 to 1200 months"):
        set_retention(months, by=by(people.authority), reason="x")


def test_it_says_what_the_retention_was_before(people):
    set_retention(24, by=by(people.authority), reason="x")
    set_retention(None, by=by(people.authority), reason="y")
    assert [(said["before"], said["months"]) for said in facts("retention.set")] == [(None, 24), (24, None)]
    with pytest.raises(ValidationError, match="already"):
        set_retention(None, by=by(people.authority), reason="z")


def test_it_holds_a_thing_once(people):
    place_hold(people.health, by=by(people.auditor), **WHY)
    with pytest.raises(ValidationError, match="stands already"):
        place_hold(people.health, by=by(people.auditor), **WHY)
    with pytest.raises(ValidationError, match="reason"):
        place_hold(people.parks, by=by(people.auditor), reason=" ")
    assert Hold.objects.count() == 1


def test_the_operator_erases_at_the_command_line(people, capsys):
    call_command("erase_details", account=people.requester.email, **LAW)
    assert "Erased in 1 events." in capsys.readouterr().out
    with pytest.raises(CommandError, match="No account"):
        call_command("erase_details", account="who@nowhere.example", **LAW)
    said = json.loads(Event.objects.get(kind="details.erased").body)
    assert said["actor"] == {"kind": "service", "service": "operator"}


@pytest.mark.usefixtures("own_log")
def test_it_leaves_the_log_and_every_proof_of_it_valid(people, lent):
    run()
    before = published()
    receipts = {event.uuid: receipt(event) for event in Event.objects.filter(entry__isnull=False)}
    texts = bodies()

    erase_details(people.requester, by=by(people.authority), **LAW)
    set_retention(6, by=by(people.authority), reason="The archive law.")
    run()

    after = published()
    assert after.size == before.size + 2
    assert tree(after.size).root(before.size) == before.root
    assert bodies()[: len(texts)] == texts
    for event in Event.objects.all():
        receipt(event).check(event.body.encode())
        if event.uuid in receipts:
            receipts[event.uuid].check(event.body.encode())
    call_command("audit", "verify")


@pytest.mark.parametrize(
    ("moment", "months", "earlier"),
    [
        (datetime(2026, 3, 31, tzinfo=UTC), 1, datetime(2026, 2, 28, tzinfo=UTC)),
        (datetime(2026, 1, 15, tzinfo=UTC), 1, datetime(2025, 12, 15, tzinfo=UTC)),
        (datetime(2024, 2, 29, tzinfo=UTC), 12, datetime(2023, 2, 28, tzinfo=UTC)),
        (datetime(2026, 12, 1, tzinfo=UTC), 12, datetime(2025, 12, 1, tzinfo=UTC)),
    ],
)
def test_it_counts_months_as_calendars_do(moment, months, earlier):
    assert months_before(moment, months) == earlier
    assert moment - earlier > timedelta(days=27)


def test_a_letter_that_waits_is_not_sent_once_its_address_is_erased(people, client, mailoutbox):
    client.post("/password/reset/", {"email": people.requester.email})
    asked = Event.objects.get(kind="account.reset_asked")
    erase_details(people.requester, by=by(people.authority), **LAW)

    world.settle()

    assert values_of(asked) == {}
    assert mailoutbox == []
