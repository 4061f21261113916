"""Packages: sealed to the recipient, signed, made once, fetched by a link, and gone with the grant."""

import hashlib
import io
import json
import shutil
import signal
import subprocess
import sys
from datetime import timedelta

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone

from audit.actor import service
from audit.models import Event
from audit.verify import Note
from catalog import exporter, sealing, sweeps
from catalog.export_words import error_words
from catalog.gate import BasisEnded, Exit, open_export, read_file
from catalog.models import Basis, Export, Membership
from catalog.rows.errors import Stopped
from catalog.store import store
from sharing.actions.grants import resume_grant, suspend_grant
from sharing.actions.package_links import begin_fetch, end_fetch, make_link
from sharing.actions.package_plans import end_plan, make_plan, run_plans, take_over_plan
from sharing.actions.package_retries import retry_packages
from sharing.actions.packages import ask_package, sign_package, sign_packages
from sharing.actions.recipient_keys import confirm_key, register_key, retire_key
from sharing.models import Grant, Notice, Package, RecipientKey
from sharing.notices import give_notices
from sharing.packages.links import check_fetch, find_link
from sharing.packages.periods import next_start, period_of
from sharing.packages.signing import package_keys, package_signer
from tests import world
from tests.loads import empty_store, files_in_store
from tests.server import ROOT, environment

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = {"id": ("integer", list(range(1, 11))), "district": ("text", ["North", "South"] * 5)}
CLOCK = service("clock")
CHECK = """\
import sys
sys.path.insert(0, sys.argv[1])
from verify import Key, Note
note, key = Note.parse(open("manifest").read()), Key.parse(open("vkey").read().strip())
sys.exit("not signed") if note.signed_by(key) is None else print("signed")
"""
OPEN = """\
import sys, pyrage
identity = pyrage.x25519.Identity.from_str(sys.argv[1])
sys.stdout.buffer.write(pyrage.decrypt(sys.stdin.buffer.read(), [identity]))
"""


@pytest.fixture
def city():
    empty_store()
    people = world.cast()
    people.head = world.person("Hanna", people.health, "approver")
    people.residents = world.dataset(people.owner, people.parks, "Residents")
    people.version = world.version(people.residents, ROWS)
    people.grant = world.basis("grant", people.version, {"id": "hash", "district": None},
                               where="district = 'North'", to=people.health)  # fmt: skip
    people.identity = pyrage.x25519.Identity.generate()
    people.key = keyed(people, people.identity)
    return people


def keyed(city, identity) -> RecipientKey:
    """The department's key, registered and confirmed."""
    by = world.by(city.head)
    waiting = register_key(city.health, str(identity.to_public()), name="safe", by=by)
    return confirm_key(waiting, waiting.fingerprint, by=by)


def ready(city, kind: str = "csv") -> Package:
    """A package that a worker made and that is signed."""
    package = ask_package(city.grant, kind, by=world.by(city.requester))
    assert exporter.run(package.export_id)
    sign_package(package)
    return again(package)


def again(package: Package) -> Package:
    return Package.objects.select_related("export", "grant__dataset", "key").get(pk=package.pk)


def sealed_bytes(package: Package) -> bytes:
    with store().open(package.export.path) as file:
        return file.read()


def end_role(user) -> None:
    Membership.objects.filter(user=user).update(ended_at=timezone.now())


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_it_is_opened_by_the_private_key_alone_and_is_what_the_manifest_says(city, kind):
    package = ready(city, kind)
    sealed = sealed_bytes(package)
    command = [sys.executable, "-I", "-c", OPEN, str(city.identity)]
    clear = subprocess.run(command, input=sealed, capture_output=True, check=True).stdout
    note = Note.parse(package.manifest)
    (signature,), (key,) = note.signatures, package_keys()
    Ed25519PublicKey.from_public_bytes(key.public).verify(signature.blob, note.text.encode())
    said = json.loads(note.text.splitlines()[1])
    assert note.text.startswith("causeway-package/v1\n") and said["rows"] == 5
    assert said["sealed"]["sha256"] == hashlib.sha256(sealed).hexdigest() and said["sealed"]["bytes"] == len(sealed)
    assert said["clear"]["sha256"] == hashlib.sha256(clear).hexdigest() and said["clear"]["bytes"] == len(clear)
    assert (said["grant"], said["version"]["number"]) == (str(city.grant.pk), 1)
    assert [column["name"] for column in said["columns"]] == ["id", "district"]
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed, [pyrage.x25519.Identity.generate()])
    assert b"North" not in sealed


