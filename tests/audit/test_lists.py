"""Lists of any length fit into an event, and still are what they were."""

import hashlib
import json

import pytest
import rfc8785

from audit.lists import is_long, spelled_out, stated
from audit.log import LIMIT
from audit.models import Event
from catalog.gate import open_rows
from catalog.rows.query import RowQuery
from tests import world


def test_it_leaves_a_short_list_as_it_is():
    names = [f"column_{number}" for number in range(200)]
    assert stated(names) == names
    assert spelled_out("columns", names) == {}


@pytest.mark.parametrize("names", [[f"c{n}" for n in range(201)], [f"{n}" + "城" * 60 for n in range(60)]])
def test_it_states_a_long_list_by_number_and_digest(names):
    digest = hashlib.sha256(rfc8785.dumps(sorted(names))).hexdigest()
    assert is_long(names)
    assert stated(names) == stated(names[::-1]) == {"count": len(names), "sha256": digest}
    assert json.loads(spelled_out("columns", names)["columns"]) == sorted(names)


@pytest.mark.django_db(transaction=True)
def test_it_lets_out_a_table_of_two_thousand_columns_and_says_which():
    people = world.cast()
    names = [f"measured_value_of_station_{number:04}" for number in range(2000)]
    wide = world.version(world.dataset(people.owner, people.parks), {name: ("integer", [1]) for name in names})
    grant = world.basis("grant", wide, dict.fromkeys(names), to=people.health)

    rows = list(open_rows(RowQuery(limit=None), over=[(wide, grant)], by=world.by(people.requester)).dicts())

    event = Event.objects.get(kind="disclosure.opened")
    facts = json.loads(event.body)["facts"]
    assert len(rows[0]) == 2000
    assert facts["columns"] == {"count": 2000, "sha256": hashlib.sha256(rfc8785.dumps(names)).hexdigest()}
    assert json.loads(event.detail.values["columns"]["value"]) == names
    assert len(event.body.encode()) < LIMIT / 10
