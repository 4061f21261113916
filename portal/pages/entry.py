"""A dataset as one reader sees it: what lets the reader in, and under which basis the page reads."""

import uuid
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import Http404, QueryDict

from audit.actor import Actor
from catalog.gone import check_not_gone, check_there
from catalog.models import Basis, Dataset, Table, Version
from catalog.permissions import bases_open_to
from catalog.terms import Terms
from catalog.versions import open_version

SHOWN = 20


@dataclass(frozen=True)
class Entry:
    """The reader's ways in, newest release first, and the basis, version and table that the page shows (or none)."""

    dataset: Dataset
    releases: list[Basis]
    rights: list[Basis]
    basis: Basis | None = None
    version: Version | None = None
    tables: tuple[Table, ...] = ()
    table: Table | None = None

    @property
    def is_open(self) -> bool:
        """True where the page reads under a release, as everybody may."""
        return self.basis is not None and self.basis.kind == Basis.Kind.RELEASE

    @property
    def has_more_releases(self) -> bool:
        """True where older open versions stand on a page of their own."""
        return len(self.releases) == SHOWN

    @property
    def terms(self) -> Terms:
        """What the chosen basis lets out; nothing where there is none."""
        return Terms.from_json(self.basis.terms) if self.basis else Terms()

    @property
    def columns(self) -> dict[str, str | None]:
        """The columns of the shown table that the basis lets out, each with its mask."""
        found = self.terms.of_table(self.table.name, self.table.types) if self.table else None
        return found.columns if found else {}


def read_entry(dataset: Dataset, asked: QueryDict, *, by: Actor) -> Entry:
    """The entry that an address asks for with `basis`, `version` and `table`; 404 for what the reader has not."""
    ways = bases_open_to(by).filter(dataset=dataset).select_related("version", "department", "dataset__current")
    releases = ways.filter(kind=Basis.Kind.RELEASE).order_by("-version__number")
    rights = ways.exclude(kind=Basis.Kind.RELEASE).order_by("-kind", "-made_at")
    shown, held = list(releases[:SHOWN]), list(rights[:SHOWN])
    basis, version = _chosen(dataset, ways, releases, shown, asked, by)
    if version is not None:
        check_there(version)
    if basis is None or version is None:
        return Entry(dataset, shown, held)

    terms = Terms.from_json(basis.terms)
    tables = tuple(table for table in version.tables.all() if terms.of_table(table.name, table.types))
    return Entry(dataset, shown, held, basis, version, tables, _table(tables, asked.get("table", "")))


def _chosen(
    dataset, ways: QuerySet, releases: QuerySet, shown: list, asked, by: Actor
) -> tuple[Basis | None, Version | None]:
    """The basis and the version that the address means; what was there once and is gone says so."""
    number = _number(asked.get("version", ""))
    if asked.get("basis"):
        basis = ways.filter(_named(asked["basis"])).first()
        version = open_version(dataset, basis, number) if basis else None
        if version is None:
            check_not_gone(dataset, by, number)
            raise Http404
        return basis, version
    if number is not None:
        basis = releases.filter(version__number=number).first()
        if basis is None:
            check_not_gone(dataset, by, number)
            raise Http404
        return basis, basis.version
    return (shown[0], shown[0].version) if shown else (None, None)


def _named(text: str) -> Q:
    try:
        return Q(pk=uuid.UUID(text))
    except ValueError as fault:
        raise Http404 from fault


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise Http404
    return int(text)


def _table(tables: tuple[Table, ...], name: str) -> Table | None:
    if not name:
        return tables[0] if tables else None
    for table in tables:
        if table.name == name:
            return table
    raise Http404
