"""A file of each kind from its bytes to the page where the steward checks it."""

import pytest
from django.urls import reverse

from catalog.actions.duties import make_owner_duty
from catalog.actions.versions import confirm_version
from tests import world
from tests.catalog.test_ingest_child_formats import KINDS
from tests.loads import empty_store, files_in_scratch, load

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("kind", KINDS)
def test_it_takes_each_kind_of_file_to_a_current_version(client, tmp_path, kind):
    empty_store()
    city = world.cast()
    trees = world.dataset(city.owner, city.parks)
    make_owner_duty(trees, by=world.by(city.owner))
    make, count, _ = KINDS[kind]
    job = load(trees, make(tmp_path), by=city.owner, name=f"file.{kind}")
    assert job.state == "done", job.error
    client.force_login(city.owner)
    page = client.get(reverse("version-check", args=[job.version.pk]))
    assert page.status_code == 200
    confirm_version(job.version, by=world.by(city.owner))
    trees.refresh_from_db()
    assert trees.current.tables.order_by("position")[0].rows == count
    assert files_in_scratch() == []


def test_what_a_steward_states_of_a_parquet_file_holds(city_of_parquet):
    dataset, owner, content = city_of_parquet
    job = load(
        dataset, content, by=owner, name="a.parquet", reading={"tables": {"main": {"types": {"code": "integer"}}}}
    )
    assert job.state == "done", job.error
    assert job.version.tables.get().types["code"] == "integer"


@pytest.fixture
def city_of_parquet(tmp_path):
    empty_store()
    city = world.cast()
    return world.dataset(city.owner, city.parks), city.owner, KINDS["parquet"][0](tmp_path)
