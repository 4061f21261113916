"""Numbers, days and places as people write them, 1.234,50 € or 2026年11月22日: read so only where a person asks for it.

A way is named by what it takes for granted: the mark before decimals ("point", "comma"), with a sign that each number
carries ("comma €"), or what a day is counted from ("excel").
"""

from catalog.ingest.reading import Reading

SIGNS = {
    "%": "[%％]",
    "‰": "‰",
    "£": "(?:£|GBP)",
    "$": "(?:[$]|US[$]|USD)",
    "€": "(?:€|EUR)",
    "¥": "(?:¥|￥|CNY|RMB|元)",
}
MINUS = "[-−－]"
# The mark before decimals, and the marks that may part thousands: no-break and thin spaces, too.
MARKS = {"point": ("[.]", "[, \u00a0\u202f’]"), "comma": (",", "[. \u00a0\u202f’]")}
UNITS = {"千": 3, "万": 4, "萬": 4, "亿": 8, "億": 8, "万亿": 12, "萬億": 12}
NEGATIVE = "CASE WHEN regexp_matches({x}, '[-−－(]') THEN '-' ELSE '' END"
MONTHS = ("%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%B-%Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y")
WORDED = "[0-9]{1,2}[ -][A-Za-z]{3,9}[ -][1-9][0-9]{3}|[A-Za-z]{3,9} [0-9]{1,2},? [1-9][0-9]{3}"
CHINESE_DAY = "[1-9][0-9]{3} ?年 ?[0-9]{1,2} ?月 ?[0-9]{1,2} ?[日号號]"
CHINESE_CLOCK = "[0-9]{1,2}(?::[0-9]{2}(?::[0-9]{2})?| ?[时時点點] ?[0-9]{1,2} ?分(?: ?[0-9]{1,2} ?秒)?)"
SERIAL = "[1-9][0-9]{0,6}"
COORDINATE = "-?[0-9]{1,3}[.][0-9]+"


def ways():
    """All of these readings."""
    for mark in MARKS:
        for sign in ("", *SIGNS):
            yield _number("integer", mark, sign)
            yield _number("decimal", mark, sign)
    yield _in_units("integer")
    yield _in_units("decimal")
    yield from _days()
    yield from _moments()
    yield from _points()


def _number(kind, mark, sign):
    """Numbers with this mark before decimals, each (but a zero) with the sign; in brackets they are negative."""
    point, between = MARKS[mark]
    number = f"(?:0|[1-9][0-9]{{0,14}}|[1-9][0-9]{{0,2}}(?:{between}[0-9]{{3}})+)"
    if kind == "decimal":
        number = f"(?:{number}(?:{point}[0-9]{{1,20}})?|{point}[0-9]{{1,20}})"
    kept = "[^0-9]" if kind == "integer" else f"[^0-9{'.' if mark == 'point' else ','}]"
    body, behind = number, ""
    if sign:
        body = f"(?:{SIGNS[sign]} ?{number}|{number} ?{SIGNS[sign]}|0)"
        behind = f"|{SIGNS[sign]} ?{MINUS} ?{number}"
    plain = f"({NEGATIVE} || replace(regexp_replace({{x}}, '{kept}', '', 'g'), ',', '.'))"
    return _plain_number(kind, f"{mark} {sign}".strip(), f"{MINUS}? ?{body}|[(]{body}[)]{behind}", plain)


def _in_units(kind):
    """Numbers that count in thousands, ten thousands or hundred millions where they say so: 1.2万 is 12000."""
    units = "|".join(sorted(UNITS, key=len, reverse=True))
    cases = " ".join(f"WHEN '{unit}' THEN {zeros}" for unit, zeros in UNITS.items())
    zeros = f"CASE regexp_extract({{x}}, '{units}') {cases} ELSE 0 END"
    digits = "replace(regexp_extract({x}, '[0-9][0-9,]*[.]?[0-9]*'), ',', '')"
    whole, part = f"split_part({digits}, '.', 1)", f"split_part({digits}, '.', 2)"
    rest = f"rtrim(substr({part}, {zeros} + 1), '0')"
    rest = f"CASE WHEN {rest} = '' THEN '' ELSE '.' || {rest} END"
    number = "(?:[0-9]{1,12}|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:[.][0-9]{1,12})?"
    plain = f"({NEGATIVE} || {whole} || rpad({part}, {zeros}, '0') || {rest})"
    proof = f"count_if(regexp_matches({{x}}, '{units}')) > 0"
    return _plain_number(kind, "万", f"{MINUS}? ?{number} ?(?:{units})?元?", plain, proof, units)


