"""A file that is added to the current version: its rows become one file more of a table whose others stay.

What does not fit asks the steward, as cells do that do not fit their type; what cannot be meant is refused in a
sentence. The rules of the rows themselves are in `catalog/rows/joining.py`.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.codes import ColumnType
from catalog.ingest.notes import note
from catalog.models import Dataset, Job, Mode, Table, Version
from catalog.parts import PARTS, digest_of_list, parts_list
from catalog.row_keys import named_keys
from catalog.rows import joining
from catalog.rows.joined_cells import cells_after_append, cells_after_upsert
from catalog.rows.scope import quoted
from catalog.store import store

MOST_PARTS = 64
NAMED = 10
PLACES = "places.parquet"
NO_BAD_CELLS = {"bad_cells_file": None, "bad_cells_total": 0}


@dataclass(frozen=True)
class Base:
    """The version that a file is added to, and how."""

    version: Version
    mode: str
    tables: dict[str, Table]
    keys: dict[str, list[str]]

    def types(self, name: str) -> dict[str, str]:
        """The types that the new cells of a table must have, as the reader of files calls them."""
        table = self.tables.get(name)
        kinds = table.types.items() if table else ()
        return {column: "timestamp" if kind == "timestamptz" else kind for column, kind in kinds}

    def forced(self, settings: dict, names: list[str]) -> dict:
        """The settings with these types, where nobody stated another way to read a column."""
        own = dict(settings.get("tables", {}))
        for name in names:
            stated = settings.get("types", {}) | own.get(name, {}).get("types", {})
            own[name] = {**own.get(name, {}), "types": self.types(name) | stated}
        return {**settings, "tables": own}


def base_of(job: Job) -> Base | None:
    """What the job's file is added to; None where it replaces all, or is the first."""
    if job.mode == Mode.REPLACE:
        return None
    found = Version.objects.filter(pk__in=Dataset.objects.filter(pk=job.dataset_id).values("current")).first()
    if found is None:
        return None
    tables = {table.name: table for table in found.tables.all()}
    keys = named_keys(job.dataset) if job.mode == Mode.UPSERT else {}
    return Base(found, job.mode, tables, keys)


def notes_on(job: Job) -> list[dict]:
    """What speaks against adding this file: its rows may be there already."""
    same = Version.objects.filter(dataset=job.dataset_id, state=Version.State.KEPT, source_sha256=job.source_sha256)
    number = same.order_by("-number").values_list("number", flat=True).first()
    return [note("added-before", number=number)] if number and job.mode == Mode.APPEND else []


def joined(base: Base, told: dict, *, scratch: Path, folder: str) -> dict:
    """The fields of the table that comes of it; its new files are in the store under names in this folder.

    With them the list of bad cells as the reader of files tells of it: a file on this machine, and how many.
    """
    former = base.tables.get(told["name"])
    if former is None:
        raise ValidationError(
            _("The current version has no table %(name)s to add to. It has: %(tables)s. Replace the version instead."),
            params={"name": told["name"], "tables": ", ".join(sorted(base.tables)[:NAMED])},
        )
    _check_columns(told, former)
    scratch.mkdir(parents=True, exist_ok=True)
    paths = [_local(part["path"], scratch) for part in former.files]
    cells = _BadCells(base, former, told, scratch)
    if base.mode == Mode.APPEND:
        written = [None] * len(paths)
        new, out = Path(told["file"]), scratch / "added.parquet"
        written.append(joining.append(new, out, _columns(former, told), after=former.rows))
        found = cells.after_append()
    else:
        written = _upserted(base, told, former, paths, scratch)
        found = cells.after_upsert()
    if len(written) > MOST_PARTS:
        new = [one.path if one else path for one, path in zip(written, [*paths, None], strict=True)]
        written, paths = [joining.merge([path for path in new if path], scratch / "merged.parquet")], []
    return _fields(former, told, paths, written, folder) | found


class _BadCells:
    """The list of bad cells of a table that grows."""

    def __init__(self, base: Base, former: Table, told: dict, scratch: Path):
        self.former = _local(former.bad_cells_path, scratch) if former.bad_cells_path else None
        self.new = Path(told["bad_cells_file"]) if told["bad_cells_file"] else None
        self.number, self.rows = base.version.number, former.rows
        self.out, self.places = scratch / "bad.parquet", scratch / PLACES

    def after_append(self) -> dict:
        if not (self.former or self.new):
            return NO_BAD_CELLS
        return self._told(cells_after_append(self.former, self.new, self.out, number=self.number, after=self.rows))

    def after_upsert(self) -> dict:
        if not (self.former or self.new):
            return NO_BAD_CELLS
        return self._told(cells_after_upsert(self.former, self.new, self.out, number=self.number, places=self.places))

    def _told(self, written) -> dict:
        if not written.rows:
            return NO_BAD_CELLS
        return {"bad_cells_file": str(written.path), "bad_cells_total": written.rows}


