"""A real Elasticsearch for tests, where the checkout has one beside it or `TEST_SEARCH_URL` names one."""

import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from catalog.models import SearchIndex
from catalog.search import elastic, engines
from catalog.search.mapping import MAPPING

START = Path(__file__).resolve().parents[2] / "shared" / "tools" / "elasticsearch" / "start"
PATIENCE = 90


class Node:
    """A server on a port and a folder of its own: it can be stopped and started again in the middle of a test."""

    def __init__(self, folder: str, heap: str = "512m"):
        if not START.exists():
            pytest.skip("no Elasticsearch beside the checkout: set TEST_SEARCH_URL to use another")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder, self.heap, self.process = folder, heap, None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [START, "--port", str(self.port), "--data", self.folder, "--heap", self.heap]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if not self.process.stdout.readline().strip():
            self.process.wait(PATIENCE)
            pytest.skip("Elasticsearch did not start: it needs a JDK of 21 or newer, and Maven the first time")
        # The collector of this node frees memory only when all is taken, and the breaker would refuse before that.
        limit = {"indices.breaker.total.limit": "100%"}
        elastic.client_of(self.url).cluster.put_settings(persistent=limit)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)


@cache
def shared_node() -> str:
    """The address of the one server that all tests of this process use, each with names of its own."""
    if url := os.environ.get("TEST_SEARCH_URL"):
        return url
    folder = tempfile.TemporaryDirectory(prefix="causeway-elastic-")
    node = Node(folder.name)
    RUNNING.append((node, folder))
    return node.url


RUNNING: list[tuple[Node, tempfile.TemporaryDirectory]] = []


def stop_shared() -> None:
    """The shared server ends with the session, or the names on it go."""
    if url := os.environ.get("TEST_SEARCH_URL"):
        indices = elastic.client_of(url).indices
        for index in indices.get(index=f"{PREFIX}-*"):
            indices.delete(index=index)
    while RUNNING:
        node, folder = RUNNING.pop()
        node.stop()
        folder.cleanup()
    shared_node.cache_clear()


@contextmanager
def searched_by(url: str, settings) -> Iterator[None]:
    """The deployment searches with this engine for a while, in indexes that hold nothing yet."""
    before = settings.SEARCH_URL, settings.SEARCH_PREFIX
    settings.SEARCH_URL, settings.SEARCH_PREFIX = url, PREFIX
    engines.resume()
    try:
        SearchIndex.objects.create(name=_made_once(url), mapping=MAPPING, state="live", live_at=timezone.now())
        yield
        settings.SEARCH_URL = url
        with suppress(elastic.ApiError, elastic.TransportError):  # a server that was stopped
            _empty()
    finally:
        settings.SEARCH_URL, settings.SEARCH_PREFIX = before
        engines.resume()


PREFIX = f"test-{uuid4().hex[:12]}"
FIRST = "first"


@cache
def _made_once(url: str) -> str:
    """Making an index takes seconds: the tests of a process share one, and empty it."""
    elastic.create(FIRST)
    elastic.switch(FIRST)
    return FIRST


def _empty() -> None:
    """Nothing is in any build that is left. Identifiers never come again, so the latest revision of all may go."""
    names = list(SearchIndex.objects.values_list("name", flat=True))
    for audience in elastic.AUDIENCES:
        for name in names:
            held = [UUID(pk) for pk, _hash in elastic.hashes(audience, name)]
            list(elastic.write(elastic.forget(pk, audience, 2**62, name) for pk in held))
    elastic.refresh(names)
    if FIRST not in names:
        _made_once.cache_clear()  # a test has built another one, and this one is gone
