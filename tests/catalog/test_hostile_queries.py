"""A corpus of hostile queries over the API: each is refused with its place, is only a value, or stays in its budget."""

import json
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import quote

import pytest

from catalog.api.middleware import LONGEST_ADDRESS
from tests import world
from tests.api import caller, dataset_url
from tests.catalog import hostile

pytestmark = pytest.mark.django_db(transaction=True)
WRITTEN = hostile.written()
REFUSALS = {"bad-select", "bad-filter", "bad-parameter", "bad-cursor", "unknown-column", "unknown-function",
            "malformed-request"}  # fmt: skip
PLACELESS = {"q", "after"}  # they are read as a whole
QUICK = 4.0  # seconds of work of this process for any one answer, engine and parser together
ROWS = 3_000
SECRET = "the-hidden-cell"


@pytest.fixture
def trees():
    """A released table; its column `owner` and its rows without height are hidden."""
    people = world.cast()
    dataset = world.dataset(people.owner, people.parks, "Trees")
    some = range(ROWS)
    version = world.version(dataset, {
        "species": ("text", [["Oak", "Ash", "榕树", "a" * 300][n % 4] for n in some]),
        "height": ("integer", list(some)),
        "girth": ("decimal", [Decimal(n) / 8 for n in some]),
        "planted": ("date", [date(2001, 3, 9)] * ROWS),
        "seen": ("timestamptz", [datetime(2026, 1, 2, 23, 30, tzinfo=UTC)] * ROWS),
        "lon": ("float", [n / 100 for n in some]),
        "lat": ("float", [n / 1000 for n in some]),
        "owner": ("text", [SECRET] * ROWS),
    })  # fmt: skip
    shown = dict.fromkeys(["species", "height", "girth", "planted", "seen", "lon", "lat"])
    world.basis("release", version, shown, where="height < 2900")
    return dataset


def put(dataset, parameter: str, text: str, **more) -> tuple[int, dict, float]:
    """The status, the answer and the seconds of work that it took."""
    began = time.process_time()
    answer = caller().get(dataset_url(dataset, "/rows"), {**hostile.asked(parameter, text), **more})
    return answer.status_code, json.loads(answer.content), time.process_time() - began


def wrong_with(outcome: str, parameter: str, text: str, status: int, body: dict, seconds: float) -> str:
    """What the answer has that it should not have; nothing where all is well."""
    if SECRET in str(body):
        return "it shows a hidden cell"
    if seconds > QUICK:
        return f"it took {seconds:.1f} s"
    if status == 200:
        return "it is answered" if outcome == "refused" or (outcome == "empty" and body["results"]) else ""
    if status != 400 or body["type"].split("/")[-2] not in REFUSALS:
        return f"it meets with {status} {body.get('type')} {body.get('detail')}"
    if outcome != "refused":
        return "it is refused" if outcome == "empty" or body["type"].endswith("unknown-column/") else ""
    if body["type"].endswith("malformed-request/"):
        return "" if len(quote(text)) > LONGEST_ADDRESS / 2 else "it is taken for garbage"
    (error,) = body["errors"]
    if "owner" in error["detail"] and "owner" not in text:
        return "it names a hidden column"
    if error["parameter"] != parameter:
        return f"it blames {error['parameter']}"
    if parameter not in PLACELESS and len(text) <= 4_000 and not 1 <= error.get("at", 0) <= len(text) + 1:
        return f"it has no place: {error}"
    return ""


def assert_met(dataset, outcome: str, queries) -> None:
    """Each query meets with what it must; those that do not are told with why."""
    met = [(parameter, text, wrong_with(outcome, parameter, text, *put(dataset, parameter, text)))
           for parameter, text in queries]  # fmt: skip
    wrong = [f"{parameter}: {text[:90]!r}: {why}" for parameter, text, why in met if why]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


@pytest.mark.parametrize(("group", "outcome"), WRITTEN)
def test_it_meets_each_hostile_query(trees, group, outcome):
    assert_met(trees, outcome, WRITTEN[group, outcome])


@pytest.mark.slow
def test_it_refuses_what_is_built_to_grow(trees):
    assert_met(trees, "refused", hostile.bombs())


def test_it_bounds_what_is_as_heavy_as_the_language_allows(trees):
    assert_met(trees, "bounded", hostile.heavy())


def test_it_takes_no_cursor_but_its_own(trees):
    """Not one that is cut, changed or made up, nor one of another query, version or basis."""
    first = rows_of(trees, limit="2", order_by="-height")
    good = first["next"]
    version = world.version(trees, {"height": ("integer", list(range(ROWS)))})
    world.basis("release", version, {"height": None})
    lent = world.basis("grant", trees.versions.get(number=1), {"height": None}, to=world.department("schools-2"))
    person = world.person("Sue", lent.department, "requester")

    changed = [good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :] for at in range(0, len(good), 5)]
    forged = ["x", "=", "A" * 5_000, "%00", good[:-1], good[:-9], good[1:], good + "A", good[::-1], *changed]
    for cursor in forged:
        assert refusal_of(trees, limit="2", order_by="-height", after=cursor), cursor
    for other in ({"order_by": "height"}, {"order_by": "-height", "where": "height > 1"}, {"select": "height"}):
        assert refusal_of(trees, limit="2", after=good, **other), other
    assert refusal_of(trees, "/versions/2/rows", limit="2", order_by="-height", after=good)
    assert refusal_of(trees, limit="2", order_by="-height", after=good, basis=str(lent.pk), by=person)


def rows_of(dataset, **params) -> dict:
    """A page that is answered."""
    answer = caller().get(dataset_url(dataset, "/rows"), params)
    assert answer.status_code == 200, answer.content
    return answer.json()


def refusal_of(dataset, part: str = "/rows", by=None, **params) -> bool:
    """True where the cursor is refused, and as nothing else."""
    answer = caller(by).get(dataset_url(dataset, part), params)
    body = json.loads(answer.content)
    return answer.status_code == 400 and body["type"].split("/")[-2] in {"bad-cursor", "bad-parameter"}
