"""`manage.py load`: one file into a dataset, through the same actions as the page and the API."""

import sys
import time
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.actor import Actor
from catalog import codes, loader
from catalog.actions.datasets import create_dataset
from catalog.actions.loads import start_load
from catalog.models import Dataset, Department, Job, Membership, Mode, Role, Version
from catalog.reading_words import error_words, note_words, stage_words

LOOK_AGAIN = 1.0
User = get_user_model()


class Command(BaseCommand):
    help = (
        "Load one file (CSV, TSV, XLSX or GeoJSON; plain, gzip or zip) as the next version of a dataset, and show how "
        "it was read. Without --dataset a new draft is made. The version waits for its steward, unless --confirm is "
        "given and there is nothing to ask. "
        "Ends with 0 when there is a version, 1 when the file could not be read, 2 when something was not allowed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the file to load")
        parser.add_argument("--department", metavar="CODE", help="code of the department that owns the new dataset")
        parser.add_argument("--title", default="", help="title of the new dataset in English")
        parser.add_argument("--title-zh", default="", help="title of the new dataset in Chinese")
        parser.add_argument(
            "--theme", choices=codes.Theme.values, default="government", metavar="THEME",
            help=f"theme of the new dataset (default: government): {', '.join(codes.Theme.values)}",
        )  # fmt: skip
        parser.add_argument("--dataset", metavar="ID", help="load into this dataset instead of making one")
        parser.add_argument("--table", metavar="NAME", help="name of the table, where the file holds only one")
        parser.add_argument("--by", metavar="EMAIL", help="the account that acts: a steward of the department")
        modes = "replace all rows (default), append to them, or upsert by the row key"
        parser.add_argument("--mode", choices=Mode.values, default=Mode.REPLACE, help=modes)
        parser.add_argument("--confirm", action="store_true", help="make it current if nothing is left to ask")

    def handle(self, *, file: Path, by: str | None, confirm: bool, table: str | None, **about) -> None:
        if not file.is_file():
            raise CommandError(f"There is no file {file}.", returncode=2)
        try:
            department, dataset = self.find(about["department"], about["dataset"])
            actor = Actor(user=self.find_account(by, department), request_id="manage.py load")
            dataset = dataset or self.make_dataset(department, actor, about)
            with file.open("rb") as stream:
                reading = {"table_name": table} if table else None
                job = start_load(
                    dataset, stream, name=file.name, by=actor, reading=reading, confirm=confirm, mode=about["mode"]
                )
        except PermissionDenied as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages), returncode=2) from None
        self.tell(dataset, self.follow(job))

    def find(self, code: str | None, dataset_id: str | None) -> tuple[Department, Dataset | None]:
        """The dataset that is named, or the department of the one to be made."""
        if dataset_id:
            try:
                dataset = Dataset.objects.select_related("department").get(pk=dataset_id)
            except (Dataset.DoesNotExist, ValidationError):
                raise CommandError(f"There is no dataset {dataset_id}.", returncode=2) from None
            return dataset.department, dataset
        if not code:
            raise CommandError("Say whose data it is: --department CODE, or --dataset ID.", returncode=2)
        department = Department.objects.filter(code=code).first()
        if department is None:
            known = Department.objects.filter(kind=Department.Kind.DEPARTMENT).values_list("code", flat=True)[:40]
            raise CommandError(f"There is no department {code}. There are: {', '.join(known)}.", returncode=2)
        return department, None

    def find_account(self, email: str | None, department: Department):
        """The account that acts; in the demo the department's first steward where none is named."""
        if email:
            user = User.objects.filter(email=User.objects.normalize(email), is_active=True).first()
            if user is None:
                raise CommandError(f"There is no account {email}.", returncode=2)
            return user
        if not settings.DEMO:
            raise CommandError("Say who acts with --by EMAIL: a steward of the department.", returncode=2)
        stewards = Membership.objects.live().filter(department=department, role=Role.STEWARD).select_related("user")
        first = stewards.order_by("given_at").first()
        if first is None:
            raise CommandError(f"{department.code} has no steward. Name an account with --by EMAIL.", returncode=2)
        return first.user

    def make_dataset(self, department: Department, actor: Actor, about: dict) -> Dataset:
        """A draft with the least that a dataset must say of itself; the rest is filled in on its page."""
        if not (about["title"] or about["title_zh"]):
            raise CommandError("Give the new dataset a title: --title TEXT or --title-zh TEXT.", returncode=2)
        fields = {
            "title_en": about["title"],
            "title_zh": about["title_zh"],
            "theme": about["theme"],
            "frequency": codes.Frequency.IRREGULAR,
            "licence": codes.Licence.CITY_RESTRICTED,
            "sharing_class": codes.SharingClass.CONDITIONAL,
            "opening_class": codes.OpeningClass.CLOSED,
        }
        return create_dataset(department, fields, by=actor)

    def follow(self, job: Job) -> Version:
        """Does the job here, or watches whoever was quicker; its version, or its error."""
        while not job.is_over:
            if not loader.run(job.pk, watch=self.show):
                time.sleep(LOOK_AGAIN)
            job = Job.objects.select_related("version").get(pk=job.pk)
            self.show({"stage": job.stage, "rows_done": job.rows_done})
        self.show(None)
        if job.state == Job.State.FAILED:
            raise CommandError(error_words(job.error))
        return job.version

    def show(self, said: dict | None) -> None:
        """One line that tells how far it is, on a terminal only."""
        if sys.stderr.isatty():
            line = f"{stage_words(said['stage'])} … {said['rows_done']:,} rows" if said else ""
            self.stderr.write(f"\r{line:70}" + ("" if said else "\r"), ending="")
            self.stderr.flush()

    def tell(self, dataset: Dataset, version: Version) -> None:
        """What came of it."""
        state = {"kept": "kept", "proposed": "waits for its steward on its page"}.get(version.state, version.state)
        self.stdout.write(f"Dataset {dataset.pk}: {dataset.title}\nVersion {version.number} ({state})")
        for table in version.tables.all():
            bad = f", {table.bad_cells:,} bad cells" if table.bad_cells else ""
            self.stdout.write(f"  {table.name}: {table.rows:,} rows, {len(table.schema)} columns{bad}")
            for column in table.schema[:200]:
                self.stdout.write(f"    {column['name']}: {column['type']}")
        for note in version.report.get("notes", []):
            self.stdout.write(f"  {note_words(note)}")
