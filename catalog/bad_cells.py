"""The cells of a table that did not fit the type of their column, all of them, as they stand in the file."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audit.actor import Actor
from catalog.gate import Exit, open_file
from catalog.models import Basis, Distribution, Table
from catalog.reading_words import why_words
from catalog.store import store

READ = ("row", "column", "text", "why")
NAMES = (*READ, "version")
BATCH = 1_000
BESIDE_TEXT = 300  # bytes of a line for the row, the column, the reason and the version, at most


@dataclass(frozen=True)
class Head:
    """A column of the list."""

    name: str
    type: str = "text"


class BadCells:
    """The list on its way out: what `catalog.streams.stream` writes as a file."""

    columns = [Head(name) for name in NAMES]

    def __init__(self, path: str, number: int, exit_: Exit):
        self.path, self.number, self.exit = path, number, exit_

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The cells in the order of the files, each with the reason in the reader's language and its file's version."""
        for batch in _batches(self.path):
            reasons = pa.array([why_words(why) for why in batch["why"].to_pylist()], pa.string())
            cells = [*(batch[name] for name in READ[:-1]), reasons, self._versions(batch)]
            yield pa.RecordBatch.from_arrays(cells, names=list(NAMES))

    def _versions(self, batch: pa.RecordBatch) -> pa.Array:
        """The version whose file each cell stands in: this one, unless the list says that the row was there before."""
        if "version" not in batch.schema.names:
            return pa.array([self.number] * batch.num_rows, pa.int32())
        return pc.fill_null(batch["version"], self.number)

    def close(self, outcome: str = "reader left") -> None:
        """Writes down what left."""
        self.exit.close(outcome)


def open_bad_cells(table: Table, duty: Basis, *, by: Actor) -> BadCells:
    """The bad cells of a table under the owner's duty; the opening is written down like that of any file."""
    file = Distribution(
        basis=duty,
        version=table.version,
        table=table.name,
        format="bad-cells",
        path=table.bad_cells_path,
        rows=table.bad_cells,
        bytes=0,
    )
    exit_, path = open_file(file, by=by, measure=lambda: _longest(table))
    return BadCells(path, table.version.number, exit_)


def _longest(table: Table) -> int:
    """The most bytes that the list may have, by the texts in it, each of which may be doubled by quotes."""
    lengths = (pc.sum(pc.binary_length(batch["text"])).as_py() for batch in _batches(table.bad_cells_path))
    return BESIDE_TEXT * (table.bad_cells + 1) + 2 * sum(lengths)


def _batches(path: str) -> Iterator[pa.RecordBatch]:
    if not path:
        return
    with store().open(path) as file:
        held = pq.ParquetFile(file)
        names = [name for name in NAMES if name in held.schema_arrow.names]
        yield from held.iter_batches(BATCH, columns=names)
