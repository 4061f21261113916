"""Why a row may leave: a duty, a grant or a release, of one model and one shape."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models.dataset import Dataset
from catalog.models.department import Department
from catalog.models.membership import Role
from catalog.models.version import Version


class BasisQuerySet(models.QuerySet):
    """Finds the bases that hold."""

    def live(self, now=None) -> "BasisQuerySet":
        """Those that let something out at this moment."""
        now = now or timezone.now()
        return self.filter(
            models.Q(valid_until=None) | models.Q(valid_until__gt=now), state=Basis.State.ACTIVE, valid_from__lte=now
        )

    def releases(self) -> "BasisQuerySet":
        """Those that let something out to everybody."""
        return self.filter(kind=Basis.Kind.RELEASE)


class Basis(models.Model):
    """Dataset, terms, recipient, validity, purpose, legal basis, state. Grant and Release extend it one to one.

    `terms` is `catalog.terms.Terms` as JSON: tables, their columns each with a mask or none, a row filter for each,
    and whether documents are included. They never change once made: other terms are another basis.
    """

    class Kind(models.TextChoices):
        DUTY = "duty", _("Duty")
        GRANT = "grant", _("Grant")
        RELEASE = "release", _("Release")

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        REVOKED = "revoked", _("Revoked")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Recipient(models.TextChoices):
        EVERYBODY = "everybody", _("Everybody")
        DEPARTMENT = "department", _("A department or an enterprise")
        ACCOUNT = "account", _("An account")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="bases")
    version = models.ForeignKey(
        Version, models.PROTECT, null=True, blank=True, related_name="bases", help_text="pinned; empty follows latest"
    )
    terms = models.JSONField()
    recipient = models.CharField(max_length=12, choices=Recipient)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="bases", help_text="the recipient"
    )
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    roles = ArrayField(
        models.CharField(max_length=16, choices=Role), default=list, help_text="which of the recipient's people"
    )
    purpose = models.TextField(_("purpose"), max_length=2000)
    legal_basis = models.CharField(_("legal basis"), max_length=300)
    valid_from = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    state_reason = models.TextField(blank=True)
    state_at = models.DateTimeField(default=timezone.now)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = BasisQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "bases"
        ordering = ["-made_at", "-id"]
        indexes = [
            models.Index(fields=["dataset", "kind", "state"]),
            models.Index(fields=["department", "state"]),
            models.Index(fields=["account", "state"]),
            models.Index(fields=["-made_at", "-id"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(recipient="everybody", department=None, account=None)
                | models.Q(recipient="department", department__isnull=False, account=None)
                | models.Q(recipient="account", department=None, account__isnull=False),
                name="basis_one_recipient",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="release") | models.Q(recipient="everybody", version__isnull=False),
                name="basis_release_to_everybody",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="release") | ~models.Q(recipient="everybody"), name="basis_everybody_release"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="grant") | models.Q(valid_until__isnull=False), name="basis_grant_ends"
            ),
            models.UniqueConstraint(
                fields=["dataset", "version"],
                condition=models.Q(kind="release", state="active"),
                name="basis_one_release_a_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Extent(models.Model):
    """What a basis lets out of one table of one version: counted and profiled through the gate, never over all rows."""

    id = models.BigAutoField(primary_key=True)
    basis = models.ForeignKey(Basis, models.CASCADE, related_name="extents")
    version = models.ForeignKey(Version, models.CASCADE, related_name="extents")
    table = models.CharField(max_length=80)
    rows = models.BigIntegerField()
    profile = models.JSONField(null=True, help_text="[{name, type, nulls, distinct, min, max, frequent}]")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["basis", "version", "table"], name="extent_once")]

    def __str__(self) -> str:
        return f"{self.table}: {self.rows} rows"
