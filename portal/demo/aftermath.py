"""Does what follows from the acts of the demo, as a worker would: counts, files, the search index.

The files of a very large release take longer than all else together, so they are left to the worker, which has heard
of them in its queue; the sample city is open to its visitors meanwhile.
"""

import time
from collections.abc import Iterator

from django.db.models import Exists, OuterRef

from audit.models import Event
from catalog.models import Basis, Table
from portal.models import Reaction
from portal.reaction_steps import build_files
from portal.reactions import REACTIONS, react

AT_ONCE = 200
LARGE_ROWS = 200_000
LOOK_AGAIN = 0.2


def run_reactions() -> None:
    """Every reaction to every event is done, here or by a worker that was quicker; large files are left to it."""
    while waiting := list(_waiting()):
        for event, name in waiting:
            react(event, name)
        time.sleep(LOOK_AGAIN if set(_waiting()) & set(waiting) else 0)


def _waiting() -> Iterator[tuple[str, str]]:
    large = Table.objects.filter(rows__gte=LARGE_ROWS).values("version")
    left = Basis.objects.releases().filter(version__in=large).values("pk")
    for kind, steps in REACTIONS.items():
        for step in steps:
            done = Reaction.objects.filter(event=OuterRef("uuid"), name=step.__name__, done_at__isnull=False)
            events = Event.objects.filter(~Exists(done), kind=kind).order_by("id")
            if step is build_files:
                events = events.exclude(basis__in=left)
            yield from ((str(event), step.__name__) for event in events.values_list("uuid", flat=True)[:AT_ONCE])