def test_it_hands_on_what_went_wrong_while_it_sealed():
    def pieces():
        yield b"rows"
        raise ValidationError("no more")

    with pytest.raises(ValidationError, match="no more"):
        sealing.seal(pieces(), io.BytesIO(), to=str(pyrage.x25519.Identity.generate().to_public()))


def test_it_takes_no_private_key_and_no_nonsense(city):
    for text in (str(pyrage.x25519.Identity.generate()), "age1nothing", ""):
        with pytest.raises(ValidationError):
            register_key(city.health, text, name="safe", by=world.by(city.head))


def test_it_seals_to_no_key_whose_fingerprint_nobody_compared(city):
    waiting = register_key(city.health, str(pyrage.x25519.Identity.generate().to_public()), name="b",
                           by=world.by(city.head))  # fmt: skip
    with pytest.raises(ValidationError):
        confirm_key(waiting, "0" * 32, by=world.by(city.head))
    assert ready(city).export.sealed_to == city.key.public_key
    for somebody in (city.requester, city.stranger, city.owner):
        with pytest.raises(PermissionDenied):
            confirm_key(waiting, waiting.fingerprint, by=world.by(somebody))


def test_a_rotated_key_leaves_packages_and_a_retired_one_takes_them_along(city):
    package = ready(city)
    keyed(city, pyrage.x25519.Identity.generate())
    assert again(package).is_ready
    city.key.refresh_from_db()
    retire_key(city.key, reason="stolen", by=world.by(city.head))
    assert again(package).state == Export.State.ENDED
    assert not [path for path in files_in_store() if path.startswith("exports/")]


def test_a_department_ends_no_package_of_another_by_registering_its_key(city):
    package, head = ready(city), world.by(world.person("Ida", city.parks, "approver"))
    same = register_key(city.parks, city.key.public_key, name="ours", by=head)
    retire_key(same, reason="lost", by=head)
    assert again(package).is_ready
    assert [path for path in files_in_store() if path.startswith("exports/")]


def test_what_fails_is_tried_so_many_times_an_hour(city):
    package, by = ready(city), world.by(city.requester)
    failed = {"reader": city.requester, "basis": city.grant, "version": city.version, "table": "main", "format": "csv",
              "query": {}, "name": "rows.csv.age", "sealed_to": city.key.public_key, "state": "failed"}  # fmt: skip
    old = timezone.now() - timedelta(hours=2)
    Export.objects.bulk_create(Export(**failed, error={"code": "x"}, ended_at=old) for _one in range(10))
    assert ask_package(city.grant, "parquet", by=by)
    Export.objects.filter(ended_at=old).update(ended_at=timezone.now())
    assert ask_package(city.grant, "csv", by=by) == package, "what is there is there"
    with pytest.raises(ValidationError, match="could not be made within an hour"):
        ask_package(city.grant, "xlsx", by=by)


def test_asking_twice_gives_one(city):
    first = ask_package(city.grant, "csv", by=world.by(city.requester))
    assert ask_package(city.grant, "csv", by=world.by(city.head)).pk == first.pk


def test_it_is_for_the_recipient_alone(city):
    package = ready(city)
    _link, token = make_link(package, by=world.by(city.requester))
    assert find_link(token, by=world.by(city.head)).package_id == package.pk
    for somebody in (city.stranger, city.owner, city.citizen, None):
        with pytest.raises(Http404):
            find_link(token, by=world.by(somebody))
        with pytest.raises(BasisEnded):
            open_export(package.export, by=world.by(somebody))
        with pytest.raises(PermissionDenied):
            make_link(package, by=world.by(somebody))


