"""A flipped bit, a lost file and a file too many are found, told, and mended where that can be exact."""

import io
import os
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from audit.models import Event
from catalog import exporter
from catalog.actions.exports import ask_export, end_export
from catalog.actions.loads import start_load
from catalog.actions.versions import add_documents, confirm_version
from catalog.manifests import manifest_path
from catalog.models import Format, Version
from catalog.rows.query import RowQuery
from catalog.rows.serving import forget
from catalog.store import store
from catalog.terms import TableTerms, Terms
from opendata.actions import clear, submit, withdraw_release
from opendata.manifests import manifest_path as release_manifest_path
from portal.storekeeping.checks import digest_of
from portal.storekeeping.orphans import FOLDERS
from tests import world
from tests.loads import empty_store, files_in_store, load

pytestmark = pytest.mark.django_db(transaction=True)

TREES = "id,kind,height\n007,Oak,12.5\n008,Ash,9\n009,Elm,tall\n"
DECIMAL = {"tables": {"main": {"types": {"height": "decimal"}}}}


@pytest.fixture
def city():
    empty_store()
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks, description_en="Every tree.")
    people.version = load(people.trees, TREES, by=people.owner, reading=DECIMAL).version
    confirm_version(people.version, by=world.by(people.owner))
    people.trees.refresh_from_db()
    terms = Terms(tables={"main": TableTerms(columns={"kind": None})})
    people.trees.columns.update(sensitivity="public")
    waiting = submit(people.trees, version=people.trees.current, terms=terms, by=world.by(people.owner))
    people.release = clear(waiting, by=world.by(people.reviewer))
    world.settle()
    people.table = people.version.tables.get()
    return people


def verify(*arguments, code: int = 0) -> str:
    """What the command says; it must end with this code."""
    out, ended = io.StringIO(), 0
    try:
        call_command("verify_store", *arguments, stdout=out)
    except SystemExit as reason:
        ended = reason.code
    assert ended == code, out.getvalue()
    return out.getvalue()


def flip(path: str) -> None:
    """One bit in the middle of a stored file is another."""
    file = Path(store().local(path))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def repaired() -> list[str]:
    """How files were mended, by what was written down."""
    events = Event.objects.filter(kind="store.repaired").order_by("id")
    return [event.body.partition('"how":"')[2].partition('"')[0] for event in events]


def test_it_finds_nothing_wrong_with_what_was_just_stored(city):
    said = verify("--repair", "--remove-orphans")
    assert ", 0 hurt, 0 mended, 0 that nothing names." in said
    assert not Event.objects.filter(kind__startswith="store.").exists()


def test_it_finds_a_flipped_bit_and_says_whom_it_hurts(city):
    flip(city.table.path)
    said = verify(code=1)
    assert f"damaged: {city.table.path} (table)" in said
    assert f"version 1 of Trees ({city.trees.pk}), release {city.release.pk}" in said
    assert verify("--quick") and not Event.objects.filter(kind="store.repaired").exists()


@pytest.mark.parametrize("hurt", [flip, lambda path: store().remove(path)], ids=["flipped", "gone"])
def test_it_makes_a_table_again_from_the_serving_copy_bit_for_bit(city, hurt):
    hurt(city.table.path)
    assert "made again" in verify("--repair")
    assert digest_of(city.table.path) == city.table.sha256
    assert repaired() == ["made again"]
    verify()


def test_it_copies_a_table_from_the_same_bytes_elsewhere(city):
    other = world.dataset(city.owner, city.parks, "Other trees")
    twin = load(other, TREES, by=city.owner, confirm=True, reading=DECIMAL).version.tables.get()
    assert (twin.sha256, twin.path != city.table.path) == (city.table.sha256, True)
    flip(city.table.path)
    forget(city.table.sha256)
    assert "copied" in verify("--repair")
    assert digest_of(city.table.path) == city.table.sha256


def test_it_leaves_what_it_cannot_mend_exactly_and_says_so(city):
    flip(city.table.path)
    flip(city.table.bad_cells_path)
    forget(city.table.sha256)
    before = files_in_store()
    said = verify("--repair", code=1)
    assert "2 hurt, 0 mended" in said
    assert files_in_store() == before and repaired() == []


def test_it_builds_released_files_again_and_says_what_they_are_now(city):
    file = city.release.distributions.get(format="csv")
    flip(file.path)
    store().remove(release_manifest_path(city.release))
    said = verify("--repair")
    assert "2 hurt, 2 mended" in said
    assert digest_of(file.path) == file.sha256
    assert set(repaired()) == {"built again"}
    verify()


