"""The benchmarks run and tell their numbers; how large these are is nothing that a test can promise."""

import pytest

from tests.benchmarks.measure import TINY, Figure
from tests.benchmarks.runner import BENCHMARKS, machine, run, told, verdict, write

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "owner"]),
    pytest.mark.slow,
    pytest.mark.usefixtures("own_log"),
    pytest.mark.alone,
]


def test_it_measures_everything_and_writes_it_down(tmp_path):
    found = run(TINY, say=lambda line: None)

    assert list(found) == list(BENCHMARKS)
    assert all(one.value > 0 for figures in found.values() for one in figures if one.name.count("above") == 0)
    write(found, tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text()
    assert machine().rpartition(") of ")[2] in page
    for figures in found.values():
        for one in figures:
            assert f"| {one.name} | {told(one)} | {one.budget} | {verdict(one)} |" in page

    first = next(iter(BENCHMARKS))
    write({first: [Figure("measured again", 7, "s")]}, tmp_path / "page.md")
    again = (tmp_path / "page.md").read_text()
    assert "| measured again | 7 s |  |  |" in again
    assert [line for line in again.splitlines() if line.startswith("## ")] == [
        line for line in page.splitlines() if line.startswith("## ")
    ]
    assert all(f"| {one.name} |" in again for title, figures in found.items() for one in figures if title != first)


def test_it_tells_numbers_as_people_read_them():
    assert told(Figure("", 1234.5, "a second")) == "1,234 a second"
    assert told(Figure("", 0.01234, "s")) == "0.0123 s"
    assert (verdict(Figure("", 1, "s", "≤ 2 s", True)), verdict(Figure("", 3, "s"))) == ("yes", "")
