"""The query language: every function of the list does what the list says, and nothing else is let in."""

import math
import random
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import shapely

from catalog.rows.dialect import without_values
from catalog.rows.engine import Run
from catalog.rows.errors import QueryError
from catalog.rows.functions import AGGREGATES, FUNCTIONS
from catalog.rows.plan import plan
from catalog.rows.query import RowQuery
from catalog.store import store
from catalog.terms import TableTerms
from tests.parquet import write_parquet

TYPES = {
    "species": "text", "district": "text", "height": "integer", "girth": "decimal", "planted": "date",
    "seen": "timestamptz", "lon": "float", "lat": "float",
    "place": "geometry", "notes": "text",
}  # fmt: skip
ROWS = [
    ("Oak", "North", 12, Decimal("1.50"), date(2001, 3, 9), datetime(2026, 1, 2, 23, 30, tzinfo=UTC), -0.1, 51.5),
    ("Ash", "North", 9, Decimal("0.75"), date(2001, 3, 30), datetime(2026, 1, 3, 8, 5, tzinfo=UTC), -0.2, 51.6),
    ("Ash", "South", 20, None, date(1999, 12, 31), None, 0.5, 52.5),
    ("榕树", None, None, Decimal("3.00"), None, datetime(2026, 2, 1, 0, 0, tzinfo=UTC), None, None),
]


PLACES = [
    '{"type":"Point","coordinates":[-0.1,51.5]}',
    '{"type": "Polygon", "coordinates": [[[0,50,5],[1,50,5],[1,-51.5,5],[0,50,5]]]}',
    '{"type":"GeometryCollection","geometries":[]}',
    None,
]
NOTES = ['{"by": {"name": "Ann", "n": 3}}', '{"by": {"name": null}}', "no JSON", None]


def metres(lon: float, lat: float) -> float:
    """From a place to 0.1 degrees west, 51.5 north, by the law of cosines rather than haversines."""
    here, there = math.radians(lat), math.radians(51.5)
    cosine = math.sin(here) * math.sin(there) + math.cos(here) * math.cos(there) * math.cos(math.radians(lon + 0.1))
    return 6_371_008.8 * math.acos(min(1.0, cosine))


# What each example of the list gives for the rows above, worked out by hand.
EACH = {
    "lower": ["oak", "ash", "ash", "榕树"],
    "upper": ["OAK", "ASH", "ASH", "榕树"],
    "trim": ["Oak", "Ash", "Ash", "榕树"],
    "length": [3, 3, 3, 2],
    "left": ["Oa", "As", "As", "榕树"],
    "right": ["ak", "sh", "sh", "榕树"],
    "substr": ["ak", "sh", "sh", "树"],
    "replace": ["Ook", "Ash", "Ash", "榕树"],
    "concat": ["Oak-North", "Ash-North", "Ash-South", "榕树-"],
    "split_part": ["O", "Ash", "Ash", "榕树"],
    "contains": [False, True, True, False],
    "starts_with": [True, False, False, False],
    "ends_with": [True, False, False, False],
    "abs": [12, 9, 20, None],
    "round": [4.0, 3.0, 6.67, None],
    "floor": [2.0, 1.0, 4.0, None],
    "ceil": [3.0, 2.0, 4.0, None],
    "sqrt": [math.sqrt(12), 3.0, math.sqrt(20), None],
    "ln": [math.log(12), math.log(9), math.log(20), None],
    "log10": [math.log10(12), math.log10(9), math.log10(20), None],
    "exp": [1.0, 1.0, 1.0, 1.0],
    "power": [144.0, 81.0, 400.0, None],
    "greatest": [12, 10, 20, 10],
    "least": [10, 9, 10, 10],
    "coalesce": ["North", "North", "South", "nowhere"],
    "nullif": [None, None, "South", None],
    "date_trunc": [date(2001, 3, 1), date(2001, 3, 1), date(1999, 12, 1), None],
    "date_diff": [
        (date(2026, 1, 1) - date(2001, 3, 9)).days, (date(2026, 1, 1) - date(2001, 3, 30)).days,
        (date(2026, 1, 1) - date(1999, 12, 31)).days, None,
    ],
    "year": [2001, 2001, 1999, None],
    "quarter": [1, 1, 4, None],
    "month": [3, 3, 12, None],
    "week": [10, 13, 52, None],
    "day": [9, 30, 31, None],
    "weekday": [5, 5, 5, None],
    "hour": [23, 8, None, 0],
    "minute": [30, 5, None, 0],
    "within_box": [True, True, False, None],
    "within": [True, True, False, None],
    "lon": [-0.1, None, None, None],
    "lat": [51.5, None, None, None],
    "west": [-0.1, 0.0, None, None],
    "south": [51.5, -51.5, None, None],
    "east": [-0.1, 1.0, None, None],
    "north": [51.5, 50.0, None, None],
    "meets_box": [True, False, None, None],
    "json_value": ["Ann", None, None, None],
    "distance": [round(metres(lon, lat), 0) for *_cells, lon, lat in ROWS[:3]] + [None],
}  # fmt: skip
OVER_ALL = {
    "sum": Decimal("41"),
    "avg": 41 / 3,
    "min": 9,
    "max": 20,
    "median": 12.0,
    "quantile": 18.4,
    "stddev": 5.686240703077327,
    "first": "Oak",
    "last": "榕树",
}


