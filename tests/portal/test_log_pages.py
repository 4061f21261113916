"""The auditor's desk, receipts and the public page of the log: who sees what, and that each look is written down."""

import json

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.alarms import raise_alarm
from audit.kinds import KINDS
from audit.log import record
from audit.models import Event, EventDetail
from audit.signing import Signer
from audit.tiles import CHECKPOINT, log_store
from audit.verify import COSIGNATURE, Checkpoint, Receipt, Refused
from catalog.actions.keys import make_key
from tests import world
from tests.database import as_superuser, events_refused

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_log")]
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def scene():
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks, "Trees", title_zh="行道树")
    made = world.version(people.trees, {"name": ("text", ["Oak"])})
    people.grant = world.basis("grant", made, {"name": None}, to=people.health)
    people.event = told(people, "disclosure.opened", people.requester, ceiling=20)
    people.closed = told(people, "disclosure.closed", people.requester, opened=people.event.uuid, rows=7)
    return people


def told(people, kind: str, who, **facts) -> Event:
    """An event about the grant, by this person."""
    stated = {"exit": "rows", "purpose": "Planning", "legal_basis": "Article 9", "version": "1", "table": "main"}
    stated |= {"columns": ["name"], "query": {}, "query_sha256": "0" * 64, "bytes": 12, "outcome": "complete"}
    about = {"dataset": people.trees, "basis": people.grant, "department": people.health}
    with transaction.atomic():
        return record(
            kind,
            by=world.by(who),
            on=people.grant,
            facts={**dict.fromkeys(KINDS[kind], ""), **stated, **facts},
            **about,
        )


def log_it() -> None:
    """What was committed is in the published log."""
    call_command("sequencer", "--once")


def tampered(event: Event, old: str, new: str) -> None:
    """The superuser changes the event in the database."""
    as_superuser(
        "SET session_replication_role = replica",
        f"UPDATE audit_event SET body = replace(body, '{old}', '{new}') WHERE id = {event.pk}",
    )


@pytest.fixture
def auditor(scene) -> Client:
    client = Client()
    client.force_login(scene.auditor, BACKEND)
    return client


def text_of(response) -> str:
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def sentences(response) -> list[str]:
    return [item.sentence for item in response.context["items"]]


def views() -> list[dict]:
    return [
        json.loads(body)
        for body in Event.objects.filter(kind="log.viewed").order_by("id").values_list("body", flat=True)
    ]


# The timeline -----------------------------------------------------------------------------------------------------


def test_the_timeline_tells_events_newest_first(scene, auditor):
    told_now = sentences(auditor.get("/audit/"))
    assert told_now[0].startswith("Hugo looked at events")
    assert told_now[1].startswith("Rita, for Health, received 7 rows")
    assert told_now[2].startswith("Rita, for Health, opened rows of “Trees”")


def test_each_look_is_written_down_before_anything_is_shown(scene, auditor):
    auditor.get("/audit/", {"dataset": "Trees", "who": "Rita"})
    (seen,) = views()
    assert seen["facts"]["filters"] == {"who": str(scene.requester.pk), "dataset": "Trees"}
    assert "Rita" not in json.dumps(seen) and "commitment" in seen["private"]["who"]
    auditor.get(f"/audit/events/{scene.event.uuid}/")
    assert views()[1]["facts"]["filters"] == {"event": str(scene.event.uuid)}


def test_where_the_look_cannot_be_written_down_nothing_is_shown(scene, auditor):
    auditor.raise_request_exception = False
    with events_refused():
        for path in ("/audit/", f"/audit/events/{scene.event.uuid}/", "/audit/events.ndjson"):
            response = auditor.get(path)
            assert response.status_code == 500 and b"Rita" not in response.content


@pytest.mark.parametrize(
    ("asked", "kinds"),
    [
        ({"who": "rita"}, {"disclosure.opened", "disclosure.closed"}),
        ({"who": "rita@causeway.example", "kind": "disclosure.closed"}, {"disclosure.closed"}),
        ({"department": "health", "kind": "disclosures"}, {"disclosure.opened", "disclosure.closed"}),
        ({"dataset": "行道"}, {"disclosure.opened", "disclosure.closed"}),
        ({"kind": "people"}, {"membership.given"}),
        ({"since": "2999-01-01T00:00"}, set()),
        ({"until": "2000-01-01T00:00"}, set()),
    ],
)
def test_filters_find_what_they_say(scene, auditor, asked, kinds):
    response = auditor.get("/audit/", asked)
    assert {item.event.kind for item in response.context["items"]} == kinds


