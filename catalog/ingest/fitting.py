"""Decides the type of every column from all of its cells; a sample only rules out what cannot be."""

from dataclasses import dataclass, field

from catalog.ingest import offers, personal
from catalog.ingest.errors import ReadingError
from catalog.ingest.reading import AS_IS, MOST_DIGITS, Reading
from catalog.ingest.readings import GUESSED, TEXT

SAMPLE_ROWS = 5000
SAMPLE_CELLS = 100_000
SAMPLE_ROWS_LEAST = 500
NEARLY = 0.95
WORTH_COUNTING = 0.85
COLUMNS_AT_ONCE = 100
SUSPECTED = ("text", "integer", "decimal", "float")
DOT = "strpos({x}, '.')"
DIGITS = f"max(CASE WHEN {DOT} > 0 THEN {DOT} - 1 ELSE strlen({{x}}) END)"
SCALE = f"max(CASE WHEN {DOT} > 0 THEN strlen({{x}}) - {DOT} END)"


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
    offers: list = field(default_factory=list)
    personal: dict | None = None

    @property
    def reading(self):
        return self.fit.reading


def choose(columns, *, scan, sample):
    """A choice for each column; `scan(expressions)` gives aggregates of all rows, `sample` has some cells of each."""
    looked = [_look(column, cells) for column, cells in zip(columns, sample, strict=True)]
    counted = _counts(columns, [look.first for look in looked], scan)
    open_ones = [
        number
        for number, (look, count) in enumerate(zip(looked, counted, strict=True))
        if look.first and count.cells and not count.whole()
    ]
    again = _counts(
        [columns[number] for number in open_ones],
        [looked[number].first + looked[number].later for number in open_ones],
        scan,
        carefully=True,
    )
    for number, count in zip(open_ones, again, strict=True):
        counted[number] = count
    chosen = [_choice(column, count) for column, count in zip(columns, counted, strict=True)]
    offers.add(columns, chosen, scan=scan, sample=sample)
    for column, choice, cells in zip(columns, chosen, sample, strict=True):
        choice.personal = personal.suggest(column.title, cells) if choice.reading.type in SUSPECTED else None
    return chosen


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
    shares = {reading: reading.share(cells) for reading in GUESSED}
    candidates = [reading for reading in GUESSED if shares[reading] >= WORTH_COUNTING]
    best = next((reading for reading in candidates if shares[reading] == 1), None)
    if best is None:
        return Look(candidates, [])
    first = [
        reading
        for reading in candidates
        if reading == best or (best.order and reading.order and reading.type == best.type)
    ]
    return Look(first, [reading for reading in candidates if reading not in first])


@dataclass
class Counted:
    """The cells of a column that hold anything, and how many of these fit each reading tried."""

    cells: int
    fits: list

    def whole(self):
        """The readings that all cells fit, in order of preference."""
        return [fit for fit in self.fits if fit.fits == self.cells and fit.proven and fit.is_possible]


def _counts(columns, wanted, scan, *, carefully=False):
    """Counts, for each column, the cells that fit each of its wanted readings; carefully, cells of blanks are none."""
    counted = []
    for start in range(0, len(columns), COLUMNS_AT_ONCE):
        part = list(zip(columns[start : start + COLUMNS_AT_ONCE], wanted[start : start + COLUMNS_AT_ONCE], strict=True))
        asked = []
        for column, tried in part:
            asked.append(f"count_if(trim({column.x}) <> '')" if carefully else f"count({column.x})")
            asked.extend(_count_sql(column.x, reading, carefully) for reading in tried)
        answers = iter(scan(asked))
        for _, tried in part:
            cells = next(answers) or 0
            counted.append(Counted(cells, [Fit(reading, **_filled(next(answers))) for reading in tried]))
    return counted


def _count_sql(x, reading, carefully):
    """SQL of a struct: how many cells fit, whether the column shows the proof, and how wide its decimals are."""
    fits, digits, scale = reading.fits_sql(x), "0", "0"
    if reading.type == "decimal":
        plain = reading.plain.format(x=x)
        number = f"CASE WHEN {fits} THEN {plain} END" if carefully or reading.plain != AS_IS else x
        digits, scale = DIGITS.format(x=number), SCALE.format(x=number)
    return f"{{'fits': count_if({fits}), 'proven': {reading.proof.format(x=x)}, 'digits': {digits}, 'scale': {scale}}}"


def _filled(answer):
    return {name: value or 0 for name, value in answer.items()} | {"proven": bool(answer["proven"])}


def _choice(column, counted):
    if column.asked:
        return _forced(column, counted)
    text = Fit(TEXT, counted.cells, proven=True)
    best = next(iter(counted.whole()), None) if counted.cells else None
    if best is None:
        nearly = [
            fit
            for fit in counted.fits
            if fit.fits >= counted.cells * NEARLY
            and fit.fits
            and fit.proven
            and fit.is_possible
            and fit.fits < counted.cells
            and fit.reading.type != "text"
        ]
        almost = max(nearly, key=lambda fit: fit.fits, default=None)
        return Choice(text, counted.cells, almost=almost)
    if _is_ambiguous(best, counted):
        return Choice(text, counted.cells, ambiguous=True)
    return Choice(best, counted.cells)


def _is_ambiguous(best, counted):
    """Whether another order of day and month fits as well."""
    others = {
        fit.reading.order for fit in counted.fits if fit.fits == counted.cells and fit.reading.type == best.reading.type
    }
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
