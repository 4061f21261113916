"""The child process: its progress, its limits, its end; and that nothing is left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from catalog.ingest.errors import ReadingError
from catalog.ingest.limits import MB, Limits
from catalog.ingest.run import ROOT, read_in_child

READ = """
import json, sys
from pathlib import Path
from catalog.ingest.run import read_in_child
tell = lambda said: print(json.dumps(said), flush=True)
read_in_child(Path(sys.argv[1]), "big.csv", Path(sys.argv[2]), {}, on_progress=tell)
"""


@pytest.fixture
def big(tmp_path):
    """A file that takes a few seconds to read, since its rows are uneven."""
    path = tmp_path / "big.csv"
    with path.open("w") as out:
        out.write("a,b,c\n")
        for n in range(400_000):
            out.write(f"{n},{n % 7}.5,text {n}\n" if n % 3 else f"{n}\n")
    return path


def told(path, out, settings=None, **more):
    said = []
    result = read_in_child(path, path.name, out, settings or {}, on_progress=said.append, **more)
    return result, said


def children_of(pid):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def wait_until(what, seconds=20):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_it_hands_over_tables_and_tells_how_far_it_is(tmp_path, big):
    out = tmp_path / "out"
    result, said = told(big, out)
    (table,) = result["tables"]
    assert Path(table["file"]) == out / "main.parquet"
    assert pq.read_metadata(table["file"]).num_rows == table["rows"] == 400_000
    assert table["bytes"] == Path(table["file"]).stat().st_size
    assert [*dict.fromkeys(line["stage"] for line in said)] == [
        "unpacking",
        "decoding",
        "reading",
        "typing",
        "writing",
        "profiling",
    ]
    assert all({"rows_done", "bytes_done", "bytes_total"} <= set(line) for line in said)
    assert os.listdir(out) == ["main.parquet"]
    json.dumps(result)


def test_it_leaves_nothing_after_an_error(tmp_path):
    path, out = tmp_path / "a.csv", tmp_path / "out"
    path.write_text('a,b\n1,"x\n')
    with pytest.raises(ReadingError) as caught:
        told(path, out)
    assert (caught.value.code, caught.value.row) == ("quote-never-closed", 2)
    assert os.listdir(out) == []


def test_it_leaves_alone_what_others_put_there(tmp_path):
    path, out = tmp_path / "a.csv", tmp_path / "out"
    out.mkdir()
    (out / "other").write_text("kept")
    path.write_bytes(b"")
    with pytest.raises(ReadingError):
        told(path, out)
    assert os.listdir(out) == ["other"]


def test_it_reads_files_whose_names_and_folders_are_odd(tmp_path):
    folder = tmp_path / "it's [a] *folder* 名"
    folder.mkdir()
    path = folder / "data [1] ?'s.csv"
    path.write_text("a,b\n1,2\n")
    result, _ = told(path, folder / "out")
    assert result["tables"][0]["rows"] == 1


def test_it_stops_when_told_and_leaves_nothing(tmp_path, big):
    out, said, before = tmp_path / "out", [], children_of(os.getpid())
    with pytest.raises(ReadingError) as caught:
        read_in_child(
            big,
            "big.csv",
            out,
            {},
            on_progress=said.append,
            should_stop=lambda: any(line["stage"] == "reading" for line in said),
        )
    assert caught.value.code == "stopped"
    assert os.listdir(out) == []
    assert children_of(os.getpid()) == before


def test_it_ends_the_child_when_the_listener_fails(tmp_path, big):
    def fail(said):
        raise LookupError("the lease is gone")

    before = children_of(os.getpid())
    with pytest.raises(LookupError):
        read_in_child(big, "big.csv", tmp_path / "out", {}, on_progress=fail)
    assert os.listdir(tmp_path / "out") == []
    assert children_of(os.getpid()) == before


def test_it_says_so_when_memory_is_not_enough(tmp_path, big):
    with pytest.raises(ReadingError) as caught:
        told(big, tmp_path / "out", limits=Limits(engine_memory="3MB"))
    assert caught.value.code == "too-much-memory"
    assert os.listdir(tmp_path / "out") == []


def test_it_says_so_when_it_takes_too_long(tmp_path, big):
    with pytest.raises(ReadingError) as caught:
        told(big, tmp_path / "out", limits=Limits(cpu_seconds=1))
    assert caught.value.code == "too-much-time"


def test_it_says_so_when_the_disk_is_full(tmp_path, big):
    with pytest.raises(ReadingError) as caught:
        told(big, tmp_path / "out", limits=Limits(file_bytes=MB))
    assert caught.value.code == "disk-full"
    assert os.listdir(tmp_path / "out") == []


def test_it_keeps_our_secrets_from_the_child(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "canary")
    seen, before = [], children_of(os.getpid())
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")

    def look(said):
        for child in set(children_of(os.getpid())) - set(before):
            seen.append(Path(f"/proc/{child}/environ").read_bytes())

    read_in_child(path, "a.csv", tmp_path / "out", {}, on_progress=look)
    assert seen
    assert not any(b"canary" in environment for environment in seen)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_child_dies_with_its_parent(tmp_path, big):
    parent = subprocess.Popen(
        [sys.executable, "-c", READ, str(big), str(tmp_path / "out")], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert json.loads(parent.stdout.readline())["stage"] == "unpacking"
    (child,) = children_of(parent.pid)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not Path(f"/proc/{child}").exists() or "State:\tZ" in Path(f"/proc/{child}/status").read_text())
