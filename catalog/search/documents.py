"""What of a dataset can be found, for the public and for officers, as words with weights."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import translation

from catalog.models import Basis, Column, Dataset, Distribution, Link
from catalog.search.words import indexed
from catalog.terms import TableTerms, Terms

MOST_COLUMNS = 2_000


@dataclass(frozen=True)
class Entry:
    """One document of the index: places with weights A (title) to D (description)."""

    audience: str
    basis: object
    formats: list[str]
    updated_at: datetime
    places: list[tuple[str, list[str]]]


def entries(dataset: Dataset) -> list[Entry]:
    """The documents that the index should hold for this dataset now."""
    release = (
        Basis.objects.live()
        .releases()
        .filter(dataset=dataset)
        .select_related("version")
        .order_by("-version__number")
        .first()
    )
    made = [
        _entry(dataset, "internal", None, Column.objects.filter(dataset=dataset)[:MOST_COLUMNS], dataset.updated_at)
    ]
    if release is not None:
        made.append(_entry(dataset, "public", release, _released(dataset, release), release.valid_from))
    return made


def _released(dataset: Dataset, release: Basis) -> list[Column]:
    """The dictionary of the columns that the release lets out, and of no other."""
    terms = Terms.from_json(release.terms)
    let_out = {
        (table.name, name)
        for table in release.version.tables.all()
        for name in (terms.of_table(table.name, table.types) or TableTerms({})).columns
    }
    columns = Column.objects.filter(dataset=dataset)[:MOST_COLUMNS]
    return [column for column in columns if (column.table, column.name) in let_out]


def _entry(dataset: Dataset, audience: str, release: Basis | None, columns, updated_at: datetime) -> Entry:
    places: list[tuple[str, list[str]]] = []

    def add(weight: str, *texts: str) -> None:
        for text in texts:
            places.extend((weight, words) for words in indexed(text))

    department = dataset.department
    add("A", dataset.title_en, dataset.title_zh)
    add("B", *dataset.keywords_en, *dataset.keywords_zh, department.name_en, department.name_zh, department.code)
    for language in ("en", "zh-hans"):
        with translation.override(language):
            add("B", str(dataset.get_theme_display()))
    for column in columns:
        add("C", column.name, column.title_en, column.title_zh, column.meaning_en, column.meaning_zh)
    for link in Link.objects.filter(dataset=dataset)[:50]:
        add("C", link.title_en, link.title_zh)
    add("D", dataset.description_en, dataset.description_zh, dataset.place_en, dataset.place_zh)
    built = Distribution.objects.filter(basis=release).order_by().values_list("format", flat=True) if release else []
    return Entry(audience, release.pk if release else None, sorted(set(built)), updated_at, places)
