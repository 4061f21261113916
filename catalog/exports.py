"""The files of exports in the store: one try of one worker, a name of its own, so that no two write the same file."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest, Now
from django.utils import timezone

from catalog import jobs
from catalog.models import Export, Format
from catalog.rows.formats import Streamed
from catalog.sealing import SUFFIX
from catalog.store import store
from catalog.uploads import remove

FOLDER = "exports"
OF_EXPORT = re.compile(rf"{FOLDER}/([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})/")
AT_ONCE = 500
REMEMBERED = timedelta(days=30)  # what was asked for may be personal: it goes soon after the file


@dataclass(frozen=True)
class Made:
    """A file as it stands in the store."""

    path: str
    bytes: int
    rows: int
    sha256: str
    clear_bytes: int = 0
    clear_sha256: str = ""
    columns: tuple[dict, ...] = ()


def kind_named(text: str) -> Format | Streamed | None:
    """The format of this name; None where there is none."""
    if text in list(Streamed):
        return Streamed(text)
    return Format(text) if text in Format.values else None


def path_of(export: Export) -> str:
    """Where this try of the export keeps its file."""
    end = f".{SUFFIX}" if export.sealed_to else ""
    return f"{FOLDER}/{export.pk}/{export.fence}.{kind_named(export.format).suffix}{end}"


def scratch_of(export: Export) -> Path:
    """The folder on this machine in which this try works."""
    return Path(settings.SCRATCH_DIR) / f"export-{export.pk}-{export.fence}"


@transaction.atomic
def take_up(export_id) -> Export | None:
    """Takes the export up, if there is room for it and another reader has not waited for longer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('exports', 0))")
    return jobs.claim(export_id, Export) if _is_room() and _is_turn(export_id) else None


def next_waiting() -> str | None:
    """The one whose turn it is of those that nobody has begun with; what failed once waits for the sweep."""
    waiting = _since(_not_begun()).order_by("since", "created_at").first() if _is_room() else None
    return waiting and str(waiting.pk)


def remove_files(export: Export) -> None:
    """Every file of an export that is over."""
    _remove_others(export, "")


def remove_other_tries(export: Export) -> None:
    """What earlier workers left, in the store and on this machine: they may not write any more."""
    _remove_others(export, path_of(export))
    for fence in range(1, export.fence):
        shutil.rmtree(Path(settings.SCRATCH_DIR) / f"export-{export.pk}-{fence}", ignore_errors=True)


def remove_own_try(export: Export) -> None:
    """What this try stored, unless the export is ready with it."""
    shutil.rmtree(scratch_of(export), ignore_errors=True)
    if not Export.objects.filter(pk=export.pk, state=Export.State.READY, path=path_of(export)).exists():
        remove(path_of(export))


def clear_loose() -> int:
    """Removes what crashes left: files that no export is ready with and that nobody is writing now; how many."""
    cleared = 0
    found = (entry.path for entry in store().walk(FOLDER))
    while paths := list(islice(found, AT_ONCE)):
        for path in set(paths) - set(_wanted(paths)):
            remove(path)
            cleared += 1
    return cleared


def forget_old() -> int:
    """What was asked for is forgotten some time after its file went; the log says that there was a file."""
    old = Export.objects.filter(state__in=Export.OVER, ended_at__lt=timezone.now() - REMEMBERED)
    return Export.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:AT_ONCE])).delete()[0]


def _is_room() -> bool:
    """True while fewer are being made than may be: loads and all else must find a worker too."""
    working = Export.objects.filter(state=Export.State.RUNNING, lease_until__gt=Now())
    return working.count() < settings.EXPORTS_AT_ONCE


def _is_turn(export_id) -> bool:
    mine = _since(Export.objects.filter(pk=export_id)).first()
    return mine is None or not _since(_not_begun().exclude(reader=mine.reader_id)).filter(since__lt=mine.since).exists()


def _not_begun() -> QuerySet[Export]:
    return Export.objects.filter(state=Export.State.WAITING, tries=0)


def _since(waiting: QuerySet[Export]) -> QuerySet[Export]:
    """Each with the moment since which it waits for its turn: it was asked for, or a worker last served its reader."""
    served = Export.objects.filter(reader=OuterRef("reader"), heartbeat_at__isnull=False).order_by("-heartbeat_at")
    return waiting.annotate(since=Greatest("created_at", Subquery(served.values("heartbeat_at")[:1])))


def _wanted(paths: list[str]) -> Iterator[str]:
    """Those of the paths that an export is ready with, or that its worker writes under the present fence."""
    owners = {path: match[1] for path in paths if (match := OF_EXPORT.match(path))}
    known = Export.objects.filter(pk__in=set(owners.values())).exclude(state__in=Export.OVER)
    found = {str(export.pk): export for export in known}
    for path, owner in owners.items():
        export = found.get(owner)
        if export and (path == export.path or (export.is_open and path.startswith(path_of(export)))):
            yield path


def _remove_others(export: Export, own: str) -> None:
    for path in store().names(f"{FOLDER}/{export.pk}"):
        if path != own:
            remove(path)