@pytest.fixture(scope="module", autouse=True)
def table():
    """The sample table of the guide, stored."""
    columns = [*zip(*ROWS, strict=True), PLACES, NOTES]
    data = write_parquet({name: (TYPES[name], list(cells)) for name, cells in zip(TYPES, columns, strict=True)})
    with store().open("tables/trees.parquet", "wb") as file:
        file.write(data)


def ask(columns=None, lent="", **query) -> list[dict]:
    """What the query gives under a basis with these columns and rows."""
    terms = TableTerms(columns=columns or dict.fromkeys(TYPES), where=lent)
    made = plan(RowQuery(**query), terms, TYPES, pseudonyms=b"k" * 32, about="test")
    names = [column.name for column in made.columns]
    found = [row for batch in Run(made, "tables/trees.parquet", "trees").batches() for row in batch.to_pylist()]
    return [{name: row[name] for name in names} for row in found]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_computes_each_function_as_its_example_says(name):
    found = [row["x"] for row in ask(select=f"{FUNCTIONS[name].example} as x")]

    assert found == [pytest.approx(one) if isinstance(one, float) else one for one in EACH[name]]


@pytest.mark.parametrize("name", AGGREGATES)
def test_it_sums_up_as_the_example_of_each_says(name):
    ((found,),) = [row.values() for row in ask(select=f"{AGGREGATES[name].example} as x")]

    assert found == (pytest.approx(OVER_ALL[name]) if isinstance(OVER_ALL[name], float) else OVER_ALL[name])


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"select": "height * 2 + 1 as x", "where": "species = 'Oak'"}, [{"x": 25}]),
        ({"select": "height / 5 as x", "where": "height = 12"}, [{"x": 2.4}]),
        ({"select": "height / (height - 12) as x", "where": "height = 12"}, [{"x": None}]),
        ({"select": "girth + 0.25 as x", "where": "species = 'Oak'"}, [{"x": Decimal("1.75")}]),
        ({"select": "height * 999999999999999999 * 10 as x", "where": "height = 9"}, [{"x": None}]),
        ({"select": "species", "where": "length(species) = 2"}, [{"species": "榕树"}]),
        ({"select": "species", "where": "year(planted) < 2000"}, [{"species": "Ash"}]),
        ({"select": "species", "where": "height * 2 between 23 and 25"}, [{"species": "Oak"}]),
        ({"select": "species", "where": "contains(species, '榕')"}, [{"species": "榕树"}]),
        ({"select": "species", "where": "not starts_with(species, 'A') and height > 1"}, [{"species": "Oak"}]),
        ({"select": "species", "where": "'2001-03-09' = planted"}, [{"species": "Oak"}]),
        ({"select": "species", "where": "height > girth * 10"}, [{"species": "Ash"}]),
        ({"select": "species", "where": "lower(species) in ('oak', 'elm')"}, [{"species": "Oak"}]),
        ({"select": "species", "q": "NORTH", "order_by": "-species"}, [{"species": "Oak"}, {"species": "Ash"}]),
        (
            {"select": "species,count(*) as n", "group_by": "species", "having": "n > 1"},
            [{"species": "Ash", "n": 2}],
        ),
        (
            {"select": "date_trunc('month', planted) as m, max(height) as h", "group_by": "m", "where": "height > 0"},
            [{"m": date(1999, 12, 1), "h": 20}, {"m": date(2001, 3, 1), "h": 12}],
        ),
        (
            {"select": "year(planted) as y, count(*)", "group_by": "year(planted)", "order_by": "-y"},
            [{"y": 2001, "count": 2}, {"y": 1999, "count": 1}, {"y": None, "count": 1}],
        ),
        ({"select": "count(*) * 900000000000000000 * 100 as x"}, [{"x": None}]),
        ({"select": "json_value(max(species), '$.a') as x"}, [{"x": None}]),
        ({"select": "sum(height) / count(height) as mean"}, [{"mean": pytest.approx(41 / 3)}]),
        ({"select": "count(distinct species), count(height) as h"}, [{"count": 3, "h": 3}]),
        ({"select": "species", "distinct": True}, [{"species": "Ash"}, {"species": "Oak"}, {"species": "榕树"}]),
        ({"select": "upper(species) as u", "order_by": "-u", "limit": 2}, [{"u": "榕树"}, {"u": "OAK"}]),
        ({"group_by": "district"}, [{"district": d, "count": n} for d, n in [("North", 2), ("South", 1), (None, 1)]]),
    ],
)  # fmt: skip
def test_it_answers(query, wanted):
    assert ask(**query)[: len(wanted) if "limit" in query else None] == wanted


