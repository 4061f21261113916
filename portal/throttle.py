"""How often one address or account may do what costs others: write to an owner, sign up, guess a password."""

import hashlib
import logging

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from catalog.api.limits import address_of, count
from portal.models import User

HOUR = 3600

log = logging.getLogger(__name__)


def check_pace(request: HttpRequest, what: str, most: int) -> None:
    """Counts one more, and refuses when this address did it more than so many times within the hour."""
    # The address is kept only as a digest, for an hour, to be counted.
    who = hashlib.sha256(address_of(request).encode()).hexdigest()[:32]
    if _count(what, who) > most:
        raise ValidationError(_("That was often, from your network address. Wait an hour, then try again."))


def check_pace_of(user: User, what: str, most: int) -> None:
    """Counts one more, and refuses when this account did it more than so many times within the hour, from anywhere."""
    if _count(what, str(user.pk)) > most:
        raise ValidationError(_("That was often. Wait an hour, then try again."))


def _count(what: str, who: str) -> int:
    try:
        return count(f"pace:{what}:{who}", HOUR)
    except (RedisError, OSError):  # people are let through; sign-in is guarded in the database as well
        log.warning("the cache does not answer: nothing is counted")
        return 0


def network_of(request: HttpRequest) -> str:
    """The caller's network as an address that a database column takes; `::` where there is none."""
    found = address_of(request)
    return "::" if found == "unknown" else found
