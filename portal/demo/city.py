"""Reads the description files of the sample city in `sample/`, and refuses what it does not understand."""

import csv
import datetime
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

SAMPLE = settings.BASE_DIR / "sample"


@dataclass(frozen=True)
class SampleDepartment:
    """A body of the city; its parent stands before it."""

    code: str
    name_en: str
    name_zh: str
    email: str
    duties_en: str
    duties_zh: str
    parent: str = ""


@dataclass(frozen=True)
class SamplePerson:
    """A demo account, and the roles it holds: a department's code, or `city`, to what one does there."""

    email: str
    name: str
    kind: str = "officer"
    department: str = ""
    roles: dict[str, list[str]] = field(default_factory=dict)
    enterprise: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> str:
        """The code of the department that the person belongs to; empty for those outside the city's service."""
        return self.department or next(iter(self.roles), "")


@dataclass(frozen=True)
class SampleSource:
    """Where a dataset's rows come from: a file of the sample or a generator, and what a steward says of reading it.

    `table` names the only table of a file and `types` the types of its columns; `tables` says both where there are
    several. Whatever is not said is detected.
    """

    file: str = ""
    generator: str = ""
    table: str = ""
    types: dict[str, str] = field(default_factory=dict)
    tables: dict[str, dict] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The file in the sample; meaningless for a generator."""
        return SAMPLE / "files" / self.file

    @property
    def reading(self) -> dict:
        """The settings that a load takes."""
        said = {"table_name": self.table, "types": self.types, "tables": self.tables}
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True)
class SampleColumn:
    """One line of a dictionary."""

    table: str
    column: str
    title_en: str
    title_zh: str
    unit: str
    meaning_en: str
    meaning_zh: str
    sensitivity: str
    identity_role: str


@dataclass(frozen=True)
class SampleGrant:
    """What is lent: columns with their masks (empty for none), rows, recipient, purpose, days, and who agrees.

    `need` is what the columns are needed for, `answers` what the recipient's people say beside the purpose.
    """

    by: str
    second: str
    recipient: str
    columns: dict[str, str]
    where: str
    purpose: str
    need: str
    days: int
    answers: dict[str, str | int]


@dataclass(frozen=True)
class SampleRequest:
    """What a person of the sample asks for, and the state in which it waits for somebody."""

    state: str
    by: str
    department: str
    dataset: str
    need: str
    columns: dict[str, str]
    answers: dict
    days_ago: int = 0
    questions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class SampleDataset:
    """An entry of the catalogue as it shall be, and the state it shall end in.

    What is released or under review leaves out the columns `left_out` and coarsens those in `masks`.
    """

    name: str
    title_en: str
    title_zh: str
    description_en: str
    description_zh: str
    keywords_en: list[str]
    keywords_zh: list[str]
    theme: str
    department: str
    contact_name: str
    contact_email: str
    frequency: str
    place_en: str
    place_zh: str
    language: str
    licence: str
    legal_basis: str
    sharing_class: str
    opening_class: str
    state: str
    left_out: tuple[str, ...] = ()
    masks: dict[str, str] = field(default_factory=dict)
    loaded_days_ago: int = 0
    sharing_law: str = ""
    coverage_from: datetime.date | None = None
    coverage_until: datetime.date | None = None
    source: SampleSource | None = None
    documents: tuple[dict[str, str], ...] = ()
    links: tuple[dict[str, str], ...] = ()
    grants: tuple[SampleGrant, ...] = ()
    dictionary: tuple[SampleColumn, ...] = ()


@dataclass(frozen=True)
class SampleCity:
    """Everything that the demo command makes."""

    departments: tuple[SampleDepartment, ...]
    people: tuple[SamplePerson, ...]
    datasets: tuple[SampleDataset, ...]
    requests: tuple[SampleRequest, ...]


def read_city(folder: Path = SAMPLE) -> SampleCity:
    """The whole sample city, departments in the order of the tree, datasets by name."""
    return SampleCity(
        departments=tuple(SampleDepartment(**one) for one in _toml(folder / "departments.toml")["department"]),
        people=tuple(SamplePerson(**one) for one in _toml(folder / "people.toml")["person"]),
        datasets=tuple(read_dataset(path) for path in sorted((folder / "datasets").glob("*.toml"))),
        requests=tuple(SampleRequest(**one) for one in _toml(folder / "requests.toml")["request"]),
    )


def read_dataset(path: Path) -> SampleDataset:
    """One dataset from its `.toml`, with the dictionary in the `.csv` beside it."""
    said = _toml(path)
    source = said.pop("source", None)
    return SampleDataset(
        name=path.stem,
        source=SampleSource(**source) if source else None,
        documents=tuple(said.pop("document", ())),
        links=tuple(said.pop("link", ())),
        grants=tuple(SampleGrant(**grant) for grant in said.pop("grant", ())),
        dictionary=tuple(_dictionary(path.with_suffix(".csv"))),
        **{name: value.strip() if isinstance(value, str) else value for name, value in said.items()},
    )


def _dictionary(path: Path) -> list[SampleColumn]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [SampleColumn(**row) for row in csv.DictReader(file)]


def _toml(path: Path) -> dict:
    with path.open("rb") as file:
        return tomllib.load(file)
