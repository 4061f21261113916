"""A worker that is killed while it makes a file leaves no half file with a link, and never two."""

import signal
import subprocess
import sys
from datetime import timedelta

import pyarrow as pa
import pytest
from django.utils import timezone

from audit.models import Event
from catalog import exporter, exports, sweeps
from catalog.actions.exports import ask_export
from catalog.models import Export, Format
from catalog.rows import serving
from catalog.rows.query import RowQuery
from tests import world
from tests.loads import empty_store, exports_in_store, files_in_scratch
from tests.server import ROOT, environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.alone]


@pytest.fixture
def people():
    empty_store()
    return world.cast()


def ask(people, rows: int, kind=Format.CSV) -> Export:
    residents = world.dataset(people.owner, people.parks, "Residents")
    columns = {
        "n": ("integer", pa.array(range(rows), pa.int64())),
        "words": ("text", pa.array([f"{n} tree " * 6 for n in range(rows)])),
    }
    version = world.version(residents, columns)
    grant = world.basis("grant", version, dict.fromkeys(columns), to=people.health)
    by = world.by(people.requester)
    return ask_export(RowQuery(limit=None), kind, over=(version, grant), name="residents", by=by)


def killed_in(stage: str, export: Export) -> None:
    command = [sys.executable, "-m", "tests.faults.exporting", str(export.pk), stage]
    ended = subprocess.run(command, cwd=ROOT, env=environment(), check=False)
    assert ended.returncode == -signal.SIGKILL


@pytest.mark.parametrize("stage", ["writing", pytest.param("storing", marks=pytest.mark.slow), "finishing"])
def test_it_is_made_anew_after_a_kill(people, stage):
    export = ask(people, 20_000)
    killed_in(stage, export)
    export.refresh_from_db()
    assert (export.state, export.path, len(exports_in_store())) == ("running", "", int(stage == "finishing"))

    Export.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweeps.exports_left_alone() == [str(export.pk)]
    assert exporter.run(export.pk)
    export.refresh_from_db()
    assert (export.state, export.rows, exports_in_store(), files_in_scratch()) == ("ready", 20_000, [export.path], [])
    assert exports.clear_loose() == 0
    opened = Event.objects.filter(kind="disclosure.opened").count()
    closed = Event.objects.filter(kind="disclosure.closed").count()
    assert (opened, closed) == (2, 1 if stage == "writing" else 2), "what was never closed counts as its ceiling"


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Format.CSV, Format.PARQUET])
def test_a_large_file_takes_no_more_memory_than_a_small_one(people, kind):
    """The high-water mark of a worker, in a process of its own, over a small table and one twenty times as long."""
    peaks = [_peak(ask(people, rows, kind)) for rows in (100_000, 2_000_000)]
    assert peaks[1] - peaks[0] < 200 and peaks[1] < 700, peaks


def _peak(export: Export) -> float:
    """Megabytes that a worker used at most while it made the file."""
    code = (
        "import django, sys; django.setup()\n"
        "from catalog import exporter\n"
        "assert exporter.run(sys.argv[1])\n"
        "print([line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0])"
    )
    table = export.version.tables.get()
    serving.build(table.path, table.sha256)  # which the load did
    said = subprocess.run(
        [sys.executable, "-c", code, str(export.pk)], cwd=ROOT, env=environment(), check=True, capture_output=True
    )
    export.refresh_from_db()
    assert export.state == "ready", export.error
    return int(said.stdout.split()[-1]) / 1024  # a slow query draws its progress before that
