"""Reads small files in the tests, in this process, with the reader that the child process runs."""

import contextlib
import gzip
import io
import os
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from catalog.ingest.errors import ReadingError
from catalog.ingest.read import read_file

DATA = Path(__file__).resolve().parents[1] / "data"
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


class Desk:
    """Where a steward's file is read: `read` gives the result, `rows` what the Parquet of a table holds."""

    def __init__(self, folder, limits):
        self.folder, self.limits, self.count = folder, limits, 0

    def read(self, content, name="data.csv", **settings):
        self.count += 1
        work = self.folder / f"work{self.count}"
        work.mkdir()
        source = content
        if not isinstance(content, Path):
            source = self.folder / f"source{self.count}"
            source.write_bytes(content.encode() if isinstance(content, str) else content)
        with contextlib.chdir(os.getcwd()):
            result = read_file(source, name, work=work, settings=settings, limits=self.limits, progress=_silent)
        for table in result["tables"]:
            table["path"] = work / table["file"]
            table["bad_cells_path"] = table["bad_cells_file"] and work / table["bad_cells_file"]
        return result

    def refused(self, content, name="data.csv", **settings):
        with pytest.raises(ReadingError) as caught:
            self.read(content, name, **settings)
        return caught.value


def _silent(stage, **done):
    pass


def rows(table):
    """The rows of a table as dictionaries, without `__row`."""
    return [
        {name: value for name, value in row.items() if name != "__row"}
        for row in pq.read_table(table["path"]).to_pylist()
    ]


def types(table):
    return {column["name"]: column["type"] for column in table["columns"]}


def column(table, name):
    return next(column for column in table["columns"] if column["name"] == name)


def codes(result):
    return [note["code"] for note in result["notes"]]


def only(result):
    """The only table of a result."""
    (table,) = result["tables"]
    return table


def zipped(**files):
    """The bytes of a zip archive; `a__csv` is the file a.csv."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()


def gzipped(content):
    return gzip.compress(content.encode() if isinstance(content, str) else content)


def shared(path):
    """A file of the larger collection beside the checkout; skips the test where there is none."""
    if not (SHARED / path).exists():
        pytest.skip(f"needs the data collection beside the checkout ({path})")
    return SHARED / path
