"""Serving copies of what was destroyed are gone from every machine: each looks for itself, again and again."""

import logging
import threading

from django.db import Error, connection

from catalog.models import PurgedFile, Table
from catalog.rows.serving import clear_half_built, forget, known

log = logging.getLogger(__name__)
LOOK_EVERY = 30.0  # seconds: nothing opens such a copy meanwhile, for the version that it is of has no table any more


def forget_destroyed() -> int:
    """Copies that lie here or are open in this process, and whose table a law had destroyed, go; how many did.

    So do those that a process which is gone left half built.
    """
    here = known()
    if not here:
        return 0
    destroyed = PurgedFile.objects.filter(sha256__in=here, kind=PurgedFile.Kind.ROWS, kept_for=[])
    held = Table.objects.filter(sha256__in=here).values_list("sha256", flat=True)
    gone = set(destroyed.values_list("sha256", flat=True)) - set(held)
    for sha256 in gone:
        forget(sha256)
    return len(gone) + clear_half_built(gone)


def watch() -> None:
    """From now on this process looks by itself; it holds no connection between two looks."""

    def look() -> None:
        resting = threading.Event()
        while not resting.wait(LOOK_EVERY):
            try:
                forget_destroyed()
            except (Error, OSError) as reason:
                log.warning("Copies of what was destroyed could not be looked for: %s", reason)
            finally:
                connection.close()

    threading.Thread(target=look, name="copies", daemon=True).start()
