"""Files are kept alike in a folder and in a bucket."""

import shutil
import subprocess
from pathlib import Path

import pytest
import s3fs

from catalog.store import Store

START = Path(__file__).resolve().parents[3] / "shared" / "tools" / "s3" / "start"
SECRETS = {"AWS_ACCESS_KEY_ID": "causeway-test", "AWS_SECRET_ACCESS_KEY": "causeway-test-secret"}


@pytest.fixture(scope="module")
def bucket():
    """The address of an empty bucket on a real S3 server."""
    if not START.exists():
        pytest.skip("no S3 server beside the checkout")
    if not shutil.which("go"):
        pytest.skip("the S3 server needs Go for its first run")
    server = subprocess.Popen([START], stdout=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().strip()
        if not address:
            pytest.skip("the S3 server did not start")
        fs = s3fs.S3FileSystem(
            key=SECRETS["AWS_ACCESS_KEY_ID"], secret=SECRETS["AWS_SECRET_ACCESS_KEY"], endpoint_url=address
        )
        fs.mkdir("city")
        yield address
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(params=["folder", pytest.param("bucket", marks=pytest.mark.slow)])
def place(request, tmp_path, monkeypatch):
    """A store in a folder, and one in a bucket."""
    if request.param == "folder":
        return Store(f"file://{tmp_path}/store")
    address = request.getfixturevalue("bucket")
    for name, value in {**SECRETS, "AWS_ENDPOINT_URL": address}.items():
        monkeypatch.setenv(name, value)
    return Store(f"s3://city/{tmp_path.name}")


def test_it_keeps_a_file_and_gives_it_back(place, tmp_path):
    (tmp_path / "in").write_bytes(b"x" * 3_000_000)
    place.put(str(tmp_path / "in"), "tables/a/rows.parquet")
    place.get("tables/a/rows.parquet", str(tmp_path / "out"))
    assert (tmp_path / "out").read_bytes() == b"x" * 3_000_000
    assert place.exists("tables/a/rows.parquet")
    assert place.size("tables/a/rows.parquet") == 3_000_000
    with place.open("tables/a/rows.parquet") as file:
        file.seek(2_999_990)
        assert file.read(100) == b"x" * 10


def test_it_writes_through_an_open_file(place):
    with place.open("files/表.csv", "wb") as file:
        file.write(b"a,b\n")
        file.write(b"1,2\n")
    with place.open("files/表.csv") as file:
        assert file.read() == b"a,b\n1,2\n"


def test_it_lists_and_removes(place):
    for name in ("up/1", "up/2"):
        with place.open(name, "wb") as file:
            file.write(b"1")
    assert sorted(place.names("up")) == ["up/1", "up/2"]
    assert place.names("nowhere") == []
    place.remove("up/1")
    place.remove("up/1")
    assert place.names("up") == ["up/2"]
    assert not place.exists("up/1")
