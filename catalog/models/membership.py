"""A person's role in a department, from, until, given by whom: the truth that permissions are derived from."""

import re
import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models.department import Department


class Role(models.TextChoices):
    """What a membership lets one do. The city-wide ones are held in the city, the others in a department."""

    STEWARD = "steward", _("Steward: keeps the department's data")
    APPROVER = "approver", _("Approver: decides who may have the department's data")
    REQUESTER = "requester", _("Requester: asks for data and reads what was granted")
    AUTHORITY = "authority", _("Authority: runs the platform")
    REVIEWER = "reviewer", _("Reviewer: clears releases")
    AUDITOR = "auditor", _("Auditor: reads the log")
    ADMINISTRATOR = "administrator", _("Administrator: manages departments and people")


CITY_ROLES = frozenset({Role.AUTHORITY, Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR})


class MembershipQuerySet(models.QuerySet):
    """Finds who holds which role now."""

    def live(self, now=None) -> "MembershipQuerySet":
        """Those that hold at this moment: begun, not past their date, not ended."""
        now = now or timezone.now()
        return self.filter(
            models.Q(ends_at=None) | models.Q(ends_at__gt=now), starts_at__lte=now, ended_at=None, user__is_active=True
        )


class Membership(models.Model):
    """One role of one person in one department for a time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    department = models.ForeignKey(Department, models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=16, choices=Role)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    given_at = models.DateTimeField(default=timezone.now)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    acting_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", help_text="the approver stood in for"
    )
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "department", "role"], condition=models.Q(ended_at=None), name="membership_once"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_by=None) | models.Q(ended_at__isnull=False), name="membership_ended_at"
            ),
            models.CheckConstraint(
                condition=models.Q(acting_for=None)
                | (models.Q(role="approver", ends_at__isnull=False) & ~models.Q(acting_for=models.F("user"))),
                name="membership_acting_ends",
            ),
        ]
        indexes = [models.Index(fields=["department", "role"], condition=models.Q(ended_at=None), name="membership_in")]

    def __str__(self) -> str:
        return f"{self.get_role_display()} ({self.department})"

    @property
    def short(self) -> str:
        """The role's name alone, without what it does: the words before the colon, in either script."""
        return re.split(r"[:：]", self.get_role_display(), maxsplit=1)[0]