def test_it_finds_by_identifiers(scene, auditor):
    for asked in ({"who": scene.requester.pk}, {"basis": scene.grant.pk}, {"dataset": scene.trees.pk}):
        assert len(auditor.get("/audit/", asked).context["items"]) == 2


def test_a_filter_that_means_nothing_says_so_and_shows_nothing(scene, auditor):
    response = auditor.get("/audit/", {"who": "nobody at all", "basis": "grant", "kind": "nonsense"})
    html = text_of(response)
    assert "No account has this name" in html and "This is not an identifier of a grant" in html
    assert "items" not in response.context and views() == []


def test_pages_follow_each_other_without_loss(scene, auditor):
    for _time in range(60):
        told(scene, "disclosure.closed", scene.requester, opened="x", rows=1)
    seen, address = [], "/audit/?kind=disclosure.closed"
    while address:
        response = auditor.get(address)
        seen += [item.event.pk for item in response.context["items"]]
        address = response.context["page"].older and "/audit/" + response.context["page"].older
    assert len(seen) == len(set(seen)) == 61 and seen == sorted(seen, reverse=True)


def test_a_page_asks_the_same_number_of_questions_whatever_it_shows(scene, auditor):
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            auditor.get("/audit/")
        return len(queries)

    log_it()
    auditor.get("/audit/")
    few = asked()
    for _time in range(30):
        told(scene, "disclosure.closed", scene.requester, opened="x", rows=1)
    log_it()
    assert asked() == few


def test_an_event_that_was_removed_leaves_a_place_that_is_named(scene, auditor):
    log_it()
    newest = Event.objects.filter(entry__isnull=False).order_by("-entry__index").first()
    places = sorted([scene.event.entry.index, newest.entry.index])
    assert auditor.get("/audit/").context["missing"] == []
    as_superuser(
        "SET session_replication_role = replica",
        f"DELETE FROM audit_event WHERE id IN ({scene.event.pk}, {newest.pk})",
    )
    response = auditor.get("/audit/")
    assert response.context["missing"] == places
    assert f"no longer has their events: {', '.join(map(str, places))}" in text_of(response)


def test_the_page_stands_where_the_log_is_not_set_up_or_not_ours(client, scene, auditor, settings, own_log):
    log_it()
    settings.LOG_KEY_FILE = str(own_log / "nowhere.key")
    for browser, path in ((client, "/log/"), (auditor, "/audit/")):
        assert "is not believed" in text_of(browser.get(path))


def test_the_picture_counts_events_by_day(scene, auditor):
    chart = auditor.get("/audit/").context["chart"]
    assert chart.values[-1][1] == Event.objects.count()


# One event --------------------------------------------------------------------------------------------------------


def test_an_event_is_told_with_its_facts_and_its_other_half(scene, auditor):
    html = text_of(auditor.get(f"/audit/events/{scene.event.uuid}/"))
    for words in ("Rita, for Health, opened rows", "ceiling", "Article 9", "not in the log yet", "canonical JSON"):
        assert words in html, words
    assert f"/audit/events/{scene.closed.uuid}/" in html
    other = text_of(auditor.get(f"/audit/events/{scene.closed.uuid}/"))
    assert f"/audit/events/{scene.event.uuid}/" in other


def test_a_reading_that_was_never_closed_says_so(scene, auditor):
    alone = told(scene, "disclosure.opened", scene.requester, ceiling=5)
    assert "it counts as its ceiling" in text_of(auditor.get(f"/audit/events/{alone.uuid}/"))


def test_the_button_says_what_was_checked(scene, auditor):
    path = f"/audit/events/{scene.event.uuid}/"
    waiting = auditor.post(path).context["examination"]
    assert waiting.state == "waiting" and Event.objects.filter(kind="log.checked").count() == 1
    log_it()
    first = auditor.post(path).context
    assert first["examination"].state == "ok", first["examination"].findings
    assert [one.name for one in first["examination"].findings] == [
        "text", "place", "columns", "values", "signature", "witnesses",
    ]  # fmt: skip
    log_it()
    again = auditor.post(path).context["examination"]
    assert [(one.name, one.state) for one in again.findings][-1] == ("history", "ok")


