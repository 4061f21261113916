"""Tables that grow: rows added at the end or put in the place of others by key, the files that stay shared."""

import io
import random
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from catalog import loader
from catalog.actions.loads import start_load
from catalog.actions.versions import add_documents, confirm_version, discard_version, read_again
from catalog.gate import open_rows
from catalog.manifests import manifest_of
from catalog.models import Job, Mode, Version
from catalog.reading_words import error_words, note_words
from catalog.rows.query import RowQuery
from catalog.rows.serving import forget
from tests import world
from tests.api import caller, dataset_url
from tests.loads import empty_store, files_in_store, load, run

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = "id,kind,height\n001,Oak,12.5\n002,Ash,9\n003,Elm,\n"
MORE = "kind,id,height\nFir,004,3.25\nYew,005,\n"


@pytest.fixture
def city():
    empty_store()
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks)
    people.first = load(people.trees, FIRST, by=people.owner, confirm=True).version
    return people


def add(city, text, mode=Mode.APPEND, **options) -> Job:
    """The job of a file that was added, made current where nothing asks."""
    return load(city.trees, text, by=city.owner, **{"confirm": True, "mode": mode, **options})


def rows(city, version: Version, **query) -> list[dict]:
    """All rows of the version, through the gate."""
    forget(version.tables.get().sha256)
    columns = dict.fromkeys(version.tables.get().types)
    duty = world.basis("duty", version, columns, to=city.parks, roles=["steward"])
    found = open_rows(RowQuery(table="main", limit=100_000, **query), over=[(version, duty)], by=world.by(city.owner))
    return list(found.dicts())


def ids(city, version: Version) -> list[str]:
    return [row["id"] for row in rows(city, version)]


def test_it_adds_rows_at_the_end_and_keeps_the_former_file(city):
    job = add(city, MORE)
    assert job.state == "done", job.error
    version, table = job.version, job.version.tables.get()
    assert (version.state, version.mode, version.base) == ("kept", "append", city.first)
    former = city.first.tables.get()
    assert table.part_paths[0] == former.path
    assert (len(table.parts), table.rows, table.types) == (2, 5, former.types)
    assert ids(city, version) == ["001", "002", "003", "004", "005"]
    assert [str(row["height"]) for row in rows(city, version)] == ["12.50", "9.00", "None", "3.25", "None"]
    assert ids(city, city.first) == ["001", "002", "003"]
    assert sorted(files_in_store()) == sorted({former.path, table.path, *table.part_paths})


def test_its_pages_filters_and_counts_see_one_table(city):
    version = add(city, MORE).version
    assert rows(city, version, where="height > 5", select="count(*) as n") == [{"n": 2}]
    assert [row["id"] for row in rows(city, version, order_by="-kind")] == ["005", "001", "004", "003", "002"]


def test_it_measures_columns_over_all_rows(city):
    height = next(column for column in add(city, MORE).version.tables.get().schema if column["name"] == "height")
    assert (height["nulls"], height["min"], height["max"]) == (2, "3.25", "12.50")


@pytest.mark.parametrize("mode", [Mode.APPEND, Mode.UPSERT])
def test_moments_with_a_zone_may_all_be_empty_in_what_is_added(city, mode):
    city.trees = world.dataset(city.owner, city.parks, "Felled trees")
    load(city.trees, "id,felled\n001,2026-01-02T03:04:05+08:00\n", by=city.owner, confirm=True)
    city.trees.columns.filter(name="id").update(row_key=True)
    job = add(city, "id,felled\n002,\n", mode)

    assert job.state == Job.State.DONE, job.error
    assert [row["felled"] is None for row in rows(city, job.version)] == [False, True]


def test_the_manifest_names_each_file_and_what_was_added_to(city):
    said = manifest_of(add(city, MORE).version).decode()
    assert '"added_to": 1' in said and said.count(".parquet") == 2


def test_the_same_file_twice_asks(city):
    add(city, MORE)
    again = add(city, MORE).version
    assert again.state == "proposed"
    assert "stand twice" in note_words(again.report["notes"][0])
    confirm_version(again, by=world.by(city.owner))
    assert len(ids(city, again)) == 7


