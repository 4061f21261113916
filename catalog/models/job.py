"""Long work: who asked, what it does now, who holds it, and how it ended."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.dataset import Dataset
from catalog.models.version import Mode, Version
from catalog.models.work import Work


class Job(Work):
    """One load of a file."""

    NEEDS = ("dataset__department", "created_by", "key")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for a worker")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="jobs")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    source_name = models.CharField(max_length=255)
    source_path = models.CharField(max_length=300)
    source_sha256 = models.CharField(max_length=64)
    source_bytes = models.BigIntegerField()
    reading = models.JSONField(default=dict)
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.REPLACE)
    origin = models.ForeignKey("catalog.Source", models.PROTECT, null=True, related_name="runs")
    brought = models.JSONField(default=dict, help_text="by a source: {fingerprint, place, watermark, unchanged}")
    confirm = models.BooleanField(default=False, help_text="make the version current when nothing is left to ask")
    version = models.ForeignKey(Version, models.PROTECT, null=True, related_name="jobs")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    key = models.ForeignKey("catalog.Key", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["state", "lease_until"]),
            models.Index(fields=["dataset", "-created_at"]),
            models.Index(fields=["created_by", "-created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.source_name} ({self.state})"

    @property
    def is_over(self) -> bool:
        """True once it ended, well or not."""
        return self.state in {self.State.DONE, self.State.FAILED}
