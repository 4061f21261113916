"""A change of settings is an event: once, with what was and what is, and without a secret."""

import json
import threading

import pytest
from django.conf import settings as real
from django.db import connections

from audit.configuration import current, record_configuration
from audit.models import Event
from portal.settings import without_credentials
from tests.database import events_refused

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = ("SECRET", "PASSWORD", "KEY", "TOKEN")


def said() -> list[dict]:
    """The facts of every such event."""
    return [json.loads(event.body)["facts"] for event in Event.objects.filter(kind="configuration.changed")]


def test_it_says_once_what_it_started_with():
    record_configuration()
    record_configuration()

    (facts,) = said()
    assert facts["changes"]["DEMO"] == {"from": None, "to": real.DEMO}
    assert facts["settings"].keys() == set(real.RECORDED_SETTINGS)


def test_it_says_what_became_of_a_setting(settings):
    record_configuration()
    settings.API_LIMIT_KEY, settings.LOG_CHECKPOINT_SECONDS = 12, 2.5

    record_configuration()
    record_configuration()

    assert len(said()) == 2
    assert said()[-1]["changes"] == {
        "API_LIMIT_KEY": {"from": 6000, "to": 12},
        "LOG_CHECKPOINT_SECONDS": {"from": "1.0", "to": "2.5"},
    }


def test_it_says_when_a_setting_is_no_longer_recorded(settings):
    record_configuration()
    settings.RECORDED_SETTINGS = [name for name in settings.RECORDED_SETTINGS if name != "DEMO"]

    record_configuration()

    assert said()[-1]["changes"] == {"DEMO": {"from": real.DEMO, "to": None}}


def test_it_says_it_once_where_several_start_at_once():
    def start():
        record_configuration()
        connections.close_all()

    starts = [threading.Thread(target=start) for _ in range(4)]
    for thread in starts:
        thread.start()
    for thread in starts:
        thread.join()

    assert len(said()) == 1


def test_it_does_not_start_where_it_cannot_say_so():
    with events_refused(), pytest.raises(Exception, match="permission denied"):
        record_configuration()


def test_it_names_no_secret():
    harmless = {"PASSWORD_HASHERS", "API_LIMIT_KEY"}
    assert {name for name in real.RECORDED_SETTINGS if any(word in name for word in SECRET)} == harmless
    kept = json.dumps(current())
    for secret in (real.SECRET_KEY, real.PSEUDONYM_SECRET):
        assert secret not in kept


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("postgres://app:s3cret@db.example.org:5433/causeway?sslmode=verify-full&password=x", "postgres://db.example.org:5433/causeway"),
        ("amqp://u:p@a:5672//;amqp://u:p@b:5672//", "amqp://a:5672//;amqp://b:5672//"),
        ("redis://:p%40ss@cache/0", "redis://cache/0"),
        ("s3://bucket/prefix?endpoint=x", "s3://bucket/prefix"),
        ("file:///srv/causeway/storage", "file:///srv/causeway/storage"),
    ],
)  # fmt: skip
def test_it_says_where_a_service_is_and_not_how_to_get_in(address, place):
    assert without_credentials(address) == place
