"""What of a dataset can be found, for the public and for officers, as tokens by field and as facets.

The public document is made of the release: its columns, its files, the frequent values that its profile states, which
the gate counted under the release with its masks. Officers find the whole dictionary as well; of values they too find
only those of the release, for to be found by a value tells that it is there, and that is a reading.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache
from uuid import UUID

from django.utils import translation

from catalog.codes import Licence, Theme
from catalog.freshness import late_from
from catalog.models import Basis, Column, Dataset, SearchEntry
from catalog.search.gathering import Gathered, gathered
from catalog.search.weights import boost
from catalog.search.words import fold, tokens

Audience = SearchEntry.Audience
MOST_PLACES = {"description": 4_000, "columns": 6_000, "values": 3_000}
PLACES = 600  # of any other field


@dataclass(frozen=True)
class Entry:
    """One document of the index, the same for every engine."""

    dataset: UUID
    audience: str
    basis: UUID | None
    department: UUID
    department_code: str
    theme: str
    licence: str
    opening: str
    formats: list[str]
    places: list[str]
    has_geo: bool
    has_api: bool
    since: date | None
    until: date | None
    valid_until: datetime | None
    late_at: datetime | None
    overdue_at: datetime | None
    updated_at: datetime
    title: str
    used: int
    boost: float
    general: bool
    fields: dict[str, list[list[str]]] = field(default_factory=dict)

    @cached_property
    def fields_told(self) -> str:
        """The fields as JSON, which the database keeps and the digest is made of."""
        return json.dumps(self.fields, ensure_ascii=False)

    @property
    def hash(self) -> str:
        """The digest of all that an engine is told."""
        rest = {name: value for name, value in vars(self).items() if name not in ("fields", "fields_told")}
        said = json.dumps(rest, sort_keys=True, ensure_ascii=False, default=str) + self.fields_told
        return hashlib.sha256(said.encode()).hexdigest()[:32]


def entries(dataset: Dataset) -> list[Entry]:
    """The documents that the index should hold for this dataset now."""
    return entries_of([dataset])[dataset.pk]


def entries_of(datasets: list[Dataset]) -> dict[UUID, list[Entry]]:
    """For each of these datasets its documents; asks as often for many as for one."""
    found = gathered(datasets)
    return {dataset.pk: list(_made(dataset, found)) for dataset in datasets}


def _made(dataset: Dataset, found: Gathered):
    release = found.releases.get(dataset.pk)
    yield _entry(dataset, Audience.INTERNAL, None, found, found.columns.get(dataset.pk, []))
    if release is not None:
        yield _entry(dataset, Audience.PUBLIC, release, found, found.let_out(release))


def _entry(dataset: Dataset, audience: str, release: Basis | None, found: Gathered, columns: list[Column]) -> Entry:
    updated_at = release.valid_from if release else dataset.updated_at
    kept_at = release.valid_from if release else dataset.current and dataset.current.confirmed_at
    late_at, overdue_at = late_from(dataset.frequency, kept_at)
    used = found.used.get(dataset.pk, 0)
    place = dataset.place_en or dataset.place_zh
    types = found.types(dataset, release)
    fields = _fields(dataset, release, columns, found)
    return Entry(
        dataset=dataset.pk,
        audience=audience,
        basis=release.pk if release else None,
        department=dataset.department_id,
        department_code=dataset.department.code,
        theme=dataset.theme,
        licence=dataset.licence,
        opening=dataset.opening_class,
        formats=found.formats.get(release.pk, []) if release else [],
        places=[place] if place else [],
        has_geo="geometry" in types,
        has_api=bool(types),
        since=dataset.coverage_from,
        until=dataset.coverage_until,
        valid_until=release.valid_until if release else None,
        late_at=late_at,
        overdue_at=overdue_at,
        updated_at=updated_at,
        title=fold(dataset.title_en or dataset.title_zh)[:200],
        used=used,
        boost=boost(updated_at, used, _quality(dataset, columns), _length(fields)),
        general=dataset.state == Dataset.State.ACTIVE and dataset.sharing_class != "withheld",
        fields=fields,
    )


def _fields(dataset: Dataset, release: Basis | None, columns: list[Column], found: Gathered) -> dict[str, list]:
    department = dataset.department
    said = {
        "title": [dataset.title_en, dataset.title_zh],
        "keywords": [*dataset.keywords_en, *dataset.keywords_zh],
        "department": [department.name_en, department.name_zh, department.code],
        "theme": _in_both(Theme, dataset.theme),
        "columns": [
            text for c in columns for text in (c.name, c.title_en, c.title_zh, c.meaning_en, c.meaning_zh) if text
        ],
        "values": found.values.get(dataset.pk, []),
        "files": [*_licence(dataset), *found.links.get(dataset.pk, []), *(found.files_of(release) if release else [])],
        "coverage": [dataset.place_en, dataset.place_zh, *_years(dataset)],
        "description": [dataset.description_en, dataset.description_zh],
    }
    cut = {name: _cut(name, tuple(dict.fromkeys(filter(None, texts)))) for name, texts in said.items()}
    return {name: places for name, places in cut.items() if places}


@lru_cache(maxsize=32)
def _cut(name: str, texts: tuple[str, ...]) -> list[list[str]]:
    """The places of all texts of a field; an empty place between two texts keeps phrases from reaching across.

    What both audiences are told of one dataset is cut once.
    """
    places: list[list[str]] = []
    for text in texts:
        if found := tokens(text, title=True) if name == "title" else _tokens(text):
            places += [[], *found] if places else found
    return places[: MOST_PLACES.get(name, PLACES)]


def _tokens(text: str) -> list[list[str]]:
    return _remembered(text) if len(text) <= 60 else tokens(text)


@lru_cache(maxsize=20_000)
def _remembered(text: str) -> list[list[str]]:
    """What is said of many datasets is cut once: names of departments, places, columns."""
    return tokens(text)


def _licence(dataset: Dataset) -> list[str]:
    return [dataset.licence, *_in_both(Licence, dataset.licence)]


@lru_cache(maxsize=200)
def _in_both(codes: type, code: str) -> list[str]:
    said, label = [], codes(code).label
    for language in ("en", "zh-hans"):
        with translation.override(language):
            said.append(str(label))
    return said


def _years(dataset: Dataset) -> list[str]:
    since, until = dataset.coverage_from, dataset.coverage_until
    if since and until and 0 <= until.year - since.year < 100:
        return [str(year) for year in range(since.year, until.year + 1)]
    return [str(day.year) for day in (since, until) if day]


def _length(fields: dict[str, list[list[str]]]) -> int:
    """How many different tokens an entry holds."""
    return len({token for places in fields.values() for place in places for token in place})


def _quality(dataset: Dataset, columns: list[Column]) -> float:
    """The share of what a reader wants to be told that is told: nought to one."""
    told = [
        bool(dataset.title_en and dataset.title_zh),
        bool(dataset.description_en or dataset.description_zh),
        bool(dataset.keywords_en or dataset.keywords_zh),
        bool(dataset.coverage_from or dataset.coverage_until),
        bool(dataset.place_en or dataset.place_zh),
        bool(columns) and sum(bool(c.meaning_en or c.meaning_zh) for c in columns) * 2 >= len(columns),
    ]
    return sum(told) / len(told)
