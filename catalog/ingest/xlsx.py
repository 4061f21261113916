"""Workbooks of the newer kind (XLSX, XLSM), streamed: however long, a sheet is never held in memory."""

import re
import zipfile
import zlib

import openpyxl
from defusedxml.common import DefusedXmlException
from openpyxl.utils.cell import range_boundaries

from catalog.ingest.errors import ReadingError
from catalog.ingest.sheets import Layout, Sheet

CHUNK = 1 << 20
OVERLAP = 200
MOST_MERGED = 100_000
MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]{0,100}?ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')
UNFINISHED = re.compile(rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f/>)(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?</(?:\w+:)?c>")
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


def book(member, *, work):
    """The sheets of a workbook."""
    path = member.on_disk(work)
    try:
        opened = openpyxl.load_workbook(path.open("rb"), read_only=True, data_only=True, keep_links=False)
    except DAMAGE as error:
        raise _damaged(error) from error
    return [_sheet(path, sheet) for sheet in opened.worksheets]


def _sheet(path, sheet):
    return Sheet(
        sheet.title, sheet.sheet_state != "visible", lambda: _cells(sheet), lambda: _layout(path, sheet._worksheet_path)
    )


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


def _layout(path, part):
    """What the row reader does not tell, found in the sheet's own text as it streams by."""
    layout, kept = Layout(), b""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(part) as stream:
            while chunk := stream.read(CHUNK):
                text = kept + chunk
                layout.merged += [_area(found[1]) for found in MERGED.finditer(text) if found.end() > len(kept)]
                layout.unfinished += sum(found.end() > len(kept) for found in UNFINISHED.finditer(text))
                kept = text[-OVERLAP:]
                del layout.merged[MOST_MERGED:]
    except DAMAGE as error:
        raise _damaged(error) from error
    return layout


def _area(reference):
    left, top, right, bottom = range_boundaries(reference.decode())
    return top, left, bottom, right
