"""The commands that auditors are told to type do what the page says, as they stand there."""

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from audit.models import Event
from audit.receipts import receipt
from audit.verify import Checkpoint
from tests import world
from tests.api import token_of
from tests.server import ROOT, end, environment, until, web_server

PAGE = (ROOT / "docs" / "auditor.md").read_text()
COMMANDS = re.findall(r"```sh\n(.*?)```", PAGE[PAGE.index("<!-- these commands") : PAGE.index("<!-- /commands")], re.S)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.usefixtures("own_log")]


@contextmanager
def sequencer():
    """The log's own process over the test database."""
    command = [sys.executable, "manage.py", "sequencer"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(), start_new_session=True)
    try:
        yield
    finally:
        end(process)


def test_it_can_be_typed_as_it_stands_there(own_log, tmp_path):
    people = world.cast()
    first = Event.objects.order_by("id").first()
    (tmp_path / "token").write_text(token_of(people.auditor, "read") + "\n")
    with web_server(workers=2) as address, sequencer():
        until(lambda: (own_log / "checkpoint").exists() and receipt(first))
        until(lambda: not Event.objects.filter(entry=None).exists())
        (tmp_path / "event.tlog-proof").write_text(str(receipt(first)))

        said = [typed(command, tmp_path, address) for command in COMMANDS]

    assert len(said) == 7
    assert [one.count("It holds.") for one in said] == [0, 1, 1, 1, 1, 1, 1]
    assert f"kind: {first.kind}" in said[2]
    assert "All tiles (hashes only)" in said[3]
    assert "All tiles and entries" in said[4]
    assert "rows of the database are what the log holds" in said[5]
    assert Checkpoint.parse((tmp_path / "newer").read_bytes()).size >= Event.objects.filter(kind="log.exported").count()


def typed(command: str, folder: Path, address: str) -> str:
    """What a shell prints in this folder; every line must succeed."""
    env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "ADDRESS": address, "HOME": str(folder)}
    done = subprocess.run(
        ["bash", "-e"], check=False, input=command, cwd=folder, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, command + done.stdout + done.stderr
    return done.stdout


def test_the_operator_checks_the_same_at_home(own_log, tmp_path):
    world.cast()
    for words in ("sequencer --once", "audit verify", f"audit export --out {tmp_path / 'events.ndjson'}"):
        if words.startswith("audit"):
            assert f"manage.py {words.split(' --out')[0]}" in PAGE
        done = subprocess.run(
            [sys.executable, "manage.py", *words.split()],
            check=False,
            cwd=ROOT,
            env=environment(),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
