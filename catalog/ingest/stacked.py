"""Headers over two rows that nothing holds together but what stands in them: names over names, units below names."""

import re

YEAR = re.compile(r"(?:1[89]|20|21)\d\d")
VALUE = re.compile(
    r"[-+]?[\d.,\s]*\d[\d.,]*%?|\d{4}[-/]\d\d?[-/]\d\d?.*|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}.*|\d\d?:\d\d.*", re.S
)
NOTHING = frozenset(("-", "--", ".", "..", "…", "na", "n/a", "null", "none", "nan", "无", "無"))
LEAST_ROWS = 3
MOSTLY = 0.9


def block(row, heads, *, stated):
    """The first and last row of the header that has this row; a row that somebody stated is its last one.

    `heads` are the first rows of the table by their places, as lists of texts.
    """
    if not row:
        return 0, 0
    above, below = heads.get(row - 1), heads.get(row + 1)
    if not stated and below and _goes_on(heads[row], below, _data(heads, row + 1)):
        return row, row + 1
    if above and (_stands_over(above, heads[row]) or (stated and _goes_on(above, heads[row], _data(heads, row)))):
        return row - 1, row
    return row, row


def counted(row, found, count, *, stated):
    """The block found around a row, or one of as many rows as somebody stated; a stated row is its last one."""
    if not count or not row or found[1] - found[0] + 1 == count:
        return found
    return (max(row - count + 1, 1), row) if stated else (row, row + count - 1)


def spread(rows):
    """Writes a name into the blank cells to its right that have names of their own below, as far as the name above it
    reaches; `rows` are from top to bottom, and of equal length."""
    for number, row in enumerate(rows[:-1]):
        held = ""
        for at, cell in enumerate(row):
            if at and any(above[at] != above[at - 1] for above in rows[:number]):
                held = ""
            named = any(below[at].strip() for below in rows[number + 1 :])
            if cell.strip():
                held = cell if named else ""
            elif named:
                row[at] = held


def titles(rows):
    """The title of each column: what stands over it in these rows, from top to bottom, each once."""
    width = max(map(len, rows), default=0)
    rows = [[*row, *[""] * (width - len(row))] for row in rows]
    spread(rows)
    columns = zip(*rows, strict=True)
    return [" ".join(dict.fromkeys(" ".join(part.split()) for part in column if part.strip())) for column in columns]


def is_value(cell):
    """Whether a text is a number, a day or a time; a year may be a name, too."""
    return bool(VALUE.fullmatch(cell.strip())) and not YEAR.fullmatch(cell.strip())


def _data(heads, last):
    return [row for place, row in heads.items() if place > last]


def _goes_on(upper, lower, data):
    """Whether the lower row has names, not values, though the rows below have values in its columns."""
    filled = [at for at, cell in enumerate(lower) if cell.strip()]
    gaps = [at for at in range(max(len(upper), len(lower))) if not _at(upper, at)]
    if len(filled) < 2 or len(data) < LEAST_ROWS or sum(bool(cell.strip()) for cell in upper) < 2:
        return False
    if not all(_is_name(lower[at], [_at(row, at) for row in data]) for at in filled):
        return False
    if any(not _at(lower, at) for at in gaps):
        return False
    valued = sum(_holds_values([_at(row, at) for row in data]) for at in filled)
    return (valued >= 2 and valued * 2 >= len(filled)) or (bool(gaps) and _tells_apart(upper, lower))


def _is_name(cell, below):
    """Whether a cell is no value, no word for nothing, and nothing that occurs again below it."""
    cell = cell.strip()
    if is_value(cell) or cell.lower() in NOTHING or cell in below:
        return False
    return not (YEAR.fullmatch(cell) and any(YEAR.fullmatch(other) for other in below))


def _holds_values(cells):
    filled = [cell for cell in cells if cell and cell.lower() not in NOTHING]
    values = sum(is_value(cell) or bool(YEAR.fullmatch(cell)) for cell in filled)
    return len(filled) >= LEAST_ROWS and values >= MOSTLY * len(filled)


def _stands_over(upper, lower):
    """Whether the upper row has names with blanks between, without which some names of the lower one are alike."""
    filled = [cell for cell in upper if cell.strip()]
    full = len(lower) == len([cell for cell in lower if cell.strip()]) >= len(upper)
    return full and 1 < len(filled) < len(lower) and not any(map(is_value, filled)) and _tells_apart(upper, lower)


def _tells_apart(upper, lower):
    """Whether names that are alike in the lower row are not when the upper one is set before them."""
    names = [cell.strip() for cell in lower if cell.strip()]
    joined = titles([upper, lower])
    return len(set(names)) < len(names) and len(set(joined)) == len(joined)


def _at(row, at):
    return row[at].strip() if at < len(row) else ""
