"""Loads in tests: the real action and the real reader, in this process."""

import io
import shutil
from pathlib import Path

from django.conf import settings

from catalog import loader
from catalog.actions.loads import start_load
from catalog.models import Dataset, Job
from catalog.store import store
from tests import world


def load(dataset: Dataset, text: str | bytes, *, by, name: str = "file.csv", **options) -> Job:
    """The job of a load that has been run to its end."""
    data = text.encode() if isinstance(text, str) else text
    job = start_load(dataset, io.BytesIO(data), name=name, by=world.by(by), **options)
    job = run(job)
    dataset.refresh_from_db()
    return job


def run(job: Job) -> Job:
    """The job after one worker did what it could."""
    loader.run(job.pk)
    job.refresh_from_db()
    return job


def files_in_store() -> list[str]:
    """Every file there is, by name below the root."""
    root = Path(store().root)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def exports_in_store() -> list[str]:
    """The files there that were prepared for single readers."""
    return [path for path in files_in_store() if path.startswith("exports/")]


def empty_store() -> None:
    """No file is left of earlier tests."""
    shutil.rmtree(store().root, ignore_errors=True)
    shutil.rmtree(settings.SCRATCH_DIR, ignore_errors=True)


def files_in_scratch() -> list[str]:
    """What lies in the folder that workers work in, apart from the engines' own."""
    scratch = Path(settings.SCRATCH_DIR)
    return sorted(path.name for path in scratch.glob("*") if not path.name.startswith("engine-"))
