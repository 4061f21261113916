"""Events that happen, and the sequencer that logs them, in the process of the test."""

from django.db import transaction

from audit.actor import service
from audit.log import record
from audit.sequencer import Sequencer
from tests import world


def happen(times: int = 1) -> None:
    """So many events, each in a transaction of its own."""
    on = world.city()
    for _time in range(times):
        with transaction.atomic():
            record("account.signed_in", by=service("test"), on=on)


def run() -> None:
    """The sequencer, until nothing is left."""
    sequencer = Sequencer.begin()
    while sequencer.round():
        pass