def test_cosignatures_are_held_against_the_policy(client, scene, auditor, settings, tmp_path):
    log_it()
    harbour, quay = Signer.new("harbour.example/w", COSIGNATURE), Signer.new("quay.example/w", COSIGNATURE)
    policy = tmp_path / "policy"
    named = "".join(f"witness {name} {one.key} https://{name}.example\n" for name, one in (("h", harbour), ("q", quay)))
    settings.LOG_POLICY_FILE = str(policy)

    def found(count: str) -> str:
        policy.write_text(f"{named}group enough {count} h q\nquorum enough\n")
        examination = auditor.post(f"/audit/events/{scene.event.uuid}/").context["examination"]
        return next(one.state for one in examination.findings if one.name == "witnesses")

    assert found("any") == "failed"
    out = log_store().read(CHECKPOINT).decode()
    text = Checkpoint.parse(out).note.text
    log_store().replace(CHECKPOINT, (out + harbour.cosign(text, 1_790_000_000)).encode())
    assert (found("any"), found("all")) == ("ok", "failed")
    html = text_of(client.get("/log/"))
    assert "has cosigned this checkpoint" in html and "has not cosigned this checkpoint" in html
    assert "2026-09-21 14:13:20" in html
    log_store().replace(CHECKPOINT, (out + harbour.cosign("something else\n", 1_790_000_000)).encode())
    assert found("any") == "failed"


def test_a_changed_event_is_named_on_the_list_on_its_page_and_by_the_button(scene, auditor):
    log_it()
    tampered(scene.closed, '"rows":7', '"rows":1')
    shown = {item.event.pk: item.differs for item in auditor.get("/audit/?kind=disclosures").context["items"]}
    assert shown == {scene.closed.pk: True, scene.event.pk: False}
    path = f"/audit/events/{scene.closed.uuid}/"
    assert "This event was changed after it was logged" in text_of(auditor.get(path))
    response = auditor.post(path)
    examination, html = response.context["examination"], text_of(response)
    assert {one.name for one in examination.findings if one.state == "failed"} == {"text", "place"}
    assert "The text that the log holds" in html and "&quot;rows&quot;:7" in html


def test_a_change_that_took_the_entry_along_is_found_by_the_tree(scene, auditor):
    log_it()
    tampered(scene.closed, '"rows":7', '"rows":1')
    as_superuser(
        "SET session_replication_role = replica",
        "UPDATE audit_entry SET leaf_hash = sha256('\\x00'::bytea || convert_to(body, 'UTF8')) FROM audit_event e"
        f" WHERE e.id = audit_entry.event_id AND e.id = {scene.closed.pk}",
    )
    examination = auditor.post(f"/audit/events/{scene.closed.uuid}/").context["examination"]
    assert examination.changed and {one.name for one in examination.findings if one.state == "failed"} == {"place"}


def test_what_finds_an_event_and_what_opens_it_is_checked_too(scene, auditor):
    log_it()
    as_superuser(
        "SET session_replication_role = replica",
        f"UPDATE audit_event SET dataset = NULL WHERE id = {scene.closed.pk}",
        "UPDATE audit_eventdetail SET values = jsonb_set(values, '{actor.name,value}', '\"Mallory\"')"
        f" WHERE event_id = {scene.closed.pk}",
    )
    response = auditor.post(f"/audit/events/{scene.closed.uuid}/")
    assert {one.name for one in response.context["examination"].findings if one.state == "failed"} == {
        "columns", "values",
    }  # fmt: skip
    assert "Mallory" not in text_of(response)


def test_erased_values_leave_the_proof_whole(scene, auditor):
    log_it()
    with transaction.atomic():
        EventDetail.objects.filter(event=scene.closed).delete()
    response = auditor.post(f"/audit/events/{scene.closed.uuid}/")
    assert response.context["examination"].state == "ok"
    assert "a person whose name was erased" in text_of(response).lower()


# Taking away ------------------------------------------------------------------------------------------------------


def test_an_export_holds_the_filtered_events_and_says_so(scene, auditor):
    log_it()
    response = auditor.get("/audit/events.ndjson", {"kind": "disclosures"})
    head, *rows = [json.loads(line) for line in b"".join(response.streaming_content).decode().splitlines()]
    assert head["filter"] == {"kind": "disclosures"} and head["checkpoint"].startswith(head["origin"])
    assert [row["event"] for row in rows] == [str(scene.event.uuid), str(scene.closed.uuid)]
    assert rows[0]["body"] == scene.event.body and rows[1]["index"] == rows[0]["index"] + 1
    exported = json.loads(Event.objects.get(kind="log.exported").body)
    assert exported["facts"] == {"filters": {"kind": "disclosures"}, "count": 2}


