"""Lines below a table that are none of its rows: sources and remarks, and a total that adds up.

They are left out of the rows and kept with what the steward is told, word by word.
"""

import re
from collections import deque
from decimal import Decimal

from catalog.ingest.errors import ReadingError
from catalog.ingest.notes import note
from catalog.ingest.stacked import is_value

TAIL_ROWS = 30
MOST_LINES = 100
TOLD_CHARS = 500
NOTED_CHARS = 120
LEAST_REMARK = 12
SAYS = re.compile(
    r"\W*(?:(?:data )?sources?|(?:foot)?notes?|remarks?|copyright|licen[cs]e|prepared by|last updated|quellen?|"
    r"anmerkung(?:en)?|hinweise?|fuentes?|notas?|sumber|nota|资料来源|資料來源|数据来源|來源|来源|说明|說明|备注|備註|注释|註|注)"
    r"\W*(?P<mark>[:：]|\d|$)",
    re.I,
)
TOTAL = re.compile(
    r"(?:grand |overall )?totals?|sum|gesamt|insgesamt|summe|jumlah(?: besar)?|"
    r"合\s*计|合\s*計|总\s*计|總\s*計|总数|總數",
    re.I,
)
FOOTNOTE = re.compile(r"[*†‡§]|[(\[]?\d{1,2}[)\]]|[(\[][a-z][)\]]", re.I)
GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?")


def stated(settings):
    """How many lines below the table a steward stated; None where nobody did."""
    count = settings.get("footer_rows")
    if count is None:
        return None
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST_LINES:
        hint = f"Give a number from 0 to {MOST_LINES}."
        raise ReadingError("bad-setting", setting="footer_rows", value=repr(count), hint=hint)
    return count


def find(body, tail, width, *, whole):
    """How many of the last records are no rows, by what stands in them.

    `body` are records from the table's beginning, `tail` the last ones, the file's blank lines among them; with
    `whole`, `body` are all records, those of the tail too.
    """
    if width < 2:
        return 0
    lines = _apart(tail, width)
    found = _remarks(lines, width)
    kept = _without_last(body, width, found) if whole else body
    if found and any(len(_said(record)) == 1 for record in kept):
        found = _from_the_word(lines, found)
    if whole and len(lines) > found and _is_sum(lines[-found - 1][0] if found else lines[-1][0], body, width, found):
        found += 1
    return found if found < len(lines) else 0


def looks_total(record):
    """Whether a row is called a total, though nothing proves that it is one."""
    return any(TOTAL.fullmatch(cell.strip().rstrip(":：")) for cell in _said(record)[:2])


class HeldBack:
    """Passes records on but for the last ones; these are in `rest` when all others have passed."""

    def __init__(self, records, count):
        self.records, self.count, self.rest = records, count, deque()

    def __iter__(self):
        for record in self.records:
            self.rest.append(record)
            if len(self.rest) > self.count:
                yield self.rest.popleft()


def told(rest, width, joiner):
    """The lines left out as [row, text], and what the steward is told of them."""
    lines = lines_of(rest, joiner)
    if not rest:
        return [], []
    shown = " / ".join(text for _, text in lines)[:NOTED_CHARS]
    notes = [note("footer", count=len(rest), row=rest[0][0], text=shown)]
    full = [place for place, record in rest if len(_said(record)) == width and not looks_total(record)]
    if full:
        notes.append(note("footer-looks-like-data", row=full[0]))
    return lines, notes


def lines_of(records, joiner):
    """Records with their places as [row, text], those that hold anything."""
    lines = ([place, joiner.join(record).strip(f"{joiner} ")[:TOLD_CHARS]] for place, record in records)
    return [line for line in lines if line[1]][:MOST_LINES]


def _said(record):
    return [cell for cell in record if cell.strip()]


def _apart(tail, width):
    """The records of the tail that are more than blank lines, each with whether a blank line stands before it."""
    lines, blank = [], False
    for record in tail:
        if len(record) < width and not _said(record):
            blank = True
            continue
        lines.append((record, blank))
        blank = not _said(record)
    return lines


def _remarks(lines, width):
    """How many of the last lines are remarks; rows of empty cells among and right above them count."""
    found = empty = 0
    for record, after_blank in reversed(lines):
        if not _said(record):
            empty += 1
        elif _is_remark(record, width, after_blank):
            found, empty = found + empty + 1, 0
        else:
            break
    return found + empty if found else 0


def _is_remark(record, width, after_blank):
    """Whether one line below a table of this width is a sentence and no row."""
    said = _said(record)
    first = said[0].strip()
    says = SAYS.match(first)
    if len(said) > 1:
        return bool(says and says["mark"] in (":", "：")) and len(said) < width
    if is_value(first):
        return False
    return bool(says) or ((width > 2 or after_blank) and _is_sentence(first))


def _is_sentence(text):
    """Whether a lone text is more than the first cell of a row that broke off."""
    return bool(FOOTNOTE.match(text)) or (len(text) >= LEAST_REMARK and (" " in text or not text.isascii()))


def _from_the_word(lines, found):
    """Where rows of one cell occur in the table too, remarks begin with a word that says so."""
    last = lines[-found:]
    at = next((at for at, (record, _) in enumerate(last) if _said(record) and SAYS.match(_said(record)[0])), found)
    return found - at


def _without_last(body, width, found):
    rows = [record for record in body if len(record) >= width or _said(record)]
    return rows[: len(rows) - found]


def _is_sum(record, body, width, found):
    """Whether the row is called a total, and adds up in at least one column what stands above it."""
    if not looks_total(record):
        return False
    above = [row for row in _without_last(body, width, found + 1) if _said(row)]
    if len(above) < 2:
        return False
    return any(_adds_up(cell, [row[at] for row in above if at < len(row)]) for at, cell in enumerate(record))


def _adds_up(cell, above):
    total, parts = _number(cell), [_number(text) for text in above if text.strip()]
    if not total or len(parts) < 2 or None in parts:
        return False
    rounding = Decimal(10) ** total.as_tuple().exponent / 2
    return abs(sum(parts) - total) <= (rounding * len(parts) if rounding < 1 / 2 else 0)


def _number(text):
    plain = text.strip()
    return Decimal(plain.replace(",", "")) if GROUPED.fullmatch(plain) else None
