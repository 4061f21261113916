"""What docs/developer.md tells to copy runs as it stands."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import call_command

from catalog import exporter
from catalog.actions.exports import ask_export
from catalog.api.problem_types import PROBLEM_TYPES
from catalog.models import Format, Scope
from catalog.rows.query import RowQuery
from sharing.actions.packages import ask_package, sign_package
from sharing.actions.recipient_keys import confirm_key, register_key
from sharing.models import Request
from tests import world
from tests.api import token_of
from tests.scene import told
from tests.server import web_server
from tests.sharing import requests

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "developer.md").read_text()
BLOCKS = re.findall(r"```(sh|python)\n(.*?)```", TEXT, re.DOTALL)
PACKAGES = [text for _language, text in BLOCKS if "key.txt" in text or "/deliveries/" in text]


def prepared(dataset, reader) -> str:
    """A file that a worker has made for this reader, by its number."""
    over = (dataset.current, dataset.bases.get(kind="release", version=dataset.current))
    export = ask_export(RowQuery(limit=None), Format.PARQUET, over=over, name="heights", by=world.by(reader))
    exporter.run(export.pk)
    return str(export.pk)


def drafted(people, dataset) -> Request:
    """A draft of Health that lacks nothing."""
    return requests.draft(SimpleNamespace(**vars(people), dataset=dataset), [("species", "")])


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
        asking = {"KEY": token_of(people.requester), "REQUEST": str(drafted(people, trees).pk)}
        for language, text in BLOCKS:
            if text in PACKAGES:
                continue
            printed = run(text, language, env | asking if "/api/v1/requests" in text else env, tmp_path)
            if language == "python":
                assert printed.splitlines() == [
                    "{'species': 'Oak', 'height': 12}",
                    "{'species': 'Ash', 'height': 9}",
                ]
    assert list(csv.DictReader((tmp_path / "rows.csv").open())) == [{"species": "Oak", "height": "12"}]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not all(map(shutil.which, ("curl", "age"))), reason="no curl or no age on this machine")
def test_a_package_is_fetched_and_opened_as_shown(tmp_path, own_log):
    people = world.cast()
    head = world.by(world.person("Hanna", people.health, "approver"))
    residents = world.dataset(people.owner, people.parks, "Residents", opening_class="closed")
    grant = world.basis("grant", world.version(residents, {"name": ("text", ["An"])}), {"name": None}, to=people.health)
    with web_server(workers=1, threads=2) as address:
        env = os.environ | {"ADDRESS": address, "KEY": token_of(people.requester)}
        making, fetching, checking = PACKAGES
        said = run(making, "sh", env, tmp_path)
        public = run("age-keygen -y key.txt", "sh", env, tmp_path)
        confirm_key(register_key(people.health, public, name="safe", by=head), said[:32], by=head)
        package = ask_package(grant, "csv", by=world.by(people.requester))
        assert exporter.run(package.export_id) and sign_package(package)
        env |= {"DELIVERY": str(package.pk)}
        asking = 'curl --fail-with-body --data "" --header "Authorization: Bearer $KEY" '
        env |= {
            "LINK": json.loads(run(f"{asking} $ADDRESS/api/v1/deliveries/$DELIVERY/links", "sh", env, tmp_path))["url"]
        }
        digests = run(fetching, "sh", env, tmp_path).splitlines()
        assert run(checking, "sh", env, tmp_path).splitlines()[-1] == "0"
    assert (tmp_path / "rows.csv").read_text().split() == ['"name"', '"An"']
    manifest = (tmp_path / "manifest").read_text()
    assert all(digest.split()[0] in manifest for digest in digests)


def run(text: str, language: str, env: dict, folder: Path) -> str:
    """What a block prints that runs without an error."""
    command = ["bash", "-euo", "pipefail", "-c", text] if language == "sh" else [sys.executable, "-c", text]
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_it_names_what_there_is():
    assert len(BLOCKS) >= 7
    for word in [*Format.values, *Scope.values]:
        assert f"`{word}`" in TEXT, word
    assert set(re.findall(r"4\d\d `([a-z-]+)`", TEXT)) <= PROBLEM_TYPES.keys()
