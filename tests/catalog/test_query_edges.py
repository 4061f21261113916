"""What random queries brought to light: each as an example."""

import time
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from catalog.rows.cursors import write_cursor
from catalog.rows.engine import Run
from catalog.rows.errors import QueryError
from catalog.rows.plan import plan
from catalog.rows.query import RowQuery
from catalog.store import store
from catalog.terms import TableTerms
from tests.parquet import write_parquet

TYPES = {
    "n": "integer", "big": "integer", "cost": "decimal", "rate": "decimal", "huge": "decimal", "x": "float",
    "e": "float", "v": "text", "born": "date", "seen": "timestamptz",
}  # fmt: skip
ROWS = [
    (1, 2**63 - 1, "1.50", "0.00000001", "99999999999999999999999999.25", 0.0, 0.5, "a", date(2026, 1, 4), 5),
    (1, -(2**63) + 1, "0.25", "0.00000002", "-1.00", -4.0, 3.0, "a", date(2026, 1, 5), 6),
    (2, 7, "2.00", None, None, None, None, "b", None, None),
]
DECIMALS = {"cost": (18, 4), "rate": (18, 8), "huge": (38, 2)}


@pytest.fixture(scope="module", autouse=True)
def table():
    """Three rows at the ends of what their types hold; the clocks of New York show half past one twice that morning."""
    columns = dict(zip(TYPES, map(list, zip(*ROWS, strict=True)), strict=True))
    columns["seen"] = [hour and datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in columns["seen"]]
    columns["big"] = [2**63 - 1, -(2**63) + 1, 7]
    made = write_parquet({name: (kind, columns[name]) for name, kind in TYPES.items() if name not in DECIMALS})
    found = pa.parquet.read_table(pa.BufferReader(made))
    for name, (digits, scale) in DECIMALS.items():
        cells = [one and Decimal(one) for one in columns[name]]
        found = found.append_column(name, pa.array(cells, pa.decimal128(digits, scale)))
    with store().open("tables/edges.parquet", "wb") as file:
        pa.parquet.write_table(found, file)


def planned(columns=None, lent="", **query):
    terms = TableTerms(columns or dict.fromkeys(TYPES), lent)
    return plan(RowQuery(**query), terms, TYPES, pseudonyms=b"k" * 32, about="test")


def rows(made) -> list[tuple]:
    found = [row for batch in Run(made, "tables/edges.parquet", "edges").batches() for row in batch.to_pylist()]
    return [tuple(row.values()) for row in found]


def ask(select: str, **query) -> list:
    """The values of one expression."""
    return [row[0] for row in rows(planned(select=f"{select} as y", **query))]


@pytest.mark.parametrize(
    ("select", "wanted"),
    [
        ("coalesce(ln(n - 1), 5)", [5, 5, 0]),
        ("coalesce(x / 0, 5)", [5, 5, 5]),
        ("greatest(exp(n * 1000), 1)", [1, 1, 1]),
        ("coalesce(sqrt(x), -1)", [0, -1, -1]),
        ("concat(n, ' of ', v)", ["1 of a", "1 of a", "2 of b"]),
        ("concat(v, 5, e)", ["a50.5", "a53.0", "b5"]),
        ("date_diff('week', born, '2026-01-05')", [1, 0, None]),
        ("date_diff('hour', seen, '2026-11-01T08:00:00Z')", [3, 2, None]),
        ("cost + 0.1", [Decimal("1.6"), Decimal("0.35"), Decimal("2.1")]),
        ("n + 0.1", [Decimal("1.1"), Decimal("1.1"), Decimal("2.1")]),
        ("coalesce(cost, 0)", [Decimal("1.5"), Decimal("0.25"), Decimal("2")]),
        ("least(round(cost, -1), -0.0049)", [Decimal("-0.0049")] * 3),
        ("greatest(round(cost, 0), rate, 0.25)", [Decimal("2"), Decimal("0.25"), Decimal("2")]),
        ("coalesce(huge, 0.5)", [Decimal("99999999999999999999999999.25"), Decimal("-1"), Decimal("0.5")]),
        ("least(cost, rate)", [Decimal("0.00000001"), Decimal("0.00000002"), Decimal("2")]),
        ("least(sum(n), 2.5)", [Decimal("2.5")]),
        ("greatest(sum(n), sum(cost), 4.25)", [Decimal("4.25")]),
        ("within(e, n, 'POLYGON((0 0,2 0,2 2,0 2,0 0))')", [True, False, None]),
        ("round(distance(n - n + -179, -82, 1, 82), 0)", [20015114.0] * 3),  # opposite each other on the sphere
        ("nullif(v, 'a')", [None, None, "b"]),
    ],
)
def test_it_computes(select, wanted):
    assert ask(select) == wanted


def test_an_hour_that_the_clocks_show_twice_begins_where_it_did():
    found = ask("date_trunc('hour', seen)", timezone="America/New_York")
    assert found == [datetime(2026, 11, 1, 5, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC), None]
    days = ask("date_trunc('day', seen)", timezone="America/New_York")
    assert days == [datetime(2026, 11, 1, 4, tzinfo=UTC)] * 2 + [None]


