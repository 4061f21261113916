"""`timezone` and `format=arrow`: moments by the clocks of a place, and typed columns from end to end."""

import csv
import io
import json
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog.rows.engine import Run
from catalog.rows.plan import plan
from catalog.rows.query import RowQuery
from catalog.store import store
from catalog.terms import TableTerms
from tests import world
from tests.api import caller, dataset_url
from tests.parquet import write_parquet
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db(transaction=True)
ZONE = "Asia/Shanghai"
# Late in the evening of UTC is the next day there; two are around the change of the clocks in New York; one is none.
SEEN = [
    datetime(2026, 1, 31, 16, 30, tzinfo=UTC), datetime(2026, 1, 31, 15, 59, 59, 250_000, tzinfo=UTC), None,
    datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
]  # fmt: skip


@pytest.fixture
def sightings():
    """An open table with a moment in each row."""
    people = world.cast()
    dataset = world.dataset(people.owner, people.parks, "Sightings")
    columns = {"n": ("integer", list(range(len(SEEN)))), "seen": ("timestamptz", SEEN), "kind": ("text", ["a"] * 5)}
    world.basis("release", world.version(dataset, columns), dict.fromkeys(columns))
    return dataset


def rows(dataset, **params):
    answer = caller().get(dataset_url(dataset, "/rows"), params)
    assert answer.status_code == 200, answer.content
    return answer


def results(dataset, **params) -> list[dict]:
    return rows(dataset, **params).json()["results"]


def body(dataset, kind: str, **params) -> bytes:
    return b"".join(rows(dataset, format=kind, **params).streaming_content)


def local(zone: str) -> list[str | None]:
    return [moment and moment.astimezone(ZoneInfo(zone)).isoformat() for moment in SEEN]


@pytest.mark.parametrize("zone", [ZONE, "America/New_York", "Asia/Kathmandu", "UTC"])
def test_it_shows_moments_by_the_clocks_of_a_place(sightings, zone):
    wanted = [text and text.replace("+00:00", "Z") for text in local(zone)]
    assert [row["seen"] for row in results(sightings, timezone=zone)] == wanted
    lines = [json.loads(line)["seen"] for line in body(sightings, "ndjson", timezone=zone).splitlines()]
    assert lines == wanted
    cells = [row["seen"] for row in csv.DictReader(io.StringIO(body(sightings, "csv", timezone=zone).decode()))]
    assert [cell and datetime.fromisoformat(cell) for cell in cells] == [moment or "" for moment in SEEN]
    assert [cell[-6:] for cell in cells if cell] == [text[-6:] if text[-1] != "Z" else cell[-6:] for text, cell in
                                                     zip(wanted, cells, strict=True) if cell]  # fmt: skip
    sheet = openpyxl.load_workbook(io.BytesIO(body(sightings, "xlsx", timezone=zone))).active
    clock = SEEN[0].astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert abs(sheet.cell(2, 2).value - clock) < timedelta(seconds=1)


def test_it_reckons_days_and_hours_by_those_clocks(sightings):
    asked = {"select": "n, date_trunc('day', seen) as d, hour(seen) as h, month(seen) as m", "timezone": ZONE}
    found = results(sightings, **asked)
    clocks = [moment and moment.astimezone(ZoneInfo(ZONE)) for moment in SEEN]
    days = [at and at.replace(hour=0, minute=0, second=0, microsecond=0).isoformat() for at in clocks]
    assert [row["d"] for row in found] == days
    assert [(row["h"], row["m"]) for row in found] == [(at and at.hour, at and at.month) for at in clocks]
    groups = results(sightings, select="month(seen) as m, count(*) as n", group_by="m", timezone=ZONE)
    assert groups == [{"m": 1, "n": 1}, {"m": 2, "n": 1}, {"m": 11, "n": 2}, {"m": None, "n": 1}]
    plain = results(sightings, select="month(seen) as m, count(*) as n", group_by="m")
    assert plain == [{"m": 1, "n": 2}, {"m": 11, "n": 2}, {"m": None, "n": 1}]


def test_it_takes_a_moment_without_a_zone_for_one_of_that_place(sightings):
    after = [row["n"] for row in results(sightings, where="seen >= '2026-02-01'", timezone=ZONE)]
    assert after == [0, 3, 4]
    assert [row["n"] for row in results(sightings, where="seen >= '2026-02-01'")] == [3, 4]
    assert [row["n"] for row in results(sightings, seen__gte="2026-02-01T00:00:00", timezone=ZONE)] == after
    assert [row["n"] for row in results(sightings, where="seen >= '2026-01-31T16:00:00Z'", timezone=ZONE)] == after


