"""The description files of the sample city: complete, honest about licences, and small."""

import csv
import re
from datetime import date

import pytest

from catalog import codes
from catalog.ingest.limits import Limits
from portal.demo.city import SAMPLE, read_city
from portal.demo.residents import DISTRICTS, write_residents
from tests.catalog.reading import Desk

CITY = read_city()
STATES = {"released", "under_review", "internal", "draft", "retired"}
OPEN_LICENCES = {
    "CC BY 4.0": "cc-by-4.0",
    "OGL UK 3.0": "ogl-uk-3.0",
    "WTFPL 2": "wtfpl",
    "US public domain": "us-pd",
    "CC0 1.0": "cc0",
}

each_dataset = pytest.mark.parametrize("dataset", CITY.datasets, ids=lambda dataset: dataset.name)


def licences_in_readme() -> dict[str, str]:
    rows = re.findall(r"^\| `([^`]+)` \|.*\| ([^|]+) \|$", (SAMPLE / "README.md").read_text(encoding="utf-8"), re.M)
    return dict(rows)


def test_it_is_at_most_twelve_megabytes():
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) <= 12_000_000


def test_every_file_has_its_origin_and_an_open_licence_in_the_readme():
    said = licences_in_readme()
    assert set(said) == {path.name for path in (SAMPLE / "files").iterdir()}
    assert set(said.values()) <= set(OPEN_LICENCES)


def test_every_file_is_used_under_the_licence_that_the_readme_states():
    said = licences_in_readme()
    used = {}
    for dataset in CITY.datasets:
        files = [dataset.source.file] if dataset.source and dataset.source.file else []
        for name in files + [document["file"] for document in dataset.documents]:
            used[name] = dataset.licence
    assert used == {name: OPEN_LICENCES[licence] for name, licence in said.items()}


def test_the_city_has_departments_and_datasets_enough():
    assert len(CITY.departments) >= 8
    assert any(one.parent and one.parent != "lanting" for one in CITY.departments), "one stands below another"
    assert sum(dataset.state == "released" for dataset in CITY.datasets) >= 10
    assert {dataset.state for dataset in CITY.datasets} == STATES


def test_each_department_stands_after_its_parent():
    seen = set()
    for department in CITY.departments:
        assert not department.parent or department.parent in seen
        assert department.email.endswith(".example")
        assert department.name_en and department.name_zh and department.duties_en and department.duties_zh
        seen.add(department.code)


def test_every_owner_has_a_steward_and_every_release_two_people():
    stewards = {code for person in CITY.people for code, roles in person.roles.items() if "steward" in roles}
    assert {dataset.department for dataset in CITY.datasets} <= stewards
    reviewers = {person.email for person in CITY.people if "reviewer" in person.roles.get("city", [])}
    both = {person.email for person in CITY.people if any("steward" in roles for roles in person.roles.values())}
    assert reviewers and not reviewers & both


def test_all_people_have_addresses_that_cannot_exist():
    addresses = [person.email for person in CITY.people]
    assert len(set(addresses)) == len(addresses)
    assert all(address.endswith(".example") for address in addresses)


@each_dataset
def test_it_is_described_in_both_languages_and_by_known_codes(dataset):
    for text in (dataset.title_en, dataset.title_zh, dataset.place_en, dataset.place_zh, dataset.legal_basis):
        assert text
    assert re.search(r"[\u4e00-\u9fff]", dataset.description_zh)
    assert 2 <= len(re.findall(r"[.?!](?:\s|$)", dataset.description_en)) <= 6
    assert dataset.keywords_en and dataset.keywords_zh
    assert dataset.theme in codes.Theme.values
    assert dataset.frequency in codes.Frequency.values
    assert dataset.licence in codes.Licence.values
    assert dataset.language in codes.Language.values
    assert dataset.sharing_class in codes.SharingClass.values
    assert dataset.opening_class in codes.OpeningClass.values
    assert dataset.state in STATES
    assert dataset.department in {department.code for department in CITY.departments}
    assert dataset.contact_email.endswith(".example")
    assert not dataset.coverage_until or dataset.coverage_from <= dataset.coverage_until
    assert dataset.coverage_from is None or dataset.coverage_from <= date(2026, 12, 31)


@each_dataset
def test_what_is_released_may_be_open_and_what_is_withheld_names_the_law(dataset):
    if dataset.state in {"released", "under_review", "retired"}:
        assert codes.Licence(dataset.licence).is_open
        assert dataset.opening_class == "open"
    assert (dataset.sharing_class == "withheld") == bool(dataset.sharing_law)


@each_dataset
def test_its_dictionary_says_what_every_column_is(dataset):
    assert bool(dataset.dictionary) == bool(dataset.source)
    names = [(line.table, line.column) for line in dataset.dictionary]
    assert len(set(names)) == len(names)
    for line in dataset.dictionary:
        assert line.title_en and line.title_zh and line.meaning_en and line.meaning_zh, line
        assert line.sensitivity in codes.Sensitivity.values
        assert line.identity_role in codes.IdentityRole.values


LARGE = {"villages"}
each_source = pytest.mark.parametrize(
    "dataset",
    [
        pytest.param(one, id=one.name, marks=[pytest.mark.slow] if one.name in LARGE else [])
        for one in CITY.datasets
        if one.source
    ],
)


@each_source
def test_its_dictionary_names_the_columns_that_reading_its_file_gives(dataset, tmp_path):
    path = dataset.source.path
    if dataset.source.generator:
        path = tmp_path / "residents.csv"
        write_residents(path, rows=300)
    read = Desk(tmp_path, Limits()).read(path, path.name, **dataset.source.reading)
    found = [(table["name"], column["name"]) for table in read["tables"] for column in table["columns"]]
    assert sorted(found) == sorted((line.table, line.column) for line in dataset.dictionary)
    assert not any(table["bad_cells_total"] for table in read["tables"])
    assert "ambiguous-dates" not in {note["code"] for note in read["notes"]}


@each_dataset
def test_nothing_personal_is_released(dataset):
    if dataset.state in {"released", "retired"}:
        assert all(line.sensitivity == "public" for line in dataset.dictionary)


def test_one_grant_lends_part_of_the_register_to_health():
    (grant,) = [grant for dataset in CITY.datasets for grant in dataset.grants]
    assert grant.recipient == "health"
    assert len(grant.columns) == 5
    assert grant.columns["birth_date"] == "year"
    assert any(district in grant.where for district in DISTRICTS)


def test_the_document_is_two_pages_of_our_own():
    data = (SAMPLE / "files" / "data-strategy.pdf").read_bytes()
    assert data.startswith(b"%PDF-1.4")
    assert data.rstrip().endswith(b"%%EOF")
    assert data.count(b"/Type /Page ") == 2


def test_the_older_register_of_streets_is_really_gb18030():
    import gzip

    data = gzip.decompress((SAMPLE / "files" / "streets.csv.gz").read_bytes())
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")
    rows = list(csv.DictReader(data.decode("gb18030").splitlines()))
    assert len(rows) == 41_352
