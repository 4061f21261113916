"""A large file comes in and leaves in constant memory: the worker, the process that reads it, the web server."""

from dataclasses import replace

import pytest

from tests.benchmarks import memory
from tests.benchmarks.measure import TINY
from tests.benchmarks.scene import scene
from tests.loads import empty_store

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.alone]
ENGINE, SMALL, LARGE = 160, 30, 300  # MB
GROWTH = 200  # MB that the larger file may take more: the engine's own, and what libraries keep for the next time


def test_a_file_ten_times_as_large_takes_the_same_memory(settings):
    empty_store()
    settings.ENGINE_MEMORY_MB = ENGINE
    made, peaks = scene(1_000), []
    for size in (SMALL, LARGE):
        figures = memory.measure(made, replace(TINY, large_mb=size))
        assert all(figure.holds for figure in figures), figures
        peaks.append([figure.value for figure in figures])
    assert all(large < small + GROWTH for small, large in zip(*peaks, strict=True)), peaks
