"""Makes the search index anew, or compares it with the datasets and mends it."""

import time

from django.core.management.base import BaseCommand, CommandError

from catalog.search import rebuilding
from catalog.search.elastic import Unavailable


class Command(BaseCommand):
    help = "Makes the search index anew beside the one in use, then switches. --reconcile compares and mends instead."

    def add_arguments(self, parser):
        """What to do instead of all."""
        parser.add_argument("--reconcile", action="store_true", help="compare with the datasets, mend what differs")
        parser.add_argument("--due", action="store_true", help="only where a changed dictionary or mapping asks for it")

    def handle(self, *_args, **options):
        """Says how far it is, at most once a second."""
        if options["due"] and not rebuilding.due():
            self.stdout.write("Nothing is due: the index was made by the rules that hold.")
            return
        started = time.monotonic()
        try:
            done = rebuilding.reconcile(self._say) if options["reconcile"] else rebuilding.rebuild(self._say)
        except (Unavailable, rebuilding.AlreadyRunning) as reason:
            raise CommandError(f"{reason} The index in use stays as it is.") from reason
        self.stdout.write(f"Done: {done} datasets in {time.monotonic() - started:.0f} s.")

    _said = 0.0

    def _say(self, words: str) -> None:
        if time.monotonic() - self._said >= 1:
            self._said = time.monotonic()
            self.stdout.write(words)
