"""A destruction that a law or a court orders: what it is of, who asked, who decided, and what became of each file."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models.dataset import Dataset


class Purge(models.Model):
    """Versions of a dataset that are destroyed by two persons' word, even where a release or a grant cites them."""

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting for a second person")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        REFUSED = "refused", _("Refused")
        DECIDED = "decided", _("Being carried out")
        DONE = "done", _("Carried out")

    OPEN = (State.ASKED, State.DECIDED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="purges")
    numbers = ArrayField(models.PositiveIntegerField(), help_text="the versions that are named, in order")
    law = models.CharField(_("law or court order"), max_length=300)
    article = models.CharField(_("article"), max_length=120)
    reason = models.TextField(_("reason"), max_length=2000, help_text="for those who decide and for auditors")
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answer = models.TextField(blank=True, max_length=2000, help_text="why it was refused or withdrawn")
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at", "-id"]
        indexes = [models.Index(fields=["state", "-asked_at"]), models.Index(fields=["dataset", "-asked_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset"], condition=models.Q(state__in=["asked", "decided"]), name="purge_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(decided_at=None, decided_by=None, state="asked")
                | models.Q(~models.Q(state="asked"), decided_at__isnull=False, decided_by__isnull=False),
                name="purge_decided_by",
            ),
            # Nobody destroys alone.
            models.CheckConstraint(
                condition=~models.Q(state__in=["decided", "done"]) | ~models.Q(decided_by=models.F("asked_by")),
                name="purge_two_people",
            ),
            models.CheckConstraint(
                condition=models.Q(state="done", done_at__isnull=False)
                | models.Q(~models.Q(state="done"), done_at=None),
                name="purge_done_at",
            ),
        ]

    def __str__(self) -> str:
        return f"purge {self.id}"


class PurgedFile(models.Model):
    """One stored file that a purge names. It goes, unless a version that is not named holds the same file."""

    class Kind(models.TextChoices):
        ROWS = "rows", _("Rows")
        BAD_CELLS = "bad-cells", _("Cells that did not fit")
        DOCUMENT = "document", _("Document")
        MANIFEST = "manifest", _("Manifest")
        RELEASED = "released", _("Released file")
        EXPORT = "export", _("File prepared for a reader")
        UPLOAD = "upload", _("Uploaded file")

    id = models.BigAutoField(primary_key=True)
    purge = models.ForeignKey(Purge, models.PROTECT, related_name="files")
    version = models.PositiveIntegerField(help_text="the number of the version that held it")
    kind = models.CharField(max_length=10, choices=Kind)
    path = models.CharField(max_length=300)
    bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    documents = ArrayField(models.UUIDField(), default=list, help_text="whose addresses say gone for ever")
    kept_for = ArrayField(
        models.PositiveIntegerField(), default=list, help_text="versions that were not named and hold the same file"
    )
    found_at = models.DateTimeField(null=True, help_text="right before it went; null where it was not there any more")
    gone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["version", "path"]
        indexes = [
            models.Index(fields=["sha256"], name="purged_sha256"),
            GinIndex(fields=["documents"], name="purged_documents"),
        ]
        constraints = [models.UniqueConstraint(fields=["purge", "path"], name="purged_file_once")]

    def __str__(self) -> str:
        return self.path