def test_a_sum_loses_no_digit():
    assert ask("sum(rate)") == [Decimal("0.00000003")]
    assert str(ask("sum(n)")[0]) == "4"
    assert ask("sum(big) + sum(big)") == [14]


@pytest.mark.parametrize("where", ["huge > 1.5", "huge > 1.000000000000000001", "huge > rate", "huge > n", "-1 < huge"])
def test_a_large_decimal_is_compared_or_left_out_but_never_an_error(where):
    found = ask("n", where=where)
    assert found in ([1], [])
    assert (found == [1]) or "0001" in where or where == "huge > rate"


@pytest.mark.parametrize("mask", ["band", "band:7", "round:-1", "round:-9", "hash", "null"])
def test_a_mask_never_fails_at_the_ends_of_64_bits(mask):
    found = rows(planned({"big": mask}, select="big"))
    assert len(found) == 3


def test_rows_that_look_alike_are_each_on_one_page():
    """Grouped by what is not shown: two groups with the same sums."""
    query = {"select": "count(*) as c", "group_by": "e", "limit": 1}
    first = planned(**query)
    (one, *keys), _more = rows(first)
    second = rows(planned(**query, after=write_cursor(first.about, keys)))
    third = rows(planned(**query, after=write_cursor(first.about, list(second[0][1:]))))
    assert [one, second[0][0], third[0][0]] == [1, 1, 1] and len(third) == 1


def test_it_pages_on_behind_a_large_decimal():
    query = {"select": "n, huge", "order_by": "-huge", "limit": 1}
    first = planned(**query)
    found = rows(first)
    assert [row[1] for row in rows(planned(**query, after=write_cursor(first.about, list(found[0][2:]))))] == [-1, None]


def test_an_order_reads_the_column_where_another_output_bears_its_name():
    assert ask("x", order_by="-y") == [0.0, -4.0, None]
    found = rows(planned(select="x as y, n as x", order_by="y", limit=None))
    assert [row[0] for row in found] == [-4.0, 0.0, None]


@pytest.mark.parametrize(
    "nest", ["nullif({}, 1)", "1 / ({})", "n % ({})", "abs({})", "power({}, 2)", "coalesce({}, n)", "greatest(1, {})"]
)
def test_a_nest_takes_no_longer_than_it_is_deep(nest):
    text = "n"
    for _n in range(18):
        text = nest.format(text)
    began = time.monotonic()
    assert len(ask(text)) == 3
    assert time.monotonic() - began < 5


def test_what_would_double_at_each_level_is_refused():
    text = "x"
    for _n in range(30):
        text = f"distance(1, {text}, 2, 2)"
    with pytest.raises(QueryError, match="too deeply"):
        ask(text)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"where": 'v = "a b"'}, "Text stands in single quotes: 'a b'"),
        ({"order_by": "n desc"}, "“-height” from the greatest on"),
        ({"order_by": "x, born ASC"}, "(Look at character 4.)"),
    ],
)
def test_it_says_what_habits_of_other_languages_mean_here(query, words):
    with pytest.raises(QueryError) as refusal:
        planned(**query)
    assert words in refusal.value.sentence


@pytest.mark.parametrize(("query", "found"), [
    ({"where": "n > 1.5"}, [2]), ({"where": "n in (1.0, 3.5)"}, [1, 1]), ({"filters": (("n", "lt", "1.5"),)}, [1, 1]),
    ({"where": "n between 0.5 and 1.5"}, [1, 1]), ({"where": "big > 9223372036854775806.5"}, [1]),
])  # fmt: skip
def test_whole_numbers_are_compared_with_decimals(query, found):
    assert ask("n", **query) == found


def test_columns_may_bear_the_names_that_the_engine_uses():
    """Our own steps and the words of the engine's language are names like any others."""
    names = ["let_out", "source", "summed", "sampled", "picked", "count", "value", "order", "rowid", "v", "p0"]
    with store().open("tables/names.parquet", "wb") as file:
        file.write(write_parquet({name: ("integer", [n, n + 1, None]) for n, name in enumerate(names)}))
    types = dict.fromkeys(names, "integer")

    def found(**query):
        made = plan(RowQuery(**query), TableTerms(dict.fromkeys(names)), types, pseudonyms=b"", about="test")
        return [row for batch in Run(made, "tables/names.parquet", "names").batches() for row in batch.to_pylist()]

    for n, name in enumerate(names):
        word = f'"{name}"'
        rows = found(select=f"nullif({word}, 99) as y", where=f"{word} > {n - 1}", order_by=f"-{name}")
        assert [row["y"] for row in rows] == [n + 1, n]
        assert found(select=f"sum({word}) as s, count({word}) as c", sample=3)[0]["s"] == 2 * n + 1
        groups = found(select=f"{word} / 2 as g, count(*) as n", group_by="g", having="n > 0", order_by="-g")
        assert [row["g"] for row in groups] == [(n + 1) / 2, n / 2, None]
        assert [row["c"] for row in found(select=f"{word}, count(*) as c", group_by=name)] == [1, 1, 1]
