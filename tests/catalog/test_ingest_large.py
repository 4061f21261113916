"""Large files: refused or read in constant memory, with progress that moves and an estimate that comes true."""

import time

import pytest

from catalog.ingest.errors import ReadingError
from catalog.ingest.limits import GB, MB
from catalog.ingest.run import read_in_child
from tests.memory import Peak

pytestmark = [pytest.mark.slow, pytest.mark.alone]
BLOCK_ROWS = 50_000
KINDS = ("Oak", "Ash", "Elm", "榕树")


def repeated(path, block, size):
    with path.open("ab") as file:
        while file.tell() < size:
            file.write(block)
    return path


def rows_of(size, path):
    """A table of seven types of columns, of about this size, and how many rows it has."""
    lines = (
        f"{n:07},{KINDS[n % 4]},{n % 4000}.5,2024-{n % 12 + 1:02}-{n % 28 + 1:02},{n * 7919},Street {n % 999},{n < 9}"
        for n in range(BLOCK_ROWS)
    )
    block = ("\n".join(lines) + "\n").lower().encode()
    path.write_bytes(b"id,kind,height,planted,code,address,alive\n")
    repeated(path, block, size)
    return path, BLOCK_ROWS * -(-(size - 42) // len(block))


@pytest.mark.parametrize("block", [b"x" * MB, "树".encode("gb18030") * (MB // 2), b"1,2," * (MB // 4)])
def test_it_refuses_a_line_of_two_gigabytes_in_constant_memory(tmp_path, block):
    path = repeated(tmp_path / "line.csv", block, 2 * GB)
    begun = time.monotonic()
    with Peak() as peak, pytest.raises(ReadingError) as refused:
        read_in_child(path, path.name, tmp_path / "out", {}, on_progress=lambda said: None)
    path.unlink()
    assert refused.value.code == "line-too-long"
    assert peak.bytes < 400 * MB
    assert time.monotonic() - begun < 60


def test_it_reads_eight_times_as_much_in_the_same_memory_and_says_how_long_it_takes(tmp_path):
    peaks = []
    for size in (50 * MB, 400 * MB):
        path, rows = rows_of(size, tmp_path / "rows.csv")
        said, begun = [], time.monotonic()
        with Peak() as peak:
            result = read_in_child(
                path,
                path.name,
                tmp_path / "out",
                {},
                on_progress=lambda told, begun=begun, said=said: said.append((time.monotonic() - begun, told)),
            )
        peaks.append(peak.bytes)
        assert result["tables"][0]["rows"] == rows
    assert max(peaks) < GB
    assert peaks[1] < peaks[0] + 250 * MB
    took = said[-1][0]
    estimates = [(took - at, told["seconds_left"]) for at, told in said if told["seconds_left"] is not None]
    assert len(estimates) > 5
    late = [(true, left) for true, left in estimates if true < took * 0.7]
    assert all(true / 4 - 5 <= left <= true * 4 + 5 for true, left in late), late
    for stage in ("typing", "writing"):
        assert max(told["rows_done"] for _, told in said if told["stage"] == stage) > rows / 4
