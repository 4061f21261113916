"""How the cells of a text are set apart: delimiter, quotation mark and header row."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from catalog.ingest import footers, stacked
from catalog.ingest.errors import ReadingError
from catalog.ingest.limits import MOST_HEADER_ROWS

USUAL = ",;\t|"
UNUSUAL = "^~\x1f\x01\xa6"
SAMPLE_CHARS = 512 << 10
SAMPLE_RECORDS = 1000
EVEN_ENOUGH = 0.5
LOOKED_AT = 200


@dataclass(frozen=True)
class Dialect:
    """Delimiter and quotation mark of a text; the header ends in record `header_row` (1 is the first, 0 means none)
    and has `header_rows` records.

    `header_lines` are the lines down to the header's end, None where a cell above holds a line break; `is_even` says
    that the first records all have `width` cells; `above` are the lines over the header as [row, text].
    """

    delimiter: str
    quote: str
    header_row: int
    header_rows: int
    titles: tuple
    width: int
    header_lines: int | None
    is_even: bool
    above: list

    @property
    def first_row(self):
        """The row of the file, as a spreadsheet counts, that holds the first data."""
        return self.header_row + 1


def detect(path, *, settings, limits):
    """The dialect of a text; what the settings state is taken, the rest is decided from the first records."""
    lines, whole = _first_lines(path, limits)
    delimiter, quote = _stated(settings, "delimiter"), _stated(settings, "quote")
    if quote is None:
        quote = "'" if _uses_single_quotes(lines) else '"'
    if delimiter is None:
        delimiter = _likeliest_delimiter(lines, quote, whole)
    records, ends = _records(lines, delimiter, quote, whole)
    dialect = _with_header(records, ends, delimiter, quote, settings)
    if dialect.width > limits.columns:
        raise ReadingError("too-many-columns", columns=dialect.width, limit=limits.columns)
    return dialect


def _stated(settings, key):
    value = settings.get(key)
    if value in (None, ""):
        return None
    if not isinstance(value, str) or len(value) != 1 or value in "\r\n":
        raise ReadingError("bad-setting", setting=key, value=repr(value), hint="Give a single character.")
    return value


def _first_lines(path, limits):
    """The first lines of the text, whole lines only, and whether that is all of it."""
    with path.open(encoding="utf-8-sig", newline="") as text:
        sample = text.read(SAMPLE_CHARS)
        whole = len(sample) < SAMPLE_CHARS
        if not whole and "\n" not in sample and "\r" not in sample:
            sample += text.readline(limits.line_bytes)
    lines = list(io.StringIO(sample, newline=""))
    return (lines if whole or len(lines) == 1 else lines[:-1]), whole


def _records(lines, delimiter, quote, whole):
    """The first records, and for each how many lines were read to its end."""
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote)
    records, ends = [], []
    try:
        for record in reader:
            records.append(record)
            ends.append(reader.line_num)
            if len(records) == SAMPLE_RECORDS:
                break
        else:
            if not whole and len(records) > 1:
                records.pop()
                ends.pop()
    except csv.Error:
        if not records:
            raise ReadingError("quote-never-closed", row=1) from None
    return records, ends


def _uses_single_quotes(lines):
    """Whether cells are set in single quotation marks, and none in double ones."""
    text = "".join(lines[:200])
    delimiter = f"[{re.escape(USUAL)}]"
    return (
        not re.search(rf'(^|{delimiter})"', text, re.M)
        and len(re.findall(rf"(?:^|{delimiter})'[^'\n]*'(?={delimiter}|\r?$)", text, re.M)) >= 2
    )


def _likeliest_delimiter(lines, quote, whole):
    """The delimiter that cuts most records into the same number of cells; a comma where none cuts at all."""
    usual = {mark: _evenness(lines, mark, quote, whole) for mark in USUAL}
    best = max(usual, key=usual.get)
    if usual[best] >= EVEN_ENOUGH:
        return best
    unusual = {mark: _evenness(lines, mark, quote, whole) for mark in UNUSUAL}
    rare = max(unusual, key=unusual.get)
    return rare if unusual[rare] > max(EVEN_ENOUGH, usual[best]) else best


def _evenness(lines, mark, quote, whole):
    records, _ = _records(lines, mark, quote, whole)
    widths = [len(record) for record in records if any(cell.strip() for cell in record)]
    if not widths:
        return 0
    width, count = max(
        Counter(width for width in widths if width > 1).items(), key=lambda item: (item[1], item[0]), default=(1, 0)
    )
    even = count / len(widths)
    header_agrees = widths[0] == width
    return even * (1 - 1 / (2 * width)) * (1 if header_agrees else 0.7)


def _with_header(records, ends, delimiter, quote, settings):
    first, row = _header(records, settings)
    titles = records[row - 1] if row else []
    if first < row:
        titles = stacked.titles(records[first - 1 : row])
    below = Counter(_filled_width(record) for record in records[row:] if any(cell.strip() for cell in record))
    width = max(len(titles), below.most_common(1)[0][0] if below else 0)
    lines = (ends[row - 1] if ends[row - 1] == row else None) if row else 0
    even = all(len(record) in (0, width) for record in records[row:])
    return Dialect(
        delimiter,
        quote,
        row,
        row - first + 1,
        tuple(titles) + ("",) * (width - len(titles)),
        width,
        lines,
        even,
        footers.lines_of(enumerate(records[: max(first - 1, 0)], start=1), delimiter),
    )


def _header(records, settings):
    """The first and last record of the header: stated, or found by what stands in the records."""
    stated, count = settings.get("header_row"), header_rows(settings)
    if stated is not None and (isinstance(stated, bool) or not isinstance(stated, int) or stated < 0):
        raise ReadingError("bad-setting", setting="header_row", value=repr(stated), hint="Give a row number, or 0.")
    row = find_header(records) if stated is None else stated
    heads = dict(enumerate(records[:LOOKED_AT], start=1))
    if row in heads:
        first, last = stacked.block(row, heads, stated=stated is not None)
    else:
        first = last = row
    first, last = stacked.counted(row, (first, last), count, stated=stated is not None)
    if last > len(records):
        raise ReadingError("no-header", row=last)
    return first, last


def header_rows(settings):
    """How many rows of names a steward stated; None where nobody did."""
    count = settings.get("header_rows")
    if count is None:
        return None
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_HEADER_ROWS:
        hint = f"Give a number from 1 to {MOST_HEADER_ROWS}."
        raise ReadingError("bad-setting", setting="header_rows", value=repr(count), hint=hint)
    return count


def _filled_width(record):
    """The number of cells up to the last that is not blank."""
    return max((number for number, cell in enumerate(record, start=1) if cell.strip()), default=0)


def find_header(records):
    """The number of the first record that is about as wide as the others and at least half filled."""
    filled = [record for record in records if any(str(cell).strip() for cell in record)]
    if not filled:
        raise ReadingError("empty-file")
    usual = _usual_width(filled)
    for number, record in enumerate(records, start=1):
        cells = sum(bool(str(cell).strip()) for cell in record)
        wide = len(record) >= usual - 1 if usual > 2 else len(record) >= usual
        if wide and cells and cells * 2 >= usual:
            return number
    return next(number for number, record in enumerate(records, start=1) if record is filled[0])


def _usual_width(records):
    """How many cells a row has, by most of the records; however many titles and remarks stand around a small table,
    rows are what lies between them and holds more cells than they do."""
    widths = Counter(map(len, records))
    usual = widths.most_common(1)[0][0]
    wider = [at for at, record in enumerate(records) if len(record) > 1]
    if usual > 1 or not wider:
        return usual
    between, count = Counter(map(len, records[wider[0] : wider[-1] + 1])).most_common(1)[0]
    return between if between * count >= widths[1] else usual


def looks_like_data(titles):
    """Up to three header cells that are numbers with a decimal point or dates, if most of the header is like that."""
    odd = [
        title
        for title in titles
        if re.fullmatch(r"-?\d+\.\d+|\d{4}-\d\d-\d\d.*|\d{1,2}/\d{1,2}/\d{4}.*", title)
        or (re.fullmatch(r"-?\d+", title) and not re.fullmatch(r"(1[89]|20|21)\d\d", title))
    ]
    return odd[:3] if len(odd) * 2 > len(titles) else []
