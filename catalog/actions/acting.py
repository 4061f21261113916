"""Acting approvers: an approver names a colleague who decides in their place, for a time."""

from datetime import date, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog.actions.memberships import finish
from catalog.models import Department, Membership, Role
from catalog.permissions import check_may_end_acting, check_may_name_acting, derive_permissions

LONGEST = 60  # days
FARTHEST = timedelta(days=366)
MOST_COLLEAGUES = 500


@transaction.atomic
def name_acting(colleague, department: Department, first: date, last: date, *, by: Actor) -> Membership:
    """From the first day to the last this colleague is an approver of the department, for who names them."""
    check_may_name_acting(by, department)

    check_days(first, last)
    check_colleague(colleague, department, by)
    membership = Membership.objects.create(
        user=colleague,
        department=department,
        role=Role.APPROVER,
        starts_at=_midnight(first),
        ends_at=_midnight(last + timedelta(days=1)),
        given_by=by.user,
        acting_for=by.user,
    )
    derive_permissions(colleague)

    record(
        "membership.given",
        by=by,
        on=membership,
        department=department,
        facts={
            "member": colleague.pk,
            "role": Role.APPROVER.value,
            "from": membership.starts_at,
            "until": membership.ends_at,
            "acting_for": by.user_id,
        },
        private={"member": colleague.name},
    )
    return membership


@transaction.atomic
def end_acting(membership: Membership, *, by: Actor, reason: str) -> None:
    """The colleague decides no more, from now on."""
    check_may_end_acting(by, membership)

    membership = Membership.objects.select_for_update().get(pk=membership.pk)
    if membership.ended_at is not None or membership.acting_for_id is None:
        raise ValidationError(_("This person does not act for anybody any more."))
    if not reason.strip():
        raise ValidationError({"reason": _("Give a reason: the log keeps it, and auditors read it.")})

    finish(membership, by=by, reason=reason.strip())


def check_days(first: date, last: date) -> None:
    """A period to come, of at most two months."""
    today = timezone.localdate()
    if first < today:
        raise ValidationError({"first": _("Begin today or later.")})
    if last < first:
        raise ValidationError({"last": _("The last day lies before the first.")})
    if (last - first).days >= LONGEST:
        raise ValidationError({"last": _("At most %(most)s days. Name them again after that.") % {"most": LONGEST}})
    if first > today + FARTHEST:
        raise ValidationError({"first": _("Begin within a year.")})


def check_colleague(colleague, department: Department, by: Actor) -> None:
    """Somebody else of the same department, who is no approver of it already."""
    if colleague.pk == by.user_id:
        raise ValidationError({"colleague": _("Name a colleague, not yourself.")})
    own = Membership.objects.live().filter(user=colleague, department=department)
    if not own.exists():
        raise ValidationError({"colleague": _("Only somebody who holds a role in the department can act for you.")})
    taken = Membership.objects.filter(user=colleague, department=department, role=Role.APPROVER, ended_at=None)
    if taken.exists():
        raise ValidationError(
            {"colleague": _("This person is an approver of the department already, or named as one.")}
        )


def colleagues_of(by: Actor, department: Department) -> list:
    """Whom an approver could name, by name."""
    taken = Membership.objects.filter(department=department, role=Role.APPROVER, ended_at=None).values("user")
    own = Membership.objects.live().filter(department=department).exclude(user__in=taken).select_related("user")
    people = {one.user_id: one.user for one in own[:MOST_COLLEAGUES] if one.user_id != by.user_id}
    return sorted(people.values(), key=lambda user: user.name)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
