"""Limits: told in headers, kept for each caller, and kept even while the cache is away."""

import itertools
import os

import pytest
from django.test import Client
from redis import Redis

from catalog.api.limits import count
from tests import world
from tests.api import caller
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db
_hosts = itertools.count(1)


def somewhere() -> str:
    """An address that no other test calls from."""
    return f"2001:db8:{os.getpid() & 0xFFFF:x}:{next(_hosts):x}::1"


def test_it_tells_what_is_left(settings):
    settings.API_LIMIT_ANONYMOUS = 3
    client = Client(REMOTE_ADDR=somewhere())
    answers = [client.get("/api/v1/themes") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[0]["RateLimit-Policy"] == '"anonymous";q=3;w=60'
    assert answers[0]["RateLimit"].startswith('"anonymous";r=2;t=')
    assert_problem(answers[4], 429, "rate-limited")
    assert 1 <= int(answers[4]["Retry-After"]) <= 60


def test_it_counts_a_whole_network_of_the_sixth_version_as_one(settings):
    settings.API_LIMIT_ANONYMOUS = 1
    first = somewhere()
    assert Client(REMOTE_ADDR=first).get("/api/v1/themes").status_code == 200
    assert Client(REMOTE_ADDR=first.replace("::1", "::2")).get("/api/v1/themes").status_code == 429
    assert Client(REMOTE_ADDR=somewhere()).get("/api/v1/themes").status_code == 200


def test_it_gives_each_key_its_own_quota(settings):
    settings.API_LIMIT_ANONYMOUS, settings.API_LIMIT_KEY = 1, 2
    people = world.cast()
    one, other = caller(people.owner), caller(people.stranger)
    assert [one.get("/api/v1/themes").status_code for _ in range(3)] == [200, 200, 429]
    assert other.get("/api/v1/themes").status_code == 200


def test_it_makes_guessing_keys_slow(settings):
    settings.API_LIMIT_ANONYMOUS = 2
    client = Client(REMOTE_ADDR=somewhere(), headers={"Authorization": "Bearer cw_guess"})
    assert [client.get("/api/v1/themes").status_code for _ in range(4)] == [401, 401, 429, 429]


def test_it_goes_on_counting_without_the_cache(settings):
    settings.API_LIMIT_ANONYMOUS = 2
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "unix:///nowhere/valkey.sock"}
    }
    client = Client(REMOTE_ADDR=somewhere())
    assert [client.get("/api/v1/themes").status_code for _ in range(4)] == [200, 200, 429, 429]


def test_it_believes_a_forwarded_address_only_behind_a_proxy(settings):
    settings.API_LIMIT_ANONYMOUS = 1
    here = somewhere()

    def status(forwarded):
        headers = {"X-Forwarded-For": forwarded}
        return Client(REMOTE_ADDR=here).get("/api/v1/themes", headers=headers).status_code

    assert [status(somewhere()), status(somewhere())] == [200, 429]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    forged, real = somewhere(), somewhere()
    assert [status(f"{forged}, {real}"), status(f"{somewhere()}, {real}")] == [200, 429]


def test_it_forgets_what_it_counted_after_its_time():
    counters = Redis.from_url(os.environ["CACHE_URL"])
    assert [count("once", 60) for _ in range(2)] == [1, 2]
    assert 0 < counters.ttl("causeway:once") <= 60
    counters.persist("causeway:once")  # as after a process that ended between its two commands
    assert count("once", 60) == 3
    assert 0 < counters.ttl("causeway:once") <= 60
