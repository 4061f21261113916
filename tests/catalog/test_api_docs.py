"""What docs/developer.md tells to copy runs as it stands."""

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from catalog import exporter
from catalog.actions.exports import ask_export
from catalog.api.problem_types import PROBLEM_TYPES
from catalog.models import Format, Scope
from catalog.rows.query import RowQuery
from tests import world
from tests.api import token_of
from tests.scene import told
from tests.server import web_server

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "developer.md").read_text()
BLOCKS = re.findall(r"```(sh|python)\n(.*?)```", TEXT, re.DOTALL)


def prepared(dataset, reader) -> str:
    """A file that a worker has made for this reader, by its number."""
    over = (dataset.current, dataset.bases.get(kind="release", version=dataset.current))
    export = ask_export(RowQuery(limit=None), Format.PARQUET, over=over, name="heights", by=world.by(reader))
    exporter.run(export.pk)
    return str(export.pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_its_calls_run_as_shown(tmp_path, own_log):
    people = world.cast()
    trees = world.dataset(people.owner, people.parks, "Trees")
    for heights in ([11, 9], [12, 9]):
        version = world.version(trees, {"species": ("text", ["Oak", "Ash"]), "height": ("integer", heights)})
        world.basis("release", version, {"species": None, "height": None})
    residents = world.dataset(people.owner, people.parks, "Residents", opening_class="closed")
    lent = world.version(residents, {"name": ("text", ["An", "Bo"])})
    grant = world.basis("grant", lent, {"name": None}, to=people.health)
    event = told(grant, people)
    call_command("sequencer", "--once")
    with web_server(workers=1, threads=4) as address:
        env = os.environ | {"ADDRESS": address, "DATASET": str(trees.pk), "KEY": token_of(people.owner)}
        env |= {"GRANT": str(grant.pk), "EVENT": str(event.uuid), "EXPORT": prepared(trees, people.owner)}
        env |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        for language, text in BLOCKS:
            command = ["bash", "-euo", "pipefail", "-c", text] if language == "sh" else [sys.executable, "-c", text]
            done = subprocess.run(
                command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
            )
            assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
            if language == "python":
                assert done.stdout.splitlines() == [
                    "{'species': 'Oak', 'height': 12}",
                    "{'species': 'Ash', 'height': 9}",
                ]
    assert list(csv.DictReader((tmp_path / "rows.csv").open())) == [{"species": "Oak", "height": "12"}]


def test_it_names_what_there_is():
    assert len(BLOCKS) >= 7
    for word in [*Format.values, *Scope.values]:
        assert f"`{word}`" in TEXT, word
    assert set(re.findall(r"4\d\d `([a-z-]+)`", TEXT)) <= PROBLEM_TYPES.keys()
