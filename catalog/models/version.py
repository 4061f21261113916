"""One immutable state of a dataset: a manifest of its tables and documents."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models.bilingual import Titled
from catalog.models.dataset import Dataset


class Mode(models.TextChoices):
    """What a file does to the rows that are there."""

    REPLACE = "replace", _("It takes the place of all rows")
    APPEND = "append", _("Its rows are added at the end")
    UPSERT = "upsert", _("Its rows are added, or take the place of those with the same key")


class Version(models.Model):
    """What a dataset was at one time. Proposed until a steward has seen how it was read; then it never changes."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Waiting for the steward")
        KEPT = "kept", _("Kept")
        DISCARDED = "discarded", _("Discarded")
        DROPPED = "dropped", _("Dropped")
        PURGED = "purged", _("Destroyed by law")

    GONE = (State.DISCARDED, State.DROPPED, State.PURGED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(help_text="1, 2, 3 within the dataset, in order of arrival")
    identity = models.CharField(max_length=64, help_text="SHA-256 of the sources and the reading settings")
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    source_name = models.CharField(max_length=255, blank=True)
    source_sha256 = models.CharField(max_length=64, blank=True)
    source_bytes = models.BigIntegerField(default=0)
    source_path = models.CharField(max_length=300, blank=True, help_text="kept while proposed, to be read again")
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.REPLACE)
    base = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="+", help_text="the version that the file was added to"
    )
    reading = models.JSONField(default=dict, help_text="how the source was read: the same gives the same")
    report = models.JSONField(default=dict, help_text="what was detected and noted on reading")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    dropped_at = models.DateTimeField(null=True, help_text="its rows and files went by the dataset's retention")
    purge = models.ForeignKey(
        "catalog.Purge", models.PROTECT, null=True, related_name="versions", help_text="by which it was destroyed"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "number"], name="version_number"),
            models.UniqueConstraint(
                fields=["dataset", "identity"],
                condition=~models.Q(state__in=["discarded", "dropped", "purged"]),
                name="version_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state="dropped", dropped_at__isnull=False)
                | (~models.Q(state="dropped") & models.Q(dropped_at=None)),
                name="version_dropped_at",
            ),
            models.CheckConstraint(
                condition=models.Q(state="purged", purge__isnull=False)
                | (~models.Q(state="purged") & models.Q(purge=None)),
                name="version_purged_by",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_at=None, confirmed_by=None)
                | models.Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="version_confirmed_by",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="kept") | models.Q(confirmed_at__isnull=False), name="version_kept_confirmed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id}@{self.number}"


class Table(models.Model):
    """Rows of one kind in a version. What is said here is of all rows: it leaves only under a basis (`Extent`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(Version, models.CASCADE, related_name="tables")
    name = models.CharField(max_length=80)
    position = models.PositiveIntegerField(default=0)
    rows = models.BigIntegerField()
    path = models.CharField(max_length=300, help_text="the Parquet file under STORAGE_URL")
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    parts = models.JSONField(default=list, help_text="[{path, bytes, rows, sha256}] where it has several files")
    part_paths = ArrayField(models.CharField(max_length=300), default=list, help_text="the paths of the parts")
    schema = models.JSONField(help_text="[{name, title, type, nulls, distinct, min, max, frequent, almost, bad_cells}]")
    bad_cells_path = models.CharField(max_length=300, blank=True)
    bad_cells = models.BigIntegerField(default=0)
    bad_cells_bytes = models.BigIntegerField(default=0)
    bad_cells_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["position", "name"]
        indexes = [GinIndex(fields=["part_paths"], name="table_parts")]
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="table_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def files(self) -> list[dict]:
        """Its Parquet files, in the order of the rows: path, bytes, rows, sha256."""
        own = {"path": self.path, "bytes": self.bytes, "rows": self.rows, "sha256": self.sha256}
        return self.parts or [own]

    @property
    def types(self) -> dict[str, str]:
        """Column name to type, in order."""
        return {column["name"]: column["type"] for column in self.schema}


class Document(Titled, models.Model):
    """A file of a version that has no rows."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(Version, models.CASCADE, related_name="documents")
    title_en = models.CharField(_("title in English"), max_length=200, blank=True)
    title_zh = models.CharField(_("title in Chinese"), max_length=200, blank=True)
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    path = models.CharField(max_length=300)
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="document_once")]

    def __str__(self) -> str:
        return self.title or self.name
