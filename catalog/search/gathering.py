"""Reads from the database what the search index says of many datasets, in a fixed number of questions."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Max

from catalog.models import Basis, Column, Dataset, Distribution, Extent, Link, SearchEntry, Table
from catalog.terms import TableTerms, Terms

MOST_COLUMNS = 2_000
MOST_LINKS = 50
MOST_VALUES = 20  # of one column
LONGEST = 80
TELLING = frozenset({"text"})  # types whose values somebody would type into a search


@dataclass(frozen=True)
class Gathered:
    """By dataset or by release, as the name says."""

    releases: dict[UUID, Basis]
    columns: dict[UUID, list[Column]]
    tables: dict[UUID, list[Table]]
    links: dict[UUID, list[str]]
    formats: dict[UUID, list[str]]
    files: dict[UUID, list[str]]
    values: dict[UUID, list[str]]
    used: dict[UUID, int]

    def terms_of(self, release: Basis) -> list[tuple[Table, TableTerms]]:
        """The tables of the released version of which something leaves, with what does."""
        return let_out_of(release, self.tables.get(release.version_id, []))

    def let_out(self, release: Basis) -> list[Column]:
        """The dictionary of the columns that the release lets out, and of no other."""
        names = columns_of(self.terms_of(release))
        return [c for c in self.columns.get(release.dataset_id, []) if (c.table, c.name) in names]

    def files_of(self, release: Basis) -> list[str]:
        """What a reader may call the released files by: their formats, their names."""
        return [*self.formats.get(release.pk, []), *self.files.get(release.pk, [])]

    def types(self, dataset: Dataset, release: Basis | None) -> set[str]:
        """The types of the columns that are there for the audience; what is masked counts as text."""
        if release is None:
            return {kind for table in self.tables.get(dataset.current_id, []) for kind in table.types.values()}
        return {
            "text" if mask else table.types[name]
            for table, of_table in self.terms_of(release)
            for name, mask in of_table.columns.items()
        }


def let_out_of(release: Basis, tables: Iterable[Table]) -> list[tuple[Table, TableTerms]]:
    """The tables of which the release lets something out, with what."""
    terms = Terms.from_json(release.terms)
    opened = [(table, terms.of_table(table.name, table.types)) for table in tables]
    return [(table, of_table) for table, of_table in opened if of_table]


def columns_of(opened: list[tuple[Table, TableTerms]]) -> set[tuple[str, str]]:
    """Table and name of each column that leaves."""
    return {(table.name, name) for table, of_table in opened for name in of_table.columns}


def gathered(datasets: list[Dataset]) -> Gathered:
    """All that is needed to describe these datasets."""
    ids = [dataset.pk for dataset in datasets]
    live = Basis.objects.live().releases().filter(dataset__in=ids)
    releases = {release.dataset_id: release for release in live.select_related("version").order_by("version__number")}
    bases = [release.pk for release in releases.values()]
    versions = [release.version_id for release in releases.values()] + [d.current_id for d in datasets if d.current_id]
    columns = _by(Column.objects.filter(dataset__in=ids).order_by("dataset", "table", "position", "id"), "dataset_id")
    built = Distribution.objects.filter(basis__in=bases).order_by("name").values_list("basis", "format", "name")
    links = Link.objects.filter(dataset__in=ids).values_list("dataset", "title_en", "title_zh").order_by("id")
    formats, files = defaultdict(set), defaultdict(list)
    for basis, kind, name in built:
        formats[basis].add(kind)
        files[basis].append(name)
    titles = defaultdict(list)
    for dataset, *texts in links:
        titles[dataset] += [text for text in texts if text]
    found = Gathered(
        releases=releases,
        columns={pk: rows[:MOST_COLUMNS] for pk, rows in columns.items()},
        tables=_by(Table.objects.filter(version__in=versions).defer("parts", "part_paths"), "version_id"),
        links={pk: rows[: 2 * MOST_LINKS] for pk, rows in titles.items()},
        formats={pk: sorted(kinds) for pk, kinds in formats.items()},
        files=files,
        values={},
        used=dict(
            SearchEntry.objects.filter(dataset__in=ids).order_by().values_list("dataset").annotate(most=Max("used"))
        ),
    )
    found.values.update(_values(found, bases))
    return found


def _values(found: Gathered, bases: list[UUID]) -> dict[UUID, list[str]]:
    """Of each release the frequent values, as its profile states them: counted by the gate, under its masks."""
    profiles = {(e.basis_id, e.table): e.profile or [] for e in Extent.objects.filter(basis__in=bases)}
    values = defaultdict(list)
    for dataset, release in found.releases.items():
        for table, of_table in found.terms_of(release):
            for column in profiles.get((release.pk, table.name), []):
                if column["type"] in TELLING and _is_telling(of_table.columns.get(column["name"], "null")):
                    values[dataset] += [text for text, _n in column["frequent"][:MOST_VALUES] if len(text) <= LONGEST]
    return values


def _is_telling(mask: str | None) -> bool:
    """False for a pseudonym or an empty column: nobody looks for these."""
    return mask is None or mask.partition(":")[0] not in {"null", "hash"}


def _by(rows, field: str) -> dict[UUID, list]:
    found = defaultdict(list)
    for row in rows:
        found[getattr(row, field)].append(row)
    return found
