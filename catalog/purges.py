"""What a destruction by law would take: the stored files of versions, and the other versions that hold them too."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Count, Q

from catalog.manifests import manifest_path
from catalog.models import Basis, Dataset, Distribution, Document, Purge, PurgedFile, Table, Version
from catalog.versions import HELD

Kind = PurgedFile.Kind
AT_ONCE = 1_000


@dataclass(frozen=True)
class Progress:
    """How many stored files of a destruction went, are still to go, and stay because other versions hold them."""

    gone: int
    left: int
    kept: int

    @property
    def going(self) -> int:
        """Those that went and those that are to go."""
        return self.gone + self.left


@dataclass(frozen=True)
class Shared:
    """A version that is not named and holds files of versions that are: these files would stay for it."""

    number: int
    files: int


def named(dataset: Dataset, numbers: Iterable[int]) -> list[Version]:
    """The versions of these numbers whose data is there, oldest first."""
    held = dataset.versions.filter(number__in=list(numbers), state__in=HELD)
    return list(held.order_by("number"))


def progress_of(purge: Purge) -> Progress:
    """How far it is, in one question."""
    goes = Q(kept_for=[])
    counts = {
        "gone": Count("pk", filter=goes & Q(gone_at__isnull=False)),
        "left": Count("pk", filter=goes & Q(gone_at=None)),
        "kept": Count("pk", filter=~goes),
    }
    return Progress(**purge.files.aggregate(**counts))


def shared(versions: list[Version]) -> list[Shared]:
    """The versions that are not among these and hold files of them, oldest first."""
    files: dict[int, int] = defaultdict(int)
    for one in files_of(versions):
        for number in one.kept_for:
            files[number] += 1
    return [Shared(number, files[number]) for number in sorted(files)]


def files_of(versions: list[Version]) -> list[PurgedFile]:
    """Every stored file of these versions once, each with the versions that hold it and are not among them."""
    found: dict[str, PurgedFile] = {}
    for one in _each(versions):
        known = found.setdefault(one.path, one)
        known.documents = [*{*known.documents, *one.documents}]
    paths = list(found)
    for start in range(0, len(paths), AT_ONCE):
        for path, numbers in holders(paths[start : start + AT_ONCE], but=versions).items():
            found[path].kept_for = numbers
    return list(found.values())


def holders(paths: list[str], *, but: Iterable[Version] = ()) -> dict[str, list[int]]:
    """Of these files those that a version holds, each with the numbers of the versions."""
    asked, numbers = set(paths), defaultdict(set)
    without = [version.pk for version in but]
    tables = Table.objects.filter(Q(path__in=paths) | Q(bad_cells_path__in=paths) | Q(part_paths__overlap=paths))
    about = ("version__number", "path", "bad_cells_path", "part_paths")
    for number, path, bad, parts in tables.exclude(version__in=without).values_list(*about).iterator():
        for one in asked & {path, bad, *parts}:
            numbers[one].add(number)
    documents = Document.objects.filter(path__in=paths).exclude(version__in=without)
    for number, path in documents.values_list("version__number", "path").iterator():
        numbers[path].add(number)
    return {path: sorted(found) for path, found in numbers.items()}


def releases_over(versions: Iterable[Version]):
    """The releases that these versions were opened by, in force or withdrawn."""
    return Basis.objects.releases().filter(version__in=list(versions)).order_by("pk")


def _each(versions: list[Version]) -> Iterator[PurgedFile]:
    by_pk = {version.pk: version.number for version in versions}
    tables = Table.objects.filter(version__in=versions).defer("schema")  # with its profiles, which may be long
    for table in tables.order_by("version__number", "position", "name").iterator():
        yield from _of_table(table, by_pk[table.version_id])
    for one in Document.objects.filter(version__in=versions).order_by("version__number", "name"):
        yield _file(by_pk[one.version_id], Kind.DOCUMENT, one.path, one.bytes, one.sha256, documents=[one.pk])
    for one in Distribution.objects.filter(version__in=versions).order_by("version__number", "path"):
        yield _file(by_pk[one.version_id], Kind.RELEASED, one.path, one.bytes, one.sha256)
    for version in versions:
        if version.source_path:
            yield _file(version.number, Kind.UPLOAD, version.source_path, version.source_bytes, version.source_sha256)
        yield _file(version.number, Kind.MANIFEST, manifest_path(version), 0, "")


def _of_table(table: Table, number: int) -> Iterator[PurgedFile]:
    for file in table.files:
        yield _file(number, Kind.ROWS, file["path"], file["bytes"], file["sha256"])
    if table.parts:  # the list of its files is a file too
        yield _file(number, Kind.ROWS, table.path, 0, table.sha256)
    if table.bad_cells_path:
        yield _file(number, Kind.BAD_CELLS, table.bad_cells_path, table.bad_cells_bytes, table.bad_cells_sha256)


def _file(number: int, kind: str, path: str, size: int, sha256: str, documents=()) -> PurgedFile:
    return PurgedFile(version=number, kind=kind, path=path, bytes=size, sha256=sha256, documents=list(documents))
