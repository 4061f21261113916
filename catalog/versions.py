"""Which version a basis opens: `latest` and `@<number>` are both addresses for ever."""

from django.db.models import QuerySet, Subquery
from django.db.models.functions import Coalesce

from catalog.models import Basis, Dataset, Version


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
    kept = versions.filter(state=Version.State.KEPT)
    at_first = kept.filter(confirmed_at__lte=basis.valid_from).order_by("-number").values("number")[:1]
    return kept.filter(number__gte=Coalesce(Subquery(at_first), 0))


def covers(basis: Basis, version: Version) -> bool:
    """True where the basis opens this version; asked by the gate at each exit."""
    return versions_under(basis).filter(pk=version.pk).exists()


def open_version(dataset: Dataset, basis: Basis, number: int | None = None) -> Version | None:
    """The version of this dataset that the basis opens; None where it opens no such version."""
    if basis.dataset_id != dataset.pk:
        return None
    if number is None:
        return latest_under(basis)
    return versions_under(basis).filter(number=number).first()
