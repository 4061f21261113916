"""A file of a version's table in one format, built for one basis."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models.basis import Basis
from catalog.models.version import Version


class Format(models.TextChoices):
    """The formats that files are built and rows are streamed in."""

    CSV = "csv", "CSV"
    CSV_BOM = "csv-bom", _("CSV for spreadsheets")
    NDJSON = "ndjson", "NDJSON"
    PARQUET = "parquet", "Parquet"
    XLSX = "xlsx", "XLSX"
    GEOJSON = "geojson", "GeoJSON"

    @property
    def media_type(self) -> str:
        """The type a reader is told."""
        return {
            "csv": "text/csv; charset=utf-8",
            "csv-bom": "text/csv; charset=utf-8",
            "ndjson": "application/x-ndjson",
            "parquet": "application/vnd.apache.parquet",
            "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "geojson": "application/geo+json",
        }[self.value]

    @property
    def suffix(self) -> str:
        """How the file's name ends."""
        return {"csv-bom": "bom.csv"}.get(self.value, self.value)


class Distribution(models.Model):
    """A built file, its size and its digest. Made once, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    basis = models.ForeignKey(Basis, models.CASCADE, related_name="distributions")
    version = models.ForeignKey(Version, models.PROTECT, related_name="distributions")
    table = models.CharField(max_length=80)
    format = models.CharField(max_length=8, choices=Format)
    path = models.CharField(max_length=300)
    name = models.CharField(max_length=255, help_text="the name a download is given")
    bytes = models.BigIntegerField()
    rows = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    built_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["table", "format"]
        constraints = [
            models.UniqueConstraint(fields=["basis", "version", "table", "format"], name="distribution_once")
        ]

    def __str__(self) -> str:
        return self.name
