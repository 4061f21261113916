"""An API key: a person's rights, narrowed, with an end."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models.basis import Basis
from catalog.models.dataset import Dataset


class Scope(models.TextChoices):
    """What a key may be used for."""

    READ = "read", _("Read rows and files")
    WRITE = "write", _("Create datasets and load versions")
    ASK = "ask", _("Draft, send and answer requests for data")
    GRANT = "grant", _("Make, suspend and revoke grants, and decide about requests")


class KeyQuerySet(models.QuerySet):
    """Finds the keys that open something."""

    def live(self, now=None) -> "KeyQuerySet":
        """Those neither past their date nor revoked, of a person who may still sign in."""
        return self.filter(expires_at__gt=now or timezone.now(), revoked_at=None, user__is_active=True)

    def end(self) -> int:
        """Their time is over at this moment: with what they were made for, or with their maker's membership."""
        now = timezone.now()
        return self.filter(expires_at__gt=now).update(expires_at=now)


class Key(models.Model):
    """Shown once, stored as a digest; never more than its person may do."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="keys")
    name = models.CharField(_("name"), max_length=80)
    start = models.CharField(max_length=12, help_text="its first characters, to recognise it by")
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=8, choices=Scope))
    datasets = models.ManyToManyField(Dataset, blank=True, related_name="+", help_text="empty: all that one may read")
    grant = models.ForeignKey(
        Basis, models.PROTECT, null=True, related_name="keys", help_text="a key for machines: it opens this alone"
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(_("until"))
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = KeyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(revoked_at=None, revoked_by=None)
                | models.Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="key_revoked_by",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"

    @property
    def uses(self) -> list[str]:
        """What it may be used for, in words."""
        return [str(Scope(scope).label) for scope in self.scopes]
