"""Where a dataset's data comes from by itself, how often, and how that went."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models.dataset import Dataset


class Source(models.Model):
    """One place that a dataset is fetched from. What opens it is kept sealed and is never shown again."""

    class Kind(models.TextChoices):
        POSTGRESQL = "postgresql", _("PostgreSQL table or view")
        MYSQL = "mysql", _("MySQL or MariaDB table or view")
        HTTPS = "https", _("Web address (HTTPS)")
        SFTP = "sftp", _("Folder on an SFTP server")
        FOLDER = "folder", _("Folder on the platform’s own server")

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        REMOVED = "removed", _("Removed")

    class Schedule(models.TextChoices):
        ASKED = "asked", _("Only when asked")
        QUARTER = "quarter", _("Every 15 minutes")
        HOURLY = "hourly", _("Every hour")
        DAILY = "daily", _("Every day")
        WEEKLY = "weekly", _("Every week, on Monday")
        MONTHLY = "monthly", _("Every month, on the first day")

    class Taking(models.TextChoices):
        WHOLE = "replace", _("All rows each time")
        APPEND = "append", _("New rows are added")
        UPSERT = "upsert", _("Changed rows take the place of those with the same key")

    class SignIn(models.TextChoices):
        PASSWORD = "password", _("With a password")
        MADE = "made-key", _("With a key that this platform makes")
        OWN = "own-key", _("With a private key that you have")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="sources")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    host = models.CharField(_("server"), max_length=255, blank=True)
    port = models.PositiveIntegerField(_("port"), null=True, blank=True)
    database = models.CharField(_("database"), max_length=120, blank=True)
    username = models.CharField(_("login name"), max_length=120, blank=True)
    tls = models.BooleanField(_("encrypt the connection (TLS)"), default=True)
    what = models.CharField(_("what to fetch"), max_length=1000, help_text="table or view, address, or path pattern")
    watermark = models.CharField(_("column that grows"), max_length=120, blank=True)
    taking = models.CharField(_("how new rows are taken"), max_length=8, choices=Taking, default=Taking.WHOLE)
    sign_in = models.CharField(_("how it signs in"), max_length=8, choices=SignIn, default=SignIn.PASSWORD)
    secret = models.TextField(blank=True, help_text="sealed by catalog.sources.vault")
    public_key = models.TextField(blank=True, help_text="the public half, where it signs in with a key")
    host_key = models.TextField(blank=True, help_text="the key of an SFTP server that a steward recognised")
    schedule = models.CharField(_("how often"), max_length=8, choices=Schedule, default=Schedule.DAILY)
    at = models.TimeField(_("at what time"), default="03:00")
    confirm = models.BooleanField(_("make new versions current by themselves"), default=True)
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    failures = models.PositiveIntegerField(default=0, help_text="in a row")
    paused_because = models.CharField(max_length=500, blank=True)
    running = models.ForeignKey("catalog.Job", models.PROTECT, null=True, related_name="+")
    last_run = models.ForeignKey("catalog.Job", models.PROTECT, null=True, related_name="+")
    next_run_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-set_at", "-id"]
        indexes = [models.Index(fields=["state", "next_run_at"])]
        constraints = [
            models.UniqueConstraint(fields=["dataset"], condition=~models.Q(state="removed"), name="source_once"),
            models.CheckConstraint(
                condition=~models.Q(state="removed") | models.Q(secret="", next_run_at=None), name="source_forgotten"
            ),
            models.CheckConstraint(
                condition=models.Q(sign_in="password", public_key="")
                | (~models.Q(sign_in="password") & ~models.Q(public_key="")),
                name="source_key_has_two_halves",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.place}"

    @property
    def place(self) -> str:
        """Where it is fetched from, without what opens it; an address may hide that behind its question mark."""
        if self.kind == self.Kind.HTTPS:
            address, question, _query = self.what.partition("?")
            return address + (question and "?…")
        host = f"{self.host}:{self.port}" if self.port else self.host
        place = "/".join(part for part in (host, self.database) if part)
        return f"{place} {self.what}" if place else self.what