def test_a_link_is_over_after_one_fetching_and_after_its_time(city):
    package, by = ready(city), world.by(city.requester)
    link, token = make_link(package, by=by)
    half = package.export.bytes // 2
    begin_fetch(link, package.export.bytes, by=by)
    with pytest.raises(ValidationError, match="is leaving"):
        begin_fetch(link, package.export.bytes, by=by)
    end_fetch(link, begun=package.export.bytes, gone=half, by=by)
    check_fetch(find_link(token, by=by), by=by)
    for _turn in range(2):  # the second part alone, twice: as many bytes as the file has
        begin_fetch(link, package.export.bytes - half - 1, by=by)
        end_fetch(link, begun=package.export.bytes - half - 1, gone=package.export.bytes - half - 1, by=by)
        if link.package.links.get().spent_at is not None:
            break
    with pytest.raises(ValidationError, match="was used"):
        check_fetch(find_link(token, by=by), by=by)
    assert Event.objects.filter(kind="package.fetched").count() == 1

    link, token = make_link(package, by=by)
    type(link).objects.filter(pk=link.pk).update(expires_at=timezone.now())
    with pytest.raises(ValidationError, match="is over"):
        check_fetch(find_link(token, by=by), by=by)


@pytest.mark.parametrize("state", ["suspended", "revoked"])
def test_it_goes_with_the_grant(city, state):
    package, by = ready(city), world.by(city.requester)
    _link, token = make_link(package, by=by)
    Basis.objects.filter(pk=city.grant.pk).update(state=state)
    with pytest.raises(PermissionDenied):
        check_fetch(find_link(token, by=by), by=by)
    with pytest.raises(BasisEnded):
        open_export(package.export, by=by)


def test_it_is_not_made_when_the_grant_ended_meanwhile(city):
    package = ask_package(city.grant, "csv", by=world.by(city.requester))
    Basis.objects.filter(pk=city.grant.pk).update(state="revoked")
    exporter.run(package.export_id)
    assert again(package).state == Export.State.FAILED and not sign_package(package)


@pytest.mark.parametrize("stage", [pytest.param("writing", marks=pytest.mark.slow), "finishing"])
def test_it_is_made_anew_after_a_kill(city, stage):
    package = ask_package(city.grant, "csv", by=world.by(city.requester))
    command = [sys.executable, "-m", "tests.faults.exporting", str(package.export_id), stage]
    assert subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode == -signal.SIGKILL
    Export.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweeps.exports_left_alone() == [str(package.export_id)]
    assert exporter.run(package.export_id) and sign_package(package) and not sign_package(package)
    package = again(package)
    assert package.is_ready and [path for path in files_in_store() if path.startswith("exports/")] == [
        package.export.path
    ]


def test_a_grant_for_the_api_alone_gives_no_package_and_one_for_files_gives_no_page(city):
    for way, refused in (("api", True), ("file", False)):
        grant = world.basis("grant", city.version, {"id": None}, to=city.health, way=way)
        if refused:
            with pytest.raises(PermissionDenied, match="API and pages only"):
                ask_package(grant, "csv", by=world.by(city.requester))
            with pytest.raises(PermissionDenied, match="API and pages only"):
                make_plan(grant, kind="csv", every="daily", by=world.by(city.requester))
        else:
            package = ask_package(grant, "csv", by=world.by(city.requester))
            assert exporter.run(package.export_id) and sign_package(package)


def test_a_plan_makes_packages_no_more_often_than_was_lent(city):
    Grant.objects.create(basis=city.grant, frequency="weekly", policy_sha256="ab" * 32, retention_days=30)
    by = world.by(city.requester)
    with pytest.raises(ValidationError, match="lent “Weekly”"):
        make_plan(city.grant, kind="csv", every="daily", by=by)
    make_plan(city.grant, kind="csv", every="monthly", by=by)
    said = json.loads(Note.parse(ready(city).manifest).text.splitlines()[1])
    assert (said["policy_sha256"], said["retention_days"]) == ("ab" * 32, 30)