def test_cells_that_do_not_fit_the_former_types_ask_as_ever(city):
    version = add(city, "id,kind,height\n004,Fir,tall\n").version
    assert (version.state, version.tables.get().bad_cells) == ("proposed", 1)
    assert version.tables.get().types == city.first.tables.get().types
    assert rows(city, version)[3]["height"] is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("id,kind\n004,Fir\n", "Lacking: height. New: –"),
        ("id,kind,height,girth\n004,Fir,1.5,2\n", "Lacking: –. New: girth"),
    ],
)
def test_it_refuses_other_columns(city, text, sentence):
    job = add(city, text)
    assert (job.state, job.version) == ("failed", None)
    assert sentence in error_words(job.error)
    assert files_in_store() == [city.first.tables.get().path]


def test_what_was_added_to_a_version_that_is_no_longer_current_is_not_confirmed(city):
    one, two = add(city, MORE, confirm=False).version, add(city, "id,kind,height\n006,Bay,1\n", confirm=False).version
    confirm_version(one, by=world.by(city.owner))
    with pytest.raises(ValidationError, match="Its rows were added to version 1, and version 2 is current"):
        confirm_version(two, by=world.by(city.owner))
    discard_version(two, by=world.by(city.owner), reason="overtaken")
    table = one.tables.get()
    assert set(files_in_store()) == {city.first.tables.get().path, table.path, *table.part_paths}


def test_documents_that_came_meanwhile_are_in_nobodys_way(city):
    waiting = add(city, MORE, confirm=False).version
    add_documents(city.trees, [(io.BytesIO(b"how we count"), "m.txt", ("M", ""))], by=world.by(city.owner))
    city.trees.refresh_from_db()
    with pytest.raises(ValidationError, match="arrived later"):
        confirm_version(waiting, by=world.by(city.owner))
    again = add(city, MORE).version
    assert (again.state, again.documents.count(), len(ids(city, again))) == ("kept", 1, 5)


def test_a_version_that_came_while_it_was_added_is_added_to_in_the_next_try(city, monkeypatch):
    job = start_load(city.trees, io.BytesIO(MORE.encode()), name="b.csv", by=world.by(city.owner), confirm=True,
                     mode=Mode.APPEND)  # fmt: skip
    write = loader.propose_version

    def overtaken(*arguments, **named):
        monkeypatch.setattr(loader, "propose_version", write)
        add(city, "id,kind,height\n006,Bay,1\n")
        return write(*arguments, **named)

    monkeypatch.setattr(loader, "propose_version", overtaken)
    assert run(job).state == "waiting"
    job = run(job)
    assert (job.state, ids(city, job.version)) == ("done", ["001", "002", "003", "006", "004", "005"])


def test_the_files_of_a_grown_table_stay_while_one_version_needs_them(city):
    grown = add(city, MORE).version
    larger = add(city, "id,kind,height\n006,Bay,1\n", confirm=False).version
    discard_version(larger, by=world.by(city.owner), reason="wrong")
    table = grown.tables.get()
    assert sorted(files_in_store()) == sorted({table.path, *table.part_paths})
    assert len(ids(city, grown)) == 5


@pytest.mark.slow
def test_many_files_are_joined_into_one(city, monkeypatch):
    monkeypatch.setattr("catalog.joining.MOST_PARTS", 3)
    for number in range(4, 9):
        version = add(city, f"id,kind,height\n{number:03},Fir,1\n").version
    assert len(version.tables.get().parts) <= 3
    assert ids(city, version) == [f"{number:03}" for number in range(1, 9)]


def test_it_puts_rows_in_the_place_of_those_with_the_same_key(city):
    city.trees.columns.filter(name="id").update(row_key=True)
    job = add(city, "id,kind,height\n007,Bay,1\n002,Ash,10.5\n", Mode.UPSERT)
    assert job.state == "done", job.error
    found = rows(city, job.version)
    assert [(row["id"], str(row["height"])) for row in found] == [
        ("001", "12.5"), ("002", "10.5"), ("003", "None"), ("007", "1.0"),
    ]  # fmt: skip
    assert ids(city, city.first) == ["001", "002", "003"]


def test_only_the_files_in_which_a_row_changes_are_written_anew(city):
    city.trees.columns.filter(name="id").update(row_key=True)
    grown = add(city, MORE).version.tables.get()
    changed = add(city, "id,kind,height\n005,Yew,7\n001,Oak,12.5\n", Mode.UPSERT).version.tables.get()
    assert changed.parts[0] == grown.parts[0]
    assert changed.parts[1]["path"] != grown.parts[1]["path"]
    assert (len(changed.parts), changed.rows) == (2, 5)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("id,kind,height\n004,Fir,1\n004,Yew,2\n", "1 value of the row key (id) stands in several rows of the file"),
        ("id,kind,height\n,Fir,1\n", "1 row of the file has no value in the row key (id)"),
    ],
)
def test_it_refuses_keys_that_name_no_row(city, text, sentence):
    city.trees.columns.filter(name="id").update(row_key=True)
    assert sentence in error_words(add(city, text, Mode.UPSERT).error)
    assert files_in_store() == [city.first.tables.get().path]


