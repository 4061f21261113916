"""Columns that come, go, or change name or type with a version: shown, asked about, and their words carried over."""

import json
import re

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from audit.models import Event
from catalog.actions import schema
from catalog.actions.columns import change_column
from catalog.actions.duties import make_owner_duty
from catalog.actions.versions import confirm_version
from catalog.likeness import likely_renames
from catalog.models import Version
from catalog.schema_changes import SchemaAnswer, changes_of
from tests import world
from tests.loads import empty_store, load

pytestmark = pytest.mark.django_db(transaction=True)

KINDS = ("Oak", "Ash", "Elm", "Lime")
BEFORE = "id,kind,height,planted\n" + "".join(
    f"{n:03},{KINDS[n % 4]},{n}.5,2024-05-{n % 28 + 1:02}\n" for n in range(60)
)
RENAMED = BEFORE.replace("id,kind,height,planted", "id,species,height,planted")


@pytest.fixture
def city():
    empty_store()
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks)
    make_owner_duty(people.trees, by=world.by(people.owner))
    confirm_version(load(people.trees, BEFORE, by=people.owner).version, by=world.by(people.owner))
    people.trees.refresh_from_db()
    return people


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def facts_of(kind: str) -> dict:
    return json.loads(Event.objects.filter(kind=kind).latest("id").body)["facts"]


def about(name, kind="text", **more):
    return {"name": name, "type": kind, "frequent": [], "min": None, "max": None, **more}


def without(column: str) -> str:
    at = BEFORE.splitlines()[0].split(",").index(column)
    lines = (line.split(",") for line in BEFORE.splitlines())
    return "".join(",".join(cell for n, cell in enumerate(line) if n != at) + "\n" for line in lines)


def test_it_finds_a_rename_by_values_type_and_place():
    kinds = [[kind, 5] for kind in KINDS]
    before = [about("id"), about("kind", frequent=kinds), about("height", "decimal", min="1.5", max="30.5")]
    after = [about("id"), about("tall", "decimal", min="2.5", max="31.5"), about("species", frequent=kinds[:3])]
    found = likely_renames(before, after)
    assert {new: likeness.old for new, likeness in found.items()} == {"species": "kind", "tall": "height"}
    assert found["species"].values == 1 and found["tall"].values > 0.9
    assert "values compared" in found["species"].words()


@pytest.mark.parametrize(
    "after",
    [
        about("colour", frequent=[["red", 3], ["blue", 2]]),
        about("colour", "date", min="2020-01-01", max="2021-01-01"),
        about("colour", "boolean"),
    ],
)
def test_it_takes_no_column_of_other_values_or_another_type_for_a_former_one(after):
    assert (
        likely_renames([about("id"), about("kind", frequent=[[kind, 5] for kind in KINDS])], [about("id"), after]) == {}
    )


def test_each_former_column_is_taken_once():
    kinds = [[kind, 5] for kind in KINDS]
    found = likely_renames(
        [about("kind", frequent=kinds)], [about("kind_en", frequent=kinds), about("kind_zh", frequent=kinds)]
    )
    assert len(found) == 1


def test_it_asks_before_it_keeps_a_version_without_a_column(city):
    version = load(city.trees, without("height"), by=city.owner, confirm=True).version
    assert version.state == "proposed"
    changes = changes_of(version)
    assert (changes.gone, changes.added, changes.ask) == ((("main", "height"),), (), True)
    with pytest.raises(ValidationError, match="height is gone"):
        confirm_version(version, by=world.by(city.owner))
    with pytest.raises(ValidationError, match="height is gone"):
        confirm_version(version, by=world.by(city.owner), answer=SchemaAnswer("of another day"))
    assert Version.objects.get(pk=version.pk).state == "proposed"
    assert not Event.objects.filter(kind="version.columns_changed").exists()
    confirm_version(version, by=world.by(city.owner), answer=SchemaAnswer(changes.digest))
    facts = facts_of("version.columns_changed")
    assert (facts["gone"], facts["renamed"], facts["before"], facts["version"]) == (["main.height"], [], 1, 2)


def test_columns_that_only_come_are_not_asked_about_and_written_down(city):
    lines = BEFORE.splitlines()
    wider = "\n".join([lines[0] + ",girth", *(line + ",1" for line in lines[1:])]) + "\n"
    confirm_version(load(city.trees, wider, by=city.owner).version, by=world.by(city.owner))
    assert facts_of("version.columns_changed")["added"] == ["main.girth"]


