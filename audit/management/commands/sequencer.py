"""Runs the log: every second, what was committed since is put into the tree, signed and published."""

import signal
import time

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connection

from audit.configuration import record_configuration
from audit.sequencer import Sequencer, SetBack, refuse, take_lock
from audit.verify import Refused

PAUSE = 1.0  # seconds between two tries for the lock, or for a database that is gone


class Command(BaseCommand):
    help = (
        "Puts committed events into the log and publishes a signed checkpoint every LOG_CHECKPOINT_SECONDS. One "
        "process does it at a time; a second one waits. It needs a connection of its own to the database, not one "
        "through a pool of transactions."
    )

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="log what is there, publish, and end")

    def handle(self, *, once: bool, **_):
        self.stopping = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        while not self.stopping:
            try:
                self.work(once=once)
                return
            except (OperationalError, InterfaceError) as error:
                if once:
                    raise
                self.stderr.write(f"The database is away; trying again: {error}")
                connection.close()
                time.sleep(PAUSE)
            except SetBack as reason:
                refuse(reason)
                raise CommandError(f"Nothing is signed: {reason}", returncode=1) from None
            except (Refused, ImproperlyConfigured) as reason:
                raise CommandError(str(reason), returncode=1) from None

    def work(self, *, once: bool) -> None:
        """Rounds, at the pace of the setting and faster while there is more, until told to stop."""
        while not take_lock():
            if self.stopping:
                return
            time.sleep(PAUSE)
        record_configuration()
        sequencer = Sequencer.begin()
        if once:
            while sequencer.round():
                pass
            return
        while not self.stopping:
            began = time.monotonic()
            if not sequencer.round():
                self.rest(began + settings.LOG_CHECKPOINT_SECONDS - time.monotonic())

    def rest(self, seconds: float) -> None:
        """Waits, but not longer than a stop takes to be noticed."""
        end = time.monotonic() + seconds
        while not self.stopping and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))

    def stop(self, number, frame) -> None:
        """The round that runs is finished first."""
        self.stopping = True
