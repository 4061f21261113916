"""Rows as plain text, before anybody decides about types: what every reader of a format hands over."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.ingest.errors import ReadingError

BATCH_ROWS = 20_000
BATCH_CHARS = 8 << 20


class MisreadError(Exception):
    """The quick way of reading met something that only the careful way can read."""


@dataclass
class Source:
    """A relation of text columns c1, c2 ... in file order; `numbered` ones have `__row` and `__at` (the file's row).

    `types` has what the file itself states of columns, by number, in the words of a steward's settings; `above` and
    `footer` the lines that are no rows, as [row, text].
    """

    relation: str
    titles: list
    first_row: int
    numbered: bool = False
    about_rows: int = 0
    exact_rows: int | None = None
    cells: Callable | None = None
    places: set = field(default_factory=set)
    types: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    detected: dict = field(default_factory=dict)
    above: list = field(default_factory=list)
    footer: list = field(default_factory=list)

    @property
    def rows_with_place(self):
        """SQL for the relation with `__row`, its row, and `__at`, the row as the file counts it."""
        if self.numbered:
            return f"(SELECT * FROM {self.relation})"
        counted = f"(SELECT *, row_number() OVER () AS __row FROM {self.relation})"
        return f"(SELECT *, __row + {self.first_row - 1} AS __at FROM {counted})"


class RawWriter:
    """Writes rows of text into Parquet in constant memory; wider rows than before add columns."""

    def __init__(self, folder, stem, *, limits):
        self.folder, self.stem, self.limits = folder, stem, limits
        self.paths, self.rows, self.width = [], 0, 0
        self._writer = self._schema = None
        self._columns, self._places, self._chars = [], [], 0

    def add(self, place, cells):
        """Adds one row that stands at this place in the file; empty cells become null."""
        if len(cells) > self.width:
            self.widen(len(cells))
        for column, cell in zip(self._columns, cells, strict=False):
            column.append(cell or None)
            if cell:
                self._chars += len(cell)
        for column in self._columns[len(cells) :]:
            column.append(None)
        self._places.append(place)
        self.rows += 1
        if len(self._places) >= BATCH_ROWS or self._chars >= BATCH_CHARS:
            self.flush()

    def widen(self, width):
        if width > self.limits.columns:
            raise ReadingError("too-many-columns", columns=width, limit=self.limits.columns)
        missing = len(self._places)
        self._columns.extend([None] * missing for _ in range(width - self.width))
        self.width = width

    def flush(self):
        """Writes what is kept; a new file begins where columns were added."""
        if not self._places:
            return
        first = self.rows - len(self._places) + 1
        names = ["__row", "__at", *(f"c{number}" for number in range(1, self.width + 1))]
        numbers = [pa.array(range(first, self.rows + 1), pa.int64()), pa.array(self._places, pa.int64())]
        batch = pa.record_batch(numbers + [_text_array(cells) for cells in self._columns], names=names)
        if self._writer is None or batch.schema != self._schema:
            self._open(batch.schema)
        self._writer.write_batch(batch)
        self._columns = [[] for _ in range(self.width)]
        self._places, self._chars = [], 0

    def _open(self, schema):
        if self._writer:
            self._writer.close()
        path = Path(self.folder) / f"{self.stem}-{len(self.paths)}.parquet"
        self.paths.append(path)
        self._schema = schema
        self._writer = pq.ParquetWriter(path, schema, compression="lz4", use_dictionary=False)

    def close(self):
        self.flush()
        if self._writer:
            self._writer.close()

    def relation(self):
        """SQL that reads the rows back, in order."""
        names = ", ".join(f"'{path.name}'" for path in self.paths)
        return f"read_parquet([{names}], union_by_name=true)"


def _text_array(cells):
    """The cells as an Arrow column; halves of a surrogate pair, which are no text, become question marks."""
    try:
        return pa.array(cells, pa.large_string())
    except UnicodeEncodeError:
        return pa.array([cell and cell.encode("utf-8", "replace").decode() for cell in cells], pa.large_string())
