"""The manifest of a release speaks of what leaves, of nothing else, and is gone with it."""

import hashlib
import json
from datetime import date

import pytest
from django.urls import reverse

from catalog.models import Version
from catalog.store import store
from catalog.terms import TableTerms, Terms
from opendata.actions import clear, submit, withdraw_release
from opendata.manifests import folder_of, manifest_path
from tests import world

pytestmark = pytest.mark.django_db(transaction=True)

COLUMNS = {
    "name": ("text", ["Oak 1", "Elm 2", "Ash 3"]),
    "planted": ("date", [date(2001, 5, 1), date(2002, 6, 2), None]),
    "owner": ("text", ["Ann", "Bo", "Cy"]),
}


@pytest.fixture
def cast():
    people = world.cast()
    people.dataset = world.dataset(people.owner, people.parks, description_en="Every tree of the city.")
    people.version = world.version(people.dataset, COLUMNS)
    Version.objects.filter(pk=people.version.pk).update(source_sha256="ab" * 32, source_name="payroll.csv")
    table = TableTerms(columns={"name": None, "planted": "year"}, where="name <> 'Elm 2'")
    submission = submit(
        people.dataset, version=people.version, terms=Terms(tables={"main": table}), by=world.by(people.owner)
    )
    people.release = clear(submission, by=world.by(people.reviewer))
    world.settle()
    return people


def test_it_names_each_file_so_that_a_bucket_alone_can_serve_it(cast):
    with store().open(manifest_path(cast.release)) as file:
        said = json.load(file)

    assert said["version"] == cast.version.number
    assert {file["format"] for file in said["files"]} == set(
        cast.release.distributions.values_list("format", flat=True)
    )
    for file in said["files"]:
        with store().open(f"{folder_of(cast.release)}/{file['path']}") as stored:
            data = stored.read()
        assert (file["bytes"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())


def test_it_says_nothing_of_columns_rows_and_sources_that_stay_hidden(cast):
    with store().open(manifest_path(cast.release)) as file:
        text = file.read().decode()
    said = json.loads(text)

    assert said["tables"] == [
        {
            "name": "main",
            "rows": 2,
            "columns": [
                {"name": "name", "type": "text", "mask": None, "title_en": "", "title_zh": "", "unit": ""},
                {"name": "planted", "type": "integer", "mask": "year", "title_en": "", "title_zh": "", "unit": ""},
            ],
        }
    ]
    table = cast.version.tables.get()
    for hidden in ("owner", "payroll", "ab" * 32, table.sha256, table.path, cast.version.identity, "Elm"):
        assert hidden not in text


def test_everybody_has_its_address_from_the_list_of_files(cast, client):
    files = client.get(f"/api/v1/datasets/{cast.dataset.pk}/files").json()
    answer = client.get(files["manifest"])

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer["Cache-Control"] == "public, no-cache"
    data = b"".join(answer.streaming_content)
    assert answer["ETag"] == f'"{hashlib.sha256(data).hexdigest()}"'
    assert client.get(files["manifest"], headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert reverse("manifest", args=[cast.release.pk]) in client.get(f"/datasets/{cast.dataset.pk}/").content.decode()


def test_it_is_gone_with_the_release(cast, client):
    address = reverse("manifest", args=[cast.release.pk])
    withdraw_release(cast.dataset, reason="A name was left in", by=world.by(cast.owner))
    assert client.get(address).status_code == 410
    world.settle()
    assert not store().exists(manifest_path(cast.release))
    assert client.get(reverse("manifest", args=[cast.dataset.pk])).status_code == 404
