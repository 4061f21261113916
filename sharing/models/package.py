"""Packages: the rows of a grant as a file that only the recipient opens; once, or by a plan for each period."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Basis, Export, Key
from sharing.models.recipient_key import RecipientKey


class PackageFormat(models.TextChoices):
    """What is inside of a package."""

    CSV = "csv", "CSV"
    PARQUET = "parquet", "Parquet"
    XLSX = "xlsx", "XLSX"


class Every(models.TextChoices):
    """How often a plan makes a package."""

    DAY = "daily", _("Every day")
    WEEK = "weekly", _("Every week, on Monday")
    MONTH = "monthly", _("Every month, on the first")


class PackagePlan(models.Model):
    """Packages of a grant, one for each period, made in the name of one person of the recipient who answers for it."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        STOPPED = "stopped", _("Stopped")
        ENDED = "ended", _("Ended")

    class Why(models.TextChoices):
        """Why a plan stands still or is over."""

        NOBODY = "nobody-responsible", _("Who was responsible may no longer read under the grant")
        NO_KEY = "no-key", _("The recipient has no confirmed public key")
        REFUSED = "refused", _("The rows could not be packed as planned")
        GRANT_OVER = "grant-over", _("The grant is over")
        ASKED = "asked", _("It is needed no more")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    grant = models.ForeignKey(Basis, models.PROTECT, related_name="package_plans")
    format = models.CharField(_("format"), max_length=8, choices=PackageFormat)
    every = models.CharField(_("how often"), max_length=8, choices=Every)
    hour = models.PositiveSmallIntegerField(_("hour of the day"), default=5, help_text="in the city's time")
    only_new = models.BooleanField(_("only when there is a new version"), default=True)
    responsible = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    state_why = models.CharField(max_length=20, choices=Why, blank=True)
    state_said = models.CharField(max_length=500, blank=True, help_text="the sentence of a refusal")
    state_at = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField(default=timezone.now, help_text="when the clock looks at it next")

    class Meta:
        ordering = ["-made_at", "-id"]
        indexes = [models.Index(fields=["state", "next_at"], name="package_plan_due")]
        constraints = [
            models.CheckConstraint(condition=models.Q(hour__lte=23), name="package_plan_hour"),
            models.UniqueConstraint(
                fields=["grant", "format", "every"],
                condition=~models.Q(state="ended"),
                name="package_plan_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.every} {self.format} of grant {self.grant_id}"


class Package(models.Model):
    """What one asking, or one period of a plan, gives: an export that is sealed to the recipient, and its manifest.

    The work, the file and its end are the export's. When that is forgotten, this still says that there was a package.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    grant = models.ForeignKey(Basis, models.PROTECT, related_name="packages")
    plan = models.ForeignKey(PackagePlan, models.PROTECT, null=True, related_name="packages")
    period = models.CharField(max_length=10, blank=True, help_text="2026-11-23, 2026-W48 or 2026-11; empty for one")
    format = models.CharField(max_length=8, choices=PackageFormat)
    key = models.ForeignKey(RecipientKey, models.PROTECT, related_name="packages")
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", help_text="in whose name its rows are read"
    )
    export = models.OneToOneField(Export, models.SET_NULL, null=True, related_name="package")
    manifest = models.TextField(blank=True, help_text="signed note (C2SP signed-note)")
    signed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at", "-id"]
        indexes = [models.Index(fields=["grant", "-asked_at", "-id"], name="package_of_grant")]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "period"], condition=models.Q(plan__isnull=False), name="package_once_a_period"
            ),
            models.CheckConstraint(
                condition=models.Q(plan=None, period="") | (models.Q(plan__isnull=False) & ~models.Q(period="")),
                name="package_period_of_plan",
            ),
            models.CheckConstraint(
                condition=models.Q(signed_at=None, manifest="")
                | (models.Q(signed_at__isnull=False) & ~models.Q(manifest="")),
                name="package_signed_manifest",
            ),
        ]

    def __str__(self) -> str:
        return f"package {self.id}"

    @property
    def state(self) -> str:
        """Its export's state: ready only once its manifest is signed, and gone when nobody remembers it."""
        if self.export is None:
            return Export.State.EXPIRED
        if self.export.state == Export.State.READY and not self.manifest:
            return Export.State.RUNNING
        return self.export.state

    @property
    def state_words(self) -> str:
        """The state, as people read it."""
        return Export.State(self.state).label

    @property
    def is_ready(self) -> bool:
        """True while it can be fetched, as far as it is concerned: the grant is asked again by the gate."""
        return self.state == Export.State.READY

    @property
    def is_open(self) -> bool:
        """True while it is still to be made or signed."""
        return self.state in Export.OPEN

    @property
    def may_be_made_again(self) -> bool:
        """True where it could not be made, or its time is over."""
        return self.state in {Export.State.FAILED, Export.State.EXPIRED}


class PackageLink(models.Model):
    """A way to fetch one package for a short time: nothing without being signed in, and over once all has left."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    package = models.ForeignKey(Package, models.CASCADE, related_name="links")
    export = models.ForeignKey(Export, models.CASCADE, related_name="+", help_text="the file that it leads to")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_key = models.ForeignKey(Key, models.PROTECT, null=True, related_name="+")
    expires_at = models.DateTimeField()
    sent = models.BigIntegerField(default=0, help_text="bytes that left by it or are leaving, of whichever part")
    spent_at = models.DateTimeField(null=True, help_text="when as many bytes as the file has had left")

    class Meta:
        ordering = ["-made_at", "-id"]
        indexes = [models.Index(fields=["expires_at"])]

    def __str__(self) -> str:
        return f"link to {self.package_id}"

    @property
    def is_over(self) -> bool:
        """True once its time has passed or all has left by it."""
        return self.spent_at is not None or self.expires_at <= timezone.now()
