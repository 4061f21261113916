"""The written list of what a query may call. A function that is not here does not exist.

An argument is described by what it must be: a kind of value (`text`, `number`, `moment`, `any`, `same` as the first),
or something that must be written out: a `whole` number, a `share` from 0 to 1, a `part` of a moment, a `short` text, an
`area` on the map, a `path` into JSON. `?` after it says
that it may be left out, `*` that it may come again. No function raises an error over a row: what cannot be computed
is null, so that an error never tells of a row that the reader does not see.
"""

from dataclasses import dataclass

from catalog.masks import MOMENTS, NUMBERS

KINDS = {
    "text": frozenset({"text"}),
    "number": NUMBERS,
    "day": MOMENTS,
    "moment": MOMENTS | {"time"},
    "any": NUMBERS | MOMENTS | {"time", "text", "boolean"},
    "place": frozenset({"geometry"}),
}
PARTS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")


@dataclass(frozen=True)
class Function:
    """What it takes, the kind that it gives (`first`: that of its first argument), the engine's words, an example."""

    takes: tuple[str, ...]
    gives: str
    sql: str
    example: str
    meaning: str


def _f(takes: str, gives: str, sql: str, example: str, meaning: str) -> Function:
    return Function(tuple(takes.split()), gives, sql, example, meaning)


# Of the geometry, which is GeoJSON. Each part is null by itself where it cannot be read: the engine may take a part that
# two expressions share out of the net that is around the whole of them.
COORDINATES = "TRY(CAST(json_extract({0}, '$.coordinates') AS VARCHAR))"
MEASURES = f"TRY(CAST(regexp_extract_all({COORDINATES}, '-?[0-9][0-9.eE+-]*') AS DOUBLE[]))"
EACH = (
    rf"len(string_split(regexp_extract({COORDINATES}, '\[[^\[\]]+\]'), ','))"  # two in a position, or three with height
)


def _at(position: int) -> str:
    """One coordinate of a point."""
    value = f"TRY(CAST(json_extract({{0}}, '$.coordinates[{position}]') AS DOUBLE))"
    return f"CASE WHEN TRY(json_extract_string({{0}}, '$.type')) = 'Point' THEN {value} END"


def _end(which: str, first: int) -> str:
    """The least or greatest of the longitudes (1) or latitudes (2) of all positions."""
    return f"TRY(list_{which}(list_slice({MEASURES}, {first}, len({MEASURES}), {EACH})))"


# The engine counts weeks of seven days from wherever they begin; a week here begins on its Monday.
WEEKS = "date_diff('day', date_trunc('week', {1}), date_trunc('week', {2})) // 7"
BOUNDARIES = f"CASE {{0}} WHEN 'week' THEN {WEEKS} ELSE date_diff({{0}}, {{1}}, {{2}}) END"
# Of floating numbers these may give what is none: infinite, or undefined.
UNBOUNDED = frozenset({"sqrt", "ln", "log10", "exp", "power", "distance", "sum", "avg", "stddev"})