def test_it_writes_a_lost_manifest_again(city):
    Version.objects.filter(pk=city.version.pk).update(confirmed_at="2026-01-01T00:00Z")
    store().remove(manifest_path(city.version))
    assert f"missing: {manifest_path(city.version)} (manifest): written again" in verify("--repair")
    assert repaired() == ["written again"]


def test_it_checks_documents_and_uploads(city):
    version = add_documents(city.trees, [(io.BytesIO(b"how we count"), "m.txt", ("M", ""))], by=world.by(city.owner))
    waiting = start_load(city.trees, io.BytesIO(b"a\n1\n"), name="a.csv", by=world.by(city.owner))
    flip(version.documents.get().path)
    store().remove(waiting.source_path)
    said = verify(code=1)
    assert f"missing: {waiting.source_path} (upload)" in said
    assert "(document)" in said and "version 2 of Trees" in said


def test_it_removes_orphans_only_when_asked_and_never_young_ones(city):
    strays = ["tables/nobody-1/0.parquet", "files/nobody/main.csv", "manifests/x/1.json", "tables/0.parquet.ab.part"]
    for path in strays:
        store().write(path, b"left by a crash")
    before = files_in_store()
    assert "0 that nothing names" in verify("--remove-orphans")
    for path in strays:
        os.utime(store().local(path), (1, 1))
    assert "4 that nothing names" in verify()
    assert files_in_store() == before

    assert "4 that nothing names" in verify("--remove-orphans")
    assert files_in_store() == sorted(set(before) - set(strays))
    event = Event.objects.get(kind="store.cleared")
    assert '"count":4' in event.body and strays[0] in event.body


def test_nothing_that_is_named_counts_as_an_orphan(city):
    for folder in FOLDERS:
        for entry in store().walk(folder):
            os.utime(store().local(entry.path), (1, 1))
    assert "0 that nothing names" in verify("--remove-orphans")
    withdraw_release(city.trees, reason="A name was left in", by=world.by(city.owner))
    assert "that nothing names" in verify()
    assert store().exists(city.table.path)


def test_a_prepared_file_is_looked_after_while_it_is_ready(city):
    duty = world.basis("duty", city.version, {"kind": None}, to=city.parks)
    over, by = (city.version, duty), world.by(city.owner)
    export = ask_export(RowQuery(limit=None), Format.CSV, over=over, name="trees", by=by)
    assert ", 0 hurt, " in verify()
    exporter.run(export.pk)
    export.refresh_from_db()
    os.utime(store().local(export.path), (1, 1))
    assert ", 0 hurt, 0 mended, 0 that nothing names." in verify("--remove-orphans")
    flip(export.path)
    assert f"damaged: {export.path} (export)" in verify(code=1)
    end_export(export, by=by)
    assert ", 0 hurt, 0 mended, 0 that nothing names." in verify()
    with store().open(export.path, "wb") as file:
        file.write(b"left by a crash")
    os.utime(store().local(export.path), (1, 1))
    assert f"orphan: {export.path}" in verify("--remove-orphans") and not store().exists(export.path)


def test_it_goes_on_where_it_stopped(city):
    said = verify("--minutes", "0.0000001")
    assert said.startswith("1 files checked") and "Go on with" in said
    whole = int(verify().splitlines()[-1].split(" ")[0])
    rest = int(verify("--after", f"manifest:{city.version.pk}").splitlines()[-1].split(" ")[0])
    assert 0 < rest < whole


def test_it_refuses_to_call_a_young_file_an_orphan():
    with pytest.raises(CommandError, match="may take hours"):
        call_command("verify_store", "--older-than", "1")


def test_it_watches_each_file_of_a_table_that_grew(city):
    for text in ("id,kind,height\n010,Fir,1\n", "id,kind,height\n011,Yew,2\n"):
        version = load(city.trees, text, by=city.owner, confirm=True, mode="append").version
    table = version.tables.get()
    assert len(table.parts) == 3
    for folder in FOLDERS:
        for entry in store().walk(folder):
            os.utime(store().local(entry.path), (1, 1))
    assert ", 0 hurt, 0 mended, 0 that nothing names." in verify("--remove-orphans")

    flip(table.part_paths[1])
    store().remove(table.path)
    said = verify("--repair", code=1)
    assert f"damaged: {table.part_paths[1]} (part)" in said and "version 2 of Trees" in said
    assert f"missing: {table.path} (table): written again" in said
    assert "2 hurt, 1 mended" in said