def test_an_export_of_everything_is_whole_and_in_the_order_of_the_log(scene, auditor, monkeypatch):
    monkeypatch.setattr("audit.export.WINDOW", 3)
    log_it()
    late = told(scene, "disclosure.closed", scene.requester, opened="x", rows=1)
    _head, *rows = [
        json.loads(line)
        for line in b"".join(auditor.get("/audit/events.ndjson").streaming_content).decode().splitlines()
    ]
    indexes = [row["index"] for row in rows]
    logged = [index for index in indexes if index is not None]
    assert logged == list(range(len(logged))) and indexes[len(logged) :] == [None]
    assert rows[-1]["event"] == str(late.uuid)


def test_a_key_of_an_auditor_exports_and_no_other(scene):
    def export(user) -> int:
        until = timezone.now() + timezone.timedelta(days=2)
        _key, token = make_key(user, name="k", scopes=["read"], until=until, datasets=[], by=world.by(user))
        return Client().get("/audit/events.ndjson", headers={"authorization": f"Bearer {token}"}).status_code

    assert (export(scene.auditor), export(scene.owner), export(scene.stranger)) == (200, 404, 404)


# Receipts ---------------------------------------------------------------------------------------------------------


def receipt_for(user, event):
    client = Client()
    if user is not None:
        client.force_login(user, BACKEND)
    return client.get(f"/log/receipts/{event.uuid}")


def test_a_receipt_comes_with_the_next_checkpoint_and_holds(scene):
    waiting = receipt_for(scene.requester, scene.event)
    assert (waiting.status_code, waiting["Retry-After"]) == (202, "1")
    log_it()
    response = receipt_for(scene.requester, scene.event)
    assert response["Content-Type"].startswith("text/plain")
    assert response["Content-Disposition"] == f'attachment; filename="{scene.event.uuid}.tlog-proof"'
    receipt = Receipt.parse(response.content)
    receipt.check(scene.event.body.encode())
    with pytest.raises(Refused):
        receipt.check(scene.closed.body.encode())


def test_receipts_are_for_the_parties_and_missing_for_all_others(scene):
    log_it()
    for user in (scene.owner, scene.approver, scene.requester, scene.auditor):
        assert receipt_for(user, scene.event).status_code == 200
    for user in (None, scene.stranger, scene.citizen, scene.reviewer, scene.administrator):
        assert receipt_for(user, scene.event).status_code == 404


def test_both_parties_read_the_events_of_a_grant_with_receipts(scene):
    log_it()
    client = Client()
    client.force_login(scene.requester, BACKEND)
    answer = client.get(f"/api/v1/grants/{scene.grant.pk}/events?limit=1").json()
    (newest,) = answer["results"]
    assert newest["kind"] == "disclosure.closed" and newest["sentence"].startswith("Account ")
    assert "Rita" not in newest["sentence"] and client.get(newest["receipt_url"]).status_code == 200
    second = client.get(f"/api/v1/grants/{scene.grant.pk}/events?limit=1&after={answer['next']}").json()
    assert second["results"][0]["id"] == str(scene.event.uuid) and second["next"] is None
    html = text_of(client.get(reverse("grant-events", args=[scene.grant.pk])))
    assert f"/log/receipts/{scene.event.uuid}" in html and "received 7 rows" in html


# What everybody may see -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_public_page_shows_the_checkpoint_and_open_alarms(client, scene, language):
    client.get(f"/language/{language}/")
    assert client.get("/log/").status_code == 200
    log_it()
    raise_alarm("split-view", about="harbour", sentence="Two states of one size.")
    html = text_of(client.get("/log/"))
    for words in ("Two states of one size.", "verify.py", client.get("/log/vkey").content.decode().split("+")[0]):
        assert words in html
    assert client.get("/log/checkpoint").content.decode().splitlines()[2] in html


def test_the_verifier_is_served_as_it_is(client):
    assert client.get("/log/verify.py").content.decode().startswith('"""Verifies what a Causeway log says')


def test_entries_are_for_auditors_and_reading_them_is_written_down(client, scene, auditor, settings):
    log_it()
    width = Event.objects.filter(entry__isnull=False).count()
    path = f"/log/tile/entries/000.p/{width}"
    assert client.get(path).status_code == 404
    assert client.get(path, headers={"authorization": "Bearer nonsense"}).status_code == 404
    assert auditor.get(path).status_code == 200
    assert views()[-1]["facts"]["filters"] == {"entries": path}
    settings.LOG_ENTRIES_PUBLIC = True
    assert client.get(path).status_code == 200 and len(views()) == 1
