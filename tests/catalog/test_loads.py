"""Loads from the uploaded bytes to a version, through the real reader."""

import io

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from audit.models import Event
from catalog.actions.loads import start_load
from catalog.actions.versions import add_documents, confirm_version, discard_version, read_again
from catalog.models import Column, Job, Version
from catalog.store import store
from tests import world
from tests.loads import empty_store, files_in_scratch, files_in_store, load, run

pytestmark = pytest.mark.django_db(transaction=True)

TREES = "id,kind,height\n007,Oak,12.5\n008,Ash,9\n009,Elm,\n"


@pytest.fixture
def city():
    empty_store()
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks)
    return people


def test_it_makes_a_version_that_waits_for_the_steward(city):
    job = load(city.trees, TREES, by=city.owner)
    assert job.state == "done", job.error
    version = job.version
    assert (version.number, version.state) == (1, "proposed")
    assert version.tables.get().types == {"id": "text", "kind": "text", "height": "decimal"}
    assert city.trees.current is None
    assert [column.title for column in city.trees.columns.all()] == ["id", "kind", "height"]
    assert sorted(files_in_store()) == sorted([version.tables.get().path, version.source_path])


def test_it_records_who_loaded_what(city):
    job = load(city.trees, TREES, by=city.owner)
    kinds = list(Event.objects.filter(dataset=city.trees.pk).order_by("id").values_list("kind", flat=True))
    assert kinds == ["load.started", "version.proposed"]
    assert Event.objects.get(kind="version.proposed").actor == city.owner.pk
    assert Event.objects.get(kind="load.started").subject == f"job:{job.pk}"


@pytest.mark.parametrize("who", ["stranger", "approver", "requester", "citizen", "reviewer"])
def test_it_refuses_who_does_not_keep_the_dataset(city, who):
    with pytest.raises(PermissionDenied):
        start_load(city.trees, io.BytesIO(b"a\n1\n"), name="a.csv", by=world.by(getattr(city, who)))
    assert not Job.objects.exists()
    assert files_in_store() == []


def test_it_refuses_a_retired_dataset_and_one_byte_too_many(city, settings):
    settings.UPLOAD_MAX_BYTES = 10
    with pytest.raises(ValidationError, match="larger than"):
        start_load(city.trees, io.BytesIO(b"a\n" + b"1\n" * 5), name="a.csv", by=world.by(city.owner))
    city.trees.state, city.trees.retired_by, city.trees.retired_at = "retired", city.owner, city.trees.created_at
    city.trees.save()
    with pytest.raises(ValidationError, match="retired"):
        start_load(city.trees, io.BytesIO(b"a\n1\n"), name="a.csv", by=world.by(city.owner))
    assert files_in_store() == []


def test_it_makes_a_version_current_when_the_steward_confirms(city):
    version = load(city.trees, TREES, by=city.owner).version
    confirm_version(version, by=world.by(city.owner))
    city.trees.refresh_from_db()
    version.refresh_from_db()
    assert (city.trees.current, version.state, version.source_path) == (version, "kept", "")
    assert files_in_store() == [version.tables.get().path]
    with pytest.raises(ValidationError, match="confirmed already"):
        confirm_version(version, by=world.by(city.owner))


def test_it_lets_no_stranger_decide_about_a_version(city):
    version = load(city.trees, TREES, by=city.owner).version
    for who in (city.stranger, city.approver, city.reviewer):
        with pytest.raises(PermissionDenied):
            confirm_version(version, by=world.by(who))
        with pytest.raises(PermissionDenied):
            discard_version(version, by=world.by(who), reason="because")
        with pytest.raises(PermissionDenied):
            read_again(version, reading={}, by=world.by(who))
        with pytest.raises(PermissionDenied):
            add_documents(city.trees, [(io.BytesIO(b"x"), "a.txt", ("A", ""))], by=world.by(who))
    assert version.jobs.count() == 1


def test_it_confirms_by_itself_only_what_leaves_nothing_to_ask(city):
    first = load(city.trees, TREES, by=city.owner, confirm=True).version
    same_columns = load(city.trees, TREES + "010,Fir,3.5\n", by=city.owner, confirm=True).version
    other_columns = load(city.trees, "id,kind\n001,Oak\n", by=city.owner, confirm=True).version
    bad_cells = load(
        city.trees, "id,kind,height\n1,Oak,tall\n", by=city.owner, confirm=True,
        reading={"types": {"height": "decimal", "id": "text"}},
    ).version  # fmt: skip
    states = [version.state for version in (first, same_columns, other_columns, bad_cells)]
    assert states == ["kept", "kept", "proposed", "proposed"]
    assert city.trees.current == same_columns
    assert bad_cells.tables.get().bad_cells == 1
    assert bad_cells.report["tables"]["main"]["bad_cells"] == [[2, "height", "tall", "not a decimal number"]]