def test_it_takes_the_same_sample_each_time():
    first, second = (ask(select="species,height", sample=2) for _time in range(2))

    assert first == second
    assert len(first) == 2


def test_it_samples_only_what_matches():
    assert {row["species"] for row in ask(select="species", sample=4, where="species = 'Ash'")} == {"Ash"}


@pytest.mark.parametrize(
    "select",
    [
        "read_csv('/etc/passwd') as x", "getenv('HOME') as x", "current_setting('a') as x", "pragma_version() as x",
        "sum(sum(height)) as x", "height + count(*) as x", "species + 1 as x", "height || species as x",
        "list_value(height) as x", "height::text as x", "cast(height as text) as x", "(select 1) as x",
        "case when height > 1 then 1 end as x", "x -> x + 1 as y", "height[1] as x", "{'a': height} as x",
        "date_trunc(species, planted) as x", "left(species, height) as x", "left(species, 99999) as x",
        "quantile(height, 2) as x", "round(species) as x", "max(1)", "height, count(*)", "sum(height) over () as x",
        "regexp_matches(species, '(a+)+$') as x", "sleep(10) as x", "unnest(height) as x", "lower() as x",
        "main.lower(species) as x", "concat() as x", "count(height, lat) as x", "1 + 1", "repeat(species, 1000) as x",
        "'a'", "height as __row", "* exclude (species)", "columns('h.*')", "lower(species) as x from range(9)",
        "within(lon, lat, 'POINT(0 0)') as x", "within(lon, lat, 'POLYGON((0 0, 1 1, 0 1, 1 0, 0 0))') as x",
        "within(lon, lat, species) as x", "within(lon, lat, 'POLYGON EMPTY') as x", "within(lon, lat, '{') as x",
        "within(place, lat, 'POLYGON((0 0, 1 1, 0 1, 0 0))') as x", "lon(species) as x",
        "within(lon, lat, 'POLYGON((0 0, 1 NaN, 0 1, 0 0))') as x", "meets_box(place, 0, 0, 0) as x",
        "json_value(notes, species) as x", "json_value(notes, '$') as x", "json_value(notes, '$.*') as x",
        "json_value(notes, '$..by') as x", "json_value(notes, '$.a'' or 1') as x", "json_value(notes, '/by') as x",
        "json_value(place, '$.type') as x", "lower(place) as x", "max(place) as x",
    ],
)  # fmt: skip
def test_it_refuses_what_is_not_in_the_language(select):
    with pytest.raises(QueryError) as refusal:
        ask(select=select)

    assert refusal.value.sentence


@pytest.mark.parametrize(
    "select", [
        "replace(replace(species, 'a', 'aaaaaaaaaa'), 'a', 'aaaaaaaaaa') as x",
        "replace(concat(species, replace(species, 'a', 'b')), 'b', 'c') as x",
        "replace(species, 'a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa') as x",
        "replace(species, 'a', district) as x",
    ],
)  # fmt: skip
def test_it_lets_no_text_grow_without_bounds(select):
    with pytest.raises(QueryError):
        ask(select=select)


def test_it_refuses_a_tower_of_brackets():
    with pytest.raises(QueryError):
        ask(select="(" * 300 + "height" + ")" * 300 + " as x")
    with pytest.raises(QueryError):
        ask(select="abs(" * 60 + "height" + ")" * 60 + " as x")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"select": "specis"}, "Did you mean “species”"),
        ({"where": "height > 1 and distrct = 'North'"}, "(character 16). Did you mean “district”"),
        ({"select": "lover(species) as x"}, "no function “lover”"),
        ({"select": "left(species) as x"}, "left(species, 2)"),
        ({"select": "height * 2"}, "Give what is computed a name"),
        ({"having": "height > 1"}, "needs “group_by”"),
        ({"select": "count(*)", "distinct": True}, "exclude each other"),
    ],
)
def test_it_says_what_is_wrong_and_where(query, words):
    with pytest.raises(QueryError) as refusal:
        ask(**query)

    assert words in refusal.value.sentence


