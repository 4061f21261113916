"""What tells of persons, and what leaves as it is: one meaning for lending, opening, dry runs and lists."""

import pytest

from catalog.codes import IdentityRole, Sensitivity
from catalog.models import Column
from catalog.protection import bare_columns
from catalog.terms import TableTerms, Terms
from tests import world


def column(sensitivity="internal", role="none") -> Column:
    return Column(name="x", sensitivity=sensitivity, identity_role=role)


@pytest.mark.parametrize(
    ("sensitivity", "role", "protected"),
    [
        ("public", "none", False),
        ("internal", "place", False),
        ("personal", "none", True),
        ("sensitive", "time", True),
        ("public", "person_code", True),  # names one person, whatever the mark says
        ("internal", "address", True),
        ("public", "address", False),  # of a school
        ("internal", "enterprise_code", False),
    ],
)
def test_what_tells_of_persons(sensitivity, role, protected):
    assert column(sensitivity, role).is_protected is protected
    assert column(sensitivity, role).is_bare(None, "text") is protected


@pytest.mark.parametrize(
    ("role", "mask", "bare"),
    [
        ("none", "first:2", False),
        ("none", "first:8", True),
        ("person_code", "first:2", True),
        ("person_code", "hash", False),
        ("person_code", "null", False),
        ("address", "first:4", True),
    ],
)
def test_what_leaves_as_it_is_or_may(role, mask, bare):
    assert column("personal", role).is_bare(mask, "text") is bare
    assert not column("public", "none").is_bare(mask, "text")


@pytest.mark.django_db
def test_the_database_and_the_model_agree_on_every_mark():
    people = world.cast()
    dataset = world.dataset(people.owner, people.parks)
    for sensitivity in Sensitivity:
        for role in IdentityRole:
            Column.objects.create(
                dataset=dataset, table="main", name=f"{sensitivity}-{role}", sensitivity=sensitivity, identity_role=role
            )
    columns = Column.objects.filter(dataset=dataset)
    assert set(columns.protected()) == {one for one in columns if one.is_protected}
    assert 0 < columns.protected().count() < columns.count()


@pytest.mark.django_db
def test_the_bare_columns_of_terms_are_named_in_the_order_of_the_dictionary():
    people = world.cast()
    dataset = world.dataset(people.owner, people.parks)
    for position, name in enumerate(["phone", "age", "born", "kept"]):
        Column.objects.create(dataset=dataset, table="main", name=name, position=position, sensitivity="personal")
    lent = {"born": "year", "age": "round:2", "phone": None}
    terms = Terms(tables={"main": TableTerms(columns=lent), "other": TableTerms(columns={"kept": None})})
    types = {"main": {"phone": "text", "age": "integer", "born": "date", "kept": "text"}, "other": {"kept": "text"}}
    assert bare_columns(dataset, terms, types) == ["phone", "age"]
