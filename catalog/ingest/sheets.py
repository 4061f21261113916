"""The sheets of a workbook of any kind as sources of text rows, read row by row."""

import datetime
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from catalog.ingest import footers, stacked
from catalog.ingest.dialects import find_header, header_rows, looks_like_data
from catalog.ingest.errors import ReadingError
from catalog.ingest.headers import block_around, is_title, joined_titles
from catalog.ingest.notes import note
from catalog.ingest.raw import RawWriter, Source

LOOKED_AT = 200
LOOKED_AT_WHOLE = 1000
JOINER = " "
TOLD_EVERY = 20_000
MIDNIGHT = " 00:00:00"


@dataclass
class Layout:
    """What a sheet says besides its cells: merged areas (first row, first column, last row, last column, from 1), and
    how many formulas it holds whose results were never stored."""

    merged: list = field(default_factory=list)
    unfinished: int = 0


@dataclass
class Sheet:
    """One sheet of a workbook; `rows` yields its rows from the first, `layout` tells of the rest."""

    title: str
    hidden: bool
    rows: Callable
    layout: Callable


def sources(book, *, settings, work, limits, progress):
    """Yields (sheet name, its rows as a source) for each visible sheet with rows, and (None, notes) at the end."""
    wanted, notes, found = settings.get("sheet"), [], 0
    titles = [sheet.title for sheet in book]
    if wanted is not None and wanted not in titles:
        raise ReadingError("unknown-sheet", sheet=wanted, sheets=", ".join(titles))
    for number, sheet in enumerate(book):
        if wanted not in (None, sheet.title):
            continue
        if sheet.hidden and wanted is None:
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


def _rows(sheet, stem, *, settings, work, limits, progress):
    rows = enumerate((_trimmed(row) for row in sheet.rows()), start=1)
    first = list(itertools.islice((pair for pair in rows if pair[1]), LOOKED_AT))
    if not first:
        return None
    layout = sheet.layout()
    heads = {place: [as_text(cell) for cell in row] for place, row in first}
    header = _header(heads, layout.merged, settings)
    writer, days = RawWriter(work, stem, limits=limits), _Days()
    titles = joined_titles(header, heads, layout.merged)
    writer.widen(len(titles))
    body = _Body(((place, row) for place, row in itertools.chain(first, rows) if place > header[1] and row), settings)
    for place, row in body.rows(len(titles)):
        writer.add(place, days.watch([as_text(cell) for cell in row], row))
        if writer.rows % TOLD_EVERY == 0:
            progress("reading", rows_done=writer.rows)
    writer.close()
    if not writer.rows:
        return None
    above = footers.lines_of([pair for pair in heads.items() if pair[0] < header[0]], JOINER)
    return _source(writer, titles, header, days, sheet.title, layout, above=above, body=body)


class _Body:
    """The rows below the header; those at the end that are no rows of the table are in `footer`."""

    def __init__(self, pairs, settings):
        self.stated = footers.stated(settings)
        self.held = footers.HeldBack(pairs, max(footers.TAIL_ROWS, self.stated or 0))
        self.looked_at, self.footer, self.last = [], [], []

    def rows(self, width):
        """The rows with their places, without the footer of a table of this width."""
        for pair in self.held:
            if len(self.looked_at) <= LOOKED_AT_WHOLE:
                self.looked_at.append(_texts(pair[1]))
            yield pair
        rest = list(self.held.rest)
        count = self._footer(rest, width) if self.stated is None else min(self.stated, len(rest))
        yield from rest[: len(rest) - count]
        self.footer = [(place, _texts(row)) for place, row in rest[len(rest) - count :]]
        self.last = _texts(rest[-1][1]) if rest and not count else []

    def _footer(self, rest, width):
        tail, before = [], None
        for place, row in rest:
            tail += [[]] * (before is not None and place > before + 1) + [_texts(row)]
            before = place
        whole = len(self.looked_at) <= LOOKED_AT_WHOLE
        body = [*self.looked_at, *tail] if whole else self.looked_at
        return footers.find(body, tail, max([width, *map(len, body[:LOOKED_AT])]), whole=whole)


def _texts(row):
    return [as_text(cell) for cell in row]


def _header(heads, merged, settings):
    """The first and last row of the header: held together by merged cells, or by what stands in them."""
    stated = settings.get("header_row")
    row = _header_row(heads, merged, stated)
    found = block_around(row, heads, merged)
    if found == (row, row) and row in heads:
        found = stacked.block(row, heads, stated=stated is not None)
    return stacked.counted(row, found, header_rows(settings), stated=stated is not None)


def _header_row(heads, merged, stated):
    """The row of the header; titles over the table and lines of one cell are none where there are rows of more."""
    if stated is not None:
        return stated
    titles = {area[0] for area in merged if is_title(area, heads)}
    rows = {place: row for place, row in heads.items() if place not in titles and sum(map(bool, row)) > 1}
    rows = rows if len(rows) > 1 else heads
    return list(rows)[find_header(list(rows.values())) - 1]


def _source(writer, titles, header, days, title, layout, *, above, body):
    first, last = header
    notes = [note("lines-above-header", count=first - 1, row=first)] if first > 1 else []
    if first < last:
        notes.append(note("header-of-rows", first=first, last=last))
    if not last:
        notes.append(note("no-header"))
    elif odd := looks_like_data(titles):
        notes.append(note("header-looks-like-data", cells=", ".join(odd)))
    if merged := sum(area[0] > last for area in layout.merged):
        notes.append(note("merged-cells", count=merged, sheet=title))
    if layout.unfinished:
        notes.append(note("unfinished-formulas", count=layout.unfinished, sheet=title))
    footer, told = footers.told(body.footer, len(titles), JOINER)
    notes += told
    if footers.looks_total(body.last) and writer.rows > 1:
        notes.append(note("maybe-total", text=JOINER.join(filter(None, body.last))[: footers.NOTED_CHARS]))
    titles = titles + [""] * (writer.width - len(titles))
    detected = {
        "sheet": title,
        "header_row": last,
        "header_rows": last - first + 1,
        "footer_rows": len(body.footer),
        "first_row": last + 1,
    }
    return Source(
        days.relation(writer),
        titles,
        last + 1,
        numbered=True,
        about_rows=writer.rows,
        exact_rows=writer.rows,
        notes=notes,
        detected=detected,
        above=above,
        footer=footer,
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
        return value.replace("\0", "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="milliseconds" if value.microsecond else "seconds")
    if isinstance(value, datetime.date):
        return f"{value.isoformat()}{MIDNIGHT}"
    if isinstance(value, datetime.timedelta):
        return _duration(value)
    return str(value)


def _duration(value):
    """A stretch of time in hours, minutes and seconds, which may be more than a day."""
    seconds = round(value.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    return f"{'-' if seconds < 0 else ''}{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"


class _Days:
    """Remembers which columns hold days only: a workbook stores a day as midnight."""

    def __init__(self):
        self.days, self.moments = set(), set()

    def watch(self, cells, values):
        for number, value in enumerate(values, start=1):
            if isinstance(value, datetime.datetime):
                (self.days if value.time() == datetime.time() else self.moments).add(number)
            elif isinstance(value, datetime.date):
                self.days.add(number)
        return cells

    def relation(self, writer):
        only_days = sorted(self.days - self.moments)
        if not only_days:
            return writer.relation()
        replaced = ", ".join(f"regexp_replace(c{number}, '{MIDNIGHT}$', '') AS c{number}" for number in only_days)
        return f"(SELECT * REPLACE ({replaced}) FROM {writer.relation()})"
