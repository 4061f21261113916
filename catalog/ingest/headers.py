"""Headers that stand over several rows of a sheet, held together by merged cells."""

import re

from catalog.ingest import stacked
from catalog.ingest.limits import MOST_HEADER_ROWS as MOST_ROWS

YEAR = re.compile(r"(?:1[89]|20|21)\d\d")
NUMBER = re.compile(r"[-+]?[\d.,]+%?")


def block_around(row, heads, merged):
    """The first and last row of the header that has this row: merged cells hold its rows together."""
    if not row:
        return 0, 0
    first = last = row
    near = [area for area in merged if not is_title(area, heads) and area[0] > row - MOST_ROWS]
    grown = True
    while grown:
        grown = False
        for area in near:
            top, bottom = area[0], area[2] + _has_row_below(area, heads)
            if top <= last and bottom >= first and (top < first or bottom > last) and _fits(top, bottom, first, last):
                first, last, grown = min(first, top), max(last, bottom), True
    return first, last


def joined_titles(header, heads, merged):
    """The title of each column: what stands over it in the header's rows, from top to bottom, each once."""
    first, last = header
    if not last:
        return []
    rows = {place: list(heads.get(place, [])) for place in range(first, last + 1)}
    width = max(map(len, rows.values()), default=0)
    areas = [area for area in merged if area[0] in rows and not is_title(area, heads)]
    if first < last and not areas:
        return stacked.titles(list(rows.values()))
    for area in areas:
        _spread(rows, area)
        width = max(width, *map(len, rows.values()))
    columns = ([row[at] if at < len(row) else "" for row in rows.values()] for at in range(width))
    return [" ".join(dict.fromkeys(" ".join(part.split()) for part in column if part.strip())) for column in columns]


def _spread(rows, area):
    """Writes what stands in the first cell of a merged area into all of its cells."""
    top, left, bottom, right = area
    held = rows[top][left - 1] if left <= len(rows[top]) else ""
    if not held:
        return
    for place in range(top, min(bottom, max(rows)) + 1):
        row = rows[place]
        row.extend([""] * (right - len(row)))
        row[left - 1 : right] = [held] * (right - left + 1)


def is_title(area, heads):
    """Whether a merged area is all that its row holds: a title over the table, not the name of some columns."""
    top, left, _, right = area
    row = heads.get(top, [])
    return right > left and not any(cell.strip() for at, cell in enumerate(row, start=1) if not left <= at <= right)


def _has_row_below(area, heads):
    """Whether the columns under one common name have names of their own in the next row."""
    _, left, bottom, right = area
    names = heads.get(bottom + 1, [])[left - 1 : right]
    return right > left and sum(_is_name(cell) for cell in names) > 1 and not any(_is_number(cell) for cell in names)


def _is_name(cell):
    return bool(cell.strip()) and not _is_number(cell)


def _is_number(cell):
    return bool(NUMBER.fullmatch(cell.strip())) and not YEAR.fullmatch(cell.strip())


def _fits(top, bottom, first, last):
    return max(last, bottom) - min(first, top) < MOST_ROWS
