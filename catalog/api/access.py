"""Finding what a caller asks for, through the caller's rights alone: what these do not reach is not there."""

import uuid
from dataclasses import dataclass

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit.actor import Actor
from catalog.api.problems import Problem, bad_parameter
from catalog.gone import check_not_gone, check_release_not_gone, check_there
from catalog.holding import MOST, bases_over
from catalog.models import Basis, Dataset, Table, Version
from catalog.permissions import (
    bases_open_to,
    departments_of,
    is_officer,
    last_release,
    visible_datasets,
    withdrawn_from_public,
)
from catalog.terms import TableTerms, Terms
from catalog.versions import columns_of, open_version


@dataclass(frozen=True)
class Opening:
    """A basis that lets the caller in, and the version that it shows."""

    basis: Basis
    version: Version

    @property
    def is_public(self) -> bool:
        """True where everybody gets the same."""
        return self.basis.kind == Basis.Kind.RELEASE

    def tables(self) -> list[tuple[Table, TableTerms]]:
        """The tables that leave under the basis, each with what leaves of it."""
        terms = Terms.from_json(self.basis.terms)
        found = [(table, terms.of_table(table.name, table.types)) for table in self.version.tables.all()]
        return [(table, of_table) for table, of_table in found if of_table is not None]

    def names(self) -> list[str]:
        """The names of these tables."""
        terms = Terms.from_json(self.basis.terms)
        tables = columns_of(self.version)
        return [name for name, types in tables.items() if terms.of_table(name, types) is not None]


def dated(datasets: QuerySet[Dataset], by: Actor) -> QuerySet[Dataset]:
    """Adds `shown_at`, the date that this caller may know: of the last change for officers, else of the last release.

    What happens inside a department before a release is cleared must not show outside, not even that it happened.
    """
    if is_officer(by):
        return datasets.annotate(shown_at=F("updated_at"))
    releases = Basis.objects.live().releases().filter(dataset=OuterRef("pk")).order_by("-version__number")
    return datasets.annotate(shown_at=Coalesce(Subquery(releases.values("valid_from")[:1]), F("created_at")))


def find_dataset(pk, by: Actor) -> Dataset:
    """The dataset, if this caller may know of it; one that was open to all and is no longer says so."""
    dataset = dated(visible_datasets(by), by).select_related("department", "current").filter(pk=pk).first()
    if dataset is not None:
        return dataset
    withdrawn = withdrawn_from_public().filter(pk=pk).first()
    if withdrawn is not None:
        check_release_not_gone(last_release(withdrawn))
        raise Problem("withdrawn")
    raise Http404


def find_opening(pk, by: Actor, *, named: str = "", number: int | None = None) -> Opening:
    """The dataset's one basis to read under, in one question where there is one; else what is wrong is looked for.

    Whom a basis lets in may know of the dataset (`visible_datasets`), so that need not be asked as well.
    """
    bases = _ways(pk, by, number)
    if named:
        bases = [basis for basis in bases if str(basis.pk) == named.lower()]
    found = _openings(bases, number)
    return found[0] if len(found) == 1 else one_opening(find_dataset(pk, by), by, named=named, number=number)


def openings(dataset: Dataset, by: Actor, number: int | None = None) -> list[Opening]:
    """Every basis that lets this caller into the dataset now, with its version; of releases only the newest."""
    bases = _ways(dataset.pk, by, number)
    for basis in bases:
        basis.dataset = dataset
    return _openings(bases, number)


def _ways(pk, by: Actor, number: int | None) -> list[Basis]:
    """The bases to read under; a version keeps its address for ever, so its release may not be among the newest."""
    found = bases_over(pk, by)
    if number is not None and len(found) == MOST:
        known = {basis.pk for basis in found}
        older = bases_open_to(by).filter(dataset=pk, kind=Basis.Kind.RELEASE, version__number=number)
        with_all = older.select_related("version", "dataset__department", "dataset__current")
        found += [basis for basis in with_all if basis.pk not in known]
    return found


def _openings(bases: list[Basis], number: int | None) -> list[Opening]:
    found, released = [], False
    for basis in bases:
        if basis.kind == Basis.Kind.RELEASE and released and number is None:
            continue
        version = open_version(basis.dataset, basis, number)
        if version is not None:
            found.append(Opening(basis, version))
            released = released or basis.kind == Basis.Kind.RELEASE
    return sorted(found, key=lambda opening: not opening.is_public)


