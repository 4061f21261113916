"""The beginning: before there is a city and an administrator, nobody could let anybody in."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email, validate_slug
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog.actions.changes import set_fields
from catalog.actions.departments import FIELDS, check_described
from catalog.actions.memberships import begin
from catalog.models import Department, Role
from portal.models import User


@transaction.atomic
def found_city(code: str, fields: dict[str, Any], *, email: str, name: str, by: Actor) -> User:
    """The root of the tree and its first administrator, who is invited by e-mail. It happens once."""
    if by.user is not None or not by.service:
        raise PermissionDenied(_("A city is founded from the command line of its server only."))

    if Department.objects.filter(kind=Department.Kind.CITY).exists():
        raise ValidationError(_("This portal has its city already. Its administrators invite everybody else."))
    validate_slug(code)
    email = User.objects.normalize(email)
    validate_email(email)
    if User.objects.filter(email=email).exists():
        raise ValidationError({"email": _("There is an account with this address already.")})

    city = Department(code=code.strip().lower(), kind=Department.Kind.CITY)
    set_fields(city, fields, FIELDS)
    check_described(city)
    city.save(force_insert=True)
    record("department.created", by=by, on=city, department=city, facts={"code": city.code})

    administrator = User.objects.create_user(email, name=name.strip(), kind=User.Kind.OFFICER)
    begin(administrator, city, Role.ADMINISTRATOR, by=by)
    record("account.invited", by=by, on=administrator, department=city, private={"email": email})
    return administrator
