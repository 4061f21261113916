"""Files are kept alike in a folder and in a bucket."""

import time

import pytest

from catalog.store import Store
from tests.s3 import S3, SECRETS


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    """The address of an empty bucket on a real S3 server."""
    server = S3(tmp_path_factory.mktemp("s3"))
    yield server.address
    server.stop()


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


def test_it_writes_a_small_file_over_an_earlier_one_and_walks_through_folders(place):
    place.write("manifests/a/1.json", b"{}")
    place.write("manifests/a/1.json", b"{ }")
    place.write("manifests/b/2.json", b"{}")
    assert {(entry.path, entry.bytes) for entry in place.walk("manifests")} == {
        ("manifests/a/1.json", 3),
        ("manifests/b/2.json", 2),
    }
    assert all(abs(entry.changed - time.time()) < 600 for entry in place.walk("manifests"))
    assert list(place.walk("nowhere")) == []
    with place.open("manifests/a/1.json") as file:
        assert file.read() == b"{ }"


def test_it_sees_at_once_what_another_process_stored_or_removed(place, request):
    place.write("up/1", b"1")
    assert place.names("up") == ["up/1"]
    other = Store(f"{'file://' if place.local('up') else 's3://'}{place.root}")
    if not place.local("up"):
        other.fs = type(place.fs)(use_listings_cache=False, skip_instance_cache=True)
    other.write("up/2", b"2")
    assert sorted(place.names("up")) == ["up/1", "up/2"]
    other.remove("up/1")
    assert (place.names("up"), place.exists("up/1")) == (["up/2"], False)
