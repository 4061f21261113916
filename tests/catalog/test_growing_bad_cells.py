"""Cells that did not fit stay listed while their rows stay in a table that grows, each with the version of its file."""

import csv
import io

import pytest
from django.urls import reverse

from catalog.actions.columns import change_column
from catalog.actions.duties import make_owner_duty
from catalog.actions.versions import confirm_version
from catalog.bad_cells import open_bad_cells
from catalog.gate import BasisEnded
from catalog.models import Mode
from tests import world
from tests.loads import empty_store, load

pytestmark = pytest.mark.django_db(transaction=True)

TYPES = {"id": "text", "height": "decimal", "girth": "integer"}
FIRST = "\nid,height,girth\n001,tall,7\n002,9.5,wide\n\n003,short,8\n"
MORE = "id,height,girth\n004,low,1\n005,2,2\n"


@pytest.fixture
def city():
    empty_store()
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks)
    make_owner_duty(people.trees, by=world.by(people.owner))
    keep(people, FIRST, Mode.REPLACE)
    change_column(people.trees.columns.get(name="id"), {"row_key": True}, by=world.by(people.owner))
    return people


def keep(city, text, mode):
    """The version made of this file and of those before."""
    version = load(city.trees, text, by=city.owner, mode=mode, reading={"types": TYPES}).version
    confirm_version(version, by=world.by(city.owner))
    city.trees.refresh_from_db()
    return version


def listed(client, city, version):
    """The list that the steward downloads: row and version of the file, column, text."""
    client.force_login(city.owner)
    answer = client.get(reverse("bad-cells", args=[version.pk, "main"]))
    lines = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    return [(int(line["version"]), int(line["row"]), line["column"], line["text"]) for line in lines]


OF_FIRST = [(1, 3, "height", "tall"), (1, 4, "girth", "wide"), (1, 6, "height", "short")]


def test_those_of_the_rows_before_stay_when_rows_are_added(client, city):
    version = keep(city, MORE, Mode.APPEND)
    assert listed(client, city, version) == [*OF_FIRST, (2, 2, "height", "low")]
    assert version.tables.get().bad_cells == 4
    later = keep(city, "id,height,girth\n006,3,3\n", Mode.APPEND)
    assert listed(client, city, later) == [*OF_FIRST, (2, 2, "height", "low")]
    assert [column["bad_cells"] for column in later.tables.get().schema] == [0, 0, 0], "only new ones ask"


def test_those_of_rows_that_were_replaced_go(client, city):
    keep(city, MORE, Mode.APPEND)
    version = keep(city, "id,height,girth\n007,x,1\n003,4.5,8\n004,5,low\n", Mode.UPSERT)
    assert listed(client, city, version) == [*OF_FIRST[:2], (3, 2, "height", "x"), (3, 4, "girth", "low")]
    again = keep(city, "id,height,girth\n007,6,1\n004,5,1\n001,1,1\n", Mode.UPSERT)
    assert listed(client, city, again) == [(1, 4, "girth", "wide")]
    assert keep(city, "id,height,girth\n002,9.5,1\n", Mode.UPSERT).tables.get().bad_cells_path == ""


def test_the_page_names_the_list_where_the_file_itself_has_none(client, city):
    version = load(city.trees, "id,height,girth\n008,1,1\n", by=city.owner, mode=Mode.APPEND).version
    client.force_login(city.owner)
    page = client.get(reverse("version-check", args=[version.pk])).content.decode()
    assert "Those of rows that were there before are in the CSV file, too." in page
    client.force_login(city.stranger)
    assert client.get(reverse("bad-cells", args=[version.pk, "main"])).status_code == 404


def test_the_list_is_not_even_read_for_whom_it_may_not_leave(city, monkeypatch):
    table, duty = city.trees.current.tables.get(), city.trees.bases.get()
    read = []
    monkeypatch.setattr("catalog.bad_cells._longest", lambda table: read.append(table) or 1_000)
    with pytest.raises(BasisEnded):
        open_bad_cells(table, duty, by=world.by(city.stranger))
    assert read == []
    open_bad_cells(table, duty, by=world.by(city.owner)).close()
    assert read == [table]