# For each row. The examples are over the sample table of docs/queries.md, and are run by its test.
FUNCTIONS: dict[str, Function] = {
    "lower": _f("text", "text", "lower({0})", "lower(species)", "small letters"),
    "upper": _f("text", "text", "upper({0})", "upper(species)", "capital letters"),
    "trim": _f("text", "text", "trim({0})", "trim(species)", "without spaces at the ends"),
    "length": _f("text", "integer", "length({0})", "length(species)", "number of characters"),
    "left": _f("text whole", "text", "left({0}, {1})", "left(species, 2)", "the first characters; of a negative number, all but so many at the end"),
    "right": _f("text whole", "text", "right({0}, {1})", "right(species, 2)", "the last characters; of a negative number, all but so many at the beginning"),
    "substr": _f("text whole whole?", "text", "substr({0}, {1:})", "substr(species, 2, 2)", "from this character on, counted from 1 (negative: from the end), so many; to the end without a number"),
    "replace": _f("text short short", "text", "replace(left({0}, 10000), {1}, {2})", "replace(species, 'a', 'o')", "one text by another, of at most 20 characters each, in the first 10,000"),
    "concat": _f("any any*", "text", "concat({*})", "concat(species, '-', district)", "one after the other; nulls are empty"),
    "split_part": _f("text text whole", "text", "split_part({0}, {1}, {2})", "split_part(species, 'a', 1)", "the piece between separators, counted from 1 (negative: from the end); empty where there is none"),
    "contains": _f("text text", "boolean", "contains(lower({0}), lower({1}))", "contains(species, 'SH')", "true where the text holds the other, in small or capital letters"),
    "starts_with": _f("text text", "boolean", "starts_with({0}, {1})", "starts_with(species, 'O')", "true where it begins so"),
    "ends_with": _f("text text", "boolean", "ends_with({0}, {1})", "ends_with(species, 'k')", "true where it ends so"),
    "abs": _f("number", "first", "abs({0})", "abs(0 - height)", "without its sign"),
    "round": _f("number whole?", "first", "round({0}, {1=0})", "round(height / 3, 2)", "rounded to so many decimals (negative: tens, hundreds), halves away from zero"),
    "floor": _f("number", "float", "floor(CAST({0} AS DOUBLE))", "floor(height / 5)", "the whole number below"),
    "ceil": _f("number", "float", "ceil(CAST({0} AS DOUBLE))", "ceil(height / 5)", "the whole number above"),
    "sqrt": _f("number", "float", "sqrt(CAST({0} AS DOUBLE))", "sqrt(height)", "square root"),
    "ln": _f("number", "float", "ln(CAST({0} AS DOUBLE))", "ln(height)", "natural logarithm"),
    "log10": _f("number", "float", "log10(CAST({0} AS DOUBLE))", "log10(height)", "logarithm to base 10"),
    "exp": _f("number", "float", "exp(CAST({0} AS DOUBLE))", "exp(0)", "e to this power"),
    "power": _f("number number", "float", "power(CAST({0} AS DOUBLE), CAST({1} AS DOUBLE))", "power(height, 2)", "the first to the power of the second"),
    "greatest": _f("any same same*", "first", "greatest({*})", "greatest(height, 10)", "the largest that is not null"),
    "least": _f("any same same*", "first", "least({*})", "least(height, 10)", "the smallest that is not null"),
    "coalesce": _f("any same same*", "first", "coalesce({*})", "coalesce(district, 'nowhere')", "the first that is not null"),
    "nullif": _f("any same", "first", "list_filter([{0}], lambda __v: __v IS DISTINCT FROM {1})[1]", "nullif(district, 'North')", "null where both are equal"),
    "date_trunc": _f("part day", "trunc", "date_trunc({0}, {1})", "date_trunc('month', planted)", "the beginning of the year, month, week (its Monday) and so on"),
    "date_diff": _f("part day day", "integer", BOUNDARIES, "date_diff('day', planted, '2026-01-01')", "how many such beginnings lie between; weeks begin on Monday"),
    "year": _f("day", "integer", "year({0})", "year(planted)", "the year"),
    "quarter": _f("day", "integer", "quarter({0})", "quarter(planted)", "1 to 4"),
    "month": _f("day", "integer", "month({0})", "month(planted)", "1 to 12"),
    "week": _f("day", "integer", "week({0})", "week(planted)", "the week of ISO 8601"),
    "day": _f("day", "integer", "day({0})", "day(planted)", "the day of the month"),
    "weekday": _f("day", "integer", "isodow({0})", "weekday(planted)", "1 is Monday, 7 is Sunday"),
    "hour": _f("moment", "integer", "hour({0})", "hour(seen)", "0 to 23; of a moment with a zone in UTC, or in `timezone`"),
    "minute": _f("moment", "integer", "minute({0})", "minute(seen)", "0 to 59"),
    "within_box": _f("number number number number number number", "boolean", "({0} BETWEEN {2} AND {4} AND {1} BETWEEN {3} AND {5})", "within_box(lon, lat, -0.5, 51, 0, 52)", "true where longitude and latitude lie between west, south, east, north"),
    "distance": _f(
        "number number number number",
        "float",
        # Rounding may bring what stands under the root above one where two places are opposite each other.
        "2 * 6371008.8 * list_transform([power(sin(radians(CAST({3} AS DOUBLE) - CAST({1} AS DOUBLE)) / 2), 2) + "
        "cos(radians(CAST({1} AS DOUBLE))) * cos(radians(CAST({3} AS DOUBLE))) * "
        "power(sin(radians(CAST({2} AS DOUBLE) - CAST({0} AS DOUBLE)) / 2), 2)], "
        "lambda __v: asin(sqrt(CASE WHEN __v > 1 THEN 1 ELSE __v END)))[1]",
        "round(distance(lon, lat, -0.1, 51.5), 0)",
        "metres on the sphere between two places, longitude before latitude",
    ),
    "within": _f(
        "number number area",
        "boolean",
        "CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL"
        " WHEN {0} BETWEEN ({2}).west AND ({2}).east AND {1} BETWEEN ({2}).south AND ({2}).north THEN "
        "list_sum(list_transform(({2}).edges, lambda __e: CASE WHEN (__e[2] > {1}) <> (__e[4] > {1}) AND {0} < "
        "(__e[3] - __e[1]) * ({1} - __e[2]) / (__e[4] - __e[2]) + __e[1] THEN 1 ELSE 0 END)) % 2 = 1 ELSE FALSE END",
        "within(lon, lat, 'POLYGON((-1 51, 0 51, 0 52, -1 51))')",
        "true where a place lies in an area: a polygon or several, as WKT or GeoJSON",
    ),
    "lon": _f("place", "float", _at(0), "lon(place)", "the longitude of a point; null for a line or an area"),
    "lat": _f("place", "float", _at(1), "lat(place)", "its latitude"),
    "west": _f("place", "float", _end("min", 1), "west(place)", "the least longitude of a geometry, which bounds it"),
    "south": _f("place", "float", _end("min", 2), "south(place)", "its least latitude"),
    "east": _f("place", "float", _end("max", 1), "east(place)", "its greatest longitude"),
    "north": _f("place", "float", _end("max", 2), "north(place)", "its greatest latitude"),
    "meets_box": _f(
        "place number number number number",
        "boolean",
        f"({_end('max', 1)} >= {{1}} AND {_end('max', 2)} >= {{2}} AND {_end('min', 1)} <= {{3}} AND {_end('min', 2)} <= {{4}})",
        "meets_box(place, -0.5, 51, 0, 52)",
        "true where what bounds a geometry meets the box of west, south, east, north",
    ),
    "json_value": _f("text path", "text", "CASE WHEN json_valid({0}) THEN json_extract_string({0}, {1}) END", "json_value(notes, '$.by.name')", "what stands at a path (`$.a[0].b`) of a cell that holds JSON, as text; null where it is no JSON"),
}  # fmt: skip

# Over the rows of a group, or over all.
AGGREGATES: dict[str, Function] = {
    "sum": _f("number", "sum", "sum({0})", "sum(height)", "the sum; exact but for floating numbers"),
    "avg": _f("number", "float", "avg({0})", "avg(height)", "the mean"),
    "min": _f("any", "first", "min({0})", "min(height)", "the least"),
    "max": _f("any", "first", "max({0})", "max(height)", "the greatest"),
    "median": _f("number", "float", "median(CAST({0} AS DOUBLE))", "median(height)", "half are below it"),
    "quantile": _f("number share", "float", "quantile_cont(CAST({0} AS DOUBLE), {1})", "quantile(height, 0.9)", "so large a share is below it"),
    "stddev": _f("number", "float", "stddev_samp(CAST({0} AS DOUBLE))", "stddev(height)", "standard deviation of a sample"),
    "first": _f("any", "first", "first({0} ORDER BY __row) FILTER (WHERE {0} IS NOT NULL)", "first(species)", "the first that is not null, as the rows lie"),
    "last": _f("any", "first", "last({0} ORDER BY __row) FILTER (WHERE {0} IS NOT NULL)", "last(species)", "the last that is not null, as the rows lie"),
}  # fmt: skip