def _plain_number(kind, way, pattern, plain, proof="true", shown=None):
    check = f"TRY_CAST({plain} AS BIGINT) IS NOT NULL AND strpos({plain}, '.') = 0" if kind == "integer" else "true"
    value = f"TRY_CAST({plain} AS {{sql_type}})"
    return Reading(kind, way, pattern, value, check=check, proof=proof, plain=plain, shown=shown)


def _days():
    """Days by a spreadsheet's count, in digits alone, with the month as a word, and in Chinese."""
    number = "TRY_CAST({x} AS DOUBLE)"
    # Up to 60 a spreadsheet is a day wrong: it believes in a 29 February 1900.
    for way, first, least, most in (("excel", "1899-12-30", 61, 2958465), ("excel1904", "1904-01-01", 1, 2957003)):
        value = f"(DATE '{first}' + CAST({number} AS INTEGER))"
        yield Reading("date", way, f"{SERIAL}(?:[.]0+)?", value, check=f"{number} BETWEEN {least} AND {most}")
        moment = f"(TIMESTAMP '{first}' + to_milliseconds(CAST(round({number} * 86400000) AS BIGINT)))"
        check = f"{number} BETWEEN {least} AND {most + 1} - 1e-9"
        yield Reading("timestamp", way, f"{SERIAL}(?:[.][0-9]{{1,15}})?", moment, check=check)
    yield _laid_out("date", "compact", "[12][0-9]{7}", "trim({x})", ["%Y%m%d"])
    yield _laid_out("date", "words", WORDED, "trim({x})", MONTHS)
    yield _laid_out("date", "chinese", CHINESE_DAY, _parted(), ["%Y-%m-%d"])


def _moments():
    """A day with a time of day in the same ways."""
    yield _laid_out("timestamp", "compact", "[12][0-9]{13}", "trim({x})", ["%Y%m%d%H%M%S"])
    layouts = ["%Y-%m-%d-%H-%M-%S", "%Y-%m-%d-%H-%M"]
    yield _laid_out("timestamp", "chinese", f"{CHINESE_DAY} ?{CHINESE_CLOCK}", _parted(), layouts)


def _parted():
    """SQL of the digits of a cell with a dash between their groups."""
    return "trim(regexp_replace({x}, '[^0-9]+', '-', 'g'), '-')"


def _laid_out(kind, way, pattern, text, layouts):
    listed = ", ".join(f"'{layout}'" for layout in layouts)
    value = f"try_strptime({text}, [{listed}])"
    cast = f"CAST({value} AS DATE)" if kind == "date" else value
    return Reading(kind, way, pattern, cast, check=f"{value} IS NOT NULL")


def _points():
    """Points as well-known text, and as two numbers in either order, as GeoJSON."""
    wkt = f"(?i:POINT) ?[(] ?{COORDINATE} {COORDINATE} ?[)]"
    pair = f"[(]? ?{COORDINATE} ?[,;，] ?{COORDINATE} ?[)]?"
    for way, pattern, longitude in (("wkt", wkt, 1), ("lonlat", pair, 1), ("latlon", pair, 2)):
        east, north = (f"regexp_extract_all({{x}}, '-?[0-9]+[.][0-9]+')[{at}]" for at in (longitude, 3 - longitude))
        value = f"""('{{{{"type":"Point","coordinates":[' || {east} || ',' || {north} || ']}}}}')"""
        check = f"abs(TRY_CAST({east} AS DOUBLE)) <= 180 AND abs(TRY_CAST({north} AS DOUBLE)) <= 90"
        yield Reading("geometry", way, pattern, value, check=check)