def test_it_never_suggests_a_column_that_is_hidden():
    with pytest.raises(QueryError) as refusal:
        ask(columns={"species": None}, select="distrct")

    assert "district" not in refusal.value.sentence


@pytest.mark.parametrize(
    "select",
    [
        "height / (height - 20)", "ln(height - 20)", "height * 999999999999999999 * 10",
        # What two expressions share is computed once, outside the net around each.
        "ln(height - 20) + sqrt(height - 20) + ln(ln(height - 20))",
        "distance(0, height, 0, 0 - 9223372036854775807) + distance(1, height, 1, 0 - 9223372036854775807)",
        "greatest(height - 9223372036854775807 - 30, 1) + least(height - 9223372036854775807 - 30, 1)",
    ],
)  # fmt: skip
def test_it_never_fails_over_a_row_that_the_basis_hides(select):
    """An error would tell that there is such a row."""
    found = ask(columns={"species": None, "height": None}, lent="height < 20", select=f"{select} as x")

    assert len(found) == 2
    assert ask(columns={"height": None}, lent="height < 20", where=f"{select} > 0", select="height") is not None


def test_it_reads_columns_whose_names_look_like_marks_of_ours():
    """A name that was filled in is not looked at again: its brackets are no mark, its quotes end nothing."""
    terms, types = TableTerms({'{1}"; --': None, "{0}": None}), {'{1}"; --': "text", "{0}": "text"}

    made = plan(RowQuery(select='nullif("{1}""; --", "{0}") as y'), terms, types, pseudonyms=b"", about="")

    assert 'let_out."{1}""; --"], lambda __v: __v IS DISTINCT FROM let_out."{0}")' in made.sql


def test_it_states_which_columns_were_read_and_by_which_rows_were_chosen():
    query = RowQuery(select="upper(species) as x, count(*)", group_by="x", where="length(district) > 2", q="oak")

    made = plan(query, TableTerms(dict.fromkeys(TYPES)), TYPES, pseudonyms=b"", about="")

    assert made.reads == ["species"]
    assert made.filtered_by == ["species", "district", "notes"]


def test_it_leaves_values_out_of_what_is_stated_openly():
    text = "replace(name, 'Lin Mei', 'x') as y, 110101199003078515 + a as \"n 7\""

    assert without_values(text) == 'replace(name, ?, ?) as y, ? + a as "n 7"'
    assert "Lin" not in str(RowQuery(select=text, having="n > 3", q="Lin").shape())
    assert "Lin Mei" in RowQuery(select=text).words()


AREAS = [
    "POLYGON((-1 51, 0 51, 0 52, -1 51))",
    "POLYGON((0 0, 10 0, 10 10, 0 10, 0 0), (3 3, 7 3, 7 7, 3 7, 3 3))",
    "MULTIPOLYGON(((0 0, 2 0, 1 2, 0 0)), ((5 5, 9 5, 9 9, 7 6, 5 9, 5 5)))",
    '{"type":"Polygon","coordinates":[[[-5,-5],[5,-4],[0,0],[4,6],[-6,5],[-5,-5]]]}',
]


@pytest.mark.parametrize("area", AREAS)
def test_it_finds_the_places_in_an_area_that_another_library_finds(area):
    """Random places, also inside holes and notches; none of them on a border, where either may be right."""
    shape = shapely.from_geojson(area) if area.startswith("{") else shapely.from_wkt(area)
    (west, south, east, north), chance = shape.buffer(0.5).bounds, random.Random(7)
    places = [(chance.uniform(west, east), chance.uniform(south, north)) for _n in range(2_000)]
    data = write_parquet({"x": ("float", [x for x, _y in places]), "y": ("float", [y for _x, y in places])})
    path = f"tables/places-{AREAS.index(area)}.parquet"
    with store().open(path, "wb") as file:
        file.write(data)
    terms, types = TableTerms({"x": None, "y": None}), {"x": "float", "y": "float"}
    made = plan(RowQuery(select=f"within(x, y, '{area}') as i", limit=9_999), terms, types, pseudonyms=b"", about="")
    batches = Run(made, path, path.replace("/", "-")).batches()

    found = [row["i"] for batch in batches for row in batch.to_pylist()]

    assert found == [shape.contains(shapely.Point(place)) for place in places]
    assert 10 < sum(found) < 1_990