def test_it_pages_on_in_a_zone(sightings):
    first = rows(sightings, order_by="-seen", limit="2", timezone=ZONE).json()
    second = rows(sightings, order_by="-seen", limit="3", timezone=ZONE, after=first["next"]).json()
    assert [row["n"] for row in first["results"] + second["results"]] == [4, 3, 0, 1, 2]
    other = caller().get(dataset_url(sightings, "/rows"), {"order_by": "-seen", "limit": "2", "after": first["next"]})
    assert_problem(other, 400, "bad-cursor")


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "Asia/Shanhai", "../../etc/passwd", "localtime", "x' OR '1'='1", "+08:00"]
)
def test_it_knows_no_other_zone(sightings, zone):
    answer = caller().get(dataset_url(sightings, "/rows"), {"timezone": zone})
    problem = assert_problem(answer, 400, "bad-parameter")
    assert problem["errors"][0]["parameter"] == "timezone" and "such as" in problem["detail"]


def test_the_engine_knows_every_zone_that_is_taken():
    found = duckdb.connect().execute("SELECT name FROM pg_timezone_names()").fetchall()
    assert available_timezones() - {"localtime", "Factory"} <= {name for (name,) in found}


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_it_leaves_moments_as_they_are_in_typed_files(sightings, kind):
    data = io.BytesIO(body(sightings, kind, timezone=ZONE))
    table = pq.read_table(data) if kind == "parquet" else pa.ipc.open_stream(data).read_all()
    assert table.schema.field("seen").type == pa.timestamp("us", "UTC")
    assert table["seen"].to_pylist() == SEEN


def test_it_streams_arrow_with_the_types_of_the_columns(sightings):
    answer = rows(sightings, format="arrow", select="n, n / 2 as half, seen, kind", where="n > 1")
    assert answer["Content-Type"] == "application/vnd.apache.arrow.stream"
    assert 'filename="sightings-v1.arrows"' in answer["Content-Disposition"]
    table = pa.ipc.open_stream(io.BytesIO(b"".join(answer.streaming_content))).read_all()
    types = [pa.int64(), pa.float64(), pa.timestamp("us", "UTC"), pa.string()]
    assert table.schema.names == ["n", "half", "seen", "kind"] and table.schema.types == types
    assert table["half"].to_pylist() == [1.0, 1.5, 2.0]


def test_it_streams_arrow_without_rows_too(sightings):
    table = pa.ipc.open_stream(io.BytesIO(body(sightings, "arrow", where="n > 99"))).read_all()
    assert (table.num_rows, table.schema.names) == (0, ["n", "seen", "kind"])
    assert table.schema.types == [pa.int64(), pa.timestamp("us", "UTC"), pa.string()]


def test_it_streams_arrow_in_pieces(sightings):
    """No piece holds more than a batch, whatever the number of rows."""
    long = world.dataset(sightings.created_by, sightings.department, "Long")
    version = world.version(long, {"n": ("integer", pa.array(range(60_000), pa.int64()))})
    world.basis("release", version, {"n": None})
    pieces = list(rows(long, format="arrow").streaming_content)
    assert len(pieces) > 10 and max(map(len, pieces)) < 100_000
    assert pa.ipc.open_stream(io.BytesIO(b"".join(pieces))).read_all()["n"].to_pylist() == list(range(60_000))


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe"])
def test_it_reads_clocks_as_another_library_does(zone):
    """Random moments over sixty years, also around changes of the clocks."""
    chance = random.Random(zone)
    seconds = [chance.randrange(60 * 365 * 86_400) for _n in range(500)]
    moments = [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=one) for one in seconds]
    path = f"tables/moments-{zone.replace('/', '-')}.parquet"
    with store().open(path, "wb") as file:
        file.write(write_parquet({"seen": ("timestamptz", moments)}))
    parts = {"y": "year(seen)", "q": "quarter(seen)", "m": "month(seen)", "w": "week(seen)", "d": "day(seen)",
             "wd": "weekday(seen)", "h": "hour(seen)", "mi": "minute(seen)"}  # fmt: skip
    query = RowQuery(select=", ".join(f"{sql} as {name}" for name, sql in parts.items()), limit=None, timezone=zone)
    made = plan(query, TableTerms({"seen": None}), {"seen": "timestamptz"}, pseudonyms=b"", about="")
    found = [row for batch in Run(made, path, path.replace("/", "-")).batches() for row in batch.to_pylist()]

    clocks = [moment.astimezone(ZoneInfo(zone)) for moment in moments]
    assert [tuple(row.values()) for row in found] == [
        (at.year, (at.month + 2) // 3, at.month, at.isocalendar().week, at.day, at.isoweekday(), at.hour, at.minute)
        for at in clocks
    ]