def test_a_retyped_column_is_asked_about(city):
    version = load(city.trees, BEFORE.replace("000,Oak,0.5", "000,Oak,tall"), by=city.owner).version
    with pytest.raises(ValidationError, match="height was “Decimal number” and is “Text”"):
        confirm_version(version, by=world.by(city.owner))


def test_the_dictionarys_words_go_to_a_renamed_column_once_the_steward_says_so(client, city):
    kind = city.trees.columns.get(name="kind")
    said = {
        "meaning_en": "The genus.",
        "unit": "-",
        "sensitivity": "personal",
        "identity_role": "place",
        "row_key": True,
    }
    change_column(kind, said, by=world.by(city.owner))
    version = load(city.trees, RENAMED, by=city.owner).version
    client.force_login(city.owner)
    check = reverse("version-check", args=[version.pk])
    page = text_of(client.get(check))
    assert "Likely the former kind: same type, 100 % of the values compared are alike, same place." in page
    refused = client.post(check, {"act": "confirm", "seen": changes_of(version).digest, "former_0": "kind"})
    assert "Say whether the changes of the columns are meant." in text_of(refused)
    assert city.trees.columns.get(name="species").meaning_en == ""
    done = client.post(check, {"act": "confirm", "seen": changes_of(version).digest, "former_0": "kind", "meant": "on"})
    assert done.status_code == 302
    species = city.trees.columns.get(name="species")
    assert {name: getattr(species, name) for name in said} == said
    assert species.title == "species"
    assert facts_of("version.columns_changed")["renamed"] == ["main.kind > species"]
    assert facts_of("column.changed")["column"] == "species"
    assert city.trees.columns.get(name="kind").meaning_en == "The genus."


def test_a_mark_that_the_steward_set_on_the_new_column_stays(city):
    change_column(city.trees.columns.get(name="kind"), {"sensitivity": "public", "unit": "x"}, by=world.by(city.owner))
    version = load(city.trees, RENAMED, by=city.owner).version
    change_column(city.trees.columns.get(name="species"), {"sensitivity": "sensitive"}, by=world.by(city.owner))
    answer = SchemaAnswer(changes_of(version).digest, {("main", "species"): "kind"})
    confirm_version(version, by=world.by(city.owner), answer=answer)
    species = city.trees.columns.get(name="species")
    assert (species.sensitivity, species.unit) == ("sensitive", "x")


@pytest.mark.parametrize(
    "renames", [{("main", "height"): "kind"}, {("main", "species"): "planted"}, {("x", "y"): "kind"}]
)
def test_only_a_column_that_came_can_be_one_that_went(city, renames):
    version = load(city.trees, RENAMED, by=city.owner).version
    with pytest.raises(ValidationError, match="cannot be the former"):
        confirm_version(version, by=world.by(city.owner), answer=SchemaAnswer(changes_of(version).digest, renames))


def test_it_warns_who_loses_a_column_that_goes(client, city):
    world.basis("grant", city.trees.current, {"id": None, "height": None}, to=city.health)
    world.basis("grant", city.trees.current, {"id": None}, to=city.schools)
    world.basis("release", city.trees.current, {"id": None}, where="height > 3")
    version = load(city.trees, without("height"), by=city.owner).version
    client.force_login(city.owner)
    page = text_of(client.get(reverse("version-check", args=[version.pk])))
    assert f"height gone {city.health.name} (lent until" in page
    assert f"{city.schools.name} (lent" not in page
    assert "everybody, from the next release on (open in version 1)" in page
    confirm_version(version, by=world.by(city.owner), answer=SchemaAnswer(changes_of(version).digest))
    assert facts_of("version.columns_changed")["lost_by"] == 2


@pytest.mark.parametrize("who", ["stranger", "approver", "requester", "reviewer"])
def test_nobody_but_the_steward_answers(city, who):
    version = load(city.trees, without("height"), by=city.owner).version
    with pytest.raises(PermissionDenied):
        confirm_version(version, by=world.by(getattr(city, who)), answer=SchemaAnswer(changes_of(version).digest))


def test_nothing_is_kept_where_the_record_fails(city, monkeypatch):
    version = load(city.trees, RENAMED, by=city.owner).version
    change_column(city.trees.columns.get(name="kind"), {"unit": "x"}, by=world.by(city.owner))

    def broken(*args, **kwargs):
        raise RuntimeError("no log")

    monkeypatch.setattr(schema, "record", broken)
    with pytest.raises(RuntimeError):
        answer = SchemaAnswer(changes_of(version).digest, {("main", "species"): "kind"})
        confirm_version(version, by=world.by(city.owner), answer=answer)
    assert Version.objects.get(pk=version.pk).state == "proposed"
    assert city.trees.columns.get(name="species").unit == ""
