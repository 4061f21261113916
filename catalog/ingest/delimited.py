"""Delimited text to rows: the quick way where the file keeps the rules, the careful way where it does not."""

import csv
import io

from catalog.ingest import dialects, footers
from catalog.ingest.engine import quoted
from catalog.ingest.errors import ReadingError
from catalog.ingest.notes import note
from catalog.ingest.raw import RawWriter, Source
from catalog.ingest.shapes import has_blank_lines

QUICK_LINE_BYTES = 2_000_000
LONG_LINE_BYTES = 16_384  # lines that are longer on average: the engine takes thousands at once into memory
SURPLUS = "extra_cells"
TOLD_EVERY = 50_000
SAMPLE_STOPS = 50
SAMPLE_STEP = 64 << 10
LOOKED_AT_WHOLE = 1 << 20
TAIL_BYTES = 64 << 10


def sources(text, *, settings, work, limits, progress):
    """Yields ways to read the text, quickest first; the next one is asked for when a way met what it cannot read."""
    dialect = dialects.detect(text.path, settings=settings, limits=limits)
    notes = _notes(text, dialect)
    stated = footers.stated(settings)
    footer = _footer(text, dialect, notes) if stated is None else stated
    detected = {
        "encoding": text.encoding,
        "delimiter": dialect.delimiter,
        "quote": dialect.quote,
        "header_row": dialect.header_row,
        "header_rows": dialect.header_rows,
        "footer_rows": footer,
        "first_row": dialect.first_row,
    }
    if not footer and _keeps_the_rules(text, dialect):
        yield _quickly(text, dialect, notes=list(notes), detected=detected, work=work)
    careful = _Careful(text, dialect, footer, limits, progress)
    yield careful.source(notes=notes, detected=detected, work=work)


def _notes(text, dialect):
    notes = [note("guessed-encoding", encoding=text.encoding)] if text.guessed else []
    first = dialect.header_row - dialect.header_rows + 1
    if first > 1:
        notes.append(note("lines-above-header", count=first - 1, row=first))
    if dialect.header_rows > 1:
        notes.append(note("header-of-rows", first=first, last=dialect.header_row))
    if dialect.header_row == 0:
        notes.append(note("no-header"))
    elif odd := dialects.looks_like_data(dialect.titles):
        notes.append(note("header-looks-like-data", cells=", ".join(odd)))
    return notes


def _keeps_the_rules(text, dialect):
    """Whether the engine's own reader gives exactly the rows that a careful reader would, in as little memory.

    Where a text has no quotation marks, the number of its lines proves it afterwards (`exact_rows`).
    """
    if not (text.shape.is_even and dialect.is_even) or dialect.header_lines is None:
        return False
    if text.shape.bytes > LONG_LINE_BYTES * max(text.shape.line_count, 1):
        return False
    if dialect.width == 1 and text.shape.ends_blank:
        return False
    return not (_may_quote(text, dialect) or dialect.width == 1) or not has_blank_lines(text.path)


def _may_quote(text, dialect):
    return text.shape.has_quotes or dialect.quote != '"'


def _quickly(text, dialect, *, notes, detected, work):
    link = work / "quick.csv"
    link.unlink(missing_ok=True)
    link.symlink_to(text.path.resolve())
    columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(1, dialect.width + 1))
    relation = (
        f"read_csv('{link.name}', auto_detect=false, header=false, skip={dialect.header_lines}, "
        f"delim={quoted(dialect.delimiter)}, quote={quoted(dialect.quote)}, escape={quoted(dialect.quote)}, "
        f"nullstr='', strict_mode=true, max_line_size={QUICK_LINE_BYTES}, columns={{{columns}}})"
    )
    lines = text.shape.line_count - dialect.header_lines
    return Source(
        relation,
        list(dialect.titles),
        dialect.first_row,
        about_rows=lines,
        exact_rows=None if _may_quote(text, dialect) else lines,
        cells=lambda wanted: _some_cells(text, dialect, wanted),
        notes=notes,
        detected=detected,
        above=dialect.above,
    )


