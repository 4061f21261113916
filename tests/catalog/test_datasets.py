"""Datasets, their dictionary and their links: who may change them, what is kept of each change."""

import hashlib
import json

import pytest
import rfc8785
from django.core.exceptions import PermissionDenied, ValidationError

from audit.models import Event
from catalog.actions import changes, columns, datasets, links
from catalog.models import Basis, Column, Dataset, DatasetChange, Link
from catalog.permissions import bases_open_to, visible_datasets
from tests import world
from tests.world import by

FIELDS = {
    "title_en": "Street trees",
    "theme": "environment",
    "frequency": "annual",
    "licence": "cc-by-4.0",
    "sharing_class": "conditional",
    "opening_class": "open",
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return world.cast()


@pytest.fixture
def trees(people):
    return datasets.create_dataset(people.parks, FIELDS, by=by(people.owner))


def last(kind):
    return json.loads(Event.objects.filter(kind=kind).latest("id").body)


def break_record(monkeypatch, module):
    def broken(*_args, **_kwargs):
        raise RuntimeError("the log is away")

    monkeypatch.setattr(module, "record", broken)


def test_it_creates_a_draft_with_the_owners_duty(people, trees):
    assert trees.state == Dataset.State.DRAFT
    duty = Basis.objects.get(dataset=trees)
    assert duty.kind == "duty" and duty.department == people.parks and duty.terms["everything"] is True
    assert list(bases_open_to(by(people.owner))) == [duty]
    assert not bases_open_to(by(people.stranger)).exists()
    assert last("dataset.created")["dataset"]["title"] == "Street trees"
    assert last("duty.made")["basis"]["id"] == str(duty.pk)


def test_it_lets_only_a_steward_of_the_department_create(people):
    for person in (people.stranger, people.approver, people.administrator, people.citizen, None):
        with pytest.raises(PermissionDenied):
            datasets.create_dataset(people.parks, FIELDS, by=by(person))
    assert not Dataset.objects.exists()


def test_it_names_each_faulty_field(people):
    wrong = FIELDS | {
        "title_en": "",
        "theme": "cheese",
        "sharing_class": "withheld",
        "coverage_from": None,
        "contact_email": "nobody",
    }
    with pytest.raises(ValidationError) as refusal:
        datasets.create_dataset(people.parks, wrong, by=by(people.owner))
    assert refusal.value.message_dict.keys() == {
        "title_en",
        "theme",
        "sharing_law",
        "opening_class",
        "contact_email",
    }


def test_it_refuses_a_field_that_is_not_described(people):
    with pytest.raises(ValidationError, match="cannot be set: state"):
        datasets.create_dataset(people.parks, FIELDS | {"state": "active"}, by=by(people.owner))


def test_it_hides_a_draft_from_the_stranger(people, trees):
    assert trees in visible_datasets(by(people.owner))
    assert trees not in visible_datasets(by(people.stranger))
    datasets.activate_dataset(trees, by=by(people.owner))
    assert trees in visible_datasets(by(people.stranger))
    assert trees not in visible_datasets(by(None))


def test_it_keeps_only_what_changed(people, trees):
    datasets.change_dataset(trees, FIELDS | {"title_zh": "行道树", "keywords_en": ["oak"]}, by=by(people.owner))
    change = DatasetChange.objects.get()
    assert change.before == {"title_zh": "", "keywords_en": []}
    assert change.after == {"title_zh": "行道树", "keywords_en": ["oak"]}
    facts = last("dataset.changed")["facts"]
    assert facts["fields"] == ["keywords_en", "title_zh"]
    canonical = rfc8785.dumps({"before": change.before, "after": change.after})
    assert facts["change_sha256"] == hashlib.sha256(canonical).hexdigest()


def test_it_records_nothing_where_nothing_changed(people, trees):
    datasets.change_dataset(trees, FIELDS, by=by(people.owner))
    assert not DatasetChange.objects.exists()


@pytest.mark.parametrize("act", ["change", "retire", "activate", "link", "column"])
def test_it_refuses_the_stranger(people, trees, act):
    column = Column.objects.create(dataset=trees, table="main", name="height")
    acts = {
        "change": lambda person: datasets.change_dataset(trees, {"title_en": "Mine"}, by=by(person)),
        "retire": lambda person: datasets.retire_dataset(trees, reason="old", by=by(person)),
        "activate": lambda person: datasets.activate_dataset(trees, by=by(person)),
        "link": lambda person: links.add_link(trees, {"title_en": "x", "url": "https://x.example"}, by=by(person)),
        "column": lambda person: columns.change_column(column, {"unit": "m"}, by=by(person)),
    }
    for person in (people.stranger, people.approver, people.requester, people.citizen, None):
        with pytest.raises(PermissionDenied):
            acts[act](person)
    trees.refresh_from_db()
    assert (trees.title_en, trees.state) == ("Street trees", "draft")


def test_it_changes_nothing_when_the_event_cannot_be_written(people, trees, monkeypatch):
    break_record(monkeypatch, datasets)
    with pytest.raises(RuntimeError):
        datasets.change_dataset(trees, {"title_en": "Other"}, by=by(people.owner))
    with pytest.raises(RuntimeError):
        datasets.create_dataset(people.parks, FIELDS | {"title_en": "Second"}, by=by(people.owner))
    trees.refresh_from_db()
    assert trees.title_en == "Street trees"
    assert not DatasetChange.objects.exists()
    assert Dataset.objects.count() == Basis.objects.count() == 1


def test_it_retires_and_restores(people, trees):
    datasets.retire_dataset(trees, reason="Replaced by the tree register", by=by(people.owner))
    trees.refresh_from_db()
    assert (trees.state, trees.retired_by) == ("retired", people.owner)
    with pytest.raises(ValidationError, match="Restore it first"):
        datasets.change_dataset(trees, {"title_en": "Other"}, by=by(people.owner))
    datasets.restore_dataset(trees, by=by(people.owner))
    trees.refresh_from_db()
    assert (trees.state, trees.retired_at) == ("active", None)


def test_it_asks_for_a_reason_to_retire(people, trees):
    with pytest.raises(ValidationError) as refusal:
        datasets.retire_dataset(trees, reason=" ", by=by(people.owner))
    assert "reason" in refusal.value.message_dict


def test_it_does_not_retire_what_is_open_to_everybody(people, trees):
    made = world.version(trees, {"height": ("integer", [1])})
    world.basis("release", made, {"height": None})
    with pytest.raises(ValidationError, match="Withdraw its release first"):
        datasets.retire_dataset(trees, reason="old", by=by(people.owner))


def test_it_suspends_what_was_lent_of_a_dataset_that_retires(people, trees):
    made = world.version(trees, {"height": ("integer", [1])})
    grant = world.basis("grant", made, {"height": None}, to=people.health)
    datasets.retire_dataset(trees, reason="old", by=by(people.owner))
    grant.refresh_from_db()
    assert (grant.state, grant.state_reason) == ("suspended", "The dataset was retired: old")


def test_it_changes_many_columns_or_none(people, trees):
    made = [Column.objects.create(dataset=trees, table="main", name=name) for name in ("height", "species")]
    edits = {made[0].pk: {"unit": "m"}, made[1].pk: {"title_en": "Species", "sensitivity": "public"}}
    columns.change_columns(trees, edits, by=by(people.owner))
    assert sorted(DatasetChange.objects.values_list("what", flat=True)) == ["column main.height", "column main.species"]
    assert last("column.changed")["facts"]["fields"] == ["sensitivity", "title_en"]

    with pytest.raises(ValidationError):
        columns.change_columns(
            trees, {made[0].pk: {"unit": "ft"}, made[1].pk: {"sensitivity": "secret"}}, by=by(people.owner)
        )
    made[0].refresh_from_db()
    assert made[0].unit == "m"


def test_it_does_not_reach_columns_of_another_dataset(people, trees):
    other = world.dataset(people.stranger, people.schools, "Pupils")
    column = Column.objects.create(dataset=other, table="main", name="name")
    with pytest.raises(ValidationError, match="not in this dataset"):
        columns.change_columns(trees, {column.pk: {"unit": "m"}}, by=by(people.owner))


def test_it_adds_and_removes_a_link(people, trees):
    link = links.add_link(trees, {"title_en": "Map", "url": "https://maps.example/trees"}, by=by(people.owner))
    links.remove_link(link, by=by(people.owner))
    assert not Link.objects.exists()
    assert list(DatasetChange.objects.values_list("what", flat=True)) == ["link Map", "link Map"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://files.example/x", "data:text/html,x", "trees"])
def test_it_takes_only_addresses_of_the_web(people, trees, url):
    with pytest.raises(ValidationError) as refusal:
        links.add_link(trees, {"title_en": "Map", "url": url}, by=by(people.owner))
    assert "url" in refusal.value.message_dict


def test_it_cannot_change_without_keeping_the_change(people, trees, monkeypatch):
    def full(*_args, **_kwargs):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(changes.DatasetChange.objects, "create", full)
    with pytest.raises(RuntimeError):
        datasets.change_dataset(trees, {"title_en": "Other"}, by=by(people.owner))
    trees.refresh_from_db()
    assert trees.title_en == "Street trees"
