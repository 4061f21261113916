"""What a law has destroyed is gone: two persons, every byte, every address, and a log that still proves it."""

import hashlib
import io
import os
import shutil
import time
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import IntegrityError
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.actor import service
from audit.models import Entry, Event, EventDetail, Hold
from catalog.actions import destruction
from catalog.actions.acting import name_acting
from catalog.actions.duties import make_owner_duty
from catalog.actions.loads import start_load
from catalog.actions.purges import ask_purge, decide_purge, refuse_purge, withdraw_purge
from catalog.actions.sources import set_source
from catalog.actions.versions import confirm_version
from catalog.bad_cells import open_bad_cells
from catalog.copies import forget_destroyed
from catalog.gate import LOOK_AGAIN, open_document, open_file, open_rows
from catalog.manifests import write_manifest
from catalog.models import (
    Column,
    Distribution,
    Document,
    Export,
    Extent,
    Job,
    Purge,
    PurgedFile,
    RowChanges,
    Table,
    Version,
)
from catalog.policies import check_not_destroyed
from catalog.purges import named, shared
from catalog.reading_words import error_words
from catalog.rows.errors import Stopped
from catalog.rows.query import RowQuery
from catalog.rows.serving import build
from catalog.search import SearchQuery, index_dataset, search
from catalog.store import store
from tests import world
from tests.api import caller, dataset_url
from tests.loads import empty_store, files_in_store, load, run
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = service("destruction")
TOKEN = "Xylotomous"
FILE = f"id,kind\n1,{TOKEN}\n2,Oak\n"
ORDER = {"law": "Privacy Act", "article": "article 17", "reason": "The court ordered it on 3 March."}


@pytest.fixture
def city():
    """Trees in two versions: the first names what is to go, the second is another file with the same columns."""
    empty_store()
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks)
    make_owner_duty(people.trees, by=world.by(people.owner))
    people.first, people.second = (
        world.version(people.trees, {"id": ("integer", [1, 2]), "kind": ("text", [kind, "Oak"])})
        for kind in (TOKEN, "Elm")
    )
    sources = {people.first.pk: hashlib.sha256(FILE.encode()).hexdigest(), people.second.pk: "2" * 64}
    for pk, digest in sources.items():
        Version.objects.filter(pk=pk).update(source_sha256=digest, report={"said": TOKEN})
    for version in (people.first, people.second):
        write_manifest(version)
    return people


def ask(city, *numbers, who=None) -> Purge:
    return ask_purge(city.trees, numbers=numbers or [1], by=world.by(who or city.owner), **ORDER)


def decided(city, *numbers, **options) -> Purge:
    return decide_purge(ask(city, *numbers), by=world.by(city.approver), **options)


def purged(city, *numbers, **options) -> Purge:
    purge = decided(city, *numbers, **options)
    destruction.carry_out(purge, by=WORKER)
    purge.refresh_from_db()
    return purge


def holds(token: str) -> list[str]:
    """The stored files in which the word stands, in the clear or as Parquet keeps it."""
    return [path for path in files_in_store() if token.encode() in contents(path)]


def contents(path: str) -> bytes:
    if path.endswith(".parquet"):
        with store().open(path) as file:
            return str(pq.read_table(file).to_pydict()).encode()
    with store().open(path) as file:
        return file.read()


# Who, and in which order


def test_two_persons_have_it_destroyed_and_the_log_says_who_what_and_by_what_law(city):
    purge = purged(city)

    assert (purge.state, purge.asked_by, purge.decided_by) == ("done", city.owner, city.approver)
    kinds = list(Event.objects.filter(kind__startswith="purge.").order_by("id").values_list("kind", flat=True))
    assert kinds == ["purge.asked", "purge.decided", "purge.carried_out"]
    last = Event.objects.get(kind="purge.carried_out")
    files = purge.files.filter(gone_at__isnull=False)
    assert f'"count":{files.count()}' in last.body
    assert all(file.sha256 in last.body and file.path in last.body for file in files)