def test_it_asks_for_a_row_key_first(city):
    with pytest.raises(ValidationError, match="names no row key"):
        add(city, MORE, Mode.UPSERT)


def test_the_first_file_of_a_dataset_is_just_its_first_version(city):
    other = world.dataset(city.owner, city.parks, "Other trees")
    version = load(other, FIRST, by=city.owner, confirm=True, mode=Mode.APPEND).version
    assert (version.state, version.mode, version.tables.get().parts) == ("kept", "replace", [])


def test_tables_that_a_file_says_nothing_of_stay(city):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as files:
        files.writestr("trees.csv", FIRST)
        files.writestr("parks.csv", "park,area\nNorth,1\n")
    other = world.dataset(city.owner, city.parks, "Trees and parks")
    load(other, packed.getvalue(), by=city.owner, name="all.zip", confirm=True)
    job = load(other, MORE, by=city.owner, name="trees.csv", confirm=True, mode=Mode.APPEND)
    assert job.state == "done", job.error
    assert {table.name: table.rows for table in job.version.tables.all()} == {"trees": 5, "parks": 1}


@pytest.mark.slow
def test_random_upserts_give_what_a_dictionary_gives(city):
    dice = random.Random(5)
    city.trees.columns.filter(name="id").update(row_key=True)
    state = {"001": ("Oak", "12.5"), "002": ("Ash", "9.0"), "003": ("Elm", "None")}
    for _round in range(4):
        new = {f"{dice.randrange(1, 40):03}": (dice.choice(["Oak", "Fir"]), f"{dice.randrange(90)}.5")
               for _row in range(dice.randrange(1, 15))}  # fmt: skip
        text = "id,kind,height\n" + "".join(f"{key},{kind},{height}\n" for key, (kind, height) in new.items())
        version = add(city, text, Mode.UPSERT).version
        state |= new
        found = {row["id"]: (row["kind"], str(row["height"])) for row in rows(city, version)}
        assert found == state
        assert list(found) == list(state)


def test_a_steward_says_so_on_the_page(city, client):
    client.force_login(city.owner)
    address = reverse("load", args=[city.trees.pk])
    assert "What becomes of the rows that are there?" in client.get(address).content.decode()
    sent = {"file": SimpleUploadedFile("more.csv", MORE.encode()), "mode": "append", "confirm": "on"}
    assert client.post(address, sent).status_code == 302
    assert run(Job.objects.get(source_name="more.csv")).version.tables.get().rows == 5
    empty = world.dataset(city.owner, city.parks, "New trees")
    assert "rows that are there?" not in client.get(reverse("load", args=[empty.pk])).content.decode()


def test_a_program_says_so_in_the_call(city):
    api, address = caller(city.owner, "write"), dataset_url(city.trees, "/versions")
    answer = api.post(address, {"file": SimpleUploadedFile("more.csv", MORE.encode()), "mode": "append"})
    assert answer.status_code == 202, answer.content
    assert run(Job.objects.get(source_name="more.csv")).version.tables.get().rows == 5
    refused = api.post(address, {"file": SimpleUploadedFile("more.csv", MORE.encode()), "mode": "upsert"})
    assert refused.status_code == 400 and "row key" in refused.content.decode()
    assert api.post(address, {"file": SimpleUploadedFile("more.csv", b"a"), "mode": "merge"}).status_code == 400


def test_the_command_says_so_with_an_option(city, tmp_path):
    (tmp_path / "more.csv").write_text(MORE)
    out = io.StringIO()
    call_command("load", str(tmp_path / "more.csv"), dataset=str(city.trees.pk), by=city.owner.email, confirm=True,
                 mode="append", stdout=out)  # fmt: skip
    assert "main: 5 rows" in out.getvalue()


def test_a_version_that_waits_is_read_again_in_the_same_way(city):
    waiting = add(city, "id,kind,height\n004,Fir,tall\n").version
    again = run(read_again(waiting, reading={"tables": {"main": {"nulls": {"height": ["tall"]}}}},
                           by=world.by(city.owner))).version  # fmt: skip
    assert (again.mode, again.tables.get().rows, again.tables.get().bad_cells) == ("append", 4, 0)
