"""`manage.py verify_store`: is every file that the database names there and whole, and is there none too many?"""

import sys
import time

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from catalog.models import Basis
from portal.storekeeping.checks import trouble
from portal.storekeeping.claims import Claim, claims, dataset_of, mark_of, still_named, version_of
from portal.storekeeping.orphans import orphans, remove_orphans
from portal.storekeeping.repairs import repair as mend

HURT, UNCHECKED = 1, 2
SHOWN = 20
SPOKEN_EVERY = 1.0
REMOVED_AT_ONCE = 200
LEAST_HOURS = 6


class Command(BaseCommand):
    help = (
        "Read every stored file that the database names and compare it with the SHA-256 that was written down; say "
        "which versions, datasets and releases are hurt; find files that nothing names. Ends with 0 when all is well "
        "or was mended, 1 when a file is missing or damaged, 2 when it could not be checked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="mend what can be mended exactly, and record it")
        parser.add_argument("--quick", action="store_true", help="look whether files are there and how long, no more")
        parser.add_argument("--minutes", type=float, help="stop after so many minutes, and say where to go on")
        parser.add_argument("--after", default="", metavar="MARK", help="go on where an earlier run stopped")
        parser.add_argument("--remove-orphans", action="store_true", help="remove old files that nothing names")
        parser.add_argument(
            "--older-than", type=float, default=24, metavar="HOURS", help="an orphan is as old as that (default 24)"
        )

    def handle(self, *, repair: bool, quick: bool, minutes: float | None, after: str, **orphaned) -> None:
        if orphaned["older_than"] < LEAST_HOURS:
            raise CommandError(f"A load may take hours: --older-than {LEAST_HOURS} or more.", returncode=UNCHECKED)
        self.files = self.bytes = self.hurt = self.mended = 0
        self.spoken = time.monotonic()
        try:
            mark = self.check(after, repair=repair, quick=quick, until=minutes and time.monotonic() + minutes * 60)
            found = self.look_for_orphans(orphaned["older_than"], remove=orphaned["remove_orphans"]) if not mark else 0
        except (OSError, Error) as reason:
            raise CommandError(f"It could not be checked: {reason}", returncode=UNCHECKED) from reason
        self.tell(mark, found)
        if self.hurt > self.mended:
            sys.exit(HURT)

    def check(self, after: str, *, repair: bool, quick: bool, until: float | None) -> str:
        """Looks at every file; where time runs out, the mark behind which a later run goes on."""
        for claim in claims(after):
            wrong = trouble(claim, quick=quick)
            if wrong and still_named(claim):
                self.hurt += 1
                self.mended += self.say(claim, wrong, repair=repair)
            self.files, self.bytes = self.files + 1, self.bytes + (claim.bytes or 0)
            self.show()
            if until and time.monotonic() > until:
                return mark_of(claim)
        return ""

    def say(self, claim: Claim, wrong: str, *, repair: bool) -> bool:
        """One file that is missing or damaged, and who is hurt; true where it was mended."""
        how = mend(claim) if repair else ""
        self.stdout.write(f"{wrong}: {claim.path} ({claim.kind}){f': {how}' if how else ''}")
        for thing in claim.of[:SHOWN]:
            self.stdout.write(f"  {_whose(thing)}")
        if len(claim.of) > SHOWN:
            self.stdout.write(f"  and {len(claim.of) - SHOWN} more")
        return bool(how)

    def look_for_orphans(self, hours: float, *, remove: bool) -> int:
        """Files that nothing names, removed where that was asked for."""
        found, batch = 0, []
        for entry in orphans(hours=hours):
            found += 1
            self.stdout.write(f"orphan: {entry.path} ({entry.bytes:,} bytes){', removed' if remove else ''}")
            batch.append(entry)
            if len(batch) == REMOVED_AT_ONCE:
                _clear(batch, remove)
        _clear(batch, remove)
        return found

    def show(self) -> None:
        """One line that tells how far it is, on a terminal only."""
        if sys.stderr.isatty() and time.monotonic() - self.spoken > SPOKEN_EVERY:
            self.spoken = time.monotonic()
            self.stderr.write(f"\r{self.files:,} files, {self.bytes / 1e9:,.1f} GB", ending="")
            self.stderr.flush()

    def tell(self, mark: str, orphaned: int) -> None:
        """What came of it."""
        said = f"{self.files:,} files checked, {self.hurt} hurt, {self.mended} mended, {orphaned} that nothing names."
        self.stdout.write(said)
        if mark:
            self.stdout.write(f"Time is up. Go on with: manage.py verify_store --after {mark}")


def _clear(batch: list, remove: bool) -> None:
    if batch and remove:
        remove_orphans(batch)
    batch.clear()


def _whose(thing) -> str:
    """The dataset and version, and how many bases read that version now."""
    dataset, version = dataset_of(thing), version_of(thing)
    if version is None:
        return f"an upload for {dataset} ({dataset.pk})"
    read = Basis.objects.live().exclude(kind=Basis.Kind.DUTY).filter(dataset=dataset)
    reading = [basis for basis in read[:SHOWN] if (basis.version_id or dataset.current_id) == version.pk]
    under = "".join(f", {basis.kind} {basis.pk}" for basis in reading)
    return f"version {version.number} of {dataset} ({dataset.pk}){under}"
