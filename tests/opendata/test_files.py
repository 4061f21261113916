"""What is cleared stands as files; what is withdrawn is gone from them."""

import csv
import io
import json
from datetime import date

import pyarrow.parquet as pq
import pytest
from django.urls import reverse

from audit.actor import service
from audit.models import Event
from catalog.models import Distribution, Extent, Format
from catalog.store import store
from catalog.terms import TableTerms, Terms
from opendata.actions import clear, submit, withdraw_release
from opendata.files import build_files
from opendata.manifests import folder_of
from tests import world

pytestmark = pytest.mark.django_db(transaction=True)

COLUMNS = {
    "name": ("text", ["Oak 1", "Elm 2", "=1+1"]),
    "planted": ("date", [date(2001, 5, 1), date(2002, 6, 2), None]),
    "lon": ("float", [120.1, 120.2, 120.3]),
    "lat": ("float", [30.1, 30.2, 30.3]),
    "owner": ("text", ["Ann", "Bo", "Cy"]),
}


@pytest.fixture
def cast():
    people = world.cast()
    people.dataset = world.dataset(people.owner, people.parks, description_en="Every tree of the city.")
    people.version = world.version(people.dataset, COLUMNS)
    return people


def release(cast, columns=None):
    terms = Terms(
        tables={"main": TableTerms(columns=columns or {"name": None, "planted": "year", "lon": None, "lat": None})}
    )
    submission = submit(cast.dataset, version=cast.version, terms=terms, by=world.by(cast.owner))
    return clear(submission, by=world.by(cast.reviewer))


def content(basis, kind: Format) -> bytes:
    with store().open(basis.distributions.get(format=kind).path) as file:
        return file.read()


def test_a_name_in_any_script_is_handed_to_the_web_server(cast, client, settings):
    settings.ACCEL_PREFIX = "/_files/"
    entry = {"path": "files/x/树.csv", "name": "t.csv", "bytes": 1, "rows": 1, "sha256": "0" * 64}
    made = Distribution.objects.create(basis=release(cast), version=cast.version, table="树", format="csv", **entry)

    assert client.get(reverse("file", args=[made.pk]))["X-Accel-Redirect"] == "/_files/files/x/%E6%A0%91.csv"


def test_it_builds_each_format_with_just_what_was_cleared(cast):
    basis = release(cast)
    world.settle()

    assert set(basis.distributions.values_list("format", flat=True)) == set(Format.values)
    rows = list(csv.DictReader(io.StringIO(content(basis, Format.CSV).decode())))
    assert [row["planted"] for row in rows] == ["2001", "2002", ""]
    assert content(basis, Format.CSV_BOM).startswith(b"\xef\xbb\xbf")
    assert pq.read_table(io.BytesIO(content(basis, Format.PARQUET))).column_names == ["name", "planted", "lon", "lat"]
    assert json.loads(content(basis, Format.NDJSON).splitlines()[0])["name"] == "Oak 1"
    assert json.loads(content(basis, Format.GEOJSON))["features"][0]["geometry"]["coordinates"] == [120.1, 30.1]
    assert all(b"Ann" not in content(basis, kind) for kind in Format)
    assert set(basis.distributions.values_list("rows", flat=True)) == {3}


def test_it_says_what_each_file_is(cast):
    basis = release(cast)
    world.settle()

    import hashlib

    for file in basis.distributions.all():
        data = content(basis, file.format)
        assert (file.bytes, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    basis.release.refresh_from_db()
    assert basis.release.built_at is not None
    assert Event.objects.filter(kind="release.files_built").count() == 1


def test_it_builds_no_map_where_there_is_no_place(cast):
    basis = release(cast, {"name": None})
    world.settle()

    assert not basis.distributions.filter(format=Format.GEOJSON).exists()


def test_it_builds_no_spreadsheet_that_could_not_hold_the_rows_and_names_another_way(cast, client):
    basis = release(cast)
    profile = [{"name": "name", "type": "text", "frequent": []}]
    Extent.objects.create(basis=basis, version=cast.version, table="main", rows=1_048_576, profile=profile)
    world.settle()

    assert set(basis.distributions.values_list("format", flat=True)) >= {"csv", "parquet"}
    assert not basis.distributions.filter(format=Format.XLSX).exists()
    assert "there is no XLSX file. Take CSV or Parquet." in client.get(f"/datasets/{cast.dataset.pk}/").content.decode()


def test_it_takes_up_where_it_was_cut_off(cast):
    basis = release(cast)
    build_files(basis, by=service("files"))
    kept = basis.distributions.get(format=Format.CSV)
    basis.distributions.filter(format=Format.XLSX).delete()
    with store().open(f"{folder_of(basis)}/main.csv.1234.part", "wb") as file:
        file.write(b"half")

    build_files(basis, by=service("files"))

    assert basis.distributions.count() == len(Format)
    assert basis.distributions.get(format=Format.CSV).pk == kept.pk
    assert len(store().names(folder_of(basis))) == len(Format) + 1  # and the manifest


def test_it_removes_the_bytes_of_what_was_withdrawn_and_keeps_the_addresses(cast):
    basis = release(cast)
    world.settle()

    withdraw_release(cast.dataset, reason="A name was left in", by=world.by(cast.owner))
    world.settle()

    assert store().names(folder_of(basis)) == []
    assert Distribution.objects.filter(basis=basis).count() == len(Format)


def test_it_leaves_nothing_when_withdrawn_before_it_was_built(cast):
    basis = release(cast)
    withdraw_release(cast.dataset, reason="Too early", by=world.by(cast.owner))
    world.settle()

    assert store().names(folder_of(basis)) == []
    assert not Distribution.objects.filter(basis=basis).exists()


def test_it_leaves_nothing_when_withdrawn_while_it_is_built(cast):
    from opendata.files import enter

    basis = release(cast)
    with store().open(f"{folder_of(basis)}/main.csv", "wb") as file:
        file.write(b"half")
    withdraw_release(cast.dataset, reason="Stop", by=world.by(cast.owner))

    entry = {"path": f"{folder_of(basis)}/main.csv", "name": "x", "bytes": 4, "rows": 1, "sha256": "0" * 64}
    assert enter(Format.CSV, "main", basis, entry) is False
    assert store().names(folder_of(basis)) == []
