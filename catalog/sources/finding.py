"""Which file of a folder is fetched: the newest that fits the pattern and that nobody still writes to."""

import fnmatch
import hashlib
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from catalog.models import Source
from catalog.sources.errors import SourceError
from catalog.sources.parts import Progress

AT_REST_SECONDS = 10
MOST_FILES, MOST_LETTERS = 100_000, 255
CHUNK = 256 * 1024


@dataclass(frozen=True)
class Found:
    """One file as its folder lists it."""

    name: str
    bytes: int
    changed: float

    @property
    def marks(self) -> dict:
        """What tells it from the next one, without a look inside."""
        return {"file": self.name, "file_bytes": self.bytes, "file_changed": self.changed}


def parts_of(what: str) -> tuple[list[str], str]:
    """The folders one below the other, and the pattern of the name; nothing leads upwards."""
    *folders, pattern = [part for part in what.strip().split("/") if part not in ("", ".")] or [""]
    if not pattern or ".." in (*folders, pattern) or "\0" in what:
        raise SourceError("source-outside", what=what)
    return folders, pattern


def newest(listed, pattern: str, source: Source) -> Found:
    """The newest finished file; `listed` gives (name, its stat)."""
    fits = []
    for number, (name, about) in enumerate(listed):
        if number >= MOST_FILES:
            break
        if stat.S_ISREG(about.st_mode or 0) and _is_name(name) and fnmatch.fnmatchcase(name, pattern):
            fits.append(Found(name, about.st_size or 0, float(about.st_mtime or 0)))
    finished = [found for found in fits if found.changed <= time.time() - AT_REST_SECONDS]
    if not finished:
        raise SourceError("source-no-file", what=source.what)
    return max(finished, key=lambda found: (found.changed, found.name))


def _is_name(name: str) -> bool:
    """A name that can be written down and read aloud, of one file, that its owner does not hide."""
    return name.isprintable() and "/" not in name and not name.startswith(".") and len(name) <= MOST_LETTERS


def copy(file: BinaryIO, found: Found, to: Path, source: Source, progress: Progress) -> str:
    """Copies the file into the folder as `fetched`; its SHA-256. One that is not as long as it was is left alone."""
    digest, done, limit = hashlib.sha256(), 0, settings.UPLOAD_MAX_BYTES
    with (to / "fetched").open("wb") as target:
        while piece := file.read(CHUNK):
            done += len(piece)
            if done > limit:
                raise SourceError("source-too-large", host=source.host or "-", limit=f"{limit / 1024**3:.3g}")
            digest.update(piece)
            target.write(piece)
            progress(done=done, total=found.bytes)
    if done != found.bytes:
        raise SourceError("source-no-file", what=source.what)
    return digest.hexdigest()
