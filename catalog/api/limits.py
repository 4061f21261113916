"""How many requests a caller has in a window of time, told in the draft RateLimit headers."""

import ipaddress
import logging
import threading
import time
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError
from rest_framework.exceptions import Throttled
from rest_framework.throttling import BaseThrottle

WINDOW = 60  # seconds

log = logging.getLogger(__name__)
_own: dict[str, int] = {}
_own_lock = threading.Lock()


@dataclass(frozen=True)
class Spent:
    """Where a caller stands in the present window."""

    policy: str
    quota: int
    used: int
    reset: int

    @property
    def is_over(self) -> bool:
        """True once there is nothing left."""
        return self.used > self.quota

    def headers(self) -> dict[str, str]:
        """The draft headers (draft-ietf-httpapi-ratelimit-headers)."""
        left = max(0, self.quota - self.used)
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.quota};w={WINDOW}',
            "RateLimit": f'"{self.policy}";r={left};t={self.reset}',
        }


class Limit(BaseThrottle):
    """A key or an account has its own quota; everybody else has one for each network address."""

    def allow_request(self, request, view) -> bool:
        actor = request.actor
        if actor.key is not None:
            self.spent = spend("key", str(actor.key.pk), settings.API_LIMIT_KEY)
        elif actor.user is not None:
            self.spent = spend("account", str(actor.user_id), settings.API_LIMIT_KEY)
        else:
            self.spent = spend("anonymous", address_of(request), settings.API_LIMIT_ANONYMOUS)
        request._request.rate_limit = self.spent
        return not self.spent.is_over

    def wait(self) -> int:
        return self.spent.reset


def spend_on_failure(request) -> None:
    """Counts a refused key against the network address, so that guessing is as slow as reading."""
    spent = spend("anonymous", address_of(request), settings.API_LIMIT_ANONYMOUS)
    request._request.rate_limit = spent
    if spent.is_over:
        raise Throttled(wait=spent.reset)


def spend(policy: str, who: str, quota: int) -> Spent:
    """Takes one request from the quota of the present window."""
    now = time.time()
    window = int(now // WINDOW)
    name = f"limit:{policy}:{who}:{window}"
    try:
        used = count(name, 2 * WINDOW)
    except (RedisError, OSError, ValueError):
        # Without the cache each process counts for itself: the limit grows to a multiple of itself instead of
        # vanishing, and the API goes on answering.
        log.warning("the cache does not answer: requests are counted in this process alone")
        used = _count_here(name, window)
    return Spent(policy, quota, used, reset=max(1, int((window + 1) * WINDOW - now)))


def address_of(request) -> str:
    """The caller's network: an IPv4 address, or the first 64 bits of an IPv6 one. Never kept, only counted."""
    text = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER is not None:  # behind our own proxy, which appends who it heard
        text = request.META.get("HTTP_X_FORWARDED_FOR", text).rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "0.0.0.0"  # noqa: S104  (stands for an address that is none)
    if address.version == 6:
        return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
    return str(address)


def count(name: str, seconds: int) -> int:
    """One more under this name, which is forgotten so many seconds after its first; raises RedisError or OSError."""
    counters, name = _counters(settings.CACHES["default"]["LOCATION"]), f"causeway:{name}"
    used, left = counters.pipeline(transaction=False).incr(name).ttl(name).execute()
    if left < 0:  # the first; or one whose process ended before it came to this line
        counters.expire(name, seconds)
    return used


@cache
def _counters(place: str) -> Redis:
    """The cache's own client, kept: Django makes a new one for each question, and asks twice to count one more."""
    return Redis.from_url(place)


def _count_here(name: str, window: int) -> int:
    with _own_lock:
        for old in [key for key in _own if not key.endswith(f":{window}")]:
            del _own[old]
        _own[name] = _own.get(name, 0) + 1
        return _own[name]
