"""What a query may use: time, memory, bytes of a page, rows. Each budget ends in a refusal that says what to ask."""

import pyarrow as pa
import pytest

from catalog.rows import serving
from tests import world
from tests.api import caller, dataset_url
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 300_000


@pytest.fixture
def numbers():
    """A long open table with a long text in each row."""
    people = world.cast()
    dataset = world.dataset(people.owner, people.parks, "Numbers")
    columns = {"n": ("integer", pa.array(range(ROWS), pa.int64())), "words": ("text", pa.array(["tree " * 60] * ROWS))}
    world.basis("release", world.version(dataset, columns), dict.fromkeys(columns))
    yield dataset
    serving.close_all()


def rows(dataset, **params):
    return caller().get(dataset_url(dataset, "/rows"), params)


@pytest.mark.parametrize("kind", ["json", "csv", "ndjson", "parquet", "xlsx"])
def test_it_ends_a_query_that_takes_too_long(numbers, settings, kind):
    """In each format it is refused before an answer begins, and not cut off in the middle."""
    settings.ENGINE_QUERY_MS = 1
    heavy = {"select": "median(n * 2) as m, count(distinct concat(n, words)) as c, n % 1000 as k", "group_by": "k"}
    problem = assert_problem(rows(numbers, format=kind, **heavy), 422, "query-too-costly")
    assert problem["budget"] == "time" and "0.001 seconds" in problem["detail"] and "“where”" in problem["detail"]


def test_it_ends_a_query_that_needs_too_much_memory(numbers, settings, tmp_path):
    settings.ENGINE_MEMORY_MB, settings.SERVING_DIR = 40, tmp_path
    serving.close_all()
    heavy = {"select": "count(distinct concat(n, words, words, words, words)) as c"}
    problem = assert_problem(rows(numbers, **heavy), 422, "query-too-costly")
    assert problem["budget"] == "memory" and "40 MB" in problem["detail"]


def test_it_ends_a_page_that_grows_too_large(numbers, settings):
    settings.PAGE_MAX_BYTES = 100_000
    problem = assert_problem(rows(numbers, limit="5000"), 422, "query-too-costly")
    assert problem["budget"] == "bytes" and "format=csv" in problem["detail"]
    assert rows(numbers, limit="5000", select="n").status_code == 200
    streamed = rows(numbers, format="csv", select="words")
    assert sum(map(len, streamed.streaming_content)) > 300 * ROWS


def test_it_says_how_to_get_more_rows_than_a_page_holds(numbers):
    problem = assert_problem(rows(numbers, limit="10001"), 400, "bad-parameter")
    assert "“format”" in problem["detail"]
