"""The manifest of a version: every file with its digest, written once it is kept, always with the same bytes."""

import hashlib
import io
import json

import pytest

from catalog.actions.versions import add_documents, confirm_version
from catalog.manifests import manifest_of, manifest_path, write_manifest
from catalog.store import store
from tests import world
from tests.loads import empty_store, load

pytestmark = pytest.mark.django_db(transaction=True)

TREES = "id,kind,height\n007,Oak,12.5\n008,Ash,9\n009,Elm,tall\n"
DECIMAL = {"tables": {"main": {"types": {"height": "decimal"}}}}


@pytest.fixture
def city():
    empty_store()
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks)
    return people


def test_it_is_written_once_a_version_is_kept(city):
    version = load(city.trees, TREES, by=city.owner, reading=DECIMAL).version
    world.settle()
    assert not store().exists(manifest_path(version))
    confirm_version(version, by=world.by(city.owner))
    world.settle()

    with store().open(manifest_path(version)) as file:
        said = json.load(file)
    assert said["source"]["sha256"] == hashlib.sha256(TREES.encode()).hexdigest()
    assert said["source"]["reading"]["tables"]["main"]["types"] == {"height": "decimal"}
    (table,) = said["tables"]
    assert (table["rows"], [column["type"] for column in table["columns"]]) == (3, ["text", "text", "decimal"])
    assert table["bad_cells"]["count"] == 1
    for file in [*table["files"], table["bad_cells"]]:
        with store().open(file["path"]) as stored:
            data = stored.read()
        assert (file["bytes"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())


def test_it_says_the_same_again_and_mends_what_was_changed(city):
    version = load(city.trees, TREES, by=city.owner, confirm=True).version
    world.settle()
    path = manifest_path(version)
    assert write_manifest(version) is False
    with store().open(path, "wb") as file:
        file.write(b"{}")
    assert write_manifest(version) is True
    with store().open(path) as file:
        assert file.read() == manifest_of(version)


def test_it_names_documents(city):
    version = add_documents(
        city.trees, [(io.BytesIO(b"how we count"), "method.txt", ("Method", "方法"))], by=world.by(city.owner)
    )
    (document,) = json.loads(manifest_of(version))["documents"]
    assert (document["name"], document["bytes"]) == ("method.txt", 12)