def test_it_makes_no_second_version_of_the_same_file(city):
    first = load(city.trees, TREES, by=city.owner)
    again = load(city.trees, TREES, by=city.owner, name="renamed.csv")
    assert (again.state, again.version) == ("done", first.version)
    assert Version.objects.count() == 1
    confirm_version(first.version, by=world.by(city.owner))
    third = load(city.trees, TREES, by=city.owner)
    assert third.version == first.version
    assert Event.objects.filter(kind="version.proposed").count() == 1
    assert files_in_store() == [first.version.tables.get().path]


def test_it_reads_the_same_file_again_with_other_settings(city):
    first = load(city.trees, TREES, by=city.owner).version
    job = read_again(first, reading={"tables": {"main": {"types": {"id": "integer"}}}}, by=world.by(city.owner))
    with pytest.raises(ValidationError, match="read again"):
        confirm_version(first, by=world.by(city.owner))
    second = run(job).version
    first.refresh_from_db()
    assert (first.state, second.state, second.number) == ("discarded", "proposed", 2)
    assert second.tables.get().types["id"] == "integer"
    assert sorted(files_in_store()) == sorted([second.tables.get().path, second.source_path])
    confirm_version(second, by=world.by(city.owner))
    city.trees.refresh_from_db()
    assert city.trees.reading["tables"]["main"]["types"] == {"id": "integer"}
    later = load(city.trees, "id,kind,height\n7,Oak,1.5\n", by=city.owner, confirm=True).version
    assert (later.state, later.tables.get().types["id"]) == ("kept", "integer")


@pytest.mark.parametrize(
    ("reading", "sentence"),
    [
        ({"date_order": "dmy"}, "no reading setting"),
        ({"types": {"id": "number"}}, "number is not a type"),
        ({"types": ["id"]}, "cannot be that"),
        ({"delimiter": "ab"}, "cannot be that"),
        ({"header_row": True}, "cannot be that"),
        ({"null_values": "NA"}, "cannot be that"),
        ({"tables": []}, "names of tables"),
        ({"tables": {"main": []}}, "names of tables"),
        ({"tables": {"main": {"tables": {}}}}, "no reading setting"),
        ([], None),
        ([1], "names with values"),
    ],
)
def test_it_refuses_settings_that_it_does_not_know(city, reading, sentence):
    by = world.by(city.owner)
    if sentence is None:
        assert start_load(city.trees, io.BytesIO(b"a\n1\n"), name="a.csv", by=by, reading=reading).reading == {}
        return
    with pytest.raises(ValidationError, match=sentence):
        start_load(city.trees, io.BytesIO(b"a\n1\n"), name="a.csv", by=by, reading=reading)
    assert files_in_store() == []


def test_it_forgets_settings_that_no_longer_fit(city):
    load(city.trees, TREES, by=city.owner, confirm=True, reading={"types": {"id": "integer"}})
    job = load(city.trees, "name\nOak\n", by=city.owner)
    assert (job.state, job.version.tables.get().types) == ("done", {"name": "text"})


def test_it_remembers_what_still_fits_and_tells_of_the_rest(city):
    asked = {"tables": {"main": {"types": {"id": "integer", "height": "text"}, "null_values": ["NA"]}}}
    asked["tables"]["main"]["misfits"] = {"id": "empty"}
    load(city.trees, TREES, by=city.owner, confirm=True, reading=asked)
    version = load(city.trees, "id,kind\n1,Oak\nx,NA\n", by=city.owner).version
    table = version.tables.get()
    assert (table.types, table.bad_cells) == ({"id": "integer", "kind": "text"}, 1)
    assert table.schema[1]["nulls"] == 1
    assert version.report["asked"]["tables"]["main"]["types"] == {"id": "integer"}
    (note,) = [note for note in version.report["notes"] if note["code"] == "unused-settings"]
    assert note["params"]["columns"] == "height"


