"""A folder of the platform's own server: below the operator's root, in the part that belongs to the department.

Each step down is opened by itself and follows no link, so that nobody who may write there leads us elsewhere.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from catalog.models import Source
from catalog.sources import finding
from catalog.sources.errors import SourceError
from catalog.sources.parts import Brought, Progress, Sample
from catalog.sources.texts import first_lines

SAMPLE_BYTES = 64 * 1024
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe that nobody writes to is no file to wait for


def sample(source: Source) -> Sample:
    """The first lines of the file that a run would fetch."""
    with _folder(source) as (folder, pattern):
        found = finding.newest(_listed(folder), pattern, source)
        with _opened(folder, found, source) as file:
            return first_lines(file.read(SAMPLE_BYTES), name=found.name)


def fetch(source: Source, to: Path, before: dict, progress: Progress) -> Brought:
    """The newest finished file, unless it is the one of the last run."""
    with _folder(source) as (folder, pattern):
        found = finding.newest(_listed(folder), pattern, source)
        if found.marks.items() <= before.items():
            return Brought(unchanged=True)
        with _opened(folder, found, source) as file:
            content = finding.copy(file, found, to, source, progress)
            after = os.fstat(file.fileno())
    if (after.st_size, float(after.st_mtime)) != (found.bytes, found.changed):
        raise SourceError("source-no-file", what=source.what)
    return Brought(name=found.name, file="fetched", content=content, marks=found.marks)


@contextmanager
def _folder(source: Source) -> Iterator[tuple[int, str]]:
    """The open folder that the source names, and the pattern of its files."""
    if not settings.SOURCE_FOLDER:
        raise SourceError("source-no-root")
    folders, pattern = finding.parts_of(source.what)
    folder = _below(source, [source.dataset.department.code, *folders])
    try:
        yield folder, pattern
    finally:
        os.close(folder)


def _below(source: Source, names: list[str]) -> int:
    """The folder that these names lead to, one step after the other."""
    try:
        folder = os.open(settings.SOURCE_FOLDER, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        raise SourceError("source-no-root") from None
    for name in names:
        try:
            below = os.open(name, FOLDER, dir_fd=folder)
        except OSError:
            raise SourceError("source-no-folder", what=source.what) from None
        finally:
            os.close(folder)
        folder = below
    return folder


def _listed(folder: int):
    with os.scandir(folder) as entries:
        for entry in entries:
            yield entry.name, entry.stat(follow_symlinks=False)


@contextmanager
def _opened(folder: int, found: finding.Found, source: Source):
    try:
        file = os.open(found.name, FILE, dir_fd=folder)
    except OSError:
        raise SourceError("source-no-file", what=source.what) from None
    with os.fdopen(file, "rb") as opened:
        yield opened
