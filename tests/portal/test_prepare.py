"""The small steps of `manage.py up`, and the one who looks after its processes."""

import gettext
import json
import socket
import stat
import sys
import time
from contextlib import closing

import pytest

from portal import engines, prepare
from portal.engines import home
from portal.engines.home import CannotStart
from portal.supervisor import Child, Supervisor

CATALOGUE = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Open"\nmsgstr "开放"\n'


@pytest.fixture
def demo(tmp_path):
    person = {
        "email": "li@parks.example",
        "password": "a word",
        "name": "Li",
        "department": "Parks",
        "roles": ["steward"],
    }
    path = tmp_path / "demo.json"
    path.write_text(json.dumps({"address": "http://127.0.0.1:8000", "accounts": [person]}))
    path.chmod(0o600)
    return path


def test_it_greets_with_the_address_and_the_demos_people(demo):
    words = prepare.greeting(demo.parent, "http://127.0.0.1:8001")

    assert "Open http://127.0.0.1:8001/" in words
    assert "li@parks.example  a word  Li (Parks, steward)" in words


def test_it_greets_where_there_is_no_demo(tmp_path):
    assert "accounts" not in prepare.greeting(tmp_path, "http://127.0.0.1:8001")


def test_it_writes_todays_address_into_the_demo_and_leaves_the_rest(demo):
    before = json.loads(demo.read_text())

    prepare.readdress_sample(demo.parent, "http://127.0.0.1:9000")

    assert json.loads(demo.read_text()) == {**before, "address": "http://127.0.0.1:9000"}
    assert stat.S_IMODE(demo.stat().st_mode) == 0o600


def test_it_compiles_a_catalogue_once_for_each_change(tmp_path, settings):
    source = tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(CATALOGUE)
    settings.LOCALE_PATHS = [tmp_path]

    assert [prepare.compile_catalogues(), prepare.compile_catalogues()] == [1, 0]
    with source.with_suffix(".mo").open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).gettext("Open") == "开放"


def test_it_answers_to_the_name_that_it_listens_on(tmp_path, monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", engines.defaults(tmp_path)["ALLOWED_HOSTS"])

    listening = prepare.environment(tmp_path, host="10.0.0.7", port=8001, address="http://10.0.0.7:8001")

    assert listening["ALLOWED_HOSTS"].endswith(",10.0.0.7")
    assert listening["BIND"] == "10.0.0.7:8001"


def test_it_keeps_the_allowed_hosts_that_the_operator_named(tmp_path, monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", "data.example.org")

    listening = prepare.environment(tmp_path, host="0.0.0.0", port=8001, address="http://data.example.org:8001")

    assert "*" not in listening["ALLOWED_HOSTS"]


def test_it_refuses_a_port_that_is_taken_and_takes_one_that_is_free():
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=f"Port {port} is taken"):
            prepare.check_port("127.0.0.1", port)

    prepare.check_port("127.0.0.1", port)


def test_it_starts_again_what_ends_at_longer_and_longer_intervals_and_says_why(tmp_path):
    said = []
    supervisor = Supervisor({}, said.append)
    child = supervisor.add(
        Child("web", [sys.executable, "-c", "import sys; sys.exit('no room')"], tmp_path / "web.log")
    )

    def ended_often():
        supervisor.look_after()
        return child.ends == 3 and child.due

    assert home.wait_until(ended_often, seconds=20)
    assert child.due - time.monotonic() > 1
    assert "web ended with code 1; starting it again. no room" in said[0]
    supervisor.stop()


def test_it_ends_what_does_not_want_to_end(tmp_path):
    deaf = "import signal, time; [signal.signal(number, signal.SIG_IGN) for number in (15, 3)]"
    stubborn = f"{deaf}; print('up', flush=True); time.sleep(60)"
    supervisor = Supervisor({}, print, patience=0.2)
    child = supervisor.add(Child("web", [sys.executable, "-c", stubborn], tmp_path / "web.log"))
    assert home.wait_until(lambda: child.last_words() == "up", seconds=20)

    supervisor.stop()

    assert child.process.returncode == -9
