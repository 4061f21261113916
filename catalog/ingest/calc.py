"""Workbooks of the older kind (XLS) and of OpenDocument (ODS), by a library that holds a sheet at a time."""

import datetime

import python_calamine as calamine

from catalog.ingest.errors import ReadingError
from catalog.ingest.sheets import Layout, Sheet

ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
CHUNK = 1 << 20


def book(member, *, work):
    """The sheets of a workbook; its charts and macros are no sheets."""
    path = str(member.on_disk(work))
    try:
        opened = calamine.CalamineWorkbook.from_path(path)
    except calamine.PasswordError as error:
        raise ReadingError("encrypted-workbook") from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise _damaged(member) from error
    return [
        _sheet(opened, about)
        for about in opened.sheets_metadata
        if about.typ in (calamine.SheetTypeEnum.WorkSheet, calamine.SheetTypeEnum.DialogSheet)
    ]


def _sheet(opened, about):
    hidden = about.visible != calamine.SheetVisibleEnum.Visible
    return Sheet(about.name, hidden, lambda: _cells(opened, about.name), lambda: _layout(opened, about.name))


def _open_sheet(opened, name):
    try:
        return opened.get_sheet_by_name(name)
    except (calamine.CalamineError, ValueError) as error:
        if "Cell limit exceeded" in str(error):
            raise ReadingError("too-much-memory") from error
        raise ReadingError("damaged-workbook") from error


def _cells(opened, name):
    """The rows of a sheet from its first row and first column, whichever cells are filled."""
    sheet = _open_sheet(opened, name)
    if sheet.start is None:
        return
    above, before = sheet.start
    yield from ((),) * above
    for row in sheet.iter_rows():
        yield (None,) * before + tuple(_plain(cell) for cell in row)


def _plain(cell):
    """A cell; a stretch of time, which OpenDocument writes as PT27H17M54S, in hours like all others."""
    if isinstance(cell, str) and cell.startswith("PT") and (length := _length(cell)) is not None:
        return length
    return cell


def _length(text):
    numbers, number = {}, ""
    for letter in text[2:]:
        if letter.isdecimal() or letter == ".":
            number += letter
        elif letter in "HMS" and number and letter not in numbers:
            numbers[letter], number = float(number), ""
        else:
            return None
    if number or not numbers or sum(numbers.values()) > 1e9:
        return None
    return datetime.timedelta(hours=numbers.get("H", 0), minutes=numbers.get("M", 0), seconds=numbers.get("S", 0))


def _layout(opened, name):
    merged = _open_sheet(opened, name).merged_cell_ranges or []
    return Layout([(top + 1, left + 1, bottom + 1, right + 1) for (top, left), (bottom, right) in merged])


def _damaged(member):
    """Why an old container cannot be read: it may hold a protected workbook of the newer kind."""
    before = b""
    with member.open() as stream:
        while chunk := stream.read(CHUNK):
            if ENCRYPTED in before + chunk:
                return ReadingError("encrypted-workbook")
            before = chunk[-len(ENCRYPTED) :]
    return ReadingError("damaged-workbook")
