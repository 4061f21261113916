"""Versions as one reader may list them: how large each is, and what changed since the one before."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from django.db.models import Q, prefetch_related_objects

from audit.actor import Actor
from catalog.changes import ColumnChanges, Pair, TablePair, changes_in, count_all, count_changes, kept_changes
from catalog.models import Basis, Dataset, Distribution, Extent, Format, RowChanges, Version
from catalog.permissions import bases_open_to
from catalog.row_keys import named_keys
from catalog.terms import Terms
from catalog.versions import HELD, tombstones, versions_under

NEWEST = 20
Opened = tuple[Version, Basis]


@dataclass(frozen=True)
class TableLine:
    """What changed in one table: its columns, and its rows where they were counted."""

    name: str
    key: list[str]
    columns: ColumnChanges
    rows: RowChanges | None


@dataclass(frozen=True)
class Line:
    """A version under a basis: rows and bytes where they are known, and what changed since `pair.since`."""

    version: Version
    basis: Basis
    rows: int | None
    bytes: int | None
    pair: Pair | None
    tables: list[TableLine]


def lines(opened: list[Opened], *, shown: int) -> list[Line]:
    """The first `shown` of these versions, newest first, each compared with the next one that may be compared."""
    if not opened:
        return []
    prefetch_related_objects([version for version, _basis in opened], "tables")
    named = named_keys(opened[0][0].dataset)
    pairs = [_pair(opened, n) for n in range(min(shown, len(opened)))]
    kept = kept_changes([pair for pair in pairs if pair])
    rows, sizes = _rows(opened), _sizes(opened)
    return [
        Line(
            version=version,
            basis=basis,
            rows=rows.get((basis.pk, version.pk)) if version.state in HELD else None,
            bytes=sizes.get((basis.pk, version.pk)) if version.state in HELD else None,
            pair=pair,
            tables=[_line(table, kept, named) for table in pair.tables.values()] if pair else [],
        )
        for (version, basis), pair in zip(opened, pairs, strict=False)
    ]


def ways_to(versions: list[Version], dataset: Dataset, by: Actor) -> list[Opened]:
    """Each version with the basis that shows this reader most of it: a duty, a grant, or its release."""
    ways = bases_open_to(by).filter(dataset=dataset).select_related("version", "dataset")
    numbers = [version.pk for version in versions]
    former = tombstones(dataset).filter(version__in=numbers).select_related("version", "dataset")
    releases = {basis.version_id: basis for basis in former}
    releases |= {basis.version_id: basis for basis in ways.filter(kind=Basis.Kind.RELEASE, version__in=numbers)}
    found: dict = {}
    for basis in ways.exclude(kind=Basis.Kind.RELEASE).order_by("kind", "-made_at")[:NEWEST]:
        for pk in versions_under(basis).filter(pk__in=numbers).order_by().values_list("pk", flat=True):
            found.setdefault(pk, basis)
    ways_by_version = {**releases, **found}
    return [(version, ways_by_version[version.pk]) for version in versions if version.pk in ways_by_version]


def count_dataset(dataset: Dataset, *, by: Actor) -> None:
    """Counts what was not counted yet: from version to version of all rows, from release to release of open ones."""
    named = named_keys(dataset)
    duty = next((one for one in _duties(dataset) if Terms.from_json(one.terms).everything), None)
    if duty is not None:
        kept = dataset.versions.filter(state=Version.State.KEPT)[: NEWEST + 1]
        _count([(version, duty) for version in kept], named, count_all)
    releases = Basis.objects.releases().live().filter(dataset=dataset).select_related("version", "dataset")
    opened = [(one.version, one) for one in releases.order_by("-version__number")[: NEWEST + 1]]
    _count(opened, named, partial(count_changes, by=by))


def _duties(dataset: Dataset):
    return Basis.objects.live().filter(dataset=dataset, kind=Basis.Kind.DUTY).select_related("dataset")[:NEWEST]


def _count(opened: list[Opened], named: dict[str, list[str]], count: Callable) -> None:
    prefetch_related_objects([version for version, _basis in opened], "tables")
    pairs = [Pair(*older, *newer) for newer, older in pairwise(opened)]
    kept = kept_changes(pairs)
    for pair in pairs:
        for table in pair.tables.values():
            of_table = named.get(table.after.name, [])
            if changes_in(kept, table, of_table) is None:
                count(table, of_table)


def _pair(opened: list[Opened], n: int) -> Pair | None:
    version, basis = opened[n]
    if version.state not in HELD:
        return None
    for since, former in opened[n + 1 :]:
        if since.state not in HELD:
            continue
        if former.pk == basis.pk or former.kind == basis.kind == Basis.Kind.RELEASE:
            return Pair(since, former, version, basis)
    return None


def _line(table: TablePair, kept: dict, named: dict[str, list[str]]) -> TableLine:
    of_table = named.get(table.after.name, [])
    return TableLine(table.after.name, table.key(of_table), table.columns, changes_in(kept, table, of_table))


def _rows(opened: list[Opened]) -> dict[tuple, int]:
    """The rows that each basis lets out, where they were counted or are all there are."""
    counted = defaultdict(int)
    for basis, version, rows in Extent.objects.filter(_of(opened)).values_list("basis", "version", "rows"):
        counted[basis, version] += rows
    whole = {(basis.pk, version.pk): sum(table.rows for table in version.tables.all())
             for version, basis in opened if Terms.from_json(basis.terms).everything}  # fmt: skip
    return {**counted, **whole}


def _sizes(opened: list[Opened]) -> dict[tuple, int]:
    """How large the tables are that lie in the store, for whom all is let out; for others their built CSV files."""
    built = defaultdict(int)
    files = Distribution.objects.filter(_of(opened), format=Format.CSV)
    for basis, version, size in files.values_list("basis", "version", "bytes"):
        built[basis, version] += size
    whole = {(basis.pk, version.pk): sum(table.bytes for table in version.tables.all())
             for version, basis in opened if Terms.from_json(basis.terms).everything}  # fmt: skip
    return {**built, **whole}


def _of(opened: list[Opened]) -> Q:
    of = Q(pk__in=[])
    for version, basis in opened:
        of |= Q(basis=basis.pk, version=version.pk)
    return of
