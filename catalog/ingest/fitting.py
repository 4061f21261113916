"""Decides the type of every column from all of its cells; a sample only rules out what cannot be."""
from dataclasses import dataclass

from catalog.ingest.errors import ReadingError
from catalog.ingest.readings import GUESSED, MOST_DIGITS, TEXT, Reading

SAMPLE_ROWS = 5000
SAMPLE_CELLS = 100_000
SAMPLE_ROWS_LEAST = 500
GLANCE = 50
NEARLY = 0.95
WORTH_COUNTING = 0.85
WORTH_LOOKING = 0.5
COLUMNS_AT_ONCE = 100
DIGITS = "max(CASE WHEN strpos({t}, '.') > 0 THEN strpos({t}, '.') - 1 ELSE length({t}) END) FILTER ({fits})"
SCALE = "max(CASE WHEN strpos({t}, '.') > 0 THEN length({t}) - strpos({t}, '.') END) FILTER ({fits})"


@dataclass
class Fit:
    """How many cells of a column fit one reading, and how wide its numbers are."""

    reading: Reading
    fits: int
    proven: bool
    digits: int = 0
    scale: int = 0

    @property
    def is_possible(self):
        return self.reading.type != "decimal" or self.digits + self.scale <= MOST_DIGITS


@dataclass
class Choice:
    """The reading of one column, decided or asked for, with what speaks against it."""

    fit: Fit
    cells: int = 0
    forced: bool = False
    almost: Fit | None = None
    ambiguous: bool = False

    @property
    def reading(self):
        return self.fit.reading


def choose(columns, *, scan, sample):
    """A choice for each column; `scan(expressions)` gives aggregates of all rows, `sample` has some cells of each."""
    looked = [_look(column, cells) for column, cells in zip(columns, sample, strict=True)]
    counted = _counts(columns, [look.first for look in looked], scan)
    rest = {number: look.later for number, (look, count) in enumerate(zip(looked, counted, strict=True))
            if look.later and count.cells and _decided(count) is None}
    again = _counts([columns[number] for number in rest], list(rest.values()), scan)
    for number, more in zip(rest, again, strict=True):
        counted[number].fits.extend(more.fits)
    return [_choice(column, count) for column, count in zip(columns, counted, strict=True)]


@dataclass
class Look:
    """What a sample says of a column: readings to count first, and those to count if none of these fits."""

    first: list
    later: list


def _look(column, cells):
    """The readings that the column may have, or may nearly have, after a look at some of its cells."""
    if column.asked:
        return Look(column.asked, [])
    if not cells:
        return Look([GUESSED[0]], list(GUESSED[1:]))
    shares = {reading: _share(reading, cells) for reading in GUESSED}
    candidates = [reading for reading in GUESSED if shares[reading] >= WORTH_COUNTING]
    best = next((reading for reading in candidates if shares[reading] == 1), None)
    if best is None:
        return Look(candidates, [])
    first = [reading for reading in candidates
             if reading == best or (best.order and reading.order and reading.type == best.type)]
    return Look(first, [reading for reading in candidates if reading not in first])


def _share(reading, cells):
    """The share of the cells that match the reading's pattern; the rest is not looked at where few of the first do."""
    match = reading.matcher()
    glance = cells[:GLANCE]
    share = sum(match(cell) is not None for cell in glance) / len(glance)
    if share < WORTH_LOOKING:
        return share
    return sum(match(cell) is not None for cell in cells) / len(cells)


@dataclass
class Counted:
    """The cells of a column that hold anything, and how many of these fit each reading tried."""

    cells: int
    fits: list


def _counts(columns, wanted, scan):
    """Counts, for each column, the cells that fit each of its wanted readings."""
    counted = []
    for start in range(0, len(columns), COLUMNS_AT_ONCE):
        part = list(zip(columns[start:start + COLUMNS_AT_ONCE], wanted[start:start + COLUMNS_AT_ONCE], strict=True))
        asked = []
        for column, tried in part:
            asked.append(f"count_if(trim({column.x}) <> '')")
            asked.extend(_count_sql(column.x, reading) for reading in tried)
        answers = iter(scan(asked))
        for _, tried in part:
            cells = next(answers) or 0
            counted.append(Counted(cells, [Fit(reading, **_filled(next(answers))) for reading in tried]))
    return counted


def _count_sql(x, reading):
    fits = reading.fits_sql(x)
    wide = reading.type == "decimal"
    t = f"ltrim(trim({x}), '+-')"
    digits = DIGITS.format(t=t, fits=fits) if wide else "0"
    scale = SCALE.format(t=t, fits=fits) if wide else "0"
    return (f"{{'fits': count_if({fits}), 'proven': {reading.proof.format(x=x)}, "
            f"'digits': {digits}, 'scale': {scale}}}")


def _filled(answer):
    return {name: value or 0 for name, value in answer.items()} | {"proven": bool(answer["proven"])}


def _decided(counted):
    """The first reading that all cells fit, None while there is none."""
    whole = [fit for fit in counted.fits if fit.fits == counted.cells and fit.proven and fit.is_possible]
    return whole[0] if whole and counted.cells else None


def _choice(column, counted):
    if column.asked:
        return _forced(column, counted)
    text = Fit(TEXT, counted.cells, proven=True)
    best = _decided(counted)
    if best is None:
        nearly = [fit for fit in counted.fits if fit.fits >= counted.cells * NEARLY and fit.fits and fit.proven
                  and fit.is_possible and fit.fits < counted.cells]
        almost = max(nearly, key=lambda fit: fit.fits, default=None)
        return Choice(text, counted.cells, almost=almost)
    if _is_ambiguous(best, counted):
        return Choice(text, counted.cells, ambiguous=True)
    return Choice(best, counted.cells)


def _is_ambiguous(best, counted):
    """Whether another order of day and month fits as well."""
    others = {fit.reading.order for fit in counted.fits
              if fit.fits == counted.cells and fit.reading.type == best.reading.type}
    return best.reading.order in ("dmy", "mdy") and {"dmy", "mdy"} <= others


def _forced(column, counted):
    """The reading asked for that fits most; where two orders of day and month fit as well, the steward must say."""
    possible = [fit for fit in counted.fits if fit.is_possible]
    if not possible:
        raise ReadingError("too-many-digits", column=column.name)
    best = max(possible, key=lambda fit: fit.fits)
    orders = {fit.reading.order for fit in possible if fit.fits == best.fits and fit.fits}
    if best.reading.order in ("dmy", "mdy") and {"dmy", "mdy"} <= orders:
        raise ReadingError("date-order", column=column.name, type=best.reading.type)
    return Choice(best, counted.cells, forced=True)
