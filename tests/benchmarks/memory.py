"""A large file becomes a version and leaves as large files: how much memory that takes, whatever its size."""

import shutil
import tempfile
from pathlib import Path

import duckdb
from django.conf import settings

from catalog import loader
from catalog.actions.loads import start_load
from catalog.models import Dataset, Job, Table
from catalog.rows import serving
from tests import world
from tests.benchmarks.measure import Figure, Sizes, asked
from tests.benchmarks.scene import Scene
from tests.memory import MB, Peak, held, most_of_server
from tests.server import web_server

MOST_MB, MOST_AT_REST_MB = 1024, 300
ROW_BYTES = 227
# Every value hangs on its row's number alone, so the file is the same each time.
COLUMNS = """
SELECT n AS id, 'Resident ' || md5(n::VARCHAR) AS name,
  'No. ' || n % 997 || ', ' || md5((n % 5000)::VARCHAR) AS address,
  CASE WHEN n % 10 = 0 THEN 'said "' || n || '"' || chr(10) || 'and left'
    ELSE repeat(md5((n + 7)::VARCHAR), 3) END AS remark,
  DATE '1930-01-01' + (n * 7919 % 33000)::INTEGER AS born, (n * 31 % 900000 / 100)::DECIMAL(9, 2) AS income,
  TIMESTAMP '2020-01-01' + to_seconds(n * 61 % 180000000) AS seen, n % 3 = 0 AS active
FROM range({rows}) AS t(n)
"""
KINDS = ("csv", "parquet", "ndjson")


def measure(scene: Scene, sizes: Sizes) -> list[Figure]:
    """One load and one export of each kind."""
    folder = Path(tempfile.mkdtemp(prefix="causeway-memory-"))
    made = world.dataset(scene.version.dataset.created_by, scene.version.dataset.department, "Large")
    try:
        source = large_file(folder / "large.csv", sizes.large_mb * MB)
        return [*_loaded(made, source), *_exported(made, scene)]
    finally:
        shutil.rmtree(folder)
        for table in Table.objects.filter(version__dataset=made):
            serving.forget(table.sha256)


def large_file(path: Path, size: int) -> Path:
    """A CSV file of about so many bytes, of all usual types, with quotation marks and line breaks in its cells."""
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as engine:
        rows = max(size // ROW_BYTES, 100)
        engine.execute(f"COPY ({COLUMNS.format(rows=rows)}) TO '{path}' (FORMAT csv, HEADER)")
    return path


def _loaded(made: Dataset, source: Path) -> list[Figure]:
    by, before = world.by(made.created_by), held("VmRSS")
    with source.open("rb") as file:
        job = start_load(made, file, name="large.csv", by=by, confirm=True)
    with Peak() as peak:
        loader.run(job.pk)
    job = Job.objects.get(pk=job.pk)
    if job.state != Job.State.DONE:
        raise RuntimeError(f"The file was not loaded: {job.error}")
    made.refresh_from_db()
    about = f"loading {source.stat().st_size / MB:,.0f} MB of CSV"
    return [
        _figure(f"{about}: the process that reads the file", peak.bytes, MOST_MB),
        _figure(f"{about}: the worker beside it, above what it had", max(peak.own - before, MB // 10), MOST_MB),
    ]


def _exported(made: Dataset, scene: Scene) -> list[Figure]:
    everything = world.basis("grant", made.current, dict.fromkeys(made.current.tables.get().types),
                             to=scene.grant.department)  # fmt: skip
    own = {"API_LIMIT_KEY": "100000000", "ENGINE_MEMORY_MB": str(settings.ENGINE_MEMORY_MB)}
    with web_server(workers=1, **own) as address:
        asked(address, "/healthz")
        found = [_figure("the web server at rest", most_of_server(address), MOST_AT_REST_MB)]
        for kind in KINDS:
            path = f"/api/v1/datasets/{made.pk}/rows?basis={everything.pk}&format={kind}"
            asked(address, path, scene.token)
            found.append(_figure(f"the web server after all of it left as {kind}", most_of_server(address), MOST_MB))
    return found


def _figure(name: str, taken: int, most: int) -> Figure:
    return Figure(name, taken / MB, "MB", f"≤ {most:,} MB", taken <= most * MB)
