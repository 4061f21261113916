"""Fifty readers ask for a sort of half a minute and hang up: the engine is free within a second each time."""

import json
import socket
import time
import urllib.parse
import urllib.request
from statistics import mean

import pyarrow as pa
import pytest

from tests import world
from tests.api import dataset_url
from tests.server import allowed, until, web_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.alone]
ROWS = 10_000_000
HANG_UPS, AT_ONCE = 50, 4
LATE = 6.0  # seconds into the sort, for the first ones: even a fast machine is at it three times as long
ENGINE_MB = 384
WIDE = "concat(" + ", ".join(["n"] * 20) + ")"
QUESTION = {"select": f"{WIDE} as x", "order_by": "-x", "format": "csv"}
SLOW = {
    "ENGINE_AT_ONCE": str(AT_ONCE),
    "ENGINE_THREADS": "1",
    "ENGINE_MEMORY_MB": str(ENGINE_MB),
    "ENGINE_QUERY_MS": "300000",
}
SPARE = 100  # megabytes that the process may have beside those of its start and of the engine


@pytest.fixture
def numbers():
    """A long open table."""
    people = world.cast()
    dataset = world.dataset(people.owner, people.parks, "Numbers")
    version = world.version(dataset, {"n": ("integer", pa.array(range(ROWS), pa.int64()))})
    world.basis("release", version, {"n": None})
    return dataset


def engine(address: str) -> dict:
    """What the engine does at this moment."""
    with urllib.request.urlopen(f"{address}/running", timeout=10) as answer:
        return json.load(answer)


def ask(address: str, dataset) -> socket.socket:
    """A reader who has asked and waits."""
    host, port = address.removeprefix("http://").split(":")
    sock = socket.create_connection((host, int(port)))
    path = dataset_url(dataset, "/rows?") + urllib.parse.urlencode(QUESTION)
    sock.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    return sock


def seconds_until_free(address: str) -> float:
    """How long the engine works on."""
    began = time.monotonic()
    until(lambda: engine(address)["running"] == 0, seconds=30, every=0.02)
    return time.monotonic() - began


def test_it_frees_the_engine_of_fifty_who_hang_up(numbers):
    took, memory = [], []
    with web_server(workers=1, threads=AT_ONCE + 4, application="tests.faults.counted:application", **SLOW) as address:
        start = engine(address)["megabytes"]
        first = ask(address, numbers)  # builds the serving copy
        until(lambda: engine(address)["running"] == 1, seconds=60)
        first.close()
        seconds_until_free(address)
        waves = [min(AT_ONCE, HANG_UPS - done) for done in range(0, HANG_UPS, AT_ONCE)]
        for n, many in enumerate(waves):
            readers = [ask(address, numbers) for _reader in range(many)]
            until(lambda many=many: engine(address)["running"] == many, seconds=20, every=0.02)
            time.sleep(0.1 + 0.15 * (n * 5 % len(waves)) if n else LATE)
            assert engine(address)["running"] == many  # all of them are still at it
            for reader in readers:
                reader.close()
            took.append(seconds_until_free(address))
            memory.append(engine(address)["megabytes"])

    assert max(took) < allowed(1.0), took
    assert max(memory) < start + ENGINE_MB + SPARE, (start, memory)
    assert mean(memory[-5:]) < mean(memory[:5]) + SPARE, memory  # it goes up and down with the sort, and does not climb