@pytest.mark.parametrize("who", ["stranger", "requester", "citizen", "reviewer", "auditor", "administrator"])
def test_nobody_else_asks_or_decides(city, who):
    other = world.by(getattr(city, who))
    with pytest.raises(PermissionDenied):
        ask_purge(city.trees, numbers=[1], by=other, **ORDER)
    purge = ask(city)
    for act in (lambda: decide_purge(purge, by=other), lambda: refuse_purge(purge, by=other, reason="No."),
                lambda: withdraw_purge(purge, by=other, reason="No.")):  # fmt: skip
        with pytest.raises(PermissionDenied):
            act()
    assert city.trees.versions.filter(state="kept").count() == 2


def test_the_authority_may_be_the_first_or_the_second_person(city):
    purge = ask(city, who=city.authority)
    with pytest.raises(PermissionDenied, match="second person"):
        decide_purge(purge, by=world.by(city.authority))
    assert decide_purge(purge, by=world.by(city.approver)).state == "decided"


def test_nobody_decides_what_they_asked_for_and_the_database_says_so_too(city):
    purge = ask(city, who=city.approver)
    with pytest.raises(PermissionDenied, match="second person"):
        decide_purge(purge, by=world.by(city.approver))
    with pytest.raises(IntegrityError):
        Purge.objects.filter(pk=purge.pk).update(state="decided", decided_by=city.approver, decided_at=timezone.now())


def test_who_acts_for_whom_is_not_the_second_person_and_no_second_account_is(city):
    purge = ask(city, who=city.approver)
    deputy = world.person("Paula", city.parks, "steward")
    today = timezone.localdate()
    name_acting(deputy, city.parks, today, today, by=world.by(city.approver))
    twin = world.person("Twin", city.parks, "approver")
    twin.email = "anton+two@causeway.example"
    twin.save(update_fields=["email"])
    for other in (deputy, twin):
        with pytest.raises(PermissionDenied, match="second person"):
            decide_purge(purge, by=world.by(other))


def test_a_steward_does_not_decide_and_no_key_does(city):
    purge = ask(city, who=city.authority)
    with pytest.raises(PermissionDenied, match="Only an approver"):
        decide_purge(purge, by=world.by(city.owner))
    address = reverse("api-purge-decide", args=[city.trees.pk, purge.pk])
    assert caller(city.approver).post(address, {}, "application/json").status_code == 403
    assert Purge.objects.get().state == "asked"


@pytest.mark.parametrize("kind", ["dataset", "department"])
def test_a_legal_hold_forbids_it(city, kind):
    about = city.trees.pk if kind == "dataset" else city.parks.pk
    purge = ask(city)
    hold = Hold.objects.create(kind=kind, about=about, reason="A case.", placed_at=timezone.now(),
                               placed_by=city.auditor.pk)  # fmt: skip
    with pytest.raises(ValidationError, match="legal hold"):
        decide_purge(purge, by=world.by(city.approver))
    withdraw_purge(purge, by=world.by(city.owner), reason="There is a hold.")
    with pytest.raises(ValidationError, match="legal hold"):
        ask(city)
    Hold.objects.filter(pk=hold.pk).update(lifted_at=timezone.now(), lifted_by=city.auditor.pk)
    assert ask(city).state == "asked"


def test_refused_and_withdrawn_destroy_nothing_and_are_final(city):
    refused = refuse_purge(ask(city), by=world.by(city.approver), reason="The order is of another case.")
    gone = withdraw_purge(ask(city), by=world.by(city.owner), reason="A mistake.")
    for purge in (refused, gone):
        with pytest.raises(ValidationError):
            decide_purge(purge, by=world.by(city.approver))
    assert holds(TOKEN) and city.trees.versions.filter(state="kept").count() == 2


def test_one_destruction_of_a_dataset_at_a_time(city):
    ask(city)
    with pytest.raises(ValidationError, match="waits for its second person"):
        ask(city, 2)


@pytest.mark.parametrize("wrong", [{"law": " "}, {"article": ""}, {"reason": ""}, {"numbers": []}, {"numbers": [9]}])
def test_it_names_law_article_reason_and_versions_that_are_there(city, wrong):
    with pytest.raises(ValidationError) as refused:
        ask_purge(city.trees, **{"numbers": [1], **ORDER, **wrong}, by=world.by(city.owner))
    assert set(refused.value.message_dict) == set(wrong)


