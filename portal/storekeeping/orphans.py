"""Files that nothing names: left by a crash, or put there by hand. They go only when asked, and never young ones."""

import itertools
import re
import time
from collections.abc import Iterator

from django.db import transaction

from audit.log import record
from catalog.models import Basis, Department, Distribution, Document, Export, Job, Table, Version
from catalog.store import Entry, store
from catalog.uploads import OPEN, remove
from opendata.manifests import NAME
from portal.storekeeping.repairs import KEEPER

FOLDERS = ("documents", "exports", "files", "manifests", "tables", "uploads")  # the log's files are `audit verify`'s
AT_ONCE = 500
OF_VERSION = re.compile(r"manifests/([0-9a-f-]{36})/([0-9]{1,9})\.json")
OF_RELEASE = re.compile(rf"files/([0-9a-f-]{{36}})/{re.escape(NAME)}")


def orphans(*, hours: float) -> Iterator[Entry]:
    """The files that are older than so many hours and that nothing in the database names."""
    before = time.time() - hours * 3600
    old = (entry for folder in FOLDERS for entry in store().walk(folder) if entry.changed < before)
    while batch := list(itertools.islice(old, AT_ONCE)):
        named = named_among([entry.path for entry in batch])
        yield from (entry for entry in batch if entry.path not in named)


def remove_orphans(found: list[Entry]) -> None:
    """They are gone, and it is written down that they were there."""
    facts = {"count": len(found), "bytes": sum(entry.bytes for entry in found)}
    with transaction.atomic():
        city = Department.objects.get(kind=Department.Kind.CITY)
        record("store.cleared", by=KEEPER, on=city, facts={**facts, "files": [entry.path for entry in found][:100]})
        for entry in found:
            remove(entry.path)


def named_among(paths: list[str]) -> set[str]:
    """Those of the paths that anything in the database names."""
    live = Basis.objects.releases().live()
    named = set()
    for things, column in (
        (Table.objects, "path"),
        (Table.objects, "bad_cells_path"),
        (Document.objects, "path"),
        (Distribution.objects.filter(basis__in=live), "path"),
        (Export.objects.filter(state=Export.State.READY), "path"),
        (Version.objects, "source_path"),
        (Job.objects.filter(state__in=OPEN), "source_path"),
    ):
        named.update(things.filter(**{f"{column}__in": paths}).values_list(column, flat=True))
    for own in Table.objects.filter(part_paths__overlap=paths).values_list("part_paths", flat=True):
        named.update(own)
    return named | _manifests_among(paths) | _release_manifests_among(paths, live)


def _manifests_among(paths: list[str]) -> set[str]:
    found = {path: match.groups() for path in paths if (match := OF_VERSION.fullmatch(path))}
    datasets, numbers = {names[0] for names in found.values()}, {int(names[1]) for names in found.values()}
    kept = Version.objects.filter(state=Version.State.KEPT, dataset__in=datasets, number__in=numbers)
    held = {(str(dataset), str(number)) for dataset, number in kept.values_list("dataset", "number")}
    return {path for path, names in found.items() if names in held}


def _release_manifests_among(paths: list[str], live) -> set[str]:
    found = {path: match[1] for path in paths if (match := OF_RELEASE.fullmatch(path))}
    held = {str(pk) for pk in live.filter(pk__in=set(found.values())).values_list("pk", flat=True)}
    return {path for path, pk in found.items() if pk in held}