def test_the_rows_of_a_package_count_once_when_it_is_made(city):
    grant = world.basis("grant", city.version, {"id": None}, to=city.health, rows_most=10, rows_span="total")
    by = world.by(city.requester)
    package = ask_package(grant, "csv", by=by)
    assert exporter.run(package.export_id) and sign_package(package)
    for _turn in range(2):
        assert b"".join(read_file(*open_export(again(package).export, by=by)))
    more = ask_package(grant, "parquet", by=by)
    exporter.run(more.export_id)
    assert again(more).state == Export.State.FAILED and "10" in error_words(again(more).export.error)


def test_what_a_crash_left_unsigned_is_signed_by_the_clock(city):
    package = ask_package(city.grant, "csv", by=world.by(city.requester))
    assert exporter.run(package.export_id) and not again(package).is_ready
    assert sign_packages() == 1 and sign_packages() == 0
    assert again(package).is_ready and Event.objects.filter(kind="package.signed").count() == 1


def test_it_ends_in_the_middle_of_being_made(city, monkeypatch):
    monkeypatch.setattr("catalog.gate.LOOK_AGAIN", 0)
    monkeypatch.setattr("catalog.rows.formats.PIECE_BYTES", 1)
    gone = Exit.gone

    def then_revoked(exit_, rows, size):
        gone(exit_, rows, size)
        if rows:
            Basis.objects.filter(pk=city.grant.pk).update(state="revoked")

    monkeypatch.setattr("catalog.gate.Exit.gone", then_revoked)
    package = ask_package(city.grant, "csv", by=world.by(city.requester))
    exporter.run(package.export_id)
    assert again(package).state == Export.State.FAILED and not sign_packages()
    assert not [path for path in files_in_store() if path.startswith("exports/")]


def test_a_fetching_ends_with_the_grant(city, monkeypatch):
    monkeypatch.setattr("catalog.gate.LOOK_AGAIN", 0)
    monkeypatch.setattr("catalog.gate.CHUNK", 10)
    left = read_file(*open_export(ready(city).export, by=world.by(city.requester)))
    assert len(next(left)) == 10
    Basis.objects.filter(pk=city.grant.pk).update(state="revoked")
    with pytest.raises(Stopped):
        next(left)


@pytest.mark.skipif(shutil.which("age") is None, reason="the program age is not installed")
def test_the_program_age_opens_it(city, tmp_path):
    identity = tmp_path / "key.txt"
    identity.write_text(f"{city.identity}\n")
    sealed = sealed_bytes(ready(city))
    command = ["age", "--decrypt", "--identity", str(identity)]
    assert subprocess.run(command, input=sealed, capture_output=True, check=True).stdout.count(b"North") == 5


def test_the_stand_alone_verifier_checks_the_manifest_and_notices_a_changed_one(city, tmp_path):
    manifest = ready(city).manifest
    (tmp_path / "vkey").write_text(f"{package_keys()[0]}\n")
    told = []
    for text in (manifest, manifest.replace('"rows":5', '"rows":6')):
        (tmp_path / "manifest").write_text(text)
        command = [sys.executable, "-c", CHECK, str(ROOT / "audit")]
        told.append(subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode)
    assert told == [0, 1]


def test_packages_are_never_signed_with_the_key_of_the_log(city, settings):
    settings.PACKAGE_KEY_FILE = settings.LOG_KEY_FILE
    with pytest.raises(ImproperlyConfigured, match="key of their own"):
        package_signer()
    settings.PACKAGE_KEY_FILE = ""
    with pytest.raises(ValidationError, match="no key yet"):
        ask_package(city.grant, "csv", by=world.by(city.requester))


def test_a_period_of_a_plan_is_one_package(city):
    plan = make_plan(city.grant, kind="csv", every="daily", only_new=False, by=world.by(city.requester))
    now = timezone.now()
    assert run_plans(by=CLOCK, now=now) == 1
    type(plan).objects.update(next_at=now)  # as if the clock had died before it noted so
    assert run_plans(by=CLOCK, now=now) == 0
    assert run_plans(by=CLOCK, now=now + timedelta(days=1)) == 1
    assert Package.objects.count() == 2


