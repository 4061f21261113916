"""A city in a cluster of its own, whose database may be killed: `python -m tests.faults.apart begin FILE | sweep`."""

import sys
from pathlib import Path

import django

django.setup()

from catalog import sweeps  # noqa: E402
from catalog.actions.loads import start_load  # noqa: E402
from tests import world  # noqa: E402

if __name__ == "__main__":
    if sys.argv[1] == "begin":
        people = world.cast()
        trees = world.dataset(people.owner, people.parks)
        with Path(sys.argv[2]).open("rb") as file:
            print(start_load(trees, file, name="trees.csv", by=world.by(people.owner)).pk)
    if sys.argv[1] == "sweep":
        print(*sweeps.left_alone())
