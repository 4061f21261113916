"""What holds of every kind of database that a source leads to, tried on real servers of each."""

from itertools import pairwise
from pathlib import Path

import pytest

from catalog.actions import sources
from catalog.sources import fetching
from tests import world
from tests.loads import empty_store
from tests.mariadb import department_mariadb, mariadb
from tests.sources import HOST, carried_out, department_database

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = {
    "postgresql": "SELECT n, repeat('x', 40) AS t, n / 8.0 AS p FROM generate_series(1, {rows}) n",
    "mysql": "SELECT seq AS n, repeat('x', 40) AS t, seq / 8.0 AS p FROM seq_1_to_{rows}",
}
WIDE = {
    "postgresql": "SELECT n, repeat('树', 200000) AS t FROM generate_series(1, 150) n",
    "mysql": "SELECT seq AS n, repeat('树', 200000) AS t FROM seq_1_to_150",
}


@pytest.fixture(params=["postgresql", "mysql"])
def city(request, settings):
    settings.SOURCE_HOSTS = [HOST, "localhost"]
    empty_store()
    if request.param == "mysql":
        with mariadb() as server, department_mariadb(server) as made:
            yield made
    else:
        with department_database() as made:
            yield made


@pytest.fixture
def source(city):
    people = world.cast()
    trees = world.dataset(people.owner, people.parks)
    return sources.set_source(trees, city.fields(), by=world.by(people.owner))


def shown(city, name: str, query: str) -> None:
    city.say(f"CREATE VIEW {name} AS {query}")
    grant = f"GRANT SELECT ON {name} TO {city.login}"
    city.say(grant if city.fields()["kind"] == "postgresql" else grant.replace("SELECT", "SELECT, SHOW VIEW"))


def peak_of(act) -> int:
    """By how many bytes the memory of this process grew at its highest while it acted."""
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    act()
    return _status("VmHWM") - before


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(name)).split()[1])


def test_a_view_is_fetched_unchanged_and_changed(city, source):
    by = world.by(source.set_by)
    first = carried_out(source, sources.run_source(source, by=by))
    assert (first.state, first.version.number) == ("done", 1), first.error
    assert carried_out(source, sources.run_source(source, by=by)).brought["unchanged"]
    city.say("UPDATE tree SET secret = 'y'", "UPDATE tree SET height = 99 WHERE code = '00007'")
    assert carried_out(source, sources.run_source(source, by=by)).version.number == 2


def test_rows_that_are_very_wide_come_in_smaller_batches(city, source, tmp_path, monkeypatch):
    monkeypatch.setattr("catalog.sources.databases.BATCH_LETTERS", 2_000_000)
    shown(city, "wide", WIDE[source.kind])
    source.what, seen = "wide", []
    brought = fetching.fetch(source, tmp_path, {}, lambda rows=0, **_more: seen.append(rows))

    assert brought.file and seen[-1] == 150
    assert seen[0] == 100 and max(later - one for one, later in pairwise(seen)) <= 10


@pytest.mark.slow
def test_a_million_rows_are_not_held_in_memory(city, source, tmp_path):
    shown(city, "many", ROWS[source.kind].replace("{rows}", "1000"))
    shown(city, "very_many", ROWS[source.kind].replace("{rows}", "1000000"))
    source.what = "many"
    fetching.fetch(source, tmp_path, {}, lambda **_more: None)
    source.what, seen = "very_many", []
    grown = peak_of(lambda: fetching.fetch(source, tmp_path, {}, lambda rows=0, **_more: seen.append(rows)))

    assert seen[-1] == 1_000_000 and len(seen) > 400
    assert grown < 120 * 1024**2, f"{grown / 1024**2:.0f} MB"
