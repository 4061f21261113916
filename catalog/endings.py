"""How a try of work in the background ends where it came to nothing: by a sentence, or by waiting for another try."""

import errno
import logging
from collections.abc import Callable

from django.db import Error, connection

from catalog import jobs
from catalog.models.work import Work
from catalog.store import AWAY

log = logging.getLogger(__name__)
TRANSIENT = frozenset({"busy", "overtaken", "reader-died", "storage-away", "unexpected"})


def end_badly(work: Work, reason: Exception, error: dict, *, fail: Callable[[Work, dict], None]) -> None:
    """It fails with this error ({code, params, sentence}), or waits for another try where that may help."""
    may_help = error["code"] in TRANSIENT
    if may_help:
        log.error("%s, try %s: %s", name(work), work.tries, reason, exc_info=reason)
    try:
        if may_help and work.tries < jobs.MOST_TRIES:
            jobs.hand_back(work)
        else:
            fail(work, error)
    except jobs.LeaseLost:
        log.warning("%s is another worker's now, which tells how it ended.", name(work))
    except Error:
        log.exception("The database left %s alone; its lease ends and another worker takes it up.", name(work))


def code_of(reason: Exception) -> str:
    """What went wrong where the work itself is not to blame: the storage, the disk, or what nobody foresaw."""
    if isinstance(reason, AWAY):
        return "storage-away"
    if isinstance(reason, OSError) and reason.errno == errno.ENOSPC:
        return "disk-full"
    return "unexpected"


def tidy(work: Work, remove: Callable[[Work], None]) -> None:
    """Removes what this try stored and nobody is ready with; where that fails, the clock does it."""
    try:
        remove(work)
    except Error:
        connection.close()
    except (*AWAY, OSError) as reason:
        log.warning("What try %s of %s left in the storage is removed later: %s", work.fence, name(work), reason)


def name(work: Work) -> str:
    """What a line of the operator's log calls it."""
    return f"{type(work).__name__} {work.pk}"