def _some_cells(text, dialect, wanted):
    """Cells of about so many rows from all over the text, by column; lines cut within quotation marks drop out."""
    columns = [[] for _ in range(dialect.width)]
    with text.path.open("rb") as file:
        for _ in range(dialect.header_lines):
            file.readline()
        first = file.tell()
        step = max((text.path.stat().st_size - first) // SAMPLE_STOPS, SAMPLE_STEP)
        for start in range(first, text.path.stat().st_size, step):
            file.seek(start)
            if start > first:
                file.readline()
            lines = [file.readline().decode("utf-8", "replace") for _ in range(wanted // SAMPLE_STOPS)]
            for record in csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote):
                if len(record) == dialect.width:
                    for column, cell in zip(columns, record, strict=True):
                        column.append(cell)
    return columns


def _footer(text, dialect, notes):
    """How many of the last records are no rows of the table; adds what only looks like it to the notes."""
    size = text.path.stat().st_size
    with text.path.open("rb") as file:
        head = file.read(LOOKED_AT_WHOLE)
        if whole := size <= LOOKED_AT_WHOLE:
            tail = head
        else:
            head = head[: head.rfind(b"\n") + 1]
            file.seek(size - TAIL_BYTES)
            tail = _from_a_record(file.read(), dialect.quote.encode())
    body = _cut(head, dialect)[dialect.header_row :]
    tail = (body if whole else _cut(tail, dialect))[-footers.TAIL_ROWS :]
    found = footers.find(body, tail, dialect.width, whole=whole)
    last = [record for record in tail if any(cell.strip() for cell in record)][-1:]
    if not found and last and footers.looks_total(last[0]) and len(tail) > 1:
        notes.append(
            note("maybe-total", text=" ".join(cell for cell in last[0] if cell.strip())[: footers.NOTED_CHARS])
        )
    return found


def _from_a_record(tail, quote):
    """The end of a text from the beginning of a line that lies in no quotation marks."""
    tail = tail[tail.find(b"\n") + 1 :]
    while tail.count(quote) % 2 and b"\n" in tail:
        tail = tail[tail.find(b"\n") + 1 :]
    return tail


def _cut(content, dialect):
    """The records of a part of the text; none where its quotation marks are not closed."""
    lines = io.StringIO(content.decode("utf-8-sig", "replace"), newline="")
    try:
        return list(csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote))
    except csv.Error:
        return []


class _Careful:
    """Reads record by record: makes rows even, leaves blank lines and the footer out, and loses nothing else."""

    def __init__(self, text, dialect, footer, limits, progress):
        self.text, self.dialect, self.limits, self.progress = text, dialect, limits, progress
        self.ragged = _Ragged(dialect)
        self.records = _Records(text, dialect)
        self.rows = footers.HeldBack(self._filled(), footer)

    def source(self, *, notes, detected, work):
        """The rows as a source of their own numbers."""
        writer, dialect = RawWriter(work, "careful", limits=self.limits), self.dialect
        writer.widen(dialect.width)
        for place, record in self.rows:
            writer.add(place, self.ragged.even(place, record))
            if writer.rows % TOLD_EVERY == 0:
                self.progress("reading", rows_done=writer.rows, part=self.records.part)
        writer.close()
        if not writer.rows:
            raise ReadingError("no-rows")
        lines, told = footers.told(list(self.rows.rest), dialect.width, dialect.delimiter)
        return Source(
            writer.relation(),
            [*dialect.titles, *[SURPLUS] * (writer.width > dialect.width)],
            dialect.first_row,
            numbered=True,
            about_rows=writer.rows,
            exact_rows=writer.rows,
            notes=notes + told + self.ragged.notes(),
            detected=detected,
            above=dialect.above,
            footer=lines,
        )

    def _filled(self):
        """The records below the header that are more than blank lines."""
        for place, record in self.records:
            if place > self.dialect.header_row and not self.ragged.is_blank(record):
                yield place, record


class _Records:
    """The records of a text with their numbers; says where a quotation mark was left open."""

    def __init__(self, text, dialect):
        self.text, self.dialect = text, dialect
        self.last_lines, self.file = [], None

    def __iter__(self):
        with self.text.path.open(encoding="utf-8-sig", newline="") as lines:
            self.file = lines.buffer
            reader = csv.reader(self._remembered(lines), delimiter=self.dialect.delimiter, quotechar=self.dialect.quote)
            place, last = 0, []
            try:
                for place, record in enumerate(reader, start=1):
                    last, self.last_lines = self.last_lines, []
                    yield place, record
            except csv.Error as error:
                raise ReadingError("quote-never-closed", row=place + 1) from error
            self._check_closed(last, place)

    @property
    def part(self):
        """How much of the text has been read, from 0 to 1."""
        return self.file.tell() / max(self.text.path.stat().st_size, 1)

    def _remembered(self, lines):
        for line in lines:
            self.last_lines.append(line)
            yield line

    def _check_closed(self, lines, place):
        """The last record may have swallowed the rest of the file."""
        strict = csv.reader(lines, delimiter=self.dialect.delimiter, quotechar=self.dialect.quote, strict=True)
        try:
            list(strict)
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                raise ReadingError("quote-never-closed", row=place) from error


class _Ragged:
    """Makes rows even, without losing a cell, and remembers what it met."""

    def __init__(self, dialect):
        self.dialect = dialect
        self.short = self.long = self.long_blank = self.blank = 0
        self.first = {}

    def is_blank(self, record):
        blank = not record or (len(record) < self.dialect.width and not any(cell.strip() for cell in record))
        self.blank += blank
        return blank

    def even(self, place, record):
        width = self.dialect.width
        if len(record) < width:
            self.short += 1
            self.first.setdefault("short", place)
        if len(record) <= width:
            return record
        surplus = record[width:]
        if not any(cell.strip() for cell in surplus):
            self.long_blank += 1
            self.first.setdefault("long_blank", place)
            return record[:width]
        self.long += 1
        self.first.setdefault("long", place)
        return [*record[:width], self.dialect.delimiter.join(surplus)]

    def notes(self):
        told = []
        if self.blank:
            told.append(note("blank-lines", count=self.blank))
        if self.short:
            told.append(note("short-rows", count=self.short, row=self.first["short"]))
        if self.long_blank:
            told.append(note("long-blank-rows", count=self.long_blank, row=self.first["long_blank"]))
        if self.long:
            told.append(note("long-rows", count=self.long, row=self.first["long"], name=SURPLUS))
        return told
