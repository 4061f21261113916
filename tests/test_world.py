"""The people of the tests are made in a few statements: they leave what the actions would have left."""

import json

import pytest

from audit.models import Event
from catalog.models import DepartmentPermission, Role
from portal.accounts import vault
from portal.models import Authenticator
from tests import world

pytestmark = pytest.mark.django_db


def left_by(user) -> dict:
    """Every row that tells of this person, without what differs from person to person."""
    account = {name: value for name, value in vars(user).items() if not name.startswith("_")}
    apps = Authenticator.objects.filter(pk=user.authenticator)
    events = Event.objects.filter(subject__in=[f"membership:{one.pk}" for one in user.memberships.all()])
    return {
        "account": {name: account[name] for name in account.keys() - {"id", "email", "name", "created_at"}}
        | {"authenticator": user.authenticator is not None},
        "memberships": list(user.memberships.values_list("department", "role", "given_by", "ends_at", "acting_for")),
        "rights": list(
            DepartmentPermission.objects.filter(user=user).values_list("content_object", "permission__codename")
        ),
        "apps": [vault.unseal(user, one.secret) for one in apps],
        "events": [told_of(user, event) for event in events],
    }


def told_of(user, event) -> tuple:
    body = json.loads(event.body)
    assert body["facts"].pop("member") == str(user.pk)
    opening = event.detail.values["member"]
    assert opening["value"] == user.name
    says = {"actor": body["actor"], "facts": body["facts"], "department": body["department"]}
    return event.kind, event.actor, event.department, body["object"]["type"], says, sorted(body["private"])


@pytest.mark.parametrize("role", [Role.STEWARD, Role.APPROVER])
def test_persons_are_what_one_person_after_another_is(role):
    parks = world.department("parks")
    alone = world.person("Ina", parks, role)
    one, other = world.persons(("Una", parks, role), ("Ora", parks, role))

    assert left_by(one) == left_by(other) == left_by(alone)
    assert left_by(alone)["events"] and left_by(alone)["rights"]


def test_the_cast_holds_the_roles_of_the_house():
    cast = world.cast()

    assert (cast.owner.name, cast.owner.memberships.get().department) == ("Olga", cast.parks)
    assert [bool(one.authenticator) for one in (cast.owner, cast.approver, cast.stranger)] == [False, True, False]
    assert cast.citizen.memberships.count() == 0 and cast.parks.parent == cast.city
