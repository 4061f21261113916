"""The file of a job becomes tables in the store: read in a child process, with the settings asked for or remembered."""

import hashlib
import math
from collections.abc import Callable
from pathlib import Path

from catalog import jobs, remembered, uploads
from catalog.actions.proposals import Found
from catalog.ingest.errors import ReadingError
from catalog.ingest.run import read_in_child
from catalog.joining import Base, base_of, joined, notes_on
from catalog.models import Job, Mode, Table
from catalog.store import store

SHOWN = ("title", "detected", "bad_cells", "above", "footer")
Watch = Callable[[dict], None]


def read_source(job: Job, scratch: Path, lease: jobs.Lease, watch: Watch) -> Found:
    """What the job's file holds, its tables stored under names of this try. `watch` hears each progress."""
    lease.report("fetching", total=job.source_bytes)
    source, base = _source(job, scratch), base_of(job)
    asked, result = _read(job, source, scratch / "tables", base, lease, watch)
    lease.report("storing", rows=sum(table["rows"] for table in result["tables"]))
    return _store(job, asked, result, base, lease)


def _source(job: Job, scratch: Path) -> Path:
    """The uploaded file on this machine."""
    if not store().exists(job.source_path):
        raise FileNotFoundError(job.source_path)
    local = store().local(job.source_path)
    if local:
        return Path(local)
    store().get(job.source_path, str(scratch / "source"))
    return scratch / "source"


def _read(job: Job, source: Path, out: Path, base: Base | None, lease, watch: Watch) -> tuple[dict, dict]:
    """The settings asked for, and what the reader made of the file with them."""

    def heard(said: dict) -> None:
        done, total, left = said["bytes_done"], said["bytes_total"] or 0, said["seconds_left"]
        lease.report(said["stage"], rows=said["rows_done"], done=done, total=total, left=left)
        watch(said)

    def read(asked: dict, tables: list[str]) -> dict:
        settings = base.forced(asked, tables) if base else asked
        return read_in_child(source, job.source_name, out, settings, on_progress=heard, should_stop=lambda: lease.lost)

    asked, tables, told = _settings_of(job), list(base.tables) if base else [], []
    while True:
        try:
            result = read(asked, tables)
            return asked, result | {"notes": result["notes"] + told}
        except ReadingError as error:
            lease.check()
            if job.reading or error.code not in remembered.IN_VAIN:
                raise
            inside = error.params["tables"].split(", ") if error.code == "unknown-table" else []
            fewer, also_told = remembered.still_fitting(asked, error)
            if (fewer, inside) == (asked, tables):
                raise
        asked, tables, told = fewer, [name for name in inside if base and name in base.tables], told + also_told


def _settings_of(job: Job) -> dict:
    """The settings of the job; without any, those of the last file. A dataset's only table keeps its name.

    A file that is added to one of several tables is called like it.
    """
    dataset = job.dataset
    settings = dict(job.reading or dataset.reading)
    names = list(dataset.current.tables.values_list("name", flat=True)) if dataset.current else []
    stem = Path(job.source_name).stem
    if len(names) == 1 or (job.mode != Mode.REPLACE and stem in names):
        settings.setdefault("table_name", names[0] if len(names) == 1 else stem)
    return settings


def _store(job: Job, asked: dict, result: dict, base: Base | None, lease: jobs.Lease) -> Found:
    """Puts the finished files into the store under names of this try; tables that the file says nothing of stay."""
    folder, tables, about = uploads.try_folder(job), [], {}
    for position, told in enumerate(result["tables"]):
        lease.check()
        rows = _rows(told | {"position": position}, base, uploads.scratch_of(job) / f"joined-{position}", folder)
        table = Table(name=told["name"], position=position, **_with_bad_cells(rows, f"{folder}/{position}.bad.parquet"))
        tables.append(table)
        about[told["name"]] = {name: plain(told[name]) for name in SHOWN}
    if base:
        tables += [table for name, table in base.tables.items() if name not in about]
    notes = [*(notes_on(job) if base else []), *result["notes"]]
    report = {"detected": result["detected"], "notes": plain(notes), "tables": about}
    return Found(tables=tables, reading=result["settings"], asked=asked, report=report, base=base and base.version)


def _rows(told: dict, base: Base | None, scratch: Path, folder: str) -> dict:
    """What a table says of its rows: those of the file, or those of the current version and the file."""
    if base:
        return plain(joined(base, told, scratch=scratch, folder=folder))
    path = f"{folder}/{told['position']}.parquet"
    store().put(told["file"], path)
    columns = [_column(column) for column in told["columns"]]
    same = {key: told[key] for key in ("rows", "bytes", "sha256", "bad_cells_file", "bad_cells_total")}
    return {"path": path, "schema": columns, **same}


def _with_bad_cells(rows: dict, path: str) -> dict:
    """The fields of a table; the list of its bad cells, where there is one, is in the store under this path."""
    file, count = rows.pop("bad_cells_file"), rows.pop("bad_cells_total")
    if not file:
        return rows
    with Path(file).open("rb") as held:
        digest, size = hashlib.file_digest(held, "sha256").hexdigest(), Path(file).stat().st_size
    store().put(file, path)
    return rows | {
        "bad_cells_path": path,
        "bad_cells": count,
        "bad_cells_bytes": size,
        "bad_cells_sha256": digest,
    }


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
