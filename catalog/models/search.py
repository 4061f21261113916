"""What the search engine in PostgreSQL knows of a dataset, apart for the public and for officers."""

import uuid

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
    opening = models.CharField(max_length=16, default="")
    formats = ArrayField(models.CharField(max_length=8), default=list)
    places = ArrayField(models.CharField(max_length=120), default=list)
    has_geo = models.BooleanField(default=False)
    has_api = models.BooleanField(default=False)
    since = models.DateField(null=True, help_text="the period covered; empty: not said")
    until = models.DateField(null=True)
    valid_until = models.DateTimeField(null=True, help_text="of the release")
    late_at = models.DateTimeField(null=True, help_text="when the promised update is late; empty: none was promised")
    overdue_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()
    title = models.CharField(max_length=200, default="", help_text="folded, to sort by")
    used = models.BigIntegerField(default=0, help_text="how often it was opened in the last months")
    boost = models.FloatField(default=1.0)
    words = SearchVectorField()
    fields = models.JSONField(default=dict, help_text="{field: [[token, ...] of each place]}")
    general = models.BooleanField(default=True, help_text="every officer may know of it")
    hash = models.CharField(max_length=32, default="", help_text="of all that an engine is told")
    form = models.CharField(max_length=16, default="", help_text="the rules of cutting that it was made by")
    revision = models.BigIntegerField(default=0, help_text="grows with each change")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            GinIndex(fields=["words"], name="search_public_words", condition=models.Q(audience="public")),
            GinIndex(fields=["words"], name="search_internal_words", condition=models.Q(audience="internal")),
            models.Index(fields=["audience", "-updated_at", "-dataset"], name="search_newest"),
            models.Index(fields=["form"], name="search_form"),
            *(  # when time alone changes what is found next
                models.Index(fields=["audience", name], name=f"search_{name}")
                for name in ("valid_until", "late_at", "overdue_at")
            ),
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


class SearchChange(models.Model):
    """Left by a trigger with each change of the entries, so that nothing kept of another state is taken for this."""

    id = models.BigAutoField(primary_key=True)
    mark = models.BigIntegerField(help_text="a number by chance: no two states have the same sum of them")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.at)


class SearchPending(models.Model):
    """A dataset whose entries the search engine beside the database has not been told of yet."""

    dataset = models.UUIDField(primary_key=True, help_text="it may be gone")
    revision = models.BigIntegerField()
    since = models.DateTimeField(default=timezone.now)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["since"]
        indexes = [models.Index(fields=["since"])]

    def __str__(self) -> str:
        return str(self.dataset)


class SearchIndex(models.Model):
    """A pair of indexes (public and internal) in the engine beside the database: being built, or in use."""

    class State(models.TextChoices):
        BUILDING = "building"
        LIVE = "live"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80, unique=True)
    state = models.CharField(max_length=8, choices=State, default=State.BUILDING)
    mapping = models.CharField(max_length=32, help_text="the version of its mapping")
    made_at = models.DateTimeField(default=timezone.now)
    live_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=models.Q(state="live"), name="search_one_live"),
            models.CheckConstraint(
                condition=models.Q(state="building", live_at=None) | models.Q(state="live", live_at__isnull=False),
                name="search_live_at",
            ),
        ]

    def __str__(self) -> str:
        return self.name
