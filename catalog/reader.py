"""The file of a job becomes tables in the store: read in a child process, with the settings asked for or remembered."""

import hashlib
import math
from collections.abc import Callable
from pathlib import Path

from catalog import jobs, uploads
from catalog.actions.proposals import Found
from catalog.ingest.errors import ReadingError
from catalog.ingest.run import read_in_child
from catalog.models import Job, Table
from catalog.store import store

REMEMBERED_IN_VAIN = frozenset({"unknown-column", "unknown-table", "unknown-sheet", "wrong-encoding", "no-header"})
SHOWN = ("title", "detected", "bad_cells", "above", "footer")
Watch = Callable[[dict], None]


def read_source(job: Job, scratch: Path, lease: jobs.Lease, watch: Watch) -> Found:
    """What the job's file holds, its tables stored under names of this try. `watch` hears each progress."""
    lease.report("fetching", total=job.source_bytes)
    source = _source(job, scratch)
    asked, result = _read(job, source, scratch / "tables", lease, watch)
    lease.report("storing", rows=sum(table["rows"] for table in result["tables"]))
    return _store(job, asked, result, lease)


def _source(job: Job, scratch: Path) -> Path:
    """The uploaded file on this machine."""
    if not store().exists(job.source_path):
        raise FileNotFoundError(job.source_path)
    local = store().local(job.source_path)
    if local:
        return Path(local)
    store().get(job.source_path, str(scratch / "source"))
    return scratch / "source"


def _read(job: Job, source: Path, out: Path, lease: jobs.Lease, watch: Watch) -> tuple[dict, dict]:
    """The settings asked for, and what the reader made of the file with them."""

    def heard(said: dict) -> None:
        lease.report(said["stage"], rows=said["rows_done"], done=said["bytes_done"], total=said["bytes_total"] or 0)
        watch(said)

    def read(settings: dict) -> dict:
        return read_in_child(source, job.source_name, out, settings, on_progress=heard, should_stop=lambda: lease.lost)

    asked = _settings_of(job)
    try:
        return asked, read(asked)
    except ReadingError as error:
        lease.check()
        if job.reading or error.code not in REMEMBERED_IN_VAIN:
            raise
    asked = {"table_name": asked["table_name"]} if "table_name" in asked else {}
    return asked, read(asked)


def _settings_of(job: Job) -> dict:
    """The settings of the job; without any, those of the last file. A dataset's only table keeps its name."""
    dataset = job.dataset
    settings = dict(job.reading or dataset.reading)
    names = list(dataset.current.tables.values_list("name", flat=True)) if dataset.current else []
    if len(names) == 1:
        settings.setdefault("table_name", names[0])
    return settings


def _store(job: Job, asked: dict, result: dict, lease: jobs.Lease) -> Found:
    """Puts the finished files into the store under names of this try."""
    folder, tables, about = uploads.try_folder(job), [], {}
    for position, told in enumerate(result["tables"]):
        lease.check()
        path = f"{folder}/{position}.parquet"
        store().put(told["file"], path)
        bad_cells = f"{folder}/{position}.bad.parquet" if told["bad_cells_file"] else ""
        if bad_cells:
            store().put(told["bad_cells_file"], bad_cells)
        tables.append(
            Table(
                name=told["name"],
                position=position,
                rows=told["rows"],
                path=path,
                bytes=told["bytes"],
                sha256=told["sha256"],
                schema=[_column(column) for column in told["columns"]],
                bad_cells_path=bad_cells,
                bad_cells=told["bad_cells_total"],
                **_digested(told["bad_cells_file"]),
            )
        )
        about[told["name"]] = {name: plain(told[name]) for name in SHOWN}
    report = {"detected": result["detected"], "notes": plain(result["notes"]), "tables": about}
    return Found(tables=tables, reading=result["settings"], asked=asked, report=report)


def _digested(bad_cells: str | None) -> dict:
    """Length and SHA-256 of the list of bad cells, where there is one."""
    if not bad_cells:
        return {}
    with Path(bad_cells).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bad_cells_bytes": Path(bad_cells).stat().st_size, "bad_cells_sha256": digest}


def _column(told: dict) -> dict:
    """A column as a version keeps it: moments with a zone are a type of their own."""
    zoned = told["type"] == "timestamp" and told.get("zoned")
    return plain({**told, "type": "timestamptz" if zoned else told["type"]})


def plain(value):
    """The value as the database keeps JSON: no NUL, no half characters, no number that is none."""
    if isinstance(value, dict):
        return {plain(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
