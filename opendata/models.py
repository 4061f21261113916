"""From a department's wish to open a dataset to its release: submission, review, release."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Basis, Dataset, Version


class Submission(models.Model):
    """A version proposed for release with chosen columns and masks, until a reviewer clears or returns it."""

    class State(models.TextChoices):
        SUBMITTED = "submitted", _("Waiting for review")
        RETURNED = "returned", _("Returned")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        CLEARED = "cleared", _("Cleared")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="submissions")
    version = models.ForeignKey(Version, models.PROTECT, related_name="submissions")
    terms = models.JSONField()
    note = models.TextField(_("note to the reviewer"), max_length=2000, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.SUBMITTED)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    duty = models.OneToOneField(Basis, models.PROTECT, related_name="submission", help_text="the reviewers' look")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(_("reason"), max_length=2000, blank=True)

    class Meta:
        ordering = ["-made_at", "-id"]
        indexes = [models.Index(fields=["state", "-made_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset"], condition=models.Q(state="submitted"), name="submission_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(decided_at=None, decided_by=None)
                | models.Q(decided_at__isnull=False, decided_by__isnull=False),
                name="submission_decided_by",
            ),
            # Nobody clears what they submitted themselves.
            models.CheckConstraint(
                condition=~models.Q(state="cleared") | ~models.Q(decided_by=models.F("made_by")),
                name="submission_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"submission {self.id}"


class Release(models.Model):
    """What a release has beyond its basis: the submission that was cleared, and whether its files are built."""

    basis = models.OneToOneField(Basis, models.PROTECT, primary_key=True, related_name="release")
    submission = models.OneToOneField(Submission, models.PROTECT, related_name="release")
    built_at = models.DateTimeField(null=True)
    manifest_bytes = models.BigIntegerField(default=0)
    manifest_sha256 = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"release {self.basis_id}"


class Usage(models.Model):
    """How often a dataset was opened to the public on a day: counted, never who."""

    class What(models.TextChoices):
        VIEW = "view", _("Page views")
        DOWNLOAD = "download", _("Downloads")
        CALL = "call", _("API calls")

    id = models.BigAutoField(primary_key=True)
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="usage")
    day = models.DateField()
    what = models.CharField(max_length=8, choices=What)
    times = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "day", "what"], name="usage_once")]

    def __str__(self) -> str:
        return f"{self.dataset_id} {self.day} {self.what}"
