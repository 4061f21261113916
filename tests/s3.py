"""A real S3 server for tests, where the checkout has one beside it; tests of it skip with the reason elsewhere."""

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import s3fs

from catalog.store import store

START = Path(__file__).resolve().parents[2] / "shared" / "tools" / "s3" / "start"
SECRETS = {"AWS_ACCESS_KEY_ID": "causeway-test", "AWS_SECRET_ACCESS_KEY": "causeway-test-secret"}
PATIENCE = 20


class S3:
    """A server on a port of its own over a folder: it can be stopped and started again in the middle of a test."""

    def __init__(self, folder: Path):
        if not START.exists():
            pytest.skip("no S3 server beside the checkout")
        self.folder, self.port, self.process = folder, _free_port(), None
        self.start()
        self.client().mkdir("city")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [START, "--port", str(self.port), "--data", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if not self.process.stdout.readline().strip():
            self.process.wait(PATIENCE)
            pytest.skip("the S3 server did not start: its first run needs Go")
        s3fs.S3FileSystem.clear_instance_cache()  # a remembered client would still ask the server of an earlier module

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    def client(self) -> s3fs.S3FileSystem:
        return s3fs.S3FileSystem(
            key=SECRETS["AWS_ACCESS_KEY_ID"],
            secret=SECRETS["AWS_SECRET_ACCESS_KEY"],
            endpoint_url=self.address,
            use_listings_cache=False,
            skip_instance_cache=True,
        )

    def names(self, url: str) -> list[str]:
        """Every file below an address, by name."""
        root = url.removeprefix("s3://")
        return sorted(name.removeprefix(f"{root}/") for name in self.client().find(root))


@contextmanager
def kept_in(url: str, settings) -> Iterator[None]:
    """The deployment keeps its files there for a while."""
    before, settings.STORAGE_URL = settings.STORAGE_URL, url
    store.cache_clear()
    try:
        yield
    finally:
        settings.STORAGE_URL = before
        store.cache_clear()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
