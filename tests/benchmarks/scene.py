"""What the benchmarks measure on: a table of many rows, lent to Health under masks and a row filter."""

from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
from django.utils import timezone

from audit.actor import Actor
from catalog.actions.keys import make_key
from catalog.models import Basis, Key, Version
from catalog.rows import serving
from tests import world

DISTRICTS = ["North", "South", "East", "West"]
TERMS = {"n": None, "district": None, "born": "year", "income": "band:100"}
WHERE = "district in ('North', 'South', 'East')"


@dataclass(frozen=True)
class Scene:
    """The version, the grant over it, and the key of whom it was lent to."""

    version: Version
    grant: Basis
    key: Key
    token: str
    by: Actor


def scene(rows: int) -> Scene:
    """A table of so many rows, its serving copy built, as it is some seconds after a load."""
    people = world.cast()
    residents = world.dataset(people.owner, people.parks, "Residents")
    version = world.version(residents, columns(rows))
    grant = world.basis("grant", version, TERMS, where=WHERE, to=people.health)
    table = version.tables.get()
    serving.build(table.path, table.sha256)
    by = world.by(people.requester)
    until = timezone.now() + timedelta(days=1)
    key, token = make_key(people.requester, name="benchmark", scopes=["read"], until=until, datasets=[], by=by)
    return Scene(version, grant, key, token, Actor(user=people.requester, key=key, request_id="0" * 32))


def columns(rows: int) -> dict[str, tuple[str, pa.Array]]:
    """The columns of the table, each with its type."""
    numbers = pa.array(range(rows), pa.int64())
    fours = pc.bit_wise_and(numbers, 3)
    return {
        "n": ("integer", numbers),
        "name": ("text", pc.binary_join_element_wise("Resident", pc.cast(numbers, pa.string()), " ")),
        "district": ("text", pa.array(DISTRICTS).take(fours)),
        "born": ("date", pc.cast(pc.cast(pc.bit_wise_and(numbers, 16383), pa.int32()), pa.date32())),
        "income": ("integer", pc.multiply(pc.bit_wise_and(numbers, 4095), 17)),
    }


def changed(rows: int) -> dict[str, tuple[str, pa.Array]]:
    """The columns of a later version: of every hundred rows one has another income, and one in a thousand is gone."""
    before = {name: values for name, (_kind, values) in columns(rows).items()}
    is_hundredth = pc.equal(pc.bit_wise_and(before["n"], 127), 0)
    before["income"] = pc.if_else(is_hundredth, pc.add(before["income"], 1), before["income"])
    stays = pc.not_equal(pc.bit_wise_and(before["n"], 1023), 1)
    return {name: (kind, before[name].filter(stays)) for name, (kind, _values) in columns(rows).items()}
