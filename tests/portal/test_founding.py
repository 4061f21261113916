"""A portal begins with a city and one administrator, once, from its server's command line."""

import io

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command

from audit.actor import PUBLIC, Actor, service
from audit.models import Event
from catalog.models import Department
from catalog.permissions import can, check_may_administer
from portal.accounts.actions.founding import found_city
from portal.models import User
from tests import world

pytestmark = pytest.mark.django_db

NAMES = {"name_en": "Riverton", "name_zh": "河汀市"}


def test_it_founds_the_city_with_its_first_administrator():
    call_command("found", "--email", "Ada@Riverton.example", "--name", "Ada", stdout=io.StringIO())
    city = Department.objects.get(kind="city")
    assert city.code == "city"
    ada = User.objects.get(email="ada@riverton.example")
    assert not ada.has_usable_password()
    assert can(check_may_administer, Actor(user=ada))
    kinds = list(Event.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["department.created", "membership.given", "account.invited"]


def test_it_happens_once():
    world.cast()
    with pytest.raises(CommandError, match="has its city already"):
        call_command("found", "--email", "ada@riverton.example", "--name", "Ada")
    assert not User.objects.filter(email="ada@riverton.example").exists()


@pytest.mark.parametrize("who", ["stranger", "administrator", "public"])
def test_nobody_founds_a_city_from_outside(who):
    cast = world.cast()
    by = PUBLIC if who == "public" else world.by(getattr(cast, who))
    with pytest.raises(PermissionDenied):
        found_city("riverton", NAMES, email="ada@riverton.example", name="Ada", by=by)


def test_a_wrong_address_or_code_founds_nothing():
    for code, email in (("riverton", "no address"), ("not a code!", "ada@riverton.example")):
        with pytest.raises(ValidationError):
            found_city(code, NAMES, email=email, name="Ada", by=service("found"))
    assert not Department.objects.exists()
    assert not User.objects.exists()
    assert not Event.objects.exists()
