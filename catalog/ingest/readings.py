"""The types a column may have, and for each the ways to read it from text, as SQL over one cell `{x}`."""

from catalog.ingest.errors import ReadingError
from catalog.ingest.reading import CAST, FINITE, Reading
from catalog.ingest.written import ways

TYPES = ("boolean", "integer", "decimal", "float", "date", "time", "timestamp", "text", "geometry")
WHY = {
    "boolean": "not true or false",
    "integer": "not a whole number",
    "decimal": "not a decimal number",
    "float": "not a number",
    "date": "not a date in this order",
    "time": "not a time of day",
    "timestamp": "not a date with a time",
    "geometry": "not a GeoJSON geometry",
}


def _words(pairs):
    """A boolean from words, in any case."""
    cases = " ".join(f"WHEN '{word}' THEN {value}" for word, value in pairs.items())
    return f"CASE lower(trim({{x}})) {cases} END"


WHOLE = "-?(?:0|[1-9][0-9]{0,14})"
EXACT = "-?(?:0|[1-9][0-9]{0,21})?\\.[0-9]{1,37}"
POWER = "-?(?:[0-9]+\\.[0-9]+[eE][+-]?[0-9]{1,3}|[0-9]+[eE][+-][0-9]{1,3})"
DIGITS = "[+-]?[0-9]{1,19}"
LOOSE_EXACT = "[+-]?(?:[0-9]{1,22}\\.?|[0-9]{0,22}\\.[0-9]{1,37})"
LOOSE_NUMBER = "[+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
PARTS = {
    "d": ("(?:0?[1-9]|[12][0-9]|3[01])", "%d"),
    "m": ("(?:0?[1-9]|1[0-2])", "%m"),
    "y": ("[1-9][0-9]{3}", "%Y"),
}
ISO_DAY = "[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}"
CLOCK = "[0-9]{1,2}:[0-9]{2}"
ISO_CLOCK = "[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\\.[0-9]{1,6})?)?"
TIME_OF_DAY = f"{CLOCK}(?::[0-9]{{2}}(?:\\.[0-9]{{1,6}})?)?"
YES_NO = {"yes": "true", "no": "false"}
BOTH = "count_if(lower(trim({x})) = 'yes') > 0 AND count_if(lower(trim({x})) = 'no') > 0"

# What is written again letter by letter was written as the engine writes it; its odder forms are left to the pattern.
AGAIN = "CAST(TRY_CAST({x} AS BIGINT) AS VARCHAR) = {x} AND strlen({x}) <= 15"
AGAIN_A_DAY = "CAST(TRY_CAST({x} AS DATE) AS VARCHAR) = {x} AND strlen({x}) = 10 AND {x} >= '1'"
AGAIN_A_MOMENT = (
    "CAST(TRY_CAST({x} AS TIMESTAMP) AS VARCHAR) = {x} AND strlen({x}) BETWEEN 19 AND 26 AND {x} >= '1'"
    " AND substr({x}, 5, 1) = '-'"
)

TEXT = Reading("text", "text", None, "{x}", check="{x} IS NOT NULL")
SHAPES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
GEOMETRY = Reading("geometry", "geojson", None, "{x}", check=f"TRY(json_extract_string({{x}}, '$.type')) IN {SHAPES}")


def _orders(*own):
    """Orders of day, month and year with the mark between them."""
    return (*own, *((order, mark) for order in ("dmy", "mdy") for mark in "/-."))


def _day(order, mark):
    """The pattern and the layout of a day in this order."""
    parts = [PARTS[part] for part in order]
    return mark.replace(".", "\\.").join(part[0] for part in parts), mark.join(part[1] for part in parts)


def _dates():
    yield Reading("date", "iso", ISO_DAY, CAST, check="TRY_CAST({x} AS DATE) IS NOT NULL", quick=AGAIN_A_DAY)
    for order, mark in _orders(("ymd", "/"), ("ymd", ".")):
        pattern, layout = _day(order, mark)
        value = f"try_strptime(trim({{x}}), '{layout}')"
        yield Reading("date", order + mark, pattern, f"CAST({value} AS DATE)", check=f"{value} IS NOT NULL")


