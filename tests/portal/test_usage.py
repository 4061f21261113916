"""Calls for open rows are counted; reading under a right is written down instead."""

import pytest

from opendata.usage import totals
from tests import world
from tests.api import caller, dataset_url

pytestmark = pytest.mark.django_db(transaction=True)

COLUMNS = {"kind": ("text", ["oak", "elm", "ash"])}


def test_it_counts_calls_for_open_rows_and_no_others():
    cast = world.cast()
    trees = world.dataset(cast.owner, cast.parks)
    version = world.version(trees, COLUMNS)
    world.basis("grant", version, {"kind": None}, to=cast.health)
    address = dataset_url(trees, "/rows")
    assert caller(cast.requester).get(address).status_code == 200
    assert caller(cast.stranger).get(address).status_code == 403
    assert totals(trees)["call"]["times"] == 0

    world.basis("release", version, {"kind": None})
    assert len(caller().get(address).json()["results"]) == 3
    whole = caller().get(address + "?format=csv")
    assert b"oak" in whole.getvalue()
    assert caller().get(address, headers={"If-None-Match": whole["ETag"]}).status_code in {200, 304}

    used = totals(trees)["call"]
    assert used["times"] in {2, 3}
    assert used["rows"] >= 3
