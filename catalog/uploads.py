"""The files of a load: its source while somebody may still read it again, and the tables that each try wrote.

Names say whose they are (`uploads/<job>/source`, `tables/<job>-<fence>/…`, `documents/<version>/…`), so that what a
crash left behind can be told from what a version holds.
"""

import errno
import hashlib
import shutil
import time
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Document, Export, Job, Table, Version
from catalog.store import CHUNK, store

SCRATCH_AGE = 24 * 3600
LOOK_BACK = timedelta(days=2)
OPEN = (Job.State.WAITING, Job.State.RUNNING)


def keep_file(stream: BinaryIO, path: str, *, limit: int) -> tuple[str, int]:
    """Copies the stream into the store while hashing it: (SHA-256, bytes). Too large or broken off leaves nothing."""
    digest, size = hashlib.sha256(), 0
    try:
        with store().open(path, "wb") as file:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if size > limit:
                    raise ValidationError(
                        _("The file is larger than %(limit)s GB, the most that is taken. Split it into several files."),
                        params={"limit": f"{limit / 1024**3:.3g}"},
                    )
                digest.update(chunk)
                file.write(chunk)
    except OSError as reason:
        remove(path)
        if reason.errno == errno.ENOSPC:
            raise ValidationError(_("There is no room left for the file. Tell the administrator.")) from reason
        raise
    except BaseException:
        remove(path)
        raise
    return digest.hexdigest(), size


def source_path(job_id) -> str:
    """Where the upload of a job is kept."""
    return f"uploads/{job_id}/source"


def try_folder(job: Job) -> str:
    """Where this try of the job keeps the tables it wrote."""
    return f"tables/{job.pk}-{job.fence}"


def scratch_of(job: Job) -> Path:
    """The folder on this machine in which this try works."""
    return Path(settings.SCRATCH_DIR) / f"job-{job.pk}-{job.fence}"


def remove(path: str) -> None:
    """The file is gone, and its folder with it when nothing else is in there."""
    files = store()
    files.remove(path)
    folder = path.rsplit("/", 1)[0]
    if files.local(folder) and Path(files.local(folder)).is_dir() and not files.names(folder):
        Path(files.local(folder)).rmdir()


def release_source(path: str) -> None:
    """Removes an uploaded source unless a proposed version or an open job may still read it."""
    wanted = Version.objects.filter(source_path=path, state=Version.State.PROPOSED).exists()
    if path and not wanted and not Job.objects.filter(source_path=path, state__in=OPEN).exists():
        remove(path)


def remove_unheld(folder: str) -> int:
    """Removes the files of a folder that no version holds; how many there were."""
    return remove_loose(store().names(folder))


def remove_loose(paths: list[str]) -> int:
    """Removes those of the files that no version holds; how many there were."""
    tables = Table.objects.filter(Q(path__in=paths) | Q(bad_cells_path__in=paths))
    held = {path for pair in tables.values_list("path", "bad_cells_path") for path in pair}
    for own in Table.objects.filter(part_paths__overlap=paths).values_list("part_paths", flat=True):
        held.update(own)
    held.update(Document.objects.filter(path__in=paths).values_list("path", flat=True))
    loose = [path for path in paths if path not in held]
    for path in loose:
        remove(path)
    return len(loose)


def remove_other_tries(job: Job) -> None:
    """Removes what earlier workers of this job left, in the store and on this machine: they may not write any more."""
    for fence in range(1, job.fence):
        remove_unheld(f"tables/{job.pk}-{fence}")
        shutil.rmtree(Path(settings.SCRATCH_DIR) / f"job-{job.pk}-{fence}", ignore_errors=True)


def tidy(job: Job) -> None:
    """Removes what a job that is over needs no more: its source, and the files of its tries that no version holds."""
    release_source(job.source_path)
    remove_unheld(try_folder(job))
    remove_other_tries(job)


def clear_leftovers() -> int:
    """Removes what crashes left behind: tries of jobs that ended lately, sources of no open job, old scratch files."""
    cleared = 0
    for job in Job.objects.exclude(state__in=OPEN).filter(ended_at__gt=timezone.now() - LOOK_BACK).iterator():
        cleared += sum(remove_unheld(f"tables/{job.pk}-{fence}") for fence in range(1, job.fence + 1))
    for folder in store().names("uploads"):
        cleared += _clear_upload(f"{folder}/source")
    for folder in store().names("documents"):
        if _is_old(folder) and not Version.objects.filter(pk=folder.rsplit("/", 1)[-1]).exists():
            cleared += remove_unheld(folder)
    return cleared + _clear_scratch()


def _clear_upload(path: str) -> int:
    if Job.objects.filter(source_path=path).exists():
        release_source(path)
    elif _is_old(path):  # a younger one may still be on its way in
        remove(path)
    return int(not store().exists(path))


def _clear_scratch() -> int:
    scratch, cleared = Path(settings.SCRATCH_DIR), 0
    found = list(scratch.iterdir()) if scratch.is_dir() else []  # before it is asked what runs: none of it begins later
    jobs = Job.objects.filter(state__in=OPEN).values_list("pk", flat=True)
    exports = Export.objects.filter(state__in=Export.OPEN).values_list("pk", flat=True)
    running = {str(pk) for pk in [*jobs, *exports]}
    for entry in found:
        if _is_over(entry, running):
            shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink(missing_ok=True)
            cleared += 1
    return cleared


def _is_over(entry: Path, running: set[str]) -> bool:
    """True for what a job, an export or a process that is gone left there, and for anything a day old."""
    whose, _dash, rest = entry.name.partition("-")
    if whose in {"job", "export"}:
        return rest.rsplit("-", 1)[0] not in running
    if whose == "engine" and Path("/proc/self").exists():
        return not Path("/proc", rest).exists()
    return time.time() - entry.stat().st_mtime > SCRATCH_AGE


def _is_old(path: str) -> bool:
    info = store().fs.info(store().full(path)) if store().exists(path) else {}
    changed = info.get("mtime") or (info["LastModified"].timestamp() if "LastModified" in info else 0)
    return bool(info) and time.time() - changed > SCRATCH_AGE