def test_it_keeps_the_name_of_a_single_table_and_the_words_of_the_dictionary(city):
    load(city.trees, TREES, by=city.owner, confirm=True, reading={"table_name": "trees"})
    Column.objects.filter(name="kind").update(title_en="Species", sensitivity="public")
    version = load(city.trees, "kind,树高,id,height\nOak,3,009,1.5\n", by=city.owner, name="b.csv").version
    assert version.tables.get().name == "trees"
    kind = city.trees.columns.get(name="kind")
    assert (kind.title_en, kind.sensitivity, kind.position) == ("Species", "public", 0)
    tall = city.trees.columns.get(name="树高")
    assert (tall.title_zh, tall.title_en, tall.sensitivity) == ("树高", "", "internal")


def test_it_discards_a_version_with_its_files_and_columns(city):
    kept = load(city.trees, TREES, by=city.owner, confirm=True).version
    wrong = load(city.trees, "id;weight\n1;2\n", by=city.owner, reading={"delimiter": "|"}).version
    assert city.trees.columns.count() == 4
    with pytest.raises(ValidationError, match="why"):
        discard_version(wrong, by=world.by(city.owner), reason=" ")
    discard_version(wrong, by=world.by(city.owner), reason="wrong delimiter")
    assert city.trees.columns.count() == 3
    assert files_in_store() == [kept.tables.get().path]
    again = load(city.trees, "id;weight\n1;2\n", by=city.owner).version
    assert (again.number, again.tables.get().types) == (3, {"id": "integer", "weight": "integer"})


def test_it_shares_a_table_that_did_not_change(city):
    first = load(city.trees, TREES, by=city.owner, confirm=True).version
    second = load(city.trees, TREES.replace("\n", "\r\n"), by=city.owner).version
    assert second != first
    assert second.tables.get().path == first.tables.get().path
    discard_version(second, by=world.by(city.owner), reason="nothing new")
    assert files_in_store() == [first.tables.get().path]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty.csv", b"", "empty-file"),
        ("noise.csv", bytes(range(256)) * 40, "nul-bytes"),
        ("header.csv", b"a,b\n", "no-rows"),
        ("half.csv.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c", "damaged-archive"),
        ("wide.csv", b",".join([b"c"] * 100_000) + b"\n1\n", "too-many-columns"),
        ("page.xlsx", b"<!doctype html><table><tr><td>1</table>", "html"),
    ],
)
def test_it_says_what_is_wrong_with_a_bad_file_and_leaves_nothing(city, name, data, code):
    job = load(city.trees, data, by=city.owner, name=name)
    assert (job.state, job.error["code"], job.version) == ("failed", code, None)
    assert job.error["sentence"].endswith(".")
    assert Event.objects.filter(kind="load.failed").count() == 1
    assert files_in_store() == files_in_scratch() == []
    assert not Version.objects.exists() and not Column.objects.exists()


def test_it_keeps_documents_beside_the_tables(city):
    tables = load(city.trees, TREES, by=city.owner, confirm=True).version
    by = world.by(city.owner)
    version = add_documents(city.trees, [(io.BytesIO(b"how we count"), "method.txt", ("Method", "方法"))], by=by)
    city.trees.refresh_from_db()
    assert (city.trees.current, version.number, version.state) == (version, 2, "kept")
    assert version.tables.get().path == tables.tables.get().path
    document = version.documents.get()
    assert (document.title_zh, document.media_type, document.bytes) == ("方法", "text/plain", 12)
    assert store().open(document.path).read() == b"how we count"
    with pytest.raises(ValidationError, match="already"):
        add_documents(city.trees, [(io.BytesIO(b"how we count"), "method.txt", ("Method", ""))], by=by)
    with pytest.raises(ValidationError, match="empty"):
        add_documents(city.trees, [(io.BytesIO(b""), "none.txt", ("None", ""))], by=by)
    later = load(city.trees, TREES + "011,Yew,2\n", by=city.owner, confirm=True).version
    assert later.documents.get().path == document.path
    assert len(files_in_store()) == 3


def test_it_changes_nothing_where_the_record_fails(city, monkeypatch):
    version = load(city.trees, TREES, by=city.owner).version
    before = files_in_store()
    monkeypatch.setattr("catalog.actions.manifests.record", _refuse)
    with pytest.raises(RuntimeError):
        confirm_version(version, by=world.by(city.owner))
    with pytest.raises(RuntimeError):
        discard_version(version, by=world.by(city.owner), reason="x")
    version.refresh_from_db()
    assert version.state == "proposed"
    monkeypatch.setattr("catalog.actions.loads.record", _refuse)
    with pytest.raises(RuntimeError):
        start_load(city.trees, io.BytesIO(b"a\n1\n"), name="a.csv", by=world.by(city.owner))
    assert files_in_store() == before


def _refuse(*_args, **_kwargs):
    raise RuntimeError("no event")
