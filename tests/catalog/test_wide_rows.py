"""Tables of very long texts leave in small pieces, all others in large ones."""

import pytest

from catalog.gate import open_rows
from catalog.models import Mode
from catalog.rows.engine import BATCH, WIDE_BATCH, rows_at_once
from catalog.rows.query import RowQuery
from tests import world
from tests.loads import empty_store, load

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def city():
    empty_store()
    people = world.cast()
    people.notes = world.dataset(people.owner, people.parks, "Notes")
    return people


def file_of(rows: int, longest: int) -> str:
    return "id,note\n" + "".join(f"{n},{'x' * (longest if n == 7 else 5)}\n" for n in range(rows))


def loaded(city, text, **options):
    return load(city.notes, text, by=city.owner, confirm=True, **options).version


def batches(city, version) -> list[int]:
    """How many rows came at once, through the gate."""
    duty = world.basis("duty", version, {"id": None, "note": None}, to=city.parks, roles=["steward"])
    found = open_rows(RowQuery(table="main", limit=None), over=[(version, duty)], by=world.by(city.owner))
    return [batch.num_rows for batch in found.batches()]


def test_the_longest_text_of_a_column_decides(city):
    version = loaded(city, file_of(600, 20_000))
    assert [column["longest"] for column in version.tables.get().schema] == [None, 20_000]
    assert batches(city, version) == [256, 256, 88]


def test_other_tables_leave_in_large_pieces(city):
    version = loaded(city, file_of(600, 200))
    assert version.tables.get().schema[1]["longest"] == 200
    assert batches(city, version) == [600]


def test_what_is_added_may_make_a_table_wide(city):
    loaded(city, file_of(100, 200))
    version = loaded(city, file_of(300, 20_000), mode=Mode.APPEND)
    assert version.tables.get().schema[1]["longest"] == 20_000
    assert max(batches(city, version)) == WIDE_BATCH


def test_of_tables_from_before_nothing_is_known_and_they_leave_as_ever():
    assert rows_at_once([{"name": "note", "type": "text"}]) == BATCH
