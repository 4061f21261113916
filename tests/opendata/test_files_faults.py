"""A worker that is killed while it builds files: another one finishes, and nothing is left over."""

import os
import signal
import time

import pytest

from catalog.models import Format
from catalog.store import store
from catalog.terms import TableTerms, Terms
from opendata.actions import clear, submit
from opendata.manifests import folder_of, manifest_path
from tests import world
from tests.server import until, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.alone]
ROWS = 200_000


def test_it_is_finished_by_another_worker_when_the_first_is_killed():
    cast = world.cast()
    trees = world.dataset(cast.owner, cast.parks, description_en="Every tree of the city.")
    columns = {"id": ("integer", list(range(ROWS))), "kind": ("text", ["oak", "elm"] * (ROWS // 2))}
    version = world.version(trees, columns)
    terms = Terms(tables={"main": TableTerms(columns=dict.fromkeys(columns))})
    with worker() as first:
        waiting = submit(trees, version=version, terms=terms, by=world.by(cast.owner))
        basis = clear(waiting, by=world.by(cast.reviewer))
        until(basis.distributions.exists, seconds=60)
        os.killpg(first.pid, signal.SIGKILL)
    before = set(basis.distributions.values_list("pk", flat=True))
    assert len(before) < len(Format) - 1

    time.sleep(1)
    with worker():
        until(lambda: basis.distributions.count() == len(Format) - 1, seconds=120)  # it has no place: no map

    assert before <= set(basis.distributions.values_list("pk", flat=True))
    files = {*basis.distributions.values_list("path", flat=True), manifest_path(basis)}
    assert set(store().names(folder_of(basis))) == files
    assert set(basis.distributions.values_list("rows", flat=True)) == {ROWS}