def _timestamps():
    naive = f"{ISO_DAY}[T ]{ISO_CLOCK}"
    yield Reading("timestamp", "iso", naive, CAST, check="TRY_CAST({x} AS TIMESTAMP) IS NOT NULL", quick=AGAIN_A_MOMENT)
    yield Reading(
        "timestamp",
        "iso-zone",
        f"{naive} ?(?:Z|[+-][0-9]{{2}}(?::?[0-9]{{2}})?)",
        CAST,
        check="TRY_CAST({x} AS TIMESTAMPTZ) IS NOT NULL",
        zoned=True,
    )
    for order, mark in _orders(("ymd", "/")):
        yield _moment(order, mark, zoned=False)
        yield _moment(order, mark, zoned=True)


def _moment(order, mark, *, zoned):
    day, layout = _day(order, mark)
    zone, ending = (" ?[+-][0-9]{2}:?[0-9]{2}", " %z") if zoned else ("", "")
    clocks = ("%I:%M:%S %p", "%I:%M %p", "%H:%M:%S", "%H:%M")
    layouts = ", ".join(f"'{layout} {clock}{ending}'" for clock in clocks)
    value = f"try_strptime(trim({{x}}), [{layouts}])"
    return Reading(
        "timestamp",
        f"{order}{mark}{'-zone' if zoned else ''}",
        f"{day} {CLOCK}(?::[0-9]{{2}})?(?: [AaPp][Mm])?{zone}",
        value,
        check=f"{value} IS NOT NULL",
        zoned=zoned,
    )


# In order of preference: the first way that all cells of a column fit is its type.
GUESSED = (
    Reading("boolean", "true-false", "(?i:true|false)", _words({"true": "true", "false": "false"})),
    Reading("boolean", "yes-no", "(?i:yes|no)", _words(YES_NO), proof=BOTH),
    # Mobile phones, and person codes of old (15 digits, the day of birth within), are no numbers.
    Reading("text", "phones", "1[3-9][0-9]{9}", "{x}"),
    Reading("text", "codes", "[1-8][0-9]{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}", "{x}"),
    Reading("integer", "whole", WHOLE, CAST, quick=AGAIN),
    Reading("decimal", "exact", f"{WHOLE}|{EXACT}", CAST),
    Reading("float", "power", f"{WHOLE}|{EXACT}|{POWER}", CAST, check=FINITE),
    *_dates(),
    Reading("time", "clock", TIME_OF_DAY, CAST, check="TRY_CAST({x} AS TIME) < TIME '24:00:00'"),
    *_timestamps(),
)

# What a steward may ask for besides: looser, since a person has looked.
ASKED = (
    Reading(
        "boolean",
        "words",
        "(?i:true|false|yes|no|t|f|y|n|1|0|是|否)",
        _words(
            {
                "true": "true",
                "yes": "true",
                "t": "true",
                "y": "true",
                "1": "true",
                "是": "true",
                "false": "false",
                "no": "false",
                "f": "false",
                "n": "false",
                "0": "false",
                "否": "false",
            }
        ),
    ),
    Reading("integer", "digits", DIGITS, CAST, check="TRY_CAST({x} AS BIGINT) IS NOT NULL"),
    Reading("decimal", "digits", LOOSE_EXACT, CAST),
    Reading("float", "any", LOOSE_NUMBER, CAST, check=FINITE),
    *(reading for reading in GUESSED if reading.type in ("date", "time", "timestamp")),
    GEOMETRY,
)
WRITTEN = tuple(ways())


def _names(reading):
    """The words that ask for a reading: moments with a zone also have one of their own."""
    return (reading.type, "timestamptz") if reading.zoned else (reading.type,)


def asked_for(wanted):
    """The readings that a type in the settings allows: "date", with an order "date:dmy", or with one of the ways in
    which people write, "decimal:comma €"; refuses other words."""
    kind, _, way = str(wanted).partition(":")
    if kind == "text" and not way:
        return [TEXT]
    found = [reading for reading in ASKED if kind in _names(reading) and way in ("", reading.order)]
    found = found or [reading for reading in WRITTEN if (kind, way) == (reading.type, reading.how)]
    if not found:
        known = [*TYPES, *(f"{kind}:{order}" for kind in ("date", "timestamp") for order in ("dmy", "mdy", "ymd"))]
        known += [f"{reading.type}:{reading.how}" for reading in WRITTEN]
        raise ReadingError("unknown-type", type=wanted, known=", ".join(known))
    return found
