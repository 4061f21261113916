"""Departments of the city, and enterprises beside them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError as WrongCode

from audit.actor import Actor
from audit.log import record
from catalog.actions.changes import set_fields
from catalog.models import Department
from catalog.permissions import check_may_administer
from catalog.policies import faults

FIELDS = ("name_en", "name_zh", "duties_en", "duties_zh", "parent", "contact_email")
DEEPEST = 8
TAKEN = frozenset({"new"})


@transaction.atomic
def create_department(code: str, fields: dict[str, Any], *, by: Actor) -> Department:
    """A department of the city, below its parent; its code never changes."""
    check_may_administer(by)

    department = Department(code=code.strip().lower(), kind=Department.Kind.DEPARTMENT)
    set_fields(department, fields, FIELDS)
    check_described(department)
    if Department.objects.filter(code__iexact=department.code).exists():
        raise ValidationError({"code": _("Another department has this code.")})

    department.save(force_insert=True)

    record("department.created", by=by, on=department, department=department, facts={"code": department.code})
    return department


@transaction.atomic
def change_department(department: Department, fields: dict[str, Any], *, by: Actor) -> Department:
    """The department's name, duties, contact or place in the tree; never its code."""
    check_may_administer(by)

    department = Department.objects.select_for_update(of=("self",)).get(pk=department.pk)
    _before, after = set_fields(department, fields, FIELDS)
    check_described(department)
    if not after:
        return department

    department.save(update_fields=list(after))

    record("department.changed", by=by, on=department, department=department, facts={"fields": sorted(after)})
    return department


@transaction.atomic
def begin_enterprise(code: str, name: str, *, contact_email: str, by: Actor) -> Department:
    """The bare start of an unverified enterprise, for sign-up, which has checked the person's address."""
    code = folded(code)
    check_enterprise_is_new(code)
    enterprise = Department(
        kind=Department.Kind.ENTERPRISE, code=code, contact_email=contact_email, **_named(name.strip())
    )
    check_described(enterprise)

    enterprise.save(force_insert=True)

    record("department.created", by=by, on=enterprise, department=enterprise, facts={"code": code})
    return enterprise


@transaction.atomic
def verify_enterprise(enterprise: Department, *, by: Actor) -> Department:
    """An administrator has seen that the enterprise is who it says; from now on a grant can name it."""
    check_may_administer(by)

    enterprise = Department.objects.select_for_update(of=("self",)).get(pk=enterprise.pk)
    if enterprise.kind != Department.Kind.ENTERPRISE:
        raise ValidationError(_("Only an enterprise is verified."))
    if enterprise.verified_at is not None:
        raise ValidationError(_("This enterprise was verified already."))

    enterprise.verified_at, enterprise.verified_by = timezone.now(), by.user
    enterprise.save(update_fields=["verified_at", "verified_by"])

    record("enterprise.verified", by=by, on=enterprise, department=enterprise, facts={"code": enterprise.code})
    return enterprise


def folded(code: str) -> str:
    """The unified social credit code as it is stored, after its check digit (GB 32100-2015) was found right."""
    try:
        return uscc.validate(code)
    except WrongCode as wrong:
        raise ValidationError(
            {"code": _("This is no unified social credit code: it has 18 characters, the last of which checks them.")}
        ) from wrong


def check_enterprise_is_new(code: str) -> None:
    """Nobody joins an enterprise by signing up."""
    if Department.objects.filter(code__iexact=code).exists():
        raise ValidationError(
            {"code": _("This enterprise is here already. Ask the portal's administrator to invite you to it.")}
        )


def check_described(department: Department) -> None:
    """It has a name, a plain code, and a place in the tree that leads up to the city."""
    wrong = faults(department, (*FIELDS, "code"))
    if not (department.name_en or department.name_zh):
        wrong["name_en"] = [_("Give it a name in English or in Chinese.")]
    if department.kind == Department.Kind.DEPARTMENT:
        if not department.code.replace("-", "").isalnum() or not department.code.isascii():
            wrong["code"] = [_("A code is made of Latin letters, digits and hyphens.")]
        elif department.code in TAKEN:
            wrong["code"] = [_("The portal has a page of that name. Choose another code.")]
        if department.parent is None or department.parent.kind == Department.Kind.ENTERPRISE:
            wrong["parent"] = [_("Choose the city or one of its departments.")]
        elif _loops(department):
            wrong["parent"] = [_("A department cannot stand below itself or its own parts.")]
    elif department.parent is not None:
        wrong["parent"] = [_("This stands below nothing.")]
    if wrong:
        raise ValidationError(wrong)


def _loops(department: Department) -> bool:
    above = department.parent
    for _step in range(DEEPEST):
        if above is None:
            return False
        if above.pk == department.pk:
            return True
        above = above.parent
    return True


def _named(name: str) -> dict[str, str]:
    return {"name_en": name} if name.isascii() else {"name_zh": name}
