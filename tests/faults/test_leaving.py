"""Rows on their way out through the real web server: what ends them, and what is written of it."""

import json
import shutil
import socket
import subprocess
import time
from datetime import timedelta

import pyarrow as pa
import pytest
from django.utils import timezone

from audit.models import Event
from catalog.actions.keys import make_key
from sharing.actions.grants import revoke_grant
from tests import world
from tests.database import superuser
from tests.server import allowed, until, web_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.alone]
ROWS = 400_000


@pytest.fixture
def lent():
    """Many rows, lent to Health, and a key of Health's officer."""
    people = world.cast()
    big = world.dataset(people.owner, people.parks, "Many rows")
    numbers = pa.array(range(ROWS), pa.int64())
    words = pa.array([f"row {n} of a table that is long and wide enough to fill buffers" for n in range(ROWS)])
    version = world.version(big, {"n": ("integer", numbers), "words": ("text", words)})
    grant = world.basis("grant", version, {"n": None, "words": None}, to=people.health)
    _key, token = make_key(
        people.requester,
        name="test",
        scopes=["read"],
        until=timezone.now() + timedelta(days=1),
        datasets=[],
        by=world.by(people.requester),
    )
    return people, big, grant, token


def closings():
    return [
        json.loads(body)["facts"]
        for body in Event.objects.filter(kind="disclosure.closed").values_list("body", flat=True)
    ]


def ended(reader: subprocess.Popen) -> None:
    """The reader is gone, and not with a whole file: a slow one may still chew on what its own kernel had taken."""
    try:
        assert reader.wait(5) != 0
    except subprocess.TimeoutExpired:
        reader.kill()
        reader.wait(10)


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_it_ends_slow_downloads_within_a_second_in_every_worker(lent, tmp_path):
    people, big, grant, token = lent
    with web_server(workers=4) as address:
        url = f"{address}/api/v1/datasets/{big.pk}/rows?format=csv"
        readers = [
            subprocess.Popen(
                [
                    "curl",
                    "-sS",
                    "--limit-rate",
                    "150k",
                    "-H",
                    f"Authorization: Bearer {token}",
                    "-o",
                    tmp_path / str(n),
                    url,
                ]
            )
            for n in range(8)
        ]
        until(lambda: all((tmp_path / str(n)).exists() and (tmp_path / str(n)).stat().st_size for n in range(8)))
        assert Event.objects.filter(kind="disclosure.opened").count() == 8
        time.sleep(1)
        assert closings() == []

        revoke_grant(grant, by=world.by(people.approver), reason="misuse")
        revoked = time.monotonic()
        until(lambda: len(closings()) == 8, seconds=20, every=0.02)
        assert time.monotonic() - revoked < allowed(1.3)  # a second, and the time to look
        for reader in readers:
            ended(reader)

    for facts in closings():
        assert facts["outcome"] == "ended"
        assert 0 < facts["rows"] < ROWS
    received = sum((tmp_path / str(n)).stat().st_size for n in range(8))
    lines = sum((tmp_path / str(n)).read_bytes().count(b"\n") - 1 for n in range(8))
    assert received <= sum(facts["bytes"] for facts in closings())
    assert lines <= sum(facts["rows"] for facts in closings())


def test_it_frees_the_engine_when_the_reader_hangs_up(lent):
    _people, big, _grant, token = lent
    with web_server(workers=1, threads=2) as address:
        host, port = address.removeprefix("http://").split(":")
        for _n in range(5):
            with socket.create_connection((host, int(port))) as sock:
                path = f"/api/v1/datasets/{big.pk}/rows?format=csv"
                sock.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
                assert b"200 OK" in sock.recv(1000)
        hung_up = time.monotonic()
        until(lambda: len(closings()) == 5, seconds=20, every=0.02)
        assert time.monotonic() - hung_up < allowed(1.5)
    assert all(facts["rows"] < ROWS for facts in closings())


def test_it_lets_no_byte_out_before_its_event(lent):
    """While another transaction holds the events' table, nothing of the body leaves; when it lets go, all does."""
    _people, big, _grant, token = lent
    with web_server(workers=1) as address:
        host, port = address.removeprefix("http://").split(":")
        sock = socket.create_connection((host, int(port)))
        with superuser() as connection, connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("LOCK TABLE audit_event IN EXCLUSIVE MODE")
            path = f"/api/v1/datasets/{big.pk}/rows?limit=3"
            head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
            sock.sendall(head.encode())
            sock.settimeout(1.5)
            with pytest.raises(TimeoutError):
                sock.recv(1)
            cursor.execute("ROLLBACK")
        sock.settimeout(10)
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
        sock.close()
        assert b'"results"' in answer
    opened = [json.loads(event.body)["facts"] for event in Event.objects.filter(kind="disclosure.opened")]
    assert [facts["ceiling"] for facts in opened if facts["query"]["select"] != "statistics"] == [3]
