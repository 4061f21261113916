"""Brings the departments and people of the sample city in, each through the door that real ones use."""

import base64
import hashlib
import hmac
from collections.abc import Iterator

from django.conf import settings
from django.core.exceptions import ValidationError

from audit.actor import PUBLIC, Actor, service
from catalog.actions.departments import create_department, verify_enterprise
from catalog.actions.memberships import give_role
from catalog.models import Department, Membership, Role
from portal.accounts.actions.authenticators import set_authenticator
from portal.accounts.actions.founding import found_city
from portal.accounts.actions.passwords import set_password
from portal.accounts.actions.people import invite
from portal.accounts.actions.sign_up import confirm_sign_up
from portal.accounts.codes import code_of, present_step
from portal.accounts.second_step import must_prove
from portal.demo.city import SampleCity, SampleDepartment, SamplePerson
from portal.models import User

CITY = "city"


class Cast:
    """The people of the sample city as actors."""

    def __init__(self, city: SampleCity):
        self.city = city
        self.users = {user.email: user for user in User.objects.filter(email__in=[one.email for one in city.people])}

    def actor(self, email: str) -> Actor:
        """This person, signed in."""
        return Actor(user=self.users[email], request_id="manage.py demo")

    def who(self, role: str, department: str = CITY) -> Actor:
        """The first person who holds the role in the department, or in the city."""
        return self.actor(next(one.email for one in self.city.people if role in one.roles.get(department, ())))


def settle(city: SampleCity) -> Cast:
    """Departments, people and roles stand as the files say; what is there already is left as it is."""
    root, *others = city.departments
    first = next(one for one in city.people if Role.ADMINISTRATOR in one.roles.get(CITY, ()))
    administrator = Actor(user=_founder(root, first))
    for one in others:
        if not Department.objects.filter(code=one.code).exists():
            parent = Department.objects.get(code=one.parent)
            create_department(one.code, {**_described(one), "parent": parent}, by=administrator)
    for one in city.people:
        _settle_person(one, by=administrator)
    return Cast(city)


def demo_password() -> str:
    """The password of all demo accounts: another one in each installation, the same one each time it is asked for."""
    return "lanting-" + hmac.new(settings.SECRET_KEY.encode(), b"demo password", hashlib.sha256).hexdigest()[:10]


def demo_secret(email: str) -> str:
    """What the authenticator app of this demo account holds: derived as the password is, for each account its own."""
    made = hmac.new(settings.SECRET_KEY.encode(), f"demo authenticator {email}".encode(), hashlib.sha256).digest()
    return base64.b32encode(made[:20]).decode()


def _founder(root: SampleDepartment, person: SamplePerson) -> User:
    held = Department.objects.filter(kind=Department.Kind.CITY).first()
    if held is None:
        return found_city(root.code, _described(root), email=person.email, name=person.name, by=service("demo"))
    founder = User.objects.filter(email=person.email).first()
    if held.code != root.code or founder is None:
        raise ValidationError(f"This database holds another city ({held.name}): the sample city is not put beside it.")
    return founder


def _settle_person(one: SamplePerson, *, by: Actor) -> None:
    user = User.objects.filter(email=one.email).first()
    if user is None:
        user = _invite(one, by=by) if one.kind == User.Kind.OFFICER else _sign_up(one)
    held = set(Membership.objects.live().filter(user=user).values_list("department__code", "role"))
    for department, role in _roles(one):
        if (department.code, role) not in held:
            give_role(user, department, role, by=by)
    if one.enterprise:
        enterprise = Department.objects.get(code=one.enterprise["code"])
        if enterprise.verified_at is None:
            verify_enterprise(enterprise, by=by)
    if not user.check_password(demo_password()):
        set_password(user, demo_password(), by=Actor(user=user))
    if user.authenticator is None and must_prove(user):
        code = code_of(demo_secret(user.email), present_step())
        set_authenticator(demo_secret(user.email), code, by=Actor(user=user))


def _invite(one: SamplePerson, *, by: Actor) -> User:
    department, role = next(_roles(one))
    return invite(one.email, one.name, department, role, by=by)


def _sign_up(one: SamplePerson) -> User:
    """As the link in the e-mail would do it, that whoever signs up follows."""
    words = {"kind": one.kind, "name": one.name, "email": one.email, "language": "en"}
    if one.enterprise:
        words |= {"code": one.enterprise["code"], "enterprise": one.enterprise["name"]}
    return confirm_sign_up(words, demo_password(), by=PUBLIC)


def _roles(one: SamplePerson) -> Iterator[tuple[Department, str]]:
    for code, roles in one.roles.items():
        which = {"kind": Department.Kind.CITY} if code == CITY else {"code": code}
        for role in roles:
            yield Department.objects.get(**which), role


def _described(one: SampleDepartment) -> dict[str, str]:
    return {
        "name_en": one.name_en,
        "name_zh": one.name_zh,
        "duties_en": one.duties_en,
        "duties_zh": one.duties_zh,
        "contact_email": one.email,
    }
