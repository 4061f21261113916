"""Delimited text to rows: the quick way where the file keeps the rules, the careful way where it does not."""
import csv

from catalog.ingest import dialects
from catalog.ingest.errors import ReadingError
from catalog.ingest.notes import note
from catalog.ingest.raw import RawWriter, Source

QUICK_LINE_BYTES = 2_000_000
SURPLUS = "extra_cells"
TOLD_EVERY = 50_000


def sources(text, *, settings, work, limits, progress):
    """Yields ways to read the text, quickest first; the next one is asked for when a way met what it cannot read."""
    dialect = dialects.detect(text.path, settings=settings, limits=limits)
    notes = _notes(text, dialect)
    detected = {"encoding": text.encoding, "delimiter": dialect.delimiter, "quote": dialect.quote,
                "header_row": dialect.header_row, "first_row": dialect.first_row}
    if _keeps_the_rules(text, dialect):
        yield _quickly(text, dialect, notes=list(notes), detected=detected, work=work)
    yield _carefully(text, dialect, notes=notes, detected=detected, work=work, limits=limits, progress=progress)


def _notes(text, dialect):
    notes = [note("guessed-encoding", encoding=text.encoding)] if text.guessed else []
    if dialect.header_row > 1:
        notes.append(note("lines-above-header", count=dialect.header_row - 1, row=dialect.header_row))
    if dialect.header_row == 0:
        notes.append(note("no-header"))
    elif odd := dialects.looks_like_data(dialect.titles):
        notes.append(note("header-looks-like-data", cells=", ".join(odd)))
    return notes


def _keeps_the_rules(text, dialect):
    """Whether the engine's own reader gives exactly the rows that a careful reader would."""
    ends_blank = text.shape.blank_at_end and dialect.width == 1
    return text.shape.is_regular and not ends_blank and dialect.header_lines is not None


def _quickly(text, dialect, *, notes, detected, work):
    link = work / "quick.csv"
    link.unlink(missing_ok=True)
    link.symlink_to(text.path.resolve())
    columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(1, dialect.width + 1))
    quote = dialect.quote.replace("'", "''")
    relation = (
        f"read_csv('{link.name}', auto_detect=false, header=false, skip={dialect.header_lines}, "
        f"delim='{dialect.delimiter}', quote='{quote}', escape='{quote}', nullstr='', strict_mode=true, "
        f"max_line_size={QUICK_LINE_BYTES}, columns={{{columns}}})"
    )
    about = text.shape.line_count - dialect.header_lines
    exact = about if not text.shape.quotes and not text.shape.blank_at_end and dialect.quote == '"' else None
    return Source(relation, list(dialect.titles), dialect.first_row, about_rows=about, exact_rows=exact,
                  notes=notes, detected=detected)


def _carefully(text, dialect, *, notes, detected, work, limits, progress):
    writer = RawWriter(work, "careful", limits=limits)
    writer.widen(dialect.width)
    ragged = _Ragged(dialect)
    reader = _Records(text, dialect)
    for place, record in reader:
        if place <= dialect.header_row or ragged.is_blank(record):
            continue
        writer.add(place, ragged.even(place, record))
        if writer.rows % TOLD_EVERY == 0:
            progress("reading", rows_done=writer.rows)
    writer.close()
    if not writer.rows:
        raise ReadingError("no-rows")
    titles = list(dialect.titles)
    if writer.width > dialect.width:
        titles.append(SURPLUS)
    return Source(writer.relation(), titles, dialect.first_row, numbered=True, about_rows=writer.rows,
                  exact_rows=writer.rows, notes=notes + ragged.notes(), detected=detected)


class _Records:
    """The records of a text with their numbers; says where a quotation mark was left open."""

    def __init__(self, text, dialect):
        self.text, self.dialect = text, dialect
        self.last_lines = []

    def __iter__(self):
        with self.text.path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(self._remembered(lines), delimiter=self.dialect.delimiter,
                                quotechar=self.dialect.quote)
            place = 0
            try:
                for place, record in enumerate(reader, start=1):
                    yield place, record
                    if len(self.last_lines) > 1:
                        self._check_closed(place)
                    self.last_lines.clear()
            except csv.Error as error:
                raise ReadingError("quote-never-closed", row=place + 1) from error

    def _remembered(self, lines):
        for line in lines:
            self.last_lines.append(line)
            yield line

    def _check_closed(self, place):
        """A record over several lines that ends with the file may have swallowed it."""
        strict = csv.reader(self.last_lines, delimiter=self.dialect.delimiter, quotechar=self.dialect.quote,
                            strict=True)
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