def failed(package: Package, at, code: str = "worker-died") -> Package:
    """The same, as a worker leaves it that could not make it."""
    package.refresh_from_db()
    Export.objects.filter(pk=package.export_id).update(state="failed", error={"code": code}, ended_at=at)
    return package


def test_a_planned_package_that_failed_is_tried_again_more_and_more_seldom(city):
    made = timezone.now().replace(hour=12, minute=0)
    plan = make_plan(city.grant, kind="csv", every="daily", by=world.by(city.requester))
    type(plan).objects.update(made_at=made, next_at=made)
    assert run_plans(by=CLOCK, now=made) == 1
    package = failed(Package.objects.get(), made + timedelta(minutes=1))
    minutes = []
    for minute in range(1, 200):
        now = made + timedelta(minutes=minute)
        if retry_packages(by=CLOCK, now=now):
            assert retry_packages(by=CLOCK, now=now) == 0  # it is on its way
            minutes.append(minute)
            failed(package, now)
    assert minutes == [11, 22, 44, 88, 176]
    package.refresh_from_db()
    assert package.period == made.date().isoformat() and package.asked_by == city.requester
    assert Event.objects.filter(kind="package.asked").count() == 6


def test_one_that_failed_is_tried_while_its_period_its_grant_and_its_plan_last(city):
    made = timezone.now().replace(hour=12, minute=0)
    plan = make_plan(city.grant, kind="csv", every="daily", by=world.by(city.requester))
    type(plan).objects.update(made_at=made, next_at=made)
    run_plans(by=CLOCK, now=made)
    package = failed(Package.objects.get(), made)
    one, two, three = (made + timedelta(minutes=minutes) for minutes in (15, 60, 180))

    assert retry_packages(by=CLOCK, now=made + timedelta(days=1)) == 0
    failed(package, made, "too-large")
    assert retry_packages(by=CLOCK, now=one) == 0
    failed(package, made, "disk-full")
    suspend_grant(city.grant, by=world.by(city.approver), reason="A complaint")
    assert retry_packages(by=CLOCK, now=one) == 0
    resume_grant(city.grant, by=world.by(city.approver))
    assert retry_packages(by=CLOCK, now=one) == 1

    failed(package, one)
    end_role(city.requester)
    assert retry_packages(by=CLOCK, now=two) == 0
    run_plans(by=CLOCK, now=made + timedelta(days=1))  # which stops it: nobody answers for it
    take_over_plan(plan, by=world.by(city.head))
    assert retry_packages(by=CLOCK, now=two) == 1

    failed(package, two)
    end_plan(plan, by=world.by(city.head))
    assert retry_packages(by=CLOCK, now=three) == 0


def test_a_plan_stops_with_whoever_answers_for_it(city):
    plan = make_plan(city.grant, kind="csv", every="daily", by=world.by(city.requester))
    end_role(city.requester)
    assert run_plans(by=CLOCK) == 0
    plan.refresh_from_db()
    assert (plan.state, plan.state_why) == ("stopped", "nobody-responsible")
    event = Event.objects.get(kind="package_plan.stopped")
    give_notices(event)
    assert Notice.objects.filter(event=event.uuid, user=city.head).exists() and not Package.objects.exists()
    take_over_plan(plan, by=world.by(city.head))
    assert run_plans(by=CLOCK) == 1
    assert Package.objects.get().asked_by == city.head


def test_periods_begin_at_their_hour():
    at = timezone.datetime(2026, 11, 30, 4, 59, tzinfo=timezone.get_default_timezone())
    later = at + timedelta(minutes=1)
    assert [period_of(every, 5, at) for every in ("daily", "weekly", "monthly")] == [
        "2026-11-29", "2026-W48", "2026-11"]  # fmt: skip
    assert [period_of(every, 5, later) for every in ("daily", "weekly")] == ["2026-11-30", "2026-W49"]
    assert next_start("monthly", 5, at).isoformat().startswith("2026-12-01T05:00")
    assert next_start("daily", 5, at) == later
