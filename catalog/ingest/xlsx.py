"""The visible sheets of a workbook as rows of text, read row by row."""

import datetime
import itertools
import zipfile
import zlib

import openpyxl
from defusedxml.common import DefusedXmlException

from catalog.ingest.dialects import find_header, looks_like_data
from catalog.ingest.errors import ReadingError
from catalog.ingest.notes import note
from catalog.ingest.raw import RawWriter, Source

LOOKED_AT = 200
TOLD_EVERY = 20_000
DAMAGE = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    SyntaxError,
    OSError,
    zipfile.BadZipFile,
    zlib.error,
)
MIDNIGHT = " 00:00:00"


def sheets(member, *, settings, work, limits, progress):
    """Yields (sheet name, its rows as a source) for each visible sheet with rows, and (None, notes) at the end."""
    book = _open(member.on_disk(work))
    wanted, notes, found = settings.get("sheet"), [], 0
    if wanted is not None and wanted not in book.sheetnames:
        raise ReadingError("unknown-sheet", sheet=wanted, sheets=", ".join(book.sheetnames))
    for number, sheet in enumerate(book.worksheets):
        if wanted not in (None, sheet.title):
            continue
        if sheet.sheet_state != "visible" and wanted is None:
            notes.append(note("hidden-sheet", sheet=sheet.title))
            continue
        source = _rows(sheet, f"sheet{number}", settings=settings, work=work, limits=limits, progress=progress)
        if source is None:
            notes.append(note("empty-sheet", sheet=sheet.title))
            continue
        found += 1
        yield sheet.title, source
    if not found:
        raise ReadingError("no-sheet")
    yield None, notes


def _open(path):
    try:
        return openpyxl.load_workbook(path.open("rb"), read_only=True, data_only=True, keep_links=False)
    except DAMAGE as error:
        raise _damaged(error) from error


def _cells(sheet):
    """The rows of a sheet; damage found on the way is told in a sentence."""
    sheet.reset_dimensions()
    try:
        yield from sheet.iter_rows(values_only=True)
    except DAMAGE as error:
        raise _damaged(error) from error


def _damaged(error):
    """What is wrong with a workbook that the library cannot read."""
    while error:
        if isinstance(error, DefusedXmlException):
            return ReadingError("hostile-workbook")
        error = error.__cause__
    return ReadingError("damaged-workbook")


def _rows(sheet, stem, *, settings, work, limits, progress):
    rows = enumerate((_trimmed(row) for row in _cells(sheet)), start=1)
    first = list(itertools.islice((pair for pair in rows if pair[1]), LOOKED_AT))
    if not first:
        return None
    header_row = _header_row(first, settings.get("header_row"))
    titles = next(([as_text(cell) for cell in row] for place, row in first if place == header_row), [])
    writer, days = RawWriter(work, stem, limits=limits), _Days()
    writer.widen(len(titles))
    for place, row in itertools.chain(first, rows):
        if place <= header_row or not row:
            continue
        writer.add(place, days.watch([as_text(cell) for cell in row], row))
        if writer.rows % TOLD_EVERY == 0:
            progress("reading", rows_done=writer.rows)
    writer.close()
    if not writer.rows:
        return None
    return _source(writer, titles, header_row, days, sheet.title)


def _header_row(first, stated):
    if stated is not None:
        return stated
    return first[find_header([[as_text(cell) for cell in row] for _, row in first]) - 1][0]


def _source(writer, titles, header_row, days, title):
    notes = [note("lines-above-header", count=header_row - 1, row=header_row)] if header_row > 1 else []
    if not header_row:
        notes.append(note("no-header"))
    elif odd := looks_like_data(titles):
        notes.append(note("header-looks-like-data", cells=", ".join(odd)))
    titles = titles + [""] * (writer.width - len(titles))
    detected = {"sheet": title, "header_row": header_row, "first_row": header_row + 1}
    return Source(
        days.relation(writer),
        titles,
        header_row + 1,
        numbered=True,
        about_rows=writer.rows,
        exact_rows=writer.rows,
        notes=notes,
        detected=detected,
    )


def _trimmed(row):
    """The row up to its last filled cell."""
    end = len(row)
    while end and (row[end - 1] is None or row[end - 1] == ""):
        end -= 1
    return row[:end]


def as_text(value):
    """A cell as the text that a CSV would hold: exact numbers of at most 15 digits, ISO dates and times."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="milliseconds" if value.microsecond else "seconds")
    return str(value)


class _Days:
    """Remembers which columns hold days only: a workbook stores a day as midnight."""

    def __init__(self):
        self.days, self.moments = set(), set()

    def watch(self, cells, values):
        for number, value in enumerate(values, start=1):
            if isinstance(value, datetime.datetime):
                (self.days if value.time() == datetime.time() else self.moments).add(number)
        return cells

    def relation(self, writer):
        only_days = sorted(self.days - self.moments)
        if not only_days:
            return writer.relation()
        replaced = ", ".join(f"regexp_replace(c{number}, '{MIDNIGHT}$', '') AS c{number}" for number in only_days)
        return f"(SELECT * REPLACE ({replaced}) FROM {writer.relation()})"
