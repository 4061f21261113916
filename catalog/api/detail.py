"""A dataset as one caller sees it: tables, columns, versions and files of the bases that let this caller in."""

from django.db.models import Q, QuerySet
from django.urls import reverse

from audit.actor import Actor
from catalog.api.access import Opening, openings
from catalog.masks import type_under
from catalog.models import Basis, Column, Dataset, Distribution, Extent, Version
from catalog.permissions import bases_open_to
from catalog.row_keys import key_under, keys_in
from catalog.terms import Terms
from catalog.versions import tombstones, versions_under

NEWEST = 20


def seen_by(dataset: Dataset, by: Actor, request) -> Dataset:
    """The dataset with what this caller sees of it as attributes `seen_...`."""
    found = openings(dataset, by)
    dataset.seen_bases = [_basis(opening) for opening in found]
    dataset.seen_tables = tables_of(dataset, found, request)
    dataset.seen_versions = list(versions_open_to(dataset, by)[:NEWEST])
    dataset.seen_files = list(files_of(dataset, found))
    dataset.seen_links = list(dataset.links.all()[:100])
    dataset.seen_documents = documents_of(found)
    return dataset


def tables_of(dataset: Dataset, found: list[Opening], request) -> list[dict]:
    """Each table of each opening: the columns that leave, with what the dictionary says of them, and counted rows."""
    dictionary = {(column.table, column.name): column for column in Column.objects.filter(dataset=dataset)}
    named = keys_in(dictionary.values())
    extents = _extents(found)

    def address(opening: Opening, table: str) -> str:
        rows = request.build_absolute_uri(reverse("api-table-rows", args=[dataset.pk, table]))
        return rows if len(found) == 1 else f"{rows}?basis={opening.basis.pk}"

    return [
        {
            "name": table.name,
            "basis": opening.basis.pk,
            "version": opening.version.number,
            "rows": extents.get((opening.basis.pk, opening.version.pk, table.name)),
            "url": address(opening, table.name),
            "columns": [
                _column(name, mask, table.types[name], dictionary.get((table.name, name)), key)
                for name, mask in terms.columns.items()
            ],
        }
        for opening in found
        for table, terms in opening.tables()
        for key in [key_under(named.get(table.name, []), terms, table.types)]
    ]


def versions_open_to(dataset: Dataset, by: Actor) -> QuerySet[Version]:
    """The versions that any basis of this caller opens, newest first."""
    ways = bases_open_to(by).filter(dataset=dataset).select_related("dataset")
    opened = Q(pk__in=ways.filter(kind=Basis.Kind.RELEASE).order_by().values("version"))
    opened |= Q(pk__in=tombstones(dataset).order_by().values("version"))
    for basis in ways.exclude(kind=Basis.Kind.RELEASE)[:NEWEST]:
        opened |= Q(pk__in=versions_under(basis).order_by().values("pk"))
    return Version.objects.filter(opened, dataset=dataset).order_by("-number")


def files_of(dataset: Dataset, found: list[Opening]) -> QuerySet[Distribution]:
    """The files built for these openings."""
    built = Q(pk__in=[])
    for opening in found:
        built |= Q(basis=opening.basis.pk, version=opening.version.pk)
    return Distribution.objects.filter(built).select_related("version").order_by("table", "format", "basis")


def documents_of(found: list[Opening]) -> list:
    """The documents that leave under these openings, each once."""
    with_documents = [opening for opening in found if Terms.from_json(opening.basis.terms).documents]
    seen = {}
    for opening in with_documents:
        seen |= {document.pk: document for document in opening.version.documents.all()}
    return list(seen.values())


def counted_rows(opening: Opening, table: str) -> int | None:
    """How many rows of the table the basis lets out, if that was counted."""
    return _extents([opening]).get((opening.basis.pk, opening.version.pk, table))


def _extents(found: list[Opening]) -> dict[tuple, int]:
    counted = Q(pk__in=[])
    for opening in found:
        counted |= Q(basis=opening.basis.pk, version=opening.version.pk)
    kept = Extent.objects.filter(counted).values_list("basis", "version", "table", "rows")
    return {(basis, version, table): rows for basis, version, table, rows in kept}


def _basis(opening: Opening) -> dict:
    basis = opening.basis
    shown = ("id", "kind", "purpose", "legal_basis", "valid_until")
    return {name: getattr(basis, name) for name in shown} | {"version": opening.version.number}


def _column(name: str, text: str | None, kind: str, known: Column | None, key: list[str]) -> dict:
    return {
        "name": name,
        "title": (known.title if known else "") or name,
        "type": type_under(text, column=name, column_type=kind),
        "unit": known.unit if known else "",
        "meaning": known.meaning if known else "",
        "code_list": known.code_list if known else "",
        "sensitivity": known.sensitivity if known else "internal",
        "identity_role": known.identity_role if known else "none",
        "row_key": name in key,
        "mask": text or None,
    }
