"""What a column of text could be, if a person says so: proven on all its cells, and left to the steward."""

from catalog.ingest.engine import quoted
from catalog.ingest.readings import GUESSED, WRITTEN

NOTHING = (
    *("-", "--", "—", "－", ".", "..", "…", "NA", "N/A", "n/a", "na", "n.a.", "#N/A"),
    *("NULL", "null", "None", "NaN", "nan", "无", "無", "不详", "不詳", "未知", "暂无"),
)
# Whole numbers fit these too, so they are offered only where a column has none of them alone.
NOT_OFFERED = frozenset({"excel", "excel1904", "compact"})
MOST = 4
LEAST_CELLS = 2
THOUSANDS = 3
OFFERED = (*GUESSED, *(reading for reading in WRITTEN if reading.how not in NOT_OFFERED))


def add(columns, chosen, *, scan, sample):
    """Gives each choice its `offers`: a type as the settings name it, and the words that would count as empty."""
    wanted = []
    for column, choice, cells in zip(columns, chosen, sample, strict=True):
        readings = _worth_counting(choice, [cell for cell in cells if cell.strip() not in NOTHING])
        if readings and not column.asked:
            wanted.append((column, choice, readings))
    if not wanted:
        return
    answers = iter(scan([sql for column, _, readings in wanted for sql in _asked(column.x, readings)]))
    for _, choice, readings in wanted:
        cells, words = next(answers), sorted(next(answers) or [])
        whole = [reading for reading in readings if (fits := next(answers))["proven"] and fits["fits"] == cells]
        if cells >= LEAST_CELLS:
            choice.offers = [{"type": _name(reading), "nulls": words} for reading in _kept(choice, whole, words)]


def _worth_counting(choice, cells):
    """The readings that a sample leaves; points with three digits behind each may part thousands."""
    if not cells:
        return []
    if choice.reading.type == "decimal" and choice.fit.scale == THOUSANDS:
        return [reading for reading in OFFERED if (reading.type, reading.how) == ("integer", "comma")]
    if choice.reading.type != "text" or choice.reading.how != "text":
        return []
    return [reading for reading in OFFERED if reading.type != "text" and reading.share(cells) == 1]


def _asked(x, readings):
    """SQL: cells that hold a value, the words for none, and how many cells fit each reading."""
    words = ", ".join(quoted(word) for word in NOTHING)
    cell = f"(CASE WHEN trim({x}) IN ({words}) THEN NULL ELSE {x} END)"
    yield f"count_if(trim({cell}) <> '')"
    yield f"list(DISTINCT trim({x})) FILTER (trim({x}) IN ({words}))"
    for reading in readings:
        fits = f"count_if(trim({cell}) <> '' AND {reading.fits_sql(cell)})"
        yield f"{{'fits': {fits}, 'proven': {reading.proof.format(x=cell)}}}"


def _kept(choice, whole, words):
    """The readings worth asking about: what needs no person's word but for the empty cells goes before all others."""
    plain = [reading for reading in whole if reading in GUESSED]
    if plain and (words or choice.ambiguous):
        first = plain[0]
        return [reading for reading in plain if reading is first or (first.order and reading.type == first.type)][:MOST]
    written = [reading for reading in whole if reading in WRITTEN]
    counted = {reading.how for reading in written if reading.type == "integer"}
    return [reading for reading in written if reading.type != "decimal" or reading.how not in counted][:MOST]


def _name(reading):
    """The reading as the settings name it."""
    way = reading.order if reading in GUESSED else reading.how
    return f"{reading.type}:{way}" if way else reading.type
