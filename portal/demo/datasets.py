"""Brings one dataset of the sample city to the state that it shall end in, by the acts of its people.

Every step looks first whether it was done, so that a run that was cut off is continued by the next.
"""

import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.actor import Actor
from catalog import loader
from catalog.actions.columns import change_columns
from catalog.actions.datasets import activate_dataset, create_dataset, retire_dataset
from catalog.actions.documents import add_documents
from catalog.actions.links import add_link
from catalog.actions.loads import start_load
from catalog.actions.versions import confirm_version
from catalog.models import Basis, Dataset, Department, Job, Role, Version
from catalog.policies import DESCRIBED
from catalog.terms import TableTerms, Terms
from opendata.actions import clear, submit, withdraw_release
from opendata.models import Submission
from portal.demo.city import SAMPLE, SampleDataset
from portal.demo.lending import lend
from portal.demo.people import Cast
from portal.demo.residents import write_residents

LOOK_AGAIN = 0.5
OPENED = {"released", "retired", "under_review"}
WORDS = ("title_en", "title_zh", "meaning_en", "meaning_zh", "unit", "sensitivity", "identity_role")
WHY_RETIRED = "The contact centre sorts by other subjects now: the series ends here."


def bring(one: SampleDataset, cast: Cast) -> Dataset:
    """The dataset stands as its files say: described, loaded, explained, and as open or lent as they want it."""
    steward = cast.who(Role.STEWARD, one.department)
    dataset = _described(one, by=steward)
    if dataset.state == Dataset.State.RETIRED:
        return dataset
    if one.source and dataset.current is None:
        _load(one, dataset, by=steward)
    _add_words(one, dataset, by=steward)
    _add_documents(one, dataset, by=steward)
    if one.state != "draft" and dataset.state == Dataset.State.DRAFT:
        activate_dataset(dataset, by=steward)
    dataset.refresh_from_db()
    if one.state in OPENED:
        _open(one, dataset, cast)
    for grant in one.grants:
        lend(grant, dataset, cast)
    if one.state == "retired":
        _retire(dataset, by=steward)
    return dataset


def _described(one: SampleDataset, *, by: Actor) -> Dataset:
    department = Department.objects.get(code=one.department)
    held = Dataset.objects.filter(department=department, title_en=one.title_en).first()
    if held is not None:
        return held
    return create_dataset(department, {name: getattr(one, name) for name in DESCRIBED}, by=by)


def _load(one: SampleDataset, dataset: Dataset, *, by: Actor) -> None:
    job = dataset.jobs.filter(state__in=[Job.State.WAITING, Job.State.RUNNING]).first() or _start(one, dataset, by=by)
    while not job.is_over:
        if not loader.run(job.pk):
            time.sleep(LOOK_AGAIN)
        job.refresh_from_db()
    if job.state == Job.State.FAILED:
        raise ValidationError(f"{one.title_en}: {job.error['sentence'] or job.error['code']}")
    version = job.version
    if version.state == Version.State.PROPOSED:
        version = confirm_version(version, by=by)
    if one.loaded_days_ago:
        _let_time_pass(version, days=one.loaded_days_ago)
    dataset.refresh_from_db()


def _start(one: SampleDataset, dataset: Dataset, *, by: Actor) -> Job:
    if one.source.generator:
        settings.SCRATCH_DIR.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR, prefix="demo-") as folder:
            path = Path(folder, f"{one.name}.csv")
            write_residents(path)
            return _start_with(path, one, dataset, by=by)
    return _start_with(one.source.path, one, dataset, by=by)


def _start_with(path: Path, one: SampleDataset, dataset: Dataset, *, by: Actor) -> Job:
    with path.open("rb") as stream:
        return start_load(dataset, stream, name=path.name, by=by, reading=one.source.reading, confirm=True)


def _let_time_pass(version: Version, *, days: int) -> None:
    """What no action can do and a demonstration needs: a dataset that was loaded a while ago and is late by now."""
    Version.objects.filter(pk=version.pk).update(confirmed_at=timezone.now() - timedelta(days=days))


def _add_words(one: SampleDataset, dataset: Dataset, *, by: Actor) -> None:
    columns = {(column.table, column.name): column for column in dataset.columns.all()}
    said = {(line.table, line.column): {name: getattr(line, name) for name in WORDS} for line in one.dictionary}
    if unknown := said.keys() - columns.keys():
        raise ValidationError(f"{one.title_en}: its dictionary names columns that its file lacks: {sorted(unknown)}")
    changes = {
        columns[place].pk: words
        for place, words in said.items()
        if any(getattr(columns[place], name) != value for name, value in words.items())
    }
    if changes:
        change_columns(dataset, changes, by=by)


def _add_documents(one: SampleDataset, dataset: Dataset, *, by: Actor) -> None:
    held = set(dataset.current.documents.values_list("name", flat=True)) if dataset.current else set()
    with ExitStack() as files:
        new = [
            (
                files.enter_context((SAMPLE / "files" / said["file"]).open("rb")),
                said["file"],
                (said["title_en"], said["title_zh"]),
            )
            for said in one.documents
            if said["file"] not in held
        ]
        if new:
            add_documents(dataset, new, by=by)
    for said in one.links:
        if not dataset.links.filter(url=said["url"]).exists():
            add_link(dataset, dict(said), by=by)


def _open(one: SampleDataset, dataset: Dataset, cast: Cast) -> None:
    if dataset.bases.releases().exists():
        return
    waiting = Submission.objects.filter(dataset=dataset, state=Submission.State.SUBMITTED).first()
    if waiting is None:
        terms = _terms(one, dataset.current)
        waiting = submit(dataset, version=dataset.current, terms=terms, by=cast.who(Role.STEWARD, one.department))
    if one.state != "under_review":
        clear(waiting, by=cast.who(Role.REVIEWER))


def _terms(one: SampleDataset, version: Version) -> Terms:
    tables = {
        table.name: TableTerms({name: one.masks.get(name) for name in table.types if name not in one.left_out})
        for table in version.tables.all()
    }
    return Terms(tables=tables, documents=version.documents.exists())


def _retire(dataset: Dataset, *, by: Actor) -> None:
    if dataset.bases.releases().filter(state=Basis.State.ACTIVE).exists():
        withdraw_release(dataset, reason=WHY_RETIRED, by=by)
    retire_dataset(dataset, reason=WHY_RETIRED, by=by)