def test_what_is_under_review_waits_for_the_end_of_that(city):
    world.basis("duty", city.first, {"kind": None}, to=city.city, roles=["reviewer"], version=city.first)
    with pytest.raises(ValidationError, match="under review"):
        decided(city)


def test_nothing_changes_where_the_record_fails(city, monkeypatch):
    purge = ask(city)
    monkeypatch.setattr("catalog.actions.purges.record", lambda *_args, **_named: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        decide_purge(purge, by=world.by(city.approver))
    assert Table.objects.filter(version=city.first).exists() and not PurgedFile.objects.exists()
    assert Purge.objects.get().state == "asked"


# Every byte


def test_no_stored_file_holds_a_word_of_it_and_the_other_version_is_whole(city, capsys):
    copy = build(*city.first.tables.values_list("path", "sha256").get())
    assert holds(TOKEN) and copy.exists()

    purged(city)

    assert holds(TOKEN) == [] and not copy.exists()
    assert f"manifests/{city.trees.pk}/1.json" not in files_in_store()
    rows = caller(city.owner, "read").get(dataset_url(city.trees, "/rows")).json()["results"]
    assert [row["kind"] for row in rows] == ["Elm", "Oak"]
    call_command("verify_store")
    assert "missing" not in capsys.readouterr().out


def test_the_database_keeps_number_day_and_digest_and_none_of_the_values(city):
    RowChanges.objects.create(version=city.second, since=city.first, table="main", added=1, removed=0, changed=0)
    duty = city.trees.bases.get()
    Extent.objects.create(basis=duty, version=city.first, table="main", rows=2, profile=[{"min": TOKEN}])

    purged(city)

    city.first.refresh_from_db()
    assert (city.first.state, city.first.report, len(city.first.identity)) == ("purged", {}, 64)
    for kind in (Table, Extent):
        assert not kind.objects.filter(version=city.first).exists()
    assert not RowChanges.objects.filter(since=city.first).exists()


def test_what_a_reader_asked_is_erased_from_the_details_and_the_events_stay(city):
    caller(city.owner, "read").get(dataset_url(city.trees, f"/versions/1/rows?kind={TOKEN}"))
    caller(city.owner, "read").get(dataset_url(city.trees, "/versions/2/rows?kind=Oak"))
    opened = Event.objects.filter(kind="disclosure.opened").order_by("id")
    bodies = [event.body for event in opened]
    assert TOKEN in str(EventDetail.objects.get(event=opened[0]).values)

    purged(city)

    assert [event.body for event in opened] == bodies
    assert not EventDetail.objects.filter(values__icontains=TOKEN).exists()
    assert "query" in EventDetail.objects.get(event=opened[1]).values
    assert "actor.name" in EventDetail.objects.get(event=opened[0]).values
    assert Event.objects.filter(kind="details.erased").count() == 1


def test_the_log_proves_all_of_it_before_and_after(city, own_log):
    caller(city.owner, "read").get(dataset_url(city.trees, f"/versions/1/rows?kind={TOKEN}"))
    call_command("sequencer", "--once")
    purged(city)
    call_command("sequencer", "--once")
    assert Entry.objects.count() == Event.objects.count()
    call_command("audit", "verify")  # ends the process where something does not hold


def test_search_finds_nothing_of_what_came_with_the_file_alone(city):
    world.version(city.trees, {"id": ("integer", [1]), TOKEN.lower(): ("text", ["x"])})
    index_dataset(city.trees)
    assert search(SearchQuery(q=TOKEN, by=world.by(city.owner))).total == 1
    decided(city, 3)
    world.settle()
    assert not Column.objects.filter(dataset=city.trees, name=TOKEN.lower()).exists()
    assert search(SearchQuery(q=TOKEN, by=world.by(city.owner))).total == 0


def test_a_file_that_another_version_holds_stays_for_it_and_is_said_before_and_after(city):
    grown = load(city.trees, "id,kind\n3,Ash\n", by=city.owner, confirm=True, mode="append").version
    assert [(one.number, one.files) for one in shared(named(city.trees, [2]))] == [(grown.number, 1)]

    purge = purged(city, 2)

    path = purge.files.get(kind="rows").path
    assert purge.files.get(kind="rows").kept_for == [3] and path in files_in_store()
    assert path in Event.objects.get(kind="purge.carried_out").body
    assert shared(named(city.trees, [1, 3])) == []
    purged(city, 3)
    assert path not in files_in_store()


def test_all_versions_together_take_the_shared_files_too(city):
    load(city.trees, "id,kind\n3,Ash\n", by=city.owner, confirm=True, mode="append")
    purge = purged(city, 1, 2, 3)
    assert not purge.files.exclude(kept_for=[]).exists()
    assert not [path for path in files_in_store() if path.startswith(("tables/", "manifests/", "uploads/"))]
    city.trees.refresh_from_db()
    assert city.trees.current is None and not city.trees.reading


def test_the_same_file_is_not_taken_in_again(city):
    purged(city)
    with pytest.raises(ValidationError, match="destroyed by law"):
        load(city.trees, FILE, by=city.owner, confirm=True)
    assert holds(TOKEN) == []
    check_not_destroyed(city.trees, ["2" * 64, ""])


@pytest.mark.parametrize(("options", "current"), [({}, None), ({"keep_current": True}, 1)])
def test_an_older_version_is_current_only_by_the_decision(city, options, current):
    purged(city, 2, **options)
    city.trees.refresh_from_db()
    assert (city.trees.current.number if city.trees.current else None) == current


def test_what_readers_asked_is_erased_in_steps_and_a_step_that_fails_is_begun_again(city, monkeypatch):
    for _reading in range(3):
        caller(city.owner, "read").get(dataset_url(city.trees, f"/versions/1/rows?kind={TOKEN}"))
    really, calls = destruction.erase_values, []

    def erase(events, names):
        calls.append(names)
        if len(calls) == 2:
            raise ConnectionError
        return really(events, names)

    monkeypatch.setattr(destruction, "STEP", 1)
    monkeypatch.setattr(destruction, "erase_values", erase)
    purge = decided(city)
    assert destruction.carry_out_all(by=WORKER) == 0
    assert EventDetail.objects.filter(values__icontains=TOKEN).count() == 2, "what is done is done"
    assert destruction.carry_out_all(by=WORKER) == 1
    purge.refresh_from_db()
    assert purge.state == "done" and not EventDetail.objects.filter(values__icontains=TOKEN).exists()
    erased = Event.objects.filter(kind="details.erased").values_list("body", flat=True)
    assert len(erased) == 3 and all('"count":1,' in body for body in erased)


# Cut off anywhere


@pytest.mark.parametrize("step", [1, 2])
def test_a_worker_that_dies_after_any_file_is_followed_by_one_that_ends_it(city, step, monkeypatch):
    purge, calls = decided(city), []
    really = destruction.uploads.remove

    def remove(path):
        calls.append(path)
        if len(calls) == step:
            raise SystemExit("killed")
        really(path)

    monkeypatch.setattr(destruction.uploads, "remove", remove)
    try:
        destruction.carry_out(purge, by=WORKER)
    except SystemExit:
        purge.refresh_from_db()
        assert purge.state == "decided" and not Event.objects.filter(kind="purge.carried_out").exists()
    monkeypatch.undo()
    destruction.carry_out_all(by=WORKER)
    purge.refresh_from_db()
    assert purge.state == "done" and holds(TOKEN) == []
    assert Event.objects.filter(kind="purge.carried_out").count() == 1


@pytest.mark.parametrize("name", ["note_exports", "note_leftovers", "forget_destroyed", "forget_questions",
                                  "finish_purge", "report"])  # fmt: skip
def test_a_step_that_fails_is_taken_again(city, name, monkeypatch):
    purge = decided(city)
    monkeypatch.setattr(destruction, name, lambda *_args, **_named: 1 / 0)
    assert destruction.carry_out_all(by=WORKER) == 0
    monkeypatch.undo()
    assert destruction.carry_out_all(by=WORKER) == 1
    purge.refresh_from_db()
    assert purge.state == "done" and holds(TOKEN) == []


def test_a_file_that_a_late_build_leaves_behind_is_found_for_two_days(city):
    release = world.basis("release", city.first, {"kind": None})
    purge = purged(city)
    store().write(f"files/{release.pk}/main.csv", TOKEN.encode())
    assert destruction.look_again(by=WORKER) == 1
    assert holds(TOKEN) == [] and Event.objects.filter(kind="purge.carried_out").count() == 2
    Purge.objects.filter(pk=purge.pk).update(done_at=timezone.now() - timedelta(days=3))
    assert destruction.look_again(by=WORKER) == 0


def test_the_event_has_it_carried_out(city):
    decided(city)
    world.settle()
    assert Purge.objects.get().state == "done" and holds(TOKEN) == []


def test_a_load_of_the_same_file_that_was_waiting_does_not_bring_it_back(city):
    job = start_load(city.trees, io.BytesIO(FILE.encode()), name="a.csv", by=world.by(city.owner), confirm=True)
    purged(city)
    job = run(job)
    assert (job.state, job.version) == ("failed", None) and "destroyed by law" in job.error["sentence"]
    assert holds(TOKEN) == []


def test_a_load_that_ran_at_the_decision_waits_for_the_steward_and_later_ones_do_not(city):
    job = start_load(city.trees, io.BytesIO(b"id,kind\n3,Ash\n"), name="a.csv", by=world.by(city.owner), confirm=True)
    decided(city)
    job = run(job)
    assert (job.state, job.version.state) == ("done", "proposed")
    city.trees.refresh_from_db()
    assert city.trees.current == city.second
    later = load(city.trees, "id,kind\n4,Fir\n", by=city.owner, confirm=True)
    assert later.version.state == "kept"


def test_a_document_does_not_come_back_while_its_file_is_still_to_go(city):
    Document.objects.create(version=city.first, name="a.txt", media_type="text/plain", bytes=10, path="documents/x/1",
                            sha256="1" * 64)  # fmt: skip
    check_not_destroyed(city.trees, ["1" * 64])
    decided(city)
    assert PurgedFile.objects.get(kind="document").gone_at is None
    with pytest.raises(ValidationError, match="destroyed by law"):
        check_not_destroyed(city.trees, ["1" * 64])


def test_a_second_reading_that_was_proposed_before_is_not_confirmed_afterwards(city):
    again = load(city.trees, FILE, by=city.owner).version
    assert again.state == "proposed"
    decided(city)
    with pytest.raises(ValidationError, match="destroyed by law"):
        confirm_version(again, by=world.by(city.owner))


def test_what_somebody_wrote_at_the_moment_of_the_decision_goes_later(city):
    purge, duty = decided(city), city.trees.bases.get()

    def written_late():
        RowChanges.objects.create(version=city.second, since=city.first, table="main", added=1, removed=0, changed=0)
        Extent.objects.create(basis=duty, version=city.first, table="main", rows=2, profile=[{"min": TOKEN}])

    for step in (destruction.carry_out_all, destruction.look_again):
        written_late()
        assert step(by=WORKER) == 1
        assert not Extent.objects.filter(version=city.first).exists() and not RowChanges.objects.exists()
    purge.refresh_from_db()
    assert purge.state == "done"


def test_what_a_failed_reading_said_of_a_cell_goes_with_any_version(city):
    failed = load(city.trees, "id\n", by=city.owner)
    Job.objects.filter(pk=failed.pk).update(error={**failed.error, "params": {"text": TOKEN}, "sentence": TOKEN})
    decided(city)
    later = load(city.trees, "id\n", by=city.owner)
    destruction.carry_out_all(by=WORKER)
    failed.refresh_from_db()
    later.refresh_from_db()
    assert TOKEN not in str(failed.error) and error_words(failed.error)
    assert later.error["code"] == "no-rows"


def test_a_copy_that_is_half_built_goes_with_its_table_or_its_process(city, settings):
    folder = Path(settings.SERVING_DIR)
    sha256 = city.first.tables.get().sha256
    gone, mine, dead = (folder / name for name in (f"building-{sha256}-{os.getpid()}-a", f"building-{'0' * 64}-"
                                                   f"{os.getpid()}-b", f"building-{'0' * 64}-99999999-c"))  # fmt: skip
    for one in (gone, mine, dead):
        one.mkdir(parents=True)
        (one / "made.duckdb").write_bytes(TOKEN.encode())
    forget_destroyed()
    assert [one.exists() for one in (gone, mine, dead)] == [True, True, False]
    decided(city)
    forget_destroyed()
    assert [one.exists() for one in (gone, mine)] == [False, True]
    shutil.rmtree(mine)


# Every address


def test_every_address_of_the_version_says_410_with_the_law_and_no_name(city):
    duty = city.trees.bases.get()
    purged(city)
    api = caller(city.owner, "read")
    for rest in ("/versions/1/rows", "/versions/1/tables/main/rows", "/versions/1/files", "/diff?from=1&to=2",
                 "/diff?to=1", f"/rows?as_of={city.first.confirmed_at.isoformat().replace('+', '%2B')}",
                 f"/versions/1/rows?basis={duty.pk}&format=csv"):  # fmt: skip
        problem = assert_problem(api.get(dataset_url(city.trees, rest)), 410, "version-destroyed")
        assert (problem["law"], problem["article"], problem["version"]) == (ORDER["law"], ORDER["article"], 1), rest
        assert city.approver.name not in str(problem) and ORDER["reason"] not in str(problem)
        assert caller(city.stranger, "read").get(dataset_url(city.trees, rest)).status_code in {403, 404}
        assert caller().get(dataset_url(city.trees, rest)).status_code == 404


def test_a_dataset_without_a_current_version_says_why(city):
    purged(city, 1, 2)
    assert_problem(caller(city.owner, "read").get(dataset_url(city.trees, "/rows")), 410, "version-destroyed")


def test_a_grant_that_is_pinned_or_follows_says_410(city):
    pinned = world.basis("grant", city.first, {"kind": None}, to=city.health, version=city.first)
    purged(city)
    api = caller(city.requester, "read")
    assert_problem(api.get(dataset_url(city.trees, f"/rows?basis={pinned.pk}")), 410, "version-destroyed")
    pinned.delete()
    follows = world.basis("grant", city.second, {"kind": None}, to=city.health,
                          valid_from=city.first.confirmed_at)  # fmt: skip
    assert_problem(api.get(dataset_url(city.trees, "/versions/1/rows")), 410, "version-destroyed")
    assert api.get(dataset_url(city.trees, f"/rows?basis={follows.pk}")).status_code == 200


def test_a_release_of_it_ends_and_says_by_what_law(city):
    release = world.basis("release", city.first, {"kind": None})
    purged(city)
    release.refresh_from_db()
    assert release.state == "withdrawn" and "article 17" in release.state_reason
    for rest in ("", "/rows", "/versions/1/rows"):
        problem = assert_problem(caller().get(dataset_url(city.trees, rest)), 410, "version-destroyed")
        assert problem["law"] == ORDER["law"]


def test_an_older_release_stays_open_beside_the_tombstone(city):
    world.basis("release", city.first, {"kind": None})
    world.basis("release", city.second, {"kind": None})
    purged(city, 2)
    assert caller().get(dataset_url(city.trees, "/rows")).json()["version"] == 1
    assert_problem(caller().get(dataset_url(city.trees, "/versions/2/rows")), 410, "version-destroyed")
    listed = caller().get(dataset_url(city.trees, "/versions")).json()["results"]
    assert [(one["number"], one["state"]) for one in listed] == [(2, "purged"), (1, "kept")]
    assert listed[0]["destroyed"]["law"] == ORDER["law"] and listed[1]["destroyed"] is None


def test_the_list_shows_the_tombstone(city):
    purged(city)
    listed = caller(city.owner, "read").get(dataset_url(city.trees, "/versions")).json()["results"]
    assert [(one["number"], one["state"], one["rows"]) for one in listed] == [(2, "kept", 2), (1, "purged", None)]
    assert set(listed[1]["destroyed"]) == {"at", "law", "article"}


def test_a_reading_that_runs_ends_with_the_decision(city):
    duty = city.trees.bases.get()
    rows = open_rows(RowQuery(table="main"), over=[(city.first, duty)], by=world.by(city.owner))
    other = open_rows(RowQuery(table="main"), over=[(city.second, duty)], by=world.by(city.owner))
    decided(city)
    until = time.monotonic() + 1
    with pytest.raises(Stopped):
        while time.monotonic() < until:
            time.sleep(LOOK_AGAIN / 4)
            rows.exit.gone(1, 1)
    other.exit.gone(1, 1)
    for one in (rows, other):
        one.close()
    assert '"outcome":"ended"' in Event.objects.filter(kind="disclosure.closed").order_by("id").first().body


def test_documents_and_prepared_files_go_too_and_say_so(city):
    store().write("documents/x/1", TOKEN.encode())
    document = Document.objects.create(version=city.first, name="a.txt", media_type="text/plain", bytes=10,
                                       path="documents/x/1", sha256="1" * 64)  # fmt: skip
    duty = city.trees.bases.get()
    store().write("exports/y/1.csv", TOKEN.encode())
    Export.objects.create(
        reader=city.owner, basis=duty, version=city.first, table="main", query={"where": TOKEN}, format="csv",
        name="a.csv", state="ready", path="exports/y/1.csv", sha256="2" * 64, ready_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip

    purge = purged(city)

    assert holds(TOKEN) == [] and {"document", "export"} <= set(purge.files.values_list("kind", flat=True))
    assert (Export.objects.get().state, Export.objects.get().query) == ("ended", {})
    address = reverse("document", args=[document.pk, "a.txt"])
    reader = Client()
    reader.force_login(city.owner)
    assert reader.get(address).status_code == 410
    reader.force_login(city.stranger)
    assert reader.get(address).status_code == 404


def test_a_file_that_was_found_before_the_decision_is_not_opened_after_it(city):
    document = Document.objects.create(version=city.first, name="a.txt", media_type="text/plain", bytes=10,
                                       path="documents/x/1", sha256="1" * 64)  # fmt: skip
    duty, by = city.trees.bases.get(), world.by(city.owner)
    table = city.first.tables.select_related("version").get()
    file = Distribution(basis=duty, version=city.first, table="main", format="csv", path="x", bytes=1, rows=1)
    open_bad_cells(table, duty, by=by).close()
    before = Event.objects.filter(kind="disclosure.opened").count()

    decided(city)

    for opening in (lambda: open_document(document, duty, by=by), lambda: open_file(file, by=by),
                    lambda: open_bad_cells(table, duty, by=by)):  # fmt: skip
        with pytest.raises(Http404):
            opening()
    assert Event.objects.filter(kind="disclosure.opened").count() == before == 1


def test_the_files_of_a_release_and_its_manifest_go(city):
    release = world.basis("release", city.first, {"kind": None})
    made = store_release(release, city)
    purged(city)
    assert not [path for path in files_in_store() if path.startswith(f"files/{release.pk}/")]
    assert Client().get(reverse("file", args=[made.pk, made.name])).status_code == 410


def store_release(release, city):
    for name in ("main.csv", "manifest.json"):
        store().write(f"files/{release.pk}/{name}", TOKEN.encode())
    return Distribution.objects.create(
        basis=release, version=city.first, table="main", format="csv", path=f"files/{release.pk}/main.csv",
        name="trees.csv", bytes=len(TOKEN), rows=1, sha256="3" * 64,
    )  # fmt: skip


def test_a_source_rests_that_would_bring_it_back(city):
    by = world.by(city.owner)
    source = set_source(city.trees, {"kind": "folder", "what": "trees/*.csv", "schedule": "asked"}, by=by)
    purged(city, 1)
    source.refresh_from_db()
    assert source.state == "active"
    purged(city, 2)
    source.refresh_from_db()
    assert source.state == "paused" and "law" in source.paused_because


def test_what_was_added_to_it_is_not_confirmed_without_it(city):
    grown = load(city.trees, "id,kind\n3,Ash\n", by=city.owner, mode="append").version
    purged(city, 1, 2)
    with pytest.raises(ValidationError, match="which is gone"):
        confirm_version(grown, by=world.by(city.owner))


def test_it_is_asked_and_answered_by_program_and_decided_by_a_person_who_signed_in(city):
    address = dataset_url(city.trees, "/purges")
    asked = {"versions": [1], **ORDER}
    made = caller(city.owner, "write").post(address, asked, "application/json")
    assert made.status_code == 201 and made.json()["state"] == "asked" and made.json()["shared"] == []
    second = Client()
    second.force_login(city.approver)
    decision = second.post(f"{address}/{made.json()['id']}/decide", {}, "application/json")
    assert decision.status_code == 200 and decision.json()["state"] == "decided"
    destruction.carry_out_all(by=WORKER)
    read = caller(city.owner, "read").get(f"{address}/{made.json()['id']}").json()
    assert read["state"] == "done" and read["files"]["left"] == 0 and read["files"]["gone"] == 2
    (listed,) = caller(city.owner, "read").get(address).json()["results"]
    assert listed["decided_by"] == city.approver.name
    assert caller(city.stranger, "read").get(address).json()["results"] == []
    assert caller(city.stranger, "read").get(f"{address}/{read['id']}").status_code == 404


def test_a_file_that_never_was_is_not_counted_as_gone(city):
    store().remove(f"manifests/{city.trees.pk}/1.json")
    purge = purged(city)
    assert list(purge.files.values_list("kind", flat=True)) == ["rows"]
    assert '"count":1,' in Event.objects.get(kind="purge.carried_out").body


def test_a_file_that_was_lost_before_is_not_reported_as_destroyed(city):
    path, sha256 = city.first.tables.values_list("path", "sha256").get()
    store().remove(path)
    purge = purged(city)
    body = Event.objects.get(kind="purge.carried_out").body
    assert '"count":1,' in body and path not in body
    file = purge.files.get(path=path)
    assert (purge.state, file.sha256, file.found_at) == ("done", sha256, None)


def test_a_file_that_went_in_a_step_that_was_cut_off_is_reported(city, monkeypatch):
    purge = decided(city)
    really = destruction.uploads.remove

    def remove(path):
        really(path)
        raise SystemExit("killed")

    monkeypatch.setattr(destruction.uploads, "remove", remove)
    with pytest.raises(SystemExit):
        destruction.carry_out(purge, by=WORKER)
    monkeypatch.undo()
    destruction.carry_out_all(by=WORKER)
    assert '"count":2,' in Event.objects.get(kind="purge.carried_out").body


def test_a_late_file_is_reported_with_its_digest(city):
    release = world.basis("release", city.first, {"kind": None})
    purged(city)
    store().write(f"files/{release.pk}/main.csv", TOKEN.encode())
    destruction.look_again(by=WORKER)
    last = Event.objects.filter(kind="purge.carried_out").order_by("id").last()
    assert hashlib.sha256(TOKEN.encode()).hexdigest() in last.body and f'"bytes":{len(TOKEN)},' in last.body


def test_a_comparison_with_a_version_that_was_dropped_says_so_too(city):
    Version.objects.filter(pk=city.first.pk).update(state="dropped", dropped_at=timezone.now())
    Table.objects.filter(version=city.first).delete()
    api = caller(city.owner, "read")
    for asked in ("?from=1&to=2", "?to=1", "?from=2&to=1"):
        assert_problem(api.get(dataset_url(city.trees, f"/diff{asked}")), 410, "version-dropped")
        assert caller(city.stranger, "read").get(dataset_url(city.trees, f"/diff{asked}")).status_code == 403
    reader = Client()
    reader.force_login(city.owner)
    duty = city.trees.bases.get()
    page = reverse("changes", args=[city.trees.pk, 2]) + f"?since=1&basis={duty.pk}"
    assert reader.get(page).status_code == 410
