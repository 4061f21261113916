"""Which version a basis opens: `latest` and `@<number>` are both addresses for ever."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db.models import Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from catalog.models import Basis, Dataset, Table, Version

MOST_KEPT = 512  # versions whose columns stay in memory

HELD = (Version.State.PROPOSED, Version.State.KEPT)  # the rows are there
WAS_KEPT = (Version.State.KEPT, Version.State.DROPPED, Version.State.PURGED)


def latest_under(basis: Basis) -> Version | None:
    """The version that this basis shows to whoever names none: its own where it is pinned, else the current one."""
    return basis.version if basis.version_id else basis.dataset.current


def versions_under(basis: Basis) -> QuerySet[Version]:
    """All versions that this basis opens by number, newest first.

    A pinned one opens that version alone. A grant opens what was current at some time since it began. The owner's
    people see every version, the proposed ones too.
    """
    versions = basis.dataset.versions.all()
    if basis.version_id:
        return versions.filter(pk=basis.version_id)
    if basis.kind == Basis.Kind.DUTY:
        return versions.exclude(state=Version.State.DISCARDED)
    # Of those that are gone it opens the address, which says so; and their going opens no older one.
    kept = versions.filter(state__in=WAS_KEPT, confirmed_at__isnull=False)
    at_first = kept.filter(confirmed_at__lte=basis.valid_from).order_by("-number").values("number")[:1]
    return kept.filter(number__gte=Coalesce(Subquery(at_first), 0))


def tombstones(dataset: Dataset) -> QuerySet[Basis]:
    """The releases of versions that a law had destroyed: everybody may know that they were there."""
    return Basis.objects.releases().filter(dataset=dataset, version__state=Version.State.PURGED)


def covers(basis: Basis, version: Version) -> bool:
    """True where the basis opens this version; asked by the gate at each exit."""
    return versions_under(basis).filter(pk=version.pk).exists()


def are_there(versions: Iterable[Version]) -> bool:
    """False once one of these versions is gone; asked again and again while rows leave."""
    return not Version.objects.filter(pk__in=[one.pk for one in versions]).exclude(state__in=HELD).exists()


def open_version(dataset: Dataset, basis: Basis, number: int | None = None) -> Version | None:
    """The version of this dataset that the basis opens; None where it opens no such version."""
    if basis.dataset_id != dataset.pk:
        return None
    if number is None:
        return latest_under(basis)
    return versions_under(basis).filter(number=number).first()


def version_at(basis: Basis, moment: datetime) -> Version | None:
    """The version that was current under this basis at that time, if the basis opens it now; None where none was.

    For everybody it is the newest that was cleared by then. What was cleared then and withdrawn since is not there.
    """
    if basis.kind == Basis.Kind.RELEASE:
        return basis.version if cleared_at(basis.dataset, moment) == basis.pk else None
    if basis.version_id:
        return basis.version if basis.version.confirmed_at and basis.version.confirmed_at <= moment else None
    confirmed = Version.objects.filter(dataset=basis.dataset_id, confirmed_at__lte=moment)
    newest = confirmed.order_by("-number").first()
    return newest if newest is not None and covers(basis, newest) else None


def cleared_at(dataset: Dataset, moment: datetime) -> UUID | None:
    """The release that everybody read under at that time, in force or withdrawn since."""
    begun = Basis.objects.releases().filter(dataset=dataset, valid_from__lte=moment)
    held = begun.filter(Q(state=Basis.State.ACTIVE) | Q(state_at__gt=moment)).exclude(valid_until__lte=moment)
    return held.order_by("-version__number", "-valid_from").values_list("pk", flat=True).first()


def one_before(basis: Basis, version: Version) -> tuple[Version, Basis] | None:
    """The next older version that the same reader opens, with its basis: the same, or of releases the one before."""
    if basis.kind == Basis.Kind.RELEASE:
        releases = Basis.objects.releases().live().filter(dataset=basis.dataset_id, version__number__lt=version.number)
        former = releases.select_related("version", "dataset__department").order_by("-version__number").first()
        return (former.version, former) if former else None
    earlier = versions_under(basis).filter(number__lt=version.number, state__in=HELD).first()
    return (earlier, basis) if earlier else None


def numbered(basis: Basis, number: int) -> tuple[Version, Basis] | None:
    """The version of this number with the basis by which a reader of `basis` opens it too."""
    if basis.kind == Basis.Kind.RELEASE:
        releases = Basis.objects.releases().live().filter(dataset=basis.dataset_id, version__number=number)
        found = releases.select_related("version", "dataset__department").first()
        return (found.version, found) if found else None
    version = versions_under(basis).filter(number=number).first()
    return (version, basis) if version else None


def columns_of(version: Version) -> dict[str, dict[str, str]]:
    """The tables of a version in order, each with its columns and their types. Of a kept one that never changes."""
    return _columns_kept(version.pk) if version.state == Version.State.KEPT else _columns(version.pk)


def _columns(version: UUID) -> dict[str, dict[str, str]]:
    return {table.name: table.types for table in Table.objects.filter(version=version).only("name", "schema")}


_columns_kept = lru_cache(MOST_KEPT)(_columns)
