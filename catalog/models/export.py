"""A file that is made in the background of the rows which a query asks for, to be fetched by whoever asked."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.basis import Basis, Way
from catalog.models.key import Key
from catalog.models.version import Version
from catalog.models.work import Work


class Export(Work):
    """One reader's question to one table, under one basis, as a file. It is for that reader alone, and for a time."""

    class State(models.TextChoices):
        WAITING = "asked", _("Waiting for a worker")
        RUNNING = "running", _("Running")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")
        EXPIRED = "expired", _("Expired")
        ENDED = "ended", _("Ended")

    NEEDS = ("reader", "key", "version", "basis__dataset__department", "basis__department")
    OPEN = (State.WAITING, State.RUNNING)
    OVER = (State.FAILED, State.EXPIRED, State.ENDED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    key = models.ForeignKey(Key, models.PROTECT, null=True, related_name="+", help_text="with which it was asked for")
    basis = models.ForeignKey(Basis, models.PROTECT, related_name="exports")
    version = models.ForeignKey(Version, models.PROTECT, related_name="exports")
    table = models.CharField(max_length=80)
    query = models.JSONField(help_text="the fields of catalog.rows.query.RowQuery")
    format = models.CharField(max_length=8)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    rows_expected = models.BigIntegerField(null=True, help_text="at most, by what the basis lets out; null if unknown")
    path = models.CharField(max_length=300, blank=True)
    name = models.CharField(max_length=255, help_text="the name a download is given")
    bytes = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    sealed_to = models.CharField(
        max_length=80, blank=True, help_text="public key of age; such a file is for all whom its basis lets in"
    )
    clear_bytes = models.BigIntegerField(default=0, help_text="before it was sealed")
    clear_sha256 = models.CharField(max_length=64, blank=True)
    columns = models.JSONField(default=list, help_text="[{name, type}] of a sealed file, once it is there")
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["state", "lease_until"]),
            models.Index(fields=["state", "expires_at"]),
            models.Index(fields=["reader", "-created_at", "-id"]),
            models.Index(fields=["sealed_to"], condition=~models.Q(sealed_to=""), name="export_sealed_to"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="ready")
                | (
                    models.Q(ready_at__isnull=False, expires_at__isnull=False)
                    & ~models.Q(path="")
                    & ~models.Q(sha256="")
                ),
                name="export_ready_has_file",
            ),
            models.CheckConstraint(
                condition=models.Q(state="ready") | models.Q(path=""), name="export_path_only_when_ready"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"

    @property
    def way(self) -> str:
        """By which way its rows leave: sealed to a recipient, or by the API and pages like any others."""
        return Way.FILE if self.sealed_to else Way.API

    @property
    def is_open(self) -> bool:
        """True while it is still to be made."""
        return self.state in self.OPEN

    @property
    def progress(self) -> float | None:
        """How far it is, from 0 to 1; None where nothing can be said."""
        if self.state == self.State.READY:
            return 1.0
        if self.state == self.State.WAITING:
            return 0.0
        if self.state != self.State.RUNNING or not self.rows_expected:
            return None
        return round(min(self.rows_done / self.rows_expected, 0.99), 2)
