"""Giving and ending roles; the one place where guardian's permissions are derived from them."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor, service
from audit.log import record
from catalog.models import CITY_ROLES, Department, Key, Membership, Role
from catalog.permissions import check_may_administer, check_not_oneself, derive_permissions

AT_ONCE = 500


@transaction.atomic
def give_role(user, department: Department, role: str, *, by: Actor, until=None) -> Membership:
    """The person holds this role in this department from now on, until the date if there is one."""
    check_may_administer(by)
    check_not_oneself(user, by)

    check_role_fits(role, department)
    if Membership.objects.filter(user=user, department=department, role=role, ended_at=None).exists():
        raise ValidationError(_("This person holds that role in that department already."))

    return begin(user, department, role, by=by, until=until)


@transaction.atomic
def begin(user, department: Department, role: str, *, by: Actor, until=None) -> Membership:
    """The bare start of a membership, for actions that have checked: `give_role`, sign-up, and the first set-up."""
    membership = Membership.objects.create(user=user, department=department, role=role, ends_at=until, given_by=by.user)
    derive_permissions(user)

    record(
        "membership.given",
        by=by,
        on=membership,
        department=department,
        facts={"member": user.pk, "role": role, "until": until},
        private={"member": user.name},
    )
    return membership


@transaction.atomic
def end_role(membership: Membership, *, by: Actor, reason: str) -> None:
    """The role ends now, and every right that came with it."""
    check_may_administer(by)

    membership = Membership.objects.select_for_update().get(pk=membership.pk)
    if membership.ended_at is not None:
        raise ValidationError(_("This role has ended already."))

    finish(membership, by=by, reason=reason)


@transaction.atomic
def move_person(user, department: Department, role: str, *, by: Actor, reason: str, until=None) -> Membership:
    """The person leaves every role in other departments at once, and takes one up in this department."""
    check_may_administer(by)
    check_not_oneself(user, by)

    check_role_fits(role, department)
    held = Membership.objects.filter(user=user, ended_at=None)
    if any(membership.department_id == department.pk and membership.role == role for membership in held):
        raise ValidationError(_("This person holds that role in that department already."))
    finish_all(held.exclude(department=department), by=by, reason=reason)
    return begin(user, department, role, by=by, until=until)


@transaction.atomic
def finish(membership: Membership, *, by: Actor, reason: str) -> None:
    """The bare end of a membership, for actions that have checked, and for the clock."""
    membership.ended_at = timezone.now()
    membership.ended_by = by.user
    membership.save(update_fields=["ended_at", "ended_by"])
    derive_permissions(membership.user)
    for seat in [*_who_stands_in_for(membership), *_seats_left_behind(membership)]:
        finish(seat, by=by, reason=reason)
    if not Membership.objects.live().filter(user=membership.user_id, department=membership.department_id).exists():
        Key.objects.filter(user=membership.user_id, grant__department=membership.department_id).end()

    record(
        "membership.ended",
        by=by,
        on=membership,
        department=membership.department,
        facts={"member": membership.user_id, "role": membership.role, "reason": reason},
        private={"member": membership.user.name},
    )


def finish_all(held: QuerySet[Membership], *, by: Actor, reason: str) -> None:
    """The bare end of several; the seats for others first, since they end with the roles that they rest on."""
    for membership in sorted(held.select_for_update(), key=lambda one: one.acting_for_id is None):
        finish(membership, by=by, reason=reason)


def _who_stands_in_for(membership: Membership):
    """Those who act for an approver go with the approver's own role."""
    if membership.role != Role.APPROVER or membership.acting_for_id:
        return Membership.objects.none()
    acting = Membership.objects.filter(acting_for=membership.user_id, department=membership.department_id)
    return acting.filter(ended_at=None).select_for_update()


def _seats_left_behind(membership: Membership):
    """Who holds no role of their own in the department any more acts there for nobody, today or later."""
    here = Membership.objects.filter(user=membership.user_id, department=membership.department_id)
    if membership.acting_for_id or here.filter(acting_for=None).live().exists():
        return Membership.objects.none()
    return here.filter(acting_for__isnull=False, ended_at=None).select_for_update()


def end_past_roles() -> int:
    """Ends the roles whose date has passed, each in a transaction of its own; gives how many. May run twice at once."""
    past = Membership.objects.filter(ended_at=None, ends_at__lte=timezone.now()).order_by("ends_at")
    return sum(_end_by_the_clock(pk) for pk in past.values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic
def _end_by_the_clock(pk) -> bool:
    membership = Membership.objects.select_for_update(skip_locked=True).filter(pk=pk, ended_at=None).first()
    if membership is None:
        return False
    finish(membership, by=service("clock"), reason="Its date has passed.")
    return True


def check_role_fits(role: str, department: Department) -> None:
    """City-wide roles are held in the city, the others in a department; an enterprise only asks."""
    if (role in CITY_ROLES) != department.is_city:
        raise ValidationError(_("City-wide roles are given in the city, all others in a department."))
    if department.kind == Department.Kind.ENTERPRISE and role != Role.REQUESTER:
        raise ValidationError(_("The people of an enterprise can only be requesters."))
