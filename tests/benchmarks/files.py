"""A file becomes a version, rows leave as files, two versions are compared: beside the engine with the bare minimum."""

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
from django.utils import timezone

from catalog import loader
from catalog.actions.loads import start_load
from catalog.holding import covered_table
from catalog.models import Column, Job
from catalog.rows import serving
from catalog.store import store
from tests import world
from tests.benchmarks.measure import Figure, Sizes, asked
from tests.benchmarks.scene import Scene, changed
from tests.memory import MB, Peak, most_of_server
from tests.server import web_server

LOAD, EXPORT = 4, 2  # times the engine's own, at most
BARE = {
    "csv": "(FORMAT csv, HEADER)",
    "ndjson": "(FORMAT json)",
    "parquet": "(FORMAT parquet, COMPRESSION zstd)",
    "arrow": "",
}
COMPARED = """
SELECT count(*) FILTER (a.n IS NULL), count(*) FILTER (b.n IS NULL), count(*) FILTER (a.n = b.n
  AND (a.name, a.district, a.born, a.income) IS DISTINCT FROM (b.name, b.district, b.born, b.income))
FROM read_parquet(?) AS a FULL JOIN read_parquet(?) AS b ON a.n = b.n
"""


def measure(scene: Scene, sizes: Sizes) -> list[Figure]:
    """One time each: these take long."""
    folder = Path(tempfile.mkdtemp(prefix="causeway-files-"))
    try:
        return [*_loaded(scene, folder), *_exported(scene, folder), *_compared(scene, sizes)]
    finally:
        shutil.rmtree(folder)


def _loaded(scene: Scene, folder: Path) -> list[Figure]:
    source, people = folder / "rows.csv", scene.version.dataset
    table = store().local(scene.version.tables.get().path)
    bare_export(
        f"COPY (SELECT n, name, district, born, income FROM read_parquet('{table}')) TO '{source}' (FORMAT csv, HEADER)"
    )
    bare = bare_export(f"COPY (SELECT * FROM read_csv('{source}')) TO '{folder}/bare.parquet' {BARE['parquet']}")
    made = world.dataset(people.created_by, people.department, "Loaded")

    began = timezone.now()
    with Peak() as peak:
        with source.open("rb") as file:
            job = start_load(made, file, name="rows.csv", by=world.by(people.created_by), confirm=True)
        loader.run(job.pk)
    whole = (timezone.now() - began).total_seconds()
    job.refresh_from_db()
    if job.state != Job.State.DONE or job.version_id is None:
        raise RuntimeError(f"The file was not loaded: {job.error}")
    took, size = (job.ended_at - began).total_seconds(), source.stat().st_size / MB
    return [
        Figure(f"a CSV file of {size:,.0f} MB becomes the current version, types from all rows", took, "s"),
        Figure("the engine's bare CSV to Parquet", bare, "s"),
        ratio("loading beside the engine", took / bare, LOAD),
        Figure("until its serving copy is built as well", whole, "s"),
        Figure("loading and the serving copy beside the engine", whole / bare, "times"),
        Figure("most memory of the process that reads the file", max(peak.bytes, 1) / MB, "MB"),
    ]


def _exported(scene: Scene, folder: Path) -> list[Figure]:
    everything = world.basis("grant", scene.version, dict.fromkeys(["n", "name", "district", "born", "income"]),
                             to=scene.grant.department)  # fmt: skip
    table = store().local(covered_table(everything, scene.version, "main").path)
    figures = []
    with web_server(workers=1, API_LIMIT_KEY="100000000") as address:
        for kind, options in BARE.items():
            path = f"/api/v1/datasets/{scene.version.dataset_id}/rows?basis={everything.pk}&format={kind}"
            took = seconds(lambda path=path: asked(address, path, scene.token))
            figures.append(Figure(f"all rows as {kind} over HTTP", took, "s"))
            if options:
                select = f"SELECT n, name, district, born, income FROM read_parquet('{table}')"
                bare = bare_export(f"COPY ({select}) TO '{folder}/bare.{kind}' {options}")
                figures += [Figure(f"the engine's own COPY to {kind}", bare, "s"),
                            ratio(f"{kind} beside the engine", took / bare, EXPORT)]  # fmt: skip
        figures.append(Figure("most memory of the web server's process by then", most_of_server(address) / MB, "MB"))
    return figures


def _compared(scene: Scene, sizes: Sizes) -> list[Figure]:
    dataset, before = scene.version.dataset, scene.version.tables.get()
    Column.objects.filter(dataset=dataset, name="n").update(row_key=True)
    everything = world.basis("grant", scene.version, dict.fromkeys(["n", "name", "district", "born", "income"]),
                             to=scene.grant.department)  # fmt: skip
    later = world.version(dataset, changed(sizes.rows))
    after = later.tables.get()
    serving.build(after.path, after.sha256)
    bare = bare_export(COMPARED, [store().local(before.path), store().local(after.path)])
    with web_server(workers=1, API_LIMIT_KEY="100000000") as address:
        path = f"/api/v1/datasets/{dataset.pk}/diff?basis={everything.pk}&from=1&to=2"
        page = seconds(lambda: asked(address, path, scene.token))
        counted = seconds(lambda: asked(address, f"{path}&total=exact&limit=1", scene.token))
    return [
        Figure("two versions compared by key, the first page of changes", page, "s"),
        Figure("and all changes counted", counted, "s"),
        Figure("the engine's bare join and count", bare, "s"),
    ]


def ratio(name: str, times: float, most: int) -> Figure:
    """How many times as long it took, and whether that is within the budget."""
    return Figure(name, times, "times", f"≤ {most} times", times <= most)


def bare_export(sql: str, params: list | None = None) -> float:
    """The engine alone, with the threads and the memory that ours has."""
    with duckdb.connect(config={"threads": 2}) as engine:
        return seconds(lambda: engine.execute(sql, params).fetchall())


def seconds(act: Callable[[], None]) -> float:
    """How long it took."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
