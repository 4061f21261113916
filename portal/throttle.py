"""How often one address may do what costs others: write to an owner, ask for an account, guess a password."""

import hashlib
import logging

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from catalog.api.limits import address_of

HOUR = 3600

log = logging.getLogger(__name__)


def check_pace(request: HttpRequest, what: str, most: int) -> None:
    """Counts one more, and refuses when this address did it more than so many times within the hour."""
    if _count(request, what) > most:
        raise ValidationError(_("That was often, from your network address. Wait an hour, then try again."))


def _count(request: HttpRequest, what: str) -> int:
    # The address is kept only as a digest, for an hour, to be counted.
    who = hashlib.sha256(address_of(request).encode()).hexdigest()[:32]
    name = f"pace:{what}:{who}"
    try:
        cache.add(name, 0, timeout=HOUR)
        return cache.incr(name)
    except ValueError:  # it ended between the two calls
        return 1
    except (RedisError, OSError):  # people are let through; passwords are guarded in the database as well
        log.warning("the cache does not answer: nothing is counted")
        return 0


def network_of(request: HttpRequest) -> str:
    """The caller's network as an address that a database column takes; `::` where there is none."""
    found = address_of(request)
    return "::" if found == "unknown" else found
