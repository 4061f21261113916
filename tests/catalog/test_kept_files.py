"""A file's whole way, in a folder and in a bucket alike; and a bucket that goes away in the middle of it."""

import io

import pytest
from django.urls import reverse

from catalog import loader, sweeps
from catalog.actions.loads import start_load
from catalog.actions.versions import confirm_version, discard_version
from catalog.gate import open_rows
from catalog.manifests import manifest_path
from catalog.models import Job, Version
from catalog.reading_words import error_words
from catalog.rows.query import RowQuery
from catalog.rows.serving import forget
from catalog.store import store
from catalog.terms import TableTerms, Terms
from opendata.actions import clear, submit, withdraw_release
from opendata.manifests import folder_of
from portal.storekeeping.orphans import FOLDERS
from tests import world
from tests.loads import load, run
from tests.portal.test_storekeeping import verify
from tests.s3 import S3, SECRETS, kept_in

pytestmark = pytest.mark.django_db(transaction=True)
TREES = "id,kind,height\n007,Oak,12.5\n008,Ash,9\n009,Elm,tall\n"
DECIMAL = {"tables": {"main": {"types": {"height": "decimal"}}}}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """An S3 server with an empty bucket."""
    server = S3(tmp_path_factory.mktemp("s3"))
    yield server
    server.stop()


@pytest.fixture
def in_bucket(server, tmp_path, settings, monkeypatch):
    """The deployment keeps its files in the bucket."""
    for name, value in {**SECRETS, "AWS_ENDPOINT_URL": server.address}.items():
        monkeypatch.setenv(name, value)
    with kept_in(f"s3://city/{tmp_path.name}", settings):
        yield server


@pytest.fixture(params=["folder", pytest.param("bucket", marks=pytest.mark.slow)])
def place(request, tmp_path, settings):
    """Where files are kept: first the one, then the other."""
    if request.param == "bucket":
        yield request.getfixturevalue("in_bucket")
    else:
        with kept_in(f"file://{tmp_path}/store", settings):
            yield tmp_path


@pytest.fixture
def city():
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks, description_en="Every tree.")
    return people


def stored() -> list[str]:
    """Every file there is, by name below the root."""
    return sorted(entry.path for folder in FOLDERS for entry in store().walk(folder))


def test_it_is_loaded_kept_read_released_checked_and_withdrawn(place, city, client):
    version = load(city.trees, TREES, by=city.owner, reading=DECIMAL).version
    confirm_version(version, by=world.by(city.owner))
    city.trees.columns.update(sensitivity="public")
    city.trees.refresh_from_db()
    table = version.tables.get()
    forget(table.sha256)

    duty = world.basis("duty", version, {"kind": None, "height": None}, to=city.parks, roles=["steward"])
    query = RowQuery(table="main", order_by="-kind", limit=2)
    rows = list(open_rows(query, over=[(version, duty)], by=world.by(city.owner)).dicts())
    assert [row["kind"] for row in rows] == ["Oak", "Elm"]

    terms = Terms(tables={"main": TableTerms(columns={"kind": None})})
    release = clear(
        submit(city.trees, version=city.trees.current, terms=terms, by=world.by(city.owner)),
        by=world.by(city.reviewer),
    )
    world.settle()
    file = release.distributions.get(format="csv")
    answer = client.get(reverse("file", args=[file.pk]), headers={"Range": "bytes=8-10"})
    assert (answer.status_code, b"".join(answer.streaming_content)) == (206, b"Oak")

    kept = [table.path, table.bad_cells_path, manifest_path(version)]
    assert set(stored()) == {*kept, *store().names(folder_of(release))}
    assert ", 0 hurt, 0 mended, 0 that nothing names." in verify()
    store().write(file.path, b"kind\nOak\n")
    assert f"damaged: {file.path}" in verify(code=1)
    assert "1 hurt, 1 mended" in verify("--repair")

    withdraw_release(city.trees, reason="A name was left in", by=world.by(city.owner))
    world.settle()
    assert stored() == sorted(kept)


def test_it_leaves_nothing_of_what_is_discarded(place, city):
    version = load(city.trees, TREES, by=city.owner, reading=DECIMAL).version
    assert len(stored()) == 3
    discard_version(version, by=world.by(city.owner), reason="wrong")
    assert stored() == []


@pytest.mark.slow
def test_a_bucket_that_goes_away_in_the_middle_leaves_no_half_version_and_the_next_try_goes_through(city, in_bucket):
    job = start_load(city.trees, _file(), name="a.csv", by=world.by(city.owner))
    _run_and_lose(job, in_bucket)
    assert (job.state, job.version, Version.objects.count()) == (Job.State.WAITING, None, 0)

    in_bucket.start()
    assert str(job.pk) in sweeps.left_alone()
    done = run(job)
    assert done.state == "done"
    assert stored() == sorted([done.version.tables.get().path, done.source_path])


@pytest.mark.slow
def test_a_bucket_that_stays_away_ends_the_load_with_a_sentence(city, in_bucket):
    job = start_load(city.trees, _file(), name="a.csv", by=world.by(city.owner))
    _run_and_lose(job, in_bucket)
    for _try in range(2):
        job = run(job)
    assert (job.state, job.error["code"]) == ("failed", "storage-away")
    assert "did not answer" in error_words(job.error)
    assert not Version.objects.exists()
    in_bucket.start()


def _file():
    return io.BytesIO(b"id,kind\n" + b"".join(b"%06d,Oak or Ash\n" % n for n in range(50_000)))


def _run_and_lose(job: Job, server: S3) -> None:
    """The server goes away when the table has been read and is about to be stored."""
    gone = []

    def lose(said: dict) -> None:
        if said["stage"] in {"writing", "profiling"} and not gone:
            gone.append(True)
            server.stop()

    loader.run(job.pk, watch=lose)
    assert gone
    job.refresh_from_db()


def test_a_table_grows_row_by_row_and_by_key_and_the_files_that_stay_are_shared(place, city):
    load(city.trees, TREES, by=city.owner, confirm=True)
    grown = load(city.trees, "id,kind,height\n010,Fir,1\n", by=city.owner, confirm=True, mode="append").version
    city.trees.columns.filter(name="id").update(row_key=True)
    last = load(city.trees, "id,kind,height\n010,Yew,2\n", by=city.owner, confirm=True, mode="upsert").version
    assert last.tables.get().part_paths[0] == grown.tables.get().part_paths[0]
    for version, kind in ((grown, "Fir"), (last, "Yew")):
        forget(version.tables.get().sha256)
        duty = world.basis("duty", version, {"id": None, "kind": None}, to=city.parks, roles=["steward"])
        rows = list(open_rows(RowQuery(table="main"), over=[(version, duty)], by=world.by(city.owner)).dicts())
        assert [row["id"] for row in rows] == ["007", "008", "009", "010"] and rows[-1]["kind"] == kind
    assert ", 0 hurt, 0 mended, 0 that nothing names." in verify()
