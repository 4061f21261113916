"""What ought to be in the store: every file that the database names, with its length and digest, and for whom."""

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Collate
from django.utils import timezone

from catalog.manifests import manifest_of, manifest_path
from catalog.models import Basis, Dataset, Distribution, Document, Export, Job, Table, Version
from catalog.parts import parts_list
from catalog.uploads import OPEN
from opendata.manifests import manifest_path as release_manifest_path
from opendata.models import Release

AT_ONCE = 500
SETTLED = timedelta(minutes=10)  # manifests follow a confirmation in the background


COLUMNS = {
    "table": "path",
    "part": "path",
    "bad-cells": "bad_cells_path",
    "document": "path",
    "export": "path",
    "released": "path",
    "source": "source_path",
    "upload": "source_path",
}


PARTS_AFTER = """
SELECT part ->> 'path' COLLATE "C" AS path, min((part ->> 'bytes')::bigint), min(part ->> 'sha256')
  FROM catalog_table, jsonb_array_elements(parts) AS part
 WHERE part ->> 'path' COLLATE "C" > %s
 GROUP BY 1 ORDER BY 1 LIMIT %s
"""


@dataclass(frozen=True)
class Claim:
    """One file that ought to be there, and all things that name it. Without a digest only its being there is known."""

    kind: str
    place: str
    path: str
    bytes: int | None
    sha256: str
    of: tuple[Model, ...]
    data: bytes | None = None


def claims(after: str = "") -> Iterator[Claim]:
    """All claims in a fixed order, from behind the mark that an earlier run ended at; each file once for each kind."""
    kind, _colon, place = after.partition(":")
    for name in sorted(KINDS):
        if name >= kind:
            yield from KINDS[name](place if name == kind else "")


def mark_of(claim: Claim) -> str:
    """Where a later run may go on."""
    return f"{claim.kind}:{claim.place}"


def still_named(claim: Claim) -> bool:
    """False where all that named the file was discarded, dropped or withdrawn in the meantime."""
    now = _in_force(type(claim.of[0])).filter(pk__in=[thing.pk for thing in claim.of])
    if claim.kind == "manifest":
        return now.filter(state=Version.State.KEPT).exists()
    if claim.kind == "release-manifest":
        return now.exists()
    if claim.kind == "part":
        return now.filter(part_paths__contains=[claim.path]).exists()
    return now.filter(**{COLUMNS[claim.kind]: claim.path}).exists()


def dataset_of(thing: Model) -> Dataset:
    """The dataset that a thing with a file belongs to."""
    if isinstance(thing, Version | Job):
        return thing.dataset
    return thing.basis.dataset if isinstance(thing, Release) else thing.version.dataset


def version_of(thing: Model) -> Version | None:
    """The version that a thing with a file belongs to; an upload that waits has none."""
    if isinstance(thing, Version | Job):
        return thing if isinstance(thing, Version) else None
    return thing.basis.version if isinstance(thing, Release) else thing.version


def _in_force(kind: type[Model]) -> QuerySet:
    """The things of a kind whose files ought to be there, with what is said about them."""
    live = Basis.objects.releases().live()
    if kind is Job:
        return Job.objects.filter(state__in=OPEN).select_related("dataset__department")
    if kind is Version:
        return Version.objects.select_related("dataset__department")
    if kind is Release:
        return Release.objects.filter(basis__in=live, built_at__isnull=False).select_related(
            "basis__version", "basis__dataset__department"
        )
    found = kind.objects.select_related("version__dataset__department")
    if kind is Export:
        return found.filter(state=Export.State.READY)
    return found.filter(basis__in=live).select_related("basis") if kind is Distribution else found


def _by_path(kind: str, things: QuerySet, after: str) -> Iterator[Claim]:
    """The claims of things that name a file in a column, in the order of the paths; what shares a file is together."""
    path = COLUMNS[kind]
    whose = path.removesuffix("path")
    ordered = things.exclude(**{path: ""}).annotate(at=Collate(path, "C")).order_by("at", "pk")
    if after:
        ordered = ordered.filter(at__gt=after)
    for place, sharing in itertools.groupby(ordered.iterator(chunk_size=AT_ONCE), key=lambda thing: thing.at):
        of = tuple(itertools.islice(sharing, AT_ONCE))
        digest = getattr(of[0], f"{whose}sha256")
        if kind == "table" and of[0].parts:
            data = parts_list(of[0].parts)
            yield Claim(kind, place, place, len(data), digest, of, data)
        else:
            yield Claim(kind, place, place, getattr(of[0], f"{whose}bytes") if digest else None, digest, of)


def _parts(after: str) -> Iterator[Claim]:
    """The files of tables that grew, each once however many versions share it."""
    while found := _next_parts(after):
        for path, size, sha256 in found:
            of = tuple(_in_force(Table).filter(part_paths__contains=[path])[:AT_ONCE])
            if of:
                yield Claim("part", path, path, size, sha256, of)
            after = path


def _next_parts(after: str) -> list[tuple[str, int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(PARTS_AFTER, [after, AT_ONCE])
        return cursor.fetchall()


def _manifests(after: str) -> Iterator[Claim]:
    settled = Q(confirmed_at__lt=timezone.now() - SETTLED)
    kept = _in_force(Version).filter(settled, state=Version.State.KEPT).order_by("pk")
    for version in (kept.filter(pk__gt=after) if after else kept).iterator(chunk_size=AT_ONCE):
        data = manifest_of(version)
        digest = hashlib.sha256(data).hexdigest()
        yield Claim("manifest", str(version.pk), manifest_path(version), len(data), digest, (version,), data)


def _release_manifests(after: str) -> Iterator[Claim]:
    built = _in_force(Release).order_by("pk")
    for one in (built.filter(pk__gt=after) if after else built).iterator(chunk_size=AT_ONCE):
        path = release_manifest_path(one.basis)
        yield Claim("release-manifest", str(one.pk), path, one.manifest_bytes, one.manifest_sha256 or "-", (one,))


KINDS = {
    "bad-cells": lambda after: _by_path("bad-cells", _in_force(Table), after),
    "document": lambda after: _by_path("document", _in_force(Document), after),
    "export": lambda after: _by_path("export", _in_force(Export), after),
    "manifest": _manifests,
    "release-manifest": _release_manifests,
    "part": _parts,
    "released": lambda after: _by_path("released", _in_force(Distribution), after),
    "source": lambda after: _by_path("source", _in_force(Version).filter(state=Version.State.PROPOSED), after),
    "table": lambda after: _by_path("table", _in_force(Table), after),
    "upload": lambda after: _by_path("upload", _in_force(Job), after),
}
