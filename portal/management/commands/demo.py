"""Loads the sample city, once, by the acts of its invented people."""

import time

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError

from catalog.models import Dataset
from portal.demo import accounts
from portal.demo.aftermath import LARGE_ROWS, run_reactions
from portal.demo.asking import ask_all, use_grants
from portal.demo.city import SampleCity, read_city
from portal.demo.datasets import bring
from portal.demo.people import settle


class Command(BaseCommand):
    help = (
        "Load the sample city of sample/: its departments, people and datasets, in every state from draft to retired. "
        "Only in demo mode (DEMO=1). A second run finds it there; one that was cut off is continued. "
        "The accounts with their password and keys are written to demo.json in var/."
    )

    def handle(self, **_) -> None:
        if not settings.DEMO:
            raise CommandError("The sample city is for a demo only: made-up accounts have no place here. Set DEMO=1.")
        if accounts.is_whole() and Dataset.objects.exists():
            self.stdout.write(f"The sample city is there already; its accounts are in {accounts.path()}.")
            return
        began = time.monotonic()
        try:
            self.load(read_city())
        except (ValidationError, PermissionDenied) as refusal:
            words = refusal.messages if isinstance(refusal, ValidationError) else [str(refusal)]
            raise CommandError(" ".join(words)) from refusal
        self.say(f"The sample city stands, after {time.monotonic() - began:.0f} seconds.")

    def load(self, city: SampleCity) -> None:
        """Departments and people first, then each dataset with all that follows, requests, the accounts' file last."""
        cast = settle(city)
        self.say(f"  {len(city.departments)} departments, {len(city.people)} people")
        for number, one in enumerate(city.datasets, start=1):
            dataset = bring(one, cast)
            run_reactions()
            self.say(f"  {number:>2} of {len(city.datasets)}  {one.state:12}  {one.title_en}{self.extent(dataset)}")
        self.say(f"  {ask_all(city, cast)} requests wait for somebody")
        run_reactions()
        use_grants(cast)
        accounts.write(cast)

    def extent(self, dataset: Dataset) -> str:
        """How many rows it has."""
        tables = list(dataset.current.tables.all()) if dataset.current else []
        rows = sum(table.rows for table in tables)
        later = "; a worker builds its files" if any(table.rows >= LARGE_ROWS for table in tables) else ""
        return f" ({rows:,} rows{later})" if rows else ""

    def say(self, words: str) -> None:
        """One line of progress, at once."""
        self.stdout.write(words)
        self.stdout.flush()
