"""What the search engine in PostgreSQL knows of a dataset, apart for the public and for officers."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils import timezone

from catalog.models.basis import Basis
from catalog.models.dataset import Dataset
from catalog.models.department import Department


class SearchEntry(models.Model):
    """One dataset for one audience. The public one is made from a release and holds nothing beyond it."""

    class Audience(models.TextChoices):
        PUBLIC = "public"
        INTERNAL = "internal"

    id = models.BigAutoField(primary_key=True)
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="search_entries")
    audience = models.CharField(max_length=8, choices=Audience)
    basis = models.ForeignKey(Basis, models.CASCADE, null=True, related_name="+", help_text="the release it is made of")
    department = models.ForeignKey(Department, models.CASCADE, related_name="+")
    theme = models.CharField(max_length=16)
    licence = models.CharField(max_length=20)
    formats = ArrayField(models.CharField(max_length=8), default=list)
    updated_at = models.DateTimeField()
    words = SearchVectorField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            GinIndex(fields=["words"], name="search_words"),
            models.Index(fields=["audience", "-updated_at", "-dataset"], name="search_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "audience"], name="search_once"),
            models.CheckConstraint(
                condition=models.Q(audience="internal", basis=None) | models.Q(audience="public", basis__isnull=False),
                name="search_public_has_release",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.audience} {self.dataset_id}"
