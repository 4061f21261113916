"""A recipient's public key: files for its people are sealed to it. The private key is never with us."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Department

REPLACED = "replaced"


class RecipientKeyQuerySet(models.QuerySet):
    """Finds the key that is in use."""

    def live(self) -> "RecipientKeyQuerySet":
        """Those that files are sealed to: confirmed and not retired."""
        return self.filter(confirmed_at__isnull=False, retired_at=None)


class RecipientKey(models.Model):
    """One public key of a department or an enterprise: registered, then confirmed by its fingerprint, once retired."""

    class State(models.TextChoices):
        WAITS = "waits", _("Waits to be confirmed")
        LIVE = "live", _("In use")
        REPLACED = "replaced", _("Replaced")
        RETIRED = "retired", _("Retired")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    department = models.ForeignKey(Department, models.PROTECT, related_name="recipient_keys")
    name = models.CharField(_("name"), max_length=80, help_text="where the private key is kept, in the holder's words")
    public_key = models.CharField(_("public key"), max_length=80, help_text="of age, X25519")
    fingerprint = models.CharField(max_length=40)
    registered_at = models.DateTimeField(default=timezone.now)
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    retired_at = models.DateTimeField(null=True)
    retired_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    retired_why = models.CharField(max_length=300, blank=True)

    objects = RecipientKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-registered_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["department"],
                condition=models.Q(confirmed_at__isnull=False, retired_at=None),
                name="recipient_key_one_in_use",
            ),
            models.UniqueConstraint(fields=["department", "public_key"], name="recipient_key_once"),
            models.CheckConstraint(
                condition=models.Q(confirmed_at=None, confirmed_by=None)
                | models.Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="recipient_key_confirmed_by",
            ),
            models.CheckConstraint(
                condition=models.Q(retired_at=None, retired_by=None)
                | models.Q(retired_at__isnull=False, retired_by__isnull=False),
                name="recipient_key_retired_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.fingerprint})"

    @property
    def state(self) -> "RecipientKey.State":
        """Where it stands in its life."""
        if self.retired_at is not None:
            return self.State.REPLACED if self.was_replaced else self.State.RETIRED
        return self.State.WAITS if self.confirmed_at is None else self.State.LIVE

    @property
    def state_words(self) -> str:
        """The state, as people read it."""
        return self.state.label

    @property
    def was_replaced(self) -> bool:
        """True where another key took its place: packages sealed to it stay for their time."""
        return self.retired_why == REPLACED

    @property
    def waits(self) -> bool:
        """True until somebody has compared its fingerprint."""
        return self.state == self.State.WAITS