def one_opening(dataset: Dataset, by: Actor, *, named: str = "", number: int | None = None) -> Opening:
    """The one basis to read under: the named one, or the only one. Several ask for a name; none says why."""
    if named:
        return _named(dataset, by, _identifier(named), number)
    found = openings(dataset, by, number)
    if not found:
        check_not_gone(dataset, by, number)
        if number is not None and openings(dataset, by):
            raise Http404
        raise Problem("grant-missing", _why_closed(dataset, by))
    return one_of(found)


def one_of(found: list[Opening]) -> Opening:
    """The only one of these ways in; several ask for a name."""
    if len(found) > 1:
        raise Problem("basis-required", choice=[_described(opening.basis) for opening in found])
    return found[0]


def one_table(opening: Opening, name: str | None) -> str:
    """The table to read: the named one, or the only one that leaves under the basis."""
    check_there(opening.version)
    names = opening.names()
    if name is None and len(names) > 1:
        raise Problem("table-required", tables=names)
    if not names and name is None:
        raise Problem("not-found", _("There are no rows here, only documents: the dataset's description lists them."))
    if name is not None and name not in names:
        raise Http404
    return name or names[0]


def _named(dataset: Dataset, by: Actor, pk: uuid.UUID, number: int | None) -> Opening:
    basis = bases_open_to(by).filter(dataset=dataset, pk=pk).select_related("version", "department").first()
    if basis is None:
        ended = _of_own_departments(dataset, by).filter(pk=pk).first()
        if ended is None:
            raise Http404
        raise Problem("grant-missing", _why_ended(ended, dataset))
    basis.dataset = dataset
    version = open_version(dataset, basis, number)
    if version is None:
        check_not_gone(dataset, by, number)
        raise Http404
    return Opening(basis, version)


def _identifier(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        detail = _("“basis” is the identifier of a basis, as listed in the dataset's “basis”.")
        raise bad_parameter("basis", detail) from None


def _described(basis: Basis) -> dict:
    return {
        "id": str(basis.pk),
        "kind": basis.kind,
        "purpose": basis.purpose,
        "valid_until": basis.valid_until.isoformat() if basis.valid_until else None,
    }


def _of_own_departments(dataset: Dataset, by: Actor):
    if by.user is None:
        return Basis.objects.none()
    mine = Q(department__in=departments_of(by)) | Q(account=by.user_id)
    if by.key is not None and by.key.grant_id is not None:
        mine = Q(pk=by.key.grant_id)
    return Basis.objects.filter(mine, dataset=dataset, kind=Basis.Kind.GRANT).order_by("-state_at")


def _why_closed(dataset: Dataset, by: Actor) -> str:
    ended = _of_own_departments(dataset, by).first()
    if ended is not None:
        return _why_ended(ended, dataset)
    return _("No basis lets you read the rows of this dataset. Ask %(owner)s for a grant that states your purpose.") % {
        "owner": dataset.department.name
    }


def _why_ended(basis: Basis, dataset: Dataset) -> str:
    owner, now = dataset.department.name, timezone.now()
    if basis.state == Basis.State.ACTIVE and (basis.valid_until is None or basis.valid_until > now):
        return _("This grant is for others than you, or your key does not cover it. Ask %(owner)s.") % {"owner": owner}
    if basis.state in {Basis.State.SUSPENDED, Basis.State.REVOKED}:
        sentence = (
            _("%(owner)s suspended this grant on %(day)s: “%(reason)s”. Ask them when it will be resumed.")
            if basis.state == Basis.State.SUSPENDED
            else _("%(owner)s revoked this grant on %(day)s: “%(reason)s”. Ask them for a new one.")
        )
        return sentence % {"owner": owner, "day": _day(basis.state_at), "reason": basis.state_reason}
    early = {Basis.State.RETURNED, Basis.State.SUPERSEDED, Basis.State.ENDED}
    ended = basis.state_at if basis.state in early else basis.valid_until or basis.state_at
    return _("This grant ended on %(day)s. Ask %(owner)s to lend the data again.") % {
        "owner": owner,
        "day": _day(ended),
    }


def _day(moment) -> str:
    return date_format(timezone.localtime(moment), "DATE_FORMAT")