def _upserted(base: Base, told: dict, former: Table, paths: list[Path], scratch: Path) -> list:
    keys = base.keys.get(former.name)
    if not keys:
        raise ValidationError(
            _("Rows take the place of others by the row key, and the dictionary names none for the table %(name)s. "
              "Tick the columns that name one row, then upload the file again."),
            params={"name": former.name},
        )  # fmt: skip
    try:
        columns, places = _columns(former, told), scratch / PLACES
        return joining.upsert(paths, Path(told["file"]), scratch, columns, keys, places=places)
    except joining.KeyTrouble as trouble:
        raise ValidationError(_key_words(trouble) % {"rows": f"{trouble.rows:,}", "keys": ", ".join(keys)}) from None


def _key_words(trouble: joining.KeyTrouble) -> str:
    if trouble.where == "empty":
        return ngettext(
            "%(rows)s row of the file has no value in the row key (%(keys)s). Fill it in and upload the file again.",
            "%(rows)s rows of the file have no value in the row key (%(keys)s). Fill it in and upload the file again.",
            trouble.rows,
        )
    if trouble.where == "file":
        return ngettext(
            "%(rows)s value of the row key (%(keys)s) stands in several rows of the file. Keep one row of each.",
            "%(rows)s values of the row key (%(keys)s) stand in several rows of the file. Keep one row of each.",
            trouble.rows,
        )
    return ngettext(
        "%(rows)s value of the row key (%(keys)s) stands in several rows of the current version, so it names no row. "
        "Choose another row key in the dictionary.",
        "%(rows)s values of the row key (%(keys)s) stand in several rows of the current version, so they name no row. "
        "Choose another row key in the dictionary.",
        trouble.rows,
    )


def _check_columns(told: dict, former: Table) -> None:
    """The file has just the columns of the table, and their types."""
    now = {column["name"]: column for column in told["columns"]}
    lacking, more = sorted(former.types.keys() - now.keys()), sorted(now.keys() - former.types.keys())
    if lacking or more:
        raise ValidationError(
            _("Only a file with the same columns can be added. Lacking: %(lacking)s. New: %(more)s. Give it the "
              "table's columns, or replace the version."),
            params={"lacking": ", ".join(lacking[:NAMED]) or "–", "more": ", ".join(more[:NAMED]) or "–"},
        )  # fmt: skip
    unzoned = _without_zones(former, told)
    for name, before in former.types.items():
        kind = now[name]["type"]
        if kind == "timestamp" and (now[name].get("zoned") or name in unzoned):
            kind = "timestamptz"
        if kind != before:
            raise ValidationError(
                _("The column %(column)s is “%(before)s” in the current version and “%(now)s” in the file. Bring it "
                  "into the same form, or replace the version."),
                params={"column": name, "before": ColumnType(before).label, "now": ColumnType(kind).label},
            )  # fmt: skip


def _without_zones(former: Table, told: dict) -> set[str]:
    """The columns of moments with a zone in which no row of the file has a value, so that none shows its zone."""
    empty = {column["name"] for column in told["columns"] if column["nulls"] == told["rows"]}
    return {name for name, kind in former.types.items() if kind == "timestamptz" and name in empty}


def _columns(former: Table, told: dict) -> dict[str, str]:
    """What the engine reads of the file for each column of the table, in the table's order."""
    unzoned = _without_zones(former, told)
    return {name: "CAST(NULL AS TIMESTAMPTZ)" if name in unzoned else quoted(name) for name in former.types}


def _fields(former: Table, told: dict, paths: list[Path], written: list, folder: str) -> dict:
    """Stores what was written; the list of all files stands for the table."""
    parts, whole = [], []
    for number, one in enumerate(written):
        if one is None:
            if number < len(paths):
                parts.append(former.files[number])
                whole.append(paths[number])
            continue
        path = f"{folder}/{told['position']}.{number}.parquet"
        store().put(str(one.path), path)
        parts.append({"path": path, "bytes": one.path.stat().st_size, "rows": one.rows, "sha256": _digest(one.path)})
        whole.append(one.path)
    path = f"{folder}/{told['position']}{PARTS}"
    store().write(path, parts_list(parts))
    return {
        "path": path,
        "parts": parts,
        "part_paths": [part["path"] for part in parts],
        "bytes": sum(part["bytes"] for part in parts),
        "rows": sum(part["rows"] for part in parts),
        "sha256": digest_of_list(parts),
        "schema": _schema(former, told, whole),
    }


def _schema(former: Table, told: dict, paths: list[Path]) -> list[dict]:
    """The columns as they were, measured over all rows; what asks is of the new ones."""
    places = {name for name, kind in former.types.items() if kind == "geometry"}
    measured = joining.described(paths, list(former.types), placed=places)
    new = {column["name"]: column for column in told["columns"]}
    still = {"frequent": [], "almost": None, "offers": []}
    return [
        {**about, **measured[about["name"]], **still, "bad_cells": new[about["name"]]["bad_cells"]}
        for about in former.schema
    ]


def _local(path: str, scratch: Path) -> Path:
    if local := store().local(path):
        return Path(local)
    copy = scratch / path.replace("/", "-")
    store().get(path, str(copy))
    return copy


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
